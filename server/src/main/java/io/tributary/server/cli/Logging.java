package io.tributary.server.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.tributary.server.config.LogConfig;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * Sets logback up for the command line; an application that embeds a hub never gets here and logs as
 * it likes. {@code -Dlogback.configurationFile=FILE} wins over everything.
 */
public final class Logging {
  /** Says when the hub is ready: always logged, whatever {@code log.level} is. */
  static final String READY = "io.tributary.ready";

  private static final String VERTX = "vertx.logger-delegate-factory-class-name";

  private Logging() {}

  /** To be called first of all: verbs that do not serve log only warnings, to stderr. */
  public static void beforeAnythingLogs() {
    if (System.getProperty(VERTX) == null) {
      System.setProperty(VERTX, "io.vertx.core.logging.SLF4JLogDelegateFactory");
    }
    configure(LogConfig.Format.TEXT, Level.WARN, "System.err");
  }

  /** From now on only errors: what else there is to say, the verb says in its own words. */
  static void talkingToHub() {
    configure(LogConfig.Format.TEXT, Level.ERROR, "System.err");
  }

  /** From now on as a served hub logs: to stdout. */
  static void serving(LogConfig config) {
    configure(config.format(), Level.toLevel(config.level().name()), "System.out");
  }

  private static void configure(LogConfig.Format format, Level level, String target) {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!(factory instanceof LoggerContext context)
        || System.getProperty("logback.configurationFile") != null) {
      return;
    }
    context.reset();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setTarget(target);
    console.setEncoder(format == LogConfig.Format.JSON ? json(context) : text(context));
    console.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(level);
    root.addAppender(console);
    context.getLogger(READY).setLevel(Level.INFO);
    // its debug lines tell of every byte
    if (level.isGreaterOrEqual(Level.DEBUG)) {
      context
          .getLogger("io.netty")
          .setLevel(Level.toLevel(Math.max(level.toInt(), Level.INFO_INT)));
    }
  }

  private static Encoder<ILoggingEvent> json(LoggerContext context) {
    JsonEncoder encoder = new JsonEncoder();
    encoder.setContext(context);
    encoder.setWithSequenceNumber(false);
    encoder.setWithNanoseconds(false);
    encoder.setWithContext(false);
    encoder.setWithMessage(false);
    encoder.setWithArguments(false);
    encoder.setWithFormattedMessage(true);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    // one event, one line: what a peer sent must not look like a line of ours
    encoder.setPattern(
        "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0} - %replace(%msg){'[\\r\\n]+', ' '}%n");
    encoder.start();
    return encoder;
  }
}
