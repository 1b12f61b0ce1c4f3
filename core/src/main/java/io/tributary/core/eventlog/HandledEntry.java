package io.tributary.core.eventlog;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import org.jspecify.annotations.Nullable;

/**
 * The entry a handler is called for.
 *
 * @param entry as its author wrote it
 * @param attempt the how-manieth call for this entry it may be, from 1; more only after a crash, a
 *     takeover or a retry
 * @param store the store it came from: on a hub its key's text; null if it was written here
 * @param sequence its sequence in that store, from 1; 0 if it was written here
 */
public record HandledEntry(
    Entry entry, int attempt, @Nullable String store, long sequence) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public HandledEntry(Entry entry, int attempt, @Nullable String store, long sequence) {
    this.entry = entry;
    this.attempt = attempt;
    this.store = store;
    this.sequence = sequence;
  }

  /** The entry's id: the same in every attempt, and no other entry's. */
  public EntryId idempotencyKey() {
    return entry.id();
  }

  /** The event's tag. */
  public String event() {
    return entry.event();
  }

  /** What the event is about. */
  public String primaryKey() {
    return entry.primaryKey();
  }
}
