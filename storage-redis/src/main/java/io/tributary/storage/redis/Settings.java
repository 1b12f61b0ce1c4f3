package io.tributary.storage.redis;

import io.tributary.storage.StorageConfigException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The section {@code storage.redis}.
 *
 * @param uri where the server is; may hold a password
 * @param prefix what every key begins with
 * @param required whether the server must be set to lose nothing
 * @param connectWait how long opening waits for a server that cannot be reached
 */
record Settings(String uri, String prefix, boolean required, Duration connectWait) {
  private static final List<String> KEYS = List.of("uri", "prefix", "durability", "connectWait");
  private static final Pattern PREFIX = Pattern.compile("[!-~]{1,100}");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}) *([a-z]+)");
  private static final Duration MAX_WAIT = Duration.ofDays(1);

  /**
   * Reads it whole.
   *
   * @throws StorageConfigException without the password, whatever is wrong
   */
  static Settings of(JsonObject section) {
    for (String key : section.fieldNames()) {
      if (!KEYS.contains(key)) {
        throw new StorageConfigException(
            key, "found " + key + ", allowed are " + String.join(", ", KEYS));
      }
    }
    String prefix = text(section, "prefix", "tributary:");
    if (!PREFIX.matcher(prefix).matches()) {
      throw wrong("prefix", prefix, "1 to 100 characters of ASCII without spaces");
    }
    String durability = text(section, "durability", "required");
    if (!durability.equals("required") && !durability.equals("relaxed")) {
      throw wrong("durability", durability, "required or relaxed");
    }
    String wait = text(section, "connectWait", "60 s");
    Duration connectWait = duration(wait)
        .filter(d -> !d.isNegative() && d.compareTo(MAX_WAIT) <= 0)
        .orElseThrow(() ->
            wrong("connectWait", wait, "a duration from 0 to 1 day, as 60 s, 5 minutes or PT1M"));
    return new Settings(uri(section), prefix, durability.equals("required"), connectWait);
  }

  private static String text(JsonObject section, String key, String otherwise) {
    if (section.getValue(key, otherwise) instanceof String text) {
      return text;
    }
    throw wrong(key, "what is not text", "text, as " + otherwise);
  }

  private static String uri(JsonObject section) {
    String allowed = "a URI as redis://host:6379 or rediss://user:password@host:6379/0,"
        + " also as file:/path/to/it or env:NAME";
    if (!(section.getValue("uri") instanceof String given) || given.isBlank()) {
      throw wrong("uri", section.containsKey("uri") ? "no text" : "none", allowed);
    }
    String uri = resolve(given);
    try {
      URI parsed = new URI(uri);
      String scheme = String.valueOf(parsed.getScheme()).toLowerCase(Locale.ROOT);
      String path = parsed.getPath() == null ? "" : parsed.getPath();
      boolean net = (scheme.equals("redis") || scheme.equals("rediss"))
          && parsed.getHost() != null
          && parsed.getPort() <= 65_535
          && path.matches("/?|/[0-9]{1,5}");
      if (!net) {
        throw wrong("uri", shown(uri), allowed);
      }
      return uri;
    } catch (URISyntaxException e) {
      // its message has the whole input in it
      throw wrong("uri", shown(uri), allowed);
    }
  }

  private static String resolve(String given) {
    if (given.startsWith("env:")) {
      String value = System.getenv(given.substring(4));
      if (value == null || value.isBlank()) {
        throw wrong("uri", given, "the name of an environment variable that is set");
      }
      return value.strip();
    }
    if (given.startsWith("file:")) {
      try {
        String path = given.substring(5).replaceFirst("^///", "/");
        return Files.readString(Path.of(path)).strip();
      } catch (IOException | InvalidPathException e) {
        throw wrong("uri", given, "a file that can be read");
      }
    }
    return given;
  }

  private static StorageConfigException wrong(String key, String found, String allowed) {
    return new StorageConfigException(key, "found " + found + ", allowed is " + allowed);
  }

  /** Where the server is, without any secret: for messages. */
  String server() {
    return shown(uri);
  }

  /** Hides what may be a password, in whatever is or is not a URI. */
  private static String shown(String uri) {
    String text = uri;
    int query = text.indexOf('?');
    if (query >= 0) {
      text = text.substring(0, query);
    }
    int at = uri.lastIndexOf('@');
    if (at >= 0) {
      int scheme = uri.indexOf("://");
      text = (scheme >= 0 && scheme < at ? uri.substring(0, scheme + 3) : "") + "***@"
          + (at < text.length() ? text.substring(at + 1) : "***");
    }
    return text;
  }

  private static Optional<Duration> duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long number = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "ms", "milli", "millis", "millisecond", "milliseconds" ->
          Optional.of(Duration.ofMillis(number));
        case "s", "sec", "second", "seconds" -> Optional.of(Duration.ofSeconds(number));
        case "m", "min", "minute", "minutes" -> Optional.of(Duration.ofMinutes(number));
        case "h", "hour", "hours" -> Optional.of(Duration.ofHours(number));
        case "d", "day", "days" -> Optional.of(Duration.ofDays(number));
        default -> Optional.empty();
      };
    }
    if (text.equals("0")) {
      return Optional.of(Duration.ZERO);
    }
    try {
      return Optional.of(Duration.parse(text));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "Settings[" + server() + ", " + prefix + ", required=" + required + "]";
  }
}
