package io.tributary.server.config;

/**
 * A key set on the command line.
 *
 * @param key the key it sets, as {@code storage.file.dir}
 * @param value as given, read as YAML
 * @param name what the operator typed, as {@code --data-dir}
 */
public record Flag(String key, String value, String name) {
  /** Hides the value: it may be a secret. */
  @Override
  public String toString() {
    return "Flag[" + name + " for " + key + "]";
  }
}
