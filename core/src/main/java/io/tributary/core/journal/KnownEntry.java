package io.tributary.core.journal;

import io.tributary.core.model.EntryId;
import org.jspecify.annotations.Nullable;

/**
 * What a journal knows of an id.
 *
 * @param id the id
 * @param position the entry's position; 0 if there is no entry (any more)
 * @param removed whether it was removed
 * @param outcome what became of it, if anything is recorded
 */
public record KnownEntry(
    EntryId id, long position, boolean removed, @Nullable EntryOutcome outcome) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public KnownEntry(EntryId id, long position, boolean removed, @Nullable EntryOutcome outcome) {
    this.id = id;
    this.position = position;
    this.removed = removed;
    this.outcome = outcome;
  }
}
