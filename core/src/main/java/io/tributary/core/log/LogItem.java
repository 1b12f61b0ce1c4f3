package io.tributary.core.log;

/** What a store holds at some sequences: a record, or what remains of one. */
public sealed interface LogItem permits StoredRecord, Tombstone {
  /** The first sequence it takes, from 1. */
  long firstSequence();

  /** The last sequence it takes. */
  long lastSequence();
}
