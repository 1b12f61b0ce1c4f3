package io.tributary.core.log;

import org.jspecify.annotations.Nullable;

/**
 * A record without its bytes.
 *
 * @param firstSequence the sequence of its first id, from 1
 * @param ids how many ids it has
 * @param committedAt Unix milliseconds by the hub's clock when it was appended
 * @param bytes its {@link NewRecord#bytes()}
 * @param event the event's tag in UTF-8, for records in the clear
 */
public record Outline(
    long firstSequence, int ids, long committedAt, long bytes, byte @Nullable [] event) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public Outline(
      long firstSequence, int ids, long committedAt, long bytes, byte @Nullable [] event) {
    this.firstSequence = firstSequence;
    this.ids = ids;
    this.committedAt = committedAt;
    this.bytes = bytes;
    this.event = event;
  }

  /** The sequence of its last id. */
  public long lastSequence() {
    return firstSequence + ids - 1;
  }
}
