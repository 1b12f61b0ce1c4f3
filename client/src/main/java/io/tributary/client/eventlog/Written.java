package io.tributary.client.eventlog;

import io.tributary.core.model.EntryId;
import org.jspecify.annotations.Nullable;

/**
 * A local write that is in the journal, durably as far as its storage is.
 *
 * @param id the new entry's
 * @param position its place in the journal
 * @param result what the handler gave; null too if there is none
 */
public record Written(EntryId id, long position, @Nullable Object result) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public Written(EntryId id, long position, @Nullable Object result) {
    this.id = id;
    this.position = position;
    this.result = result;
  }
}
