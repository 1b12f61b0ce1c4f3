package io.tributary.client;

import org.jspecify.annotations.Nullable;

/**
 * A write, as a message to a replica's verticle in the same process; it goes by reference, and so does
 * the answer, a {@link io.tributary.client.eventlog.Written}.
 *
 * @param event the event's tag
 * @param payload a {@code JsonObject}; or the payload's bytes, in a {@code Buffer} or array; or null
 */
public record WriteEvent(String event, @Nullable Object payload) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public WriteEvent(String event, @Nullable Object payload) {
    this.event = event;
    this.payload = payload;
  }
}
