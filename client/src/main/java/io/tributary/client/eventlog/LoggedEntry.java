package io.tributary.client.eventlog;

import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.model.Entry;

/**
 * An entry in the journal.
 *
 * @param position its place there: from 1, strictly increasing, with gaps
 * @param entry as its author wrote it
 * @param sequence the one it has at the remote it came from; 0 if it was written here
 */
public record LoggedEntry(long position, Entry entry, long sequence) {
  static LoggedEntry of(PlacedEntry placed) {
    return new LoggedEntry(
        placed.position(), Texts.entry(placed.entry()), placed.entry().sequence());
  }
}
