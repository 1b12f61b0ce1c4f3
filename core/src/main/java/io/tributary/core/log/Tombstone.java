package io.tributary.core.log;

import io.tributary.core.model.EntryId;

/**
 * What remains of a removed entry, so that it is never accepted or sent again. Ids that were known
 * when their record was stored have their tombstone, if any, where they were first committed.
 *
 * @param sequence the sequence the id was first committed under, from 1
 * @param id the entry's id
 */
public record Tombstone(long sequence, EntryId id) implements LogItem {
  @Override
  public long firstSequence() {
    return sequence;
  }

  @Override
  public long lastSequence() {
    return sequence;
  }
}
