package io.tributary.core.journal;

import io.tributary.core.model.EntryId;
import org.jspecify.annotations.Nullable;

/**
 * Which entry stands for its event and primary key.
 *
 * @param event the event's tag in UTF-8
 * @param primaryKey in UTF-8
 * @param id the entry that won, or the greatest of those merged
 * @param payload the merged payload; null if it is the entry's own
 * @param policy the name of the policy that decided
 */
public record Winner(
    byte[] event, byte[] primaryKey, EntryId id, byte @Nullable [] payload, String policy) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public Winner(
      byte[] event, byte[] primaryKey, EntryId id, byte @Nullable [] payload, String policy) {
    this.event = event;
    this.primaryKey = primaryKey;
    this.id = id;
    this.payload = payload;
    this.policy = policy;
  }
}
