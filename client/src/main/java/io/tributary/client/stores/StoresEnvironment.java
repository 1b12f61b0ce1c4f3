package io.tributary.client.stores;

import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.tributary.core.config.Units;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Options of stores in environment variables, by the names and in the forms of the npm package
 * effect-claude-agent-sdk.
 */
final class StoresEnvironment implements Fields {
  /** The name of each key, without prefix. */
  static final Map<String, String> NAMES = names();

  private static final int SHOWN_LENGTH = 80;

  private final Map<String, String> environment;
  private final String prefix;
  private final List<String> problems = new ArrayList<>();

  /** @param prefix of the names, with its underscore; empty = none */
  StoresEnvironment(Map<String, String> environment, String prefix) {
    this.environment = environment;
    this.prefix = prefix;
  }

  private static Map<String, String> names() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put("chat.enabled", "STORAGE_CHAT_ENABLED");
    names.put("chat.maxEvents", "STORAGE_CHAT_MAX_EVENTS");
    names.put("chat.maxAge", "STORAGE_CHAT_MAX_AGE");
    names.put("chat.pageSize", "STORAGE_CHAT_PAGE_SIZE");
    names.put("artifacts.enabled", "STORAGE_ARTIFACTS_ENABLED");
    names.put("artifacts.maxCount", "STORAGE_ARTIFACT_MAX_COUNT");
    names.put("artifacts.maxBytes", "STORAGE_ARTIFACT_MAX_BYTES");
    names.put("artifacts.maxAge", "STORAGE_ARTIFACT_MAX_AGE");
    names.put("artifacts.pageSize", "STORAGE_ARTIFACT_PAGE_SIZE");
    names.put("audit.enabled", "STORAGE_AUDIT_ENABLED");
    names.put("audit.maxEntries", "STORAGE_AUDIT_MAX_ENTRIES");
    names.put("audit.maxAge", "STORAGE_AUDIT_MAX_AGE");
    names.put("index.pageSize", "STORAGE_INDEX_PAGE_SIZE");
    names.put("cleanup.enabled", "STORAGE_CLEANUP_ENABLED");
    names.put("cleanup.interval", "STORAGE_CLEANUP_INTERVAL");
    names.put("cleanup.runOnStart", "STORAGE_CLEANUP_RUN_ON_START");
    return Collections.unmodifiableMap(names);
  }

  /** Ends the reading. */
  void done() {
    if (!problems.isEmpty()) {
      throw new OptionsException(problems);
    }
  }

  @Override
  public Optional<Boolean> bool(String key) {
    return read(key, "true, yes, on or 1; false, no, off or 0", text -> switch (text) {
      case "true", "yes", "on", "1" -> Optional.of(true);
      case "false", "no", "off", "0" -> Optional.of(false);
      default -> Optional.empty();
    });
  }

  @Override
  public Optional<Long> number(String key, long min, long max) {
    return read(
        key,
        "a whole number from " + min + " to " + max,
        text -> whole(text).filter(number -> number >= min && number <= max));
  }

  @Override
  public Optional<Long> size(String key, long max) {
    return read(
        key,
        "a size such as 512 KiB, 64 MiB or bytes, from 0 to " + Units.show(max),
        text -> whole(text).or(() -> Units.size(text)).filter(size -> size >= 0 && size <= max));
  }

  @Override
  public Optional<Duration> duration(String key, Duration min, Duration max) {
    return read(
        key,
        "a duration such as 500 millis, 10 minutes, 1 hour or 2 days, " + Fields.range(min, max),
        text -> Units.duration(text).filter(found -> Fields.isWithin(found, min, max)));
  }

  private <T> Optional<T> read(String key, String allowed, Function<String, Optional<T>> parse) {
    String name = prefix + NAMES.get(key);
    String text = environment.get(name);
    if (text == null) {
      return Optional.empty();
    }
    Optional<T> value = parse.apply(text.strip());
    if (value.isEmpty()) {
      String shown = text.length() > SHOWN_LENGTH ? text.substring(0, SHOWN_LENGTH) + "..." : text;
      problems.add(
          OptionsReader.problem(name, "\"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"", allowed));
    }
    return value;
  }

  /** As JavaScript reads one: {@code 1e4} and {@code 500.0} are whole numbers too. */
  private static Optional<Long> whole(String text) {
    if (!text.matches("[0-9]{1,18}(?:\\.0{1,9})?(?:[eE]\\+?[0-9]{1,2})?")) {
      return Optional.empty();
    }
    try {
      return Optional.of(new BigDecimal(text).longValueExact());
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }
}
