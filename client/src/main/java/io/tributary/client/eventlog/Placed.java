package io.tributary.client.eventlog;

import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import org.jspecify.annotations.Nullable;

/**
 * An entry that has just been committed to the journal.
 *
 * @param position its place there
 * @param id its id
 * @param from the remote that delivered it; null if it was written here
 */
public record Placed(long position, EntryId id, @Nullable RemoteId from) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public Placed(long position, EntryId id, @Nullable RemoteId from) {
    this.position = position;
    this.id = id;
    this.from = from;
  }
}
