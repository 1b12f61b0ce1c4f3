package io.tributary.core.journal;

import io.tributary.core.model.EntryId;

/**
 * One entry of a journal.
 *
 * @param id unique in its journal
 * @param event the event's tag in UTF-8
 * @param primaryKey what the event is about, in UTF-8
 * @param payload opaque; empty where the journal's owner keeps it elsewhere, as the hub does in the
 *     store's log
 * @param sequence the sequence it has at the remote it came from, from 1; 0 if it was written here
 */
public record JournalEntry(
    EntryId id, byte[] event, byte[] primaryKey, byte[] payload, long sequence) {
  /** The bytes of event, primary key and payload, for budgets. */
  public long bytes() {
    return (long) event.length + primaryKey.length + payload.length;
  }
}
