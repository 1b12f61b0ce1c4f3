package io.tributary.client.stores;

import io.tributary.core.eventlog.PayloadException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;

/** Reads the fields of a store's payload; what is wrong is told by field. */
public final class Payloads {

  private final JsonObject fields;

  private Payloads(JsonObject fields) {
    this.fields = fields;
  }

  /** Reads this one. */
  public static Payloads of(JsonObject fields) {
    return new Payloads(fields);
  }

  /** A text, perhaps an empty one. */
  public String text(String field) {
    return optionalText(field).orElseThrow(() -> refused(field, "a text"));
  }

  /** A name that callers can ask for. */
  public String name(String field) {
    try {
      return Names.check(field, text(field));
    } catch (IllegalArgumentException e) {
      throw new PayloadException(String.valueOf(e.getMessage()));
    }
  }

  /** A text, if it is there. */
  public Optional<String> optionalText(String field) {
    Object value = fields.getMap().get(field);
    if (value != null && !(value instanceof String)) {
      throw refused(field, "a text");
    }
    return Optional.ofNullable((String) value);
  }

  /** A whole number. */
  public long whole(String field) {
    return optionalWhole(field).orElseThrow(() -> refused(field, "a whole number"));
  }

  /** A whole number, if it is there. A fraction is refused. */
  public OptionalLong optionalWhole(String field) {
    Object value = fields.getMap().get(field);
    if (value == null) {
      return OptionalLong.empty();
    }
    try {
      if (value instanceof Number number) {
        return OptionalLong.of(new BigDecimal(number.toString()).longValueExact());
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // Told below.
    }
    throw refused(field, "a whole number");
  }

  /** A number, perhaps with a fraction, if it is there. */
  public OptionalDouble optionalNumber(String field) {
    Object value = fields.getMap().get(field);
    if (value == null) {
      return OptionalDouble.empty();
    }
    if (value instanceof Number number) {
      return OptionalDouble.of(number.doubleValue());
    }
    throw refused(field, "a number");
  }

  /** A byte string, if it is there. */
  public Optional<byte[]> optionalBytes(String field) {
    Object value = fields.getMap().get(field);
    if (value != null && !(value instanceof Buffer)) {
      throw refused(field, "a byte string");
    }
    return Optional.ofNullable((Buffer) value).map(Buffer::getBytes);
  }

  /** Texts, if they are there. */
  public Optional<List<String>> optionalTexts(String field) {
    return optionalItems(field, String.class, "a list of texts");
  }

  /** Objects, if they are there. */
  public Optional<List<JsonObject>> optionalObjects(String field) {
    return optionalItems(field, JsonObject.class, "a list of objects");
  }

  private <T> Optional<List<T>> optionalItems(String field, Class<T> type, String allowed) {
    Object value = fields.getValue(field);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof JsonArray array)) {
      throw refused(field, allowed);
    }
    List<T> items = new ArrayList<>(array.size());
    for (Object item : array) {
      if (!type.isInstance(item)) {
        throw refused(field, allowed);
      }
      items.add(type.cast(item));
    }
    return Optional.of(List.copyOf(items));
  }

  /** A time in Unix milliseconds; of one between two, the earlier. */
  public long millis(String field) {
    Object value = fields.getMap().get(field);
    try {
      if (value instanceof Number number) {
        return new BigDecimal(number.toString()).setScale(0, RoundingMode.FLOOR).longValueExact();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // Told below.
    }
    throw refused(field, "a time in milliseconds");
  }

  /** An object. */
  public JsonObject object(String field) {
    return optionalObject(field).orElseThrow(() -> refused(field, "an object"));
  }

  /** An object, if it is there. */
  public Optional<JsonObject> optionalObject(String field) {
    Object value = fields.getValue(field);
    if (value != null && !(value instanceof JsonObject)) {
      throw refused(field, "an object");
    }
    return Optional.ofNullable((JsonObject) value);
  }

  /** One of several words. */
  public <T> T oneOf(String field, List<T> values, Function<T, String> word) {
    String text = text(field);
    return values.stream()
        .filter(value -> word.apply(value).equals(text))
        .findFirst()
        .orElseThrow(() -> refused(
            field, "one of " + String.join(", ", values.stream().map(word).toList())));
  }

  private PayloadException refused(String field, String allowed) {
    Object value = fields.getMap().get(field);
    String found;
    if (value == null) {
      found = "nothing";
    } else if (value instanceof Number) {
      found = value.toString();
    } else if (value instanceof String text) {
      found = "a text of " + text.length() + " characters";
    } else {
      found = "something else (" + value.getClass().getSimpleName() + ")";
    }
    return new PayloadException(field + ": found " + found + ", allowed is " + allowed);
  }
}
