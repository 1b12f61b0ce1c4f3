package io.tributary.server.config;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A value as it was written, with where that was. */
sealed interface Value {
  /** Where it was written, as {@code hub.yaml line 3} or {@code TRIBUTARY_PORT}. */
  String origin();

  /**
   * A single value.
   *
   * @param text as written, without quotes
   * @param plain whether it was written without quotes and may be a number or a boolean
   */
  record Text(String text, boolean plain, String origin) implements Value {}

  /** A list. */
  record Items(List<Value> items, String origin) implements Value {}

  /** A mapping. */
  record Fields(Map<String, Value> fields, String origin) implements Value {}

  /** Written, but empty or null. */
  record Nothing(String origin) implements Value {}

  /** What an error message calls it; quotes the text of a single value. */
  default String found() {
    if (this instanceof Text text) {
      return "\"" + text.text().replaceAll("\\p{Cntrl}", "?") + "\"";
    }
    return shape();
  }

  /** What it is, without telling its content. */
  default String shape() {
    if (this instanceof Text) {
      return "a text";
    } else if (this instanceof Items) {
      return "a list";
    } else if (this instanceof Fields) {
      return "a mapping";
    } else {
      return "nothing";
    }
  }

  /** As JSON, for a storage provider: text, whole number, fraction, boolean, array, object or null. */
  default @Nullable Object toJson() {
    if (this instanceof Text text) {
      return text.plain() ? YamlReader.typed(text.text()) : text.text();
    } else if (this instanceof Items items) {
      JsonArray array = new JsonArray();
      items.items().forEach(item -> array.add(item.toJson()));
      return array;
    } else if (this instanceof Fields fields) {
      JsonObject object = new JsonObject();
      fields.fields().forEach((name, field) -> object.put(name, field.toJson()));
      return object;
    } else {
      return null;
    }
  }
}
