package io.tributary.core.log;

/**
 * A record with its place in the store.
 *
 * @param firstSequence the sequence of its first id, from 1
 * @param committedAt Unix milliseconds by the hub's clock when it was appended
 * @param record what was appended
 */
public record StoredRecord(long firstSequence, long committedAt, NewRecord record)
    implements LogItem {
  @Override
  public long lastSequence() {
    return firstSequence + record.ids().size() - 1;
  }
}
