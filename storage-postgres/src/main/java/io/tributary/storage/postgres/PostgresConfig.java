package io.tributary.storage.postgres;

import io.tributary.storage.StorageConfigException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code storage.postgres}.
 *
 * @param server where and as whom to connect; holds the password
 * @param poolSize connections at most, beside one for hints
 * @param schema the schema with the tables
 * @param tablePrefix what the tables' names begin with
 * @param connectWait how long opening waits for a server that can't be reached
 */
record PostgresConfig(
    PgConnectOptions server,
    int poolSize,
    String schema,
    String tablePrefix,
    Duration connectWait) {
  private static final List<String> KEYS =
      List.of("uri", "poolSize", "schema", "tablePrefix", "tls", "connectWait");
  private static final List<String> TLS_KEYS = List.of("mode", "ca", "cert", "key");
  private static final List<String> TLS_MODES =
      List.of("disable", "prefer", "require", "verify-ca", "verify-full");

  private static final String URI_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE";
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}) *([a-z]+)");

  /** PostgreSQL cuts longer names silently. */
  private static final int MAX_NAME = 63;

  /** Leaves room for the longest name of a table or function. */
  private static final int MAX_PREFIX = 40;

  private static final int MIN_POOL = 3;
  private static final int MAX_POOL = 1000;
  private static final Duration MAX_WAIT = Duration.ofDays(1);

  static PostgresConfig of(JsonObject section) {
    checkKeys(section, KEYS, "");
    PgConnectOptions server = server(section.getValue("uri"));
    tls(section.getValue("tls"), server);
    return new PostgresConfig(
        server,
        poolSize(section.getValue("poolSize", 8)),
        name(section, "schema", "public", MAX_NAME),
        name(section, "tablePrefix", "tributary_", MAX_PREFIX),
        duration(section.getValue("connectWait", "60 s")));
  }

  /** For messages: where, but not as whom. */
  String where() {
    return server.getHost() + ":" + server.getPort() + ", database " + server.getDatabase();
  }

  /** Holds no password. */
  @Override
  public String toString() {
    return "PostgresConfig[" + where() + "]";
  }

  private static void checkKeys(JsonObject section, List<String> known, String path) {
    for (String key : section.fieldNames()) {
      if (!known.contains(key)) {
        String nearest =
            known.stream().min(Comparator.comparingInt(k -> distance(key, k))).orElseThrow();
        throw new StorageConfigException(
            path + key,
            "found " + path + key + ", which is no setting; the nearest is " + path + nearest
                + ", allowed are " + String.join(", ", known));
      }
    }
  }

  private static PgConnectOptions server(@Nullable Object uri) {
    if (uri == null) {
      throw new StorageConfigException(
          "uri", "found nothing, but it is needed: where the database is, as " + URI_FORM);
    }
    if (uri instanceof String text
        && (text.startsWith("postgresql://") || text.startsWith("postgres://"))) {
      try {
        PgConnectOptions server = PgConnectOptions.fromUri(text);
        if (text.contains("application_name")) {
          return server;
        }
        return server.addProperty("application_name", "tributary");
      } catch (RuntimeException e) {
        // Neither the text nor what the parser says about it: both may hold the password.
      }
    }
    throw new StorageConfigException(
        "uri",
        "found something else than the address of a database (not shown, it may hold a password),"
            + " allowed is " + URI_FORM + " with what is no letter or digit in the password"
            + " percent-encoded");
  }

  private static void tls(@Nullable Object tls, PgConnectOptions server) {
    JsonObject section;
    if (tls == null) {
      section = new JsonObject();
    } else if (tls instanceof String mode) {
      section = new JsonObject().put("mode", mode);
    } else if (tls instanceof JsonObject object) {
      section = object;
    } else {
      throw new StorageConfigException(
          "tls",
          "found " + tls + ", allowed are " + String.join(", ", TLS_MODES) + ", or a section with "
              + String.join(", ", TLS_KEYS));
    }
    checkKeys(section, TLS_KEYS, "tls.");
    Object mode = section.getValue("mode");
    if (mode != null) {
      if (!(mode instanceof String text) || !TLS_MODES.contains(text)) {
        throw new StorageConfigException(
            tls instanceof String ? "tls" : "tls.mode",
            "found " + mode + ", allowed are " + String.join(", ", TLS_MODES));
      }
      server.setSslMode(SslMode.of(text));
    }
    Path ca = file(section, "ca");
    Path cert = file(section, "cert");
    Path key = file(section, "key");
    if ((cert == null) != (key == null)) {
      throw new StorageConfigException(
          cert == null ? "tls.cert" : "tls.key",
          "found nothing, but tls.cert and tls.key belong together");
    }
    SslMode chosen = server.getSslMode();
    if (chosen == SslMode.DISABLE) {
      if (ca != null || cert != null) {
        throw new StorageConfigException(
            "tls.mode",
            "found disable, but there are certificates; allowed are "
                + String.join(", ", TLS_MODES.subList(1, TLS_MODES.size())));
      }
      return;
    }
    ClientSSLOptions options = new ClientSSLOptions();
    boolean verified = chosen == SslMode.VERIFY_CA || chosen == SslMode.VERIFY_FULL;
    options.setHostnameVerificationAlgorithm(chosen == SslMode.VERIFY_FULL ? "HTTPS" : "");
    if (!verified) {
      options.setTrustAll(true);
    } else if (ca != null) {
      options.setTrustOptions(new PemTrustOptions().addCertPath(ca.toString()));
    }
    if (cert != null && key != null) {
      options.setKeyCertOptions(
          new PemKeyCertOptions().addCertPath(cert.toString()).addKeyPath(key.toString()));
    }
    server.setSslOptions(options);
  }

  private static @Nullable Path file(JsonObject tls, String key) {
    Object value = tls.getValue(key);
    if (value == null) {
      return null;
    }
    if (!(value instanceof String path) || !Files.isReadable(Path.of(path))) {
      throw new StorageConfigException(
          "tls." + key, "found " + value + ", allowed is the path of a PEM file that can be read");
    }
    return Path.of(path);
  }

  private static int poolSize(Object value) {
    // Environment and flags bring text.
    String text = String.valueOf(value);
    if (text.matches("[0-9]{1,4}")) {
      int size = Integer.parseInt(text);
      if (size >= MIN_POOL && size <= MAX_POOL) {
        return size;
      }
    }
    throw new StorageConfigException(
        "poolSize", "found " + text + ", allowed are " + MIN_POOL + " to " + MAX_POOL);
  }

  private static String name(JsonObject section, String key, String otherwise, int max) {
    Object value = section.getValue(key, otherwise);
    if (value instanceof String name && NAME.matcher(name).matches() && name.length() <= max) {
      return name;
    }
    throw new StorageConfigException(
        key,
        "found " + value + ", allowed are 1 to " + max
            + " letters of ASCII, digits and _, not with a digit first");
  }

  private static Duration duration(Object value) {
    String text = String.valueOf(value);
    Duration duration = null;
    Matcher matcher = DURATION.matcher(text);
    if (text.equals("0")) {
      duration = Duration.ZERO;
    } else if (matcher.matches()) {
      long number = Long.parseLong(matcher.group(1));
      duration = switch (matcher.group(2)) {
        case "ms", "milli", "millis", "millisecond", "milliseconds" -> Duration.ofMillis(number);
        case "s", "sec", "second", "seconds" -> Duration.ofSeconds(number);
        case "m", "min", "minute", "minutes" -> Duration.ofMinutes(number);
        case "h", "hour", "hours" -> Duration.ofHours(number);
        default -> null;
      };
    } else {
      try {
        duration = Duration.parse(text);
      } catch (DateTimeParseException e) {
        // told below
      }
    }
    if (duration == null || duration.isNegative() || duration.compareTo(MAX_WAIT) > 0) {
      throw new StorageConfigException(
          "connectWait",
          "found " + text + ", allowed are 0 to 24 hours, as in 500 ms, 60 s, 5 min");
    }
    return duration;
  }

  /** How many characters have to be added, left out or replaced. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        boolean same =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
        row[j] = Math.min(Math.min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
