package io.tributary.core.eventlog;

import java.util.function.Function;

/**
 * A kind of event. Immutable, for any thread, as long as its codec and function are.
 *
 * @param <P> its payload
 */
public final class EventDefinition<P> {
  private final String tag;
  private final PayloadCodec<P> codec;
  private final Function<P, String> primaryKey;

  private EventDefinition(String tag, PayloadCodec<P> codec, Function<P, String> primaryKey) {
    if (tag.isEmpty()) {
      throw new IllegalArgumentException("an event's tag is not empty");
    }
    this.tag = tag;
    this.codec = codec;
    this.primaryKey = primaryKey;
  }

  /**
   * A kind of event.
   *
   * @param tag its name in every entry; not empty
   * @param codec of its payloads
   * @param primaryKey what a payload is about: entries of one event and primary key can conflict. Not
   *     empty, and the same for the same payload
   * @throws IllegalArgumentException if the tag is empty
   */
  public static <P> EventDefinition<P> of(
      String tag, PayloadCodec<P> codec, Function<P, String> primaryKey) {
    return new EventDefinition<>(tag, codec, primaryKey);
  }

  /** Its name in every entry. */
  public String tag() {
    return tag;
  }

  /** The codec of its payloads. */
  public PayloadCodec<P> codec() {
    return codec;
  }

  /**
   * What a payload is about.
   *
   * @throws PayloadException if the function throws, or gives nothing
   */
  public String primaryKey(P payload) {
    String key;
    try {
      key = primaryKey.apply(payload);
    } catch (RuntimeException e) {
      throw new PayloadException("its primary key fails with " + e.getClass().getName()).of(tag);
    }
    if (key == null || key.isEmpty()) {
      throw new PayloadException("its primary key is empty").of(tag);
    }
    return key;
  }

  /**
   * The bytes for a payload.
   *
   * @throws PayloadException if it can't be written; it names this event
   */
  public byte[] encode(P payload) {
    try {
      return codec.encode(payload);
    } catch (PayloadException e) {
      throw e.of(tag);
    } catch (RuntimeException e) {
      throw failed(e);
    }
  }

  /**
   * The payload that bytes stand for.
   *
   * @throws PayloadException if they are no payload of this event, which it names
   */
  public P decode(byte[] bytes) {
    try {
      return codec.decode(bytes);
    } catch (PayloadException e) {
      throw e.of(tag);
    } catch (RuntimeException e) {
      throw failed(e);
    }
  }

  private PayloadException failed(RuntimeException e) {
    return new PayloadException("its codec fails with " + e.getClass().getName()).of(tag);
  }

  /** For people: the tag. */
  @Override
  public String toString() {
    return "event " + tag;
  }
}
