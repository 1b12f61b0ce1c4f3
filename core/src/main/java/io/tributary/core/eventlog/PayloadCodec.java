package io.tributary.core.eventlog;

import io.vertx.core.json.JsonObject;

/**
 * Turns payloads into the bytes that travel in an entry, and back. Immutable, for any thread.
 *
 * <p>{@link #json()} and {@link #record} write MessagePack as the JavaScript side does for the same
 * object: maps with string keys, whole numbers from -2^31 to 2^32-1 as integers and every other
 * number as float64, byte strings for {@code byte[]} and {@code Buffer}. A whole number that float64
 * can't hold is refused rather than rounded. They read every form of MessagePack that can stand for a
 * value; numbers without a fraction become {@code Integer}, {@code Long} or, beyond, {@code
 * BigInteger}; a field that is {@code undefined} is absent. Nothing nests deeper than {@value
 * PayloadReader#MAX_DEPTH}.
 *
 * @param <P> what payloads are to the application
 */
public interface PayloadCodec<P> {
  /**
   * The bytes for a payload, a fresh array or one handed over.
   *
   * @throws PayloadException if the payload can't be written
   */
  byte[] encode(P payload);

  /**
   * The payload that bytes stand for; they are not kept, but by {@link #raw()}.
   *
   * @throws PayloadException if they are no such payload
   */
  P decode(byte[] bytes);

  /** The bytes as they are, by reference. */
  static PayloadCodec<byte[]> raw() {
    return RawCodec.INSTANCE;
  }

  /**
   * Maps as {@code JsonObject}. Byte strings become {@code Buffer}; timestamps (a JavaScript {@code
   * Date}) become {@code Instant} and are written from it; null stays null.
   */
  static PayloadCodec<JsonObject> json() {
    return JsonCodec.INSTANCE;
  }

  /** For events without a payload: writes {@code undefined}, takes that and null. */
  static PayloadCodec<NoPayload> none() {
    return NoneCodec.INSTANCE;
  }

  /**
   * Java objects by Jackson: records, and other classes as Jackson and its annotations map them.
   *
   * <p>Components that are null or an empty {@code Optional} are left out (annotate with {@code
   * JsonInclude(ALWAYS)} where the other side wants null); nulls within lists and maps stay. What is
   * absent or null when read becomes null, or an empty {@code Optional}; for a primitive it is an
   * error, as is whatever the record's constructor refuses. Unknown fields are ignored, and no value
   * is coerced to another type, but {@code byte[]} is read from base64 text too. {@code Instant} is written as the ISO string of a JavaScript {@code
   * Date}, {@code java.util.Date} as its timestamp; either is read from both. {@code JsonObject},
   * {@code JsonArray} and {@code Buffer} may be components.
   */
  static <T> PayloadCodec<T> record(Class<T> type) {
    return new RecordCodec<>(type);
  }
}
