package io.tributary.client.stores;

import io.tributary.client.options.OptionsReader;
import io.tributary.core.config.Units;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Where options of stores are read from, by keys such as {@code chat.maxAge}; notes what is wrong. */
interface Fields {
  Optional<Boolean> bool(String key);

  Optional<Long> number(String key, long min, long max);

  Optional<Long> size(String key, long max);

  Optional<Duration> duration(String key, Duration min, Duration max);

  /** Those of a JSON object that has an object for each section. */
  static Fields of(OptionsReader reader) {
    return new Json(reader);
  }

  /** Of a JSON object. */
  final class Json implements Fields {
    private final OptionsReader reader;
    private final Map<String, OptionsReader> sections = new HashMap<>();

    private Json(OptionsReader reader) {
      this.reader = reader;
    }

    private OptionsReader section(String key) {
      return sections.computeIfAbsent(key.substring(0, key.indexOf('.')), reader::object);
    }

    private static String field(String key) {
      return key.substring(key.indexOf('.') + 1);
    }

    @Override
    public Optional<Boolean> bool(String key) {
      return section(key).bool(field(key));
    }

    @Override
    public Optional<Long> number(String key, long min, long max) {
      return section(key).number(field(key), min, max);
    }

    @Override
    public Optional<Long> size(String key, long max) {
      return section(key).size(field(key), 0, max);
    }

    @Override
    public Optional<Duration> duration(String key, Duration min, Duration max) {
      Optional<Duration> duration = section(key).duration(field(key));
      if (duration.isPresent() && !isWithin(duration.get(), min, max)) {
        Object written = section(key).whole().getValue(field(key));
        section(key).refuse(field(key), String.valueOf(written), range(min, max));
        return Optional.empty();
      }
      return duration;
    }
  }

  /** Whether a duration is in a range, its ends included. */
  static boolean isWithin(Duration value, Duration min, Duration max) {
    return value.compareTo(min) >= 0 && value.compareTo(max) <= 0;
  }

  /** What is allowed, in words. */
  static String range(Duration min, Duration max) {
    return "from " + (min.isZero() ? "0" : Units.show(min)) + " to " + Units.show(max);
  }
}
