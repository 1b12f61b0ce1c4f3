package io.tributary.client.options;

import static java.util.Objects.requireNonNull;

import io.tributary.core.config.Units;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON object, field by field. What is wrong is collected, and told by {@link #done}; until
 * then a field that is wrong counts as absent. {@code null} counts as absent too.
 *
 * <p>Readers of nested objects share the list of problems. Not thread-safe.
 */
public final class OptionsReader {
  private static final int SHOWN_LENGTH = 80;

  private final JsonObject json;
  private final String path;
  private final List<String> problems;
  private final Set<String> known = new LinkedHashSet<>();
  private final List<OptionsReader> nested = new ArrayList<>();

  private OptionsReader(JsonObject json, String path, List<String> problems) {
    this.json = json;
    this.path = path;
    this.problems = problems;
  }

  /** Reads {@code json}, whose fields have their own names in messages. */
  public static OptionsReader of(JsonObject json) {
    return new OptionsReader(json, "", new ArrayList<>());
  }

  /** The field's name in messages. */
  public String name(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Whether the field is there. */
  public boolean has(String key) {
    known.add(key);
    return json.getValue(key) != null;
  }

  /** Notes that something is wrong with a field. */
  public void refuse(String key, String found, String allowed) {
    problems.add(problem(name(key), found, allowed));
  }

  /** Notes what a part found wrong on its own; its keys are below {@code key}. */
  public void refuse(String key, OptionsException e) {
    String below = key.isEmpty() ? path : name(key);
    for (String problem : e.problems()) {
      problems.add(below.isEmpty() ? problem : below + "." + problem);
    }
  }

  /** How a problem is told. */
  public static String problem(String name, String found, String allowed) {
    return name + ": found " + found + ", allowed: " + allowed;
  }

  /** A text that is not empty. */
  public Optional<String> text(String key) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text && !text.isEmpty()) {
      return Optional.of(text);
    }
    refuse(key, shown(value), "a text that is not empty");
    return Optional.empty();
  }

  /**
   * A secret: a text, {@code file:/path} or {@code env:NAME}. Never shown. Reading a file blocks for a
   * moment.
   */
  public Optional<String> secret(String key) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    String allowed = "a text that is not empty, file:/path or env:NAME";
    if (!(value instanceof String text) || text.isEmpty()) {
      refuse(key, "something else", allowed);
      return Optional.empty();
    }
    if (text.startsWith("env:")) {
      String set = System.getenv(text.substring(4));
      if (set == null || set.isEmpty()) {
        refuse(key, text + ", which is not set", allowed);
        return Optional.empty();
      }
      return Optional.of(set);
    }
    if (text.startsWith("file:")) {
      try {
        return Optional.of(
            Files.readString(Path.of(text.substring(5)), StandardCharsets.UTF_8).strip());
      } catch (IOException | RuntimeException e) {
        refuse(key, text + ", which cannot be read", allowed);
        return Optional.empty();
      }
    }
    return Optional.of(text);
  }

  /** True or false. */
  public Optional<Boolean> bool(String key) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof Boolean flag) {
      return Optional.of(flag);
    }
    refuse(key, shown(value), "true or false");
    return Optional.empty();
  }

  /** A whole number. */
  public Optional<Long> number(String key, long min, long max) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    if ((value instanceof Integer || value instanceof Long)
        && ((Number) value).longValue() >= min
        && ((Number) value).longValue() <= max) {
      return Optional.of(((Number) value).longValue());
    }
    refuse(key, shown(value), "a whole number from " + min + " to " + max);
    return Optional.empty();
  }

  /** A size: bytes, or a text such as 64 MiB. */
  public Optional<Long> size(String key, long min, long max) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    Optional<Long> size = value instanceof String || value instanceof Number
        ? Units.size(value.toString()).filter(bytes -> bytes >= min && bytes <= max)
        : Optional.empty();
    if (size.isEmpty()) {
      refuse(
          key,
          shown(value),
          "a size such as 512 KiB, 64 MiB or bytes, from "
              + Units.show(min)
              + " to "
              + Units.show(max));
    }
    return size;
  }

  /** A duration: a text such as 500 ms, 5 seconds or PT5S, or 0. Its range is its user's to check. */
  public Optional<Duration> duration(String key) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    Optional<Duration> duration = value instanceof String || value instanceof Number
        ? Units.duration(value.toString())
        : Optional.empty();
    if (duration.isEmpty()) {
      refuse(key, shown(value), "a duration such as 500 ms, 5 seconds, 30 days, PT20S or 0");
    }
    return duration;
  }

  /** One of several words. */
  public <T> Optional<T> oneOf(String key, List<T> values, Function<T, String> word) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    Optional<T> found =
        values.stream().filter(each -> word.apply(each).equals(value)).findFirst();
    if (found.isEmpty()) {
      refuse(key, shown(value), String.join(", ", values.stream().map(word).toList()));
    }
    return found;
  }

  /** An object of texts; the texts are never shown. */
  public Optional<Map<String, String>> texts(String key) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof JsonObject object)) {
      refuse(key, shape(value), "an object of texts");
      return Optional.empty();
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (String name : object.fieldNames()) {
      if (object.getValue(name) instanceof String text) {
        texts.put(name, text);
      } else {
        refuse(key + "." + name, "something else", "a text");
      }
    }
    return Optional.of(texts);
  }

  /** A list of texts that are not empty. */
  public Optional<List<String>> list(String key) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>();
    if (value instanceof JsonArray array) {
      for (Object item : array) {
        if (item instanceof String text && !text.isEmpty()) {
          texts.add(text);
        } else {
          refuse(key, shown(item), "a list of texts that are not empty");
          return Optional.empty();
        }
      }
      return Optional.of(texts);
    }
    refuse(key, shown(value), "a list of texts that are not empty");
    return Optional.empty();
  }

  /** An object as it is, for somebody else to check. */
  public Optional<JsonObject> json(String key) {
    Object value = value(key);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof JsonObject object) {
      return Optional.of(object);
    }
    refuse(key, shape(value), "an object");
    return Optional.empty();
  }

  /** A nested object; one that isn't there has no fields. */
  public OptionsReader object(String key) {
    JsonObject object = json(key).orElseGet(JsonObject::new);
    OptionsReader reader = new OptionsReader(object, name(key), problems);
    nested.add(reader);
    return reader;
  }

  /** A list of objects. */
  public List<OptionsReader> objects(String key) {
    Object value = value(key);
    List<OptionsReader> readers = new ArrayList<>();
    if (value instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        if (array.getValue(i) instanceof JsonObject object) {
          OptionsReader reader = new OptionsReader(object, name(key) + "[" + i + "]", problems);
          nested.add(reader);
          readers.add(reader);
        } else {
          refuse(key + "[" + i + "]", shape(array.getValue(i)), "an object");
        }
      }
    } else if (value != null) {
      refuse(key, shape(value), "a list of objects");
    }
    return readers;
  }

  /** The object itself, for a part that reads it on its own and says so by {@link #leave}. */
  public JsonObject whole() {
    return json;
  }

  /** Leaves the unknown fields of this object to somebody else. */
  public void leave() {
    known.addAll(json.fieldNames());
  }

  /**
   * Ends the reading, of nested objects too.
   *
   * @throws OptionsException with everything that is wrong, unknown fields among it
   */
  public void done() {
    unknown();
    if (!problems.isEmpty()) {
      throw new OptionsException(problems);
    }
  }

  private void unknown() {
    for (String field : json.fieldNames()) {
      if (!known.contains(field)) {
        problems.add(name(field) + ": not a known key, allowed: " + String.join(", ", known));
      }
    }
    nested.forEach(OptionsReader::unknown);
  }

  private @Nullable Object value(String key) {
    known.add(key);
    return json.getValue(key);
  }

  private static String shown(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof String text) {
      String cut = text.length() > SHOWN_LENGTH ? text.substring(0, SHOWN_LENGTH) + "..." : text;
      return "\"" + cut.replaceAll("\\p{Cntrl}", "?") + "\"";
    }
    return value instanceof Number || value instanceof Boolean
        ? requireNonNull(value.toString())
        : shape(value);
  }

  private static String shape(@Nullable Object value) {
    if (value instanceof JsonObject) {
      return "an object";
    }
    if (value instanceof JsonArray) {
      return "a list";
    }
    return value == null ? "null" : "a single value";
  }
}
