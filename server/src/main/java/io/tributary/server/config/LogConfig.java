package io.tributary.server.config;

/** How the hub logs; only its command line acts on it, an embedding application logs as it likes. */
public record LogConfig(Format format, Level level) {
  /** The form of a line. */
  public enum Format {
    TEXT,
    JSON
  }

  /** The least severe level that is logged. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /** Text, from info up. */
  public static LogConfig defaults() {
    return new LogConfig(Format.TEXT, Level.INFO);
  }
}
