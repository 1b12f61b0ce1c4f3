package io.tributary.storage.redis;

import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the server is and what must be true of it. Immutable.
 *
 * @param settings the section
 */
record Server(Settings settings) {
  /** What the keys hold, of which this version knows 1 to 3; {@code enter.lua} makes a 3 of them. */
  private static final int SCHEMA = 3;

  private static final int CONNECT_TIMEOUT_MS = 5_000;

  /** More than a link ever has unanswered. */
  private static final int MAX_WAITING = 4096;

  private static final Pattern VERSION =
      Pattern.compile("(?m)^redis_version:(([0-9]+)\\.([0-9]+)[^\\r\\n]*)");
  private static final Pattern RUN = Pattern.compile("(?m)^run_id:([0-9A-Za-z]+)");

  /** For messages. */
  String name() {
    return settings.server();
  }

  String metaKey() {
    return settings.prefix() + "meta";
  }

  /** A client for one connection. */
  Redis client(Vertx vertx) {
    NetClientOptions net = new NetClientOptions()
        .setConnectTimeout(CONNECT_TIMEOUT_MS)
        .setTcpKeepAlive(true)
        .setTcpNoDelay(true)
        .setHostnameVerificationAlgorithm("HTTPS");
    if (settings.uri().startsWith("rediss:")) {
      net.setSsl(true);
    }
    return Redis.createClient(
        vertx,
        new RedisOptions()
            .setConnectionString(settings.uri())
            .setNetClientOptions(net)
            .setMaxPoolSize(1)
            .setMaxPoolWaiting(1)
            .setPoolRecycleTimeout(-1)
            .setPoolCleanerInterval(-1)
            .setMaxWaitingHandlers(MAX_WAITING));
  }

  /**
   * Checks the server's version.
   *
   * @return the id of its run
   */
  String checked(String info) {
    Matcher version = VERSION.matcher(info);
    Matcher run = RUN.matcher(info);
    if (!version.find() || !run.find()) {
      throw new StorageException(
          Outcome.REJECTED, name() + " does not say what version of Redis it is", null);
    }
    int major = Integer.parseInt(version.group(2));
    int minor = Integer.parseInt(version.group(3));
    if (major < 6 || (major == 6 && minor < 2)) {
      throw new StorageException(
          Outcome.REJECTED,
          name() + " is Redis " + version.group(1) + ", which is older than 6.2",
          null);
    }
    return run.group(1);
  }

  void checkSchema(int found) {
    if (found > SCHEMA) {
      throw new StorageException(
          Outcome.REJECTED,
          "the data in " + name() + " under " + settings.prefix() + " has schema version " + found
              + ", and this program knows versions up to " + SCHEMA
              + ": use the newer version of Tributary that wrote it",
          null);
    }
  }

  StorageConfigException notDurable(String wrong) {
    return new StorageConfigException("durability", "found required, but " + wrong);
  }

  /** Why it can't be reached. */
  String unreachable(Throwable e) {
    String code = Failures.code(e);
    if (!code.isEmpty()) {
      return Failures.inWords(code, e, name());
    }
    return name() + " can't be reached ("
        + (Failures.isConnectionLoss(e) && e.getMessage() == null ? e.toString() : e.getMessage())
        + ")";
  }
}
