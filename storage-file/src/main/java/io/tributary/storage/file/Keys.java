package io.tributary.storage.file;

/**
 * The row keys of records: store number and first sequence in one integer, which keeps a store's
 * records next to each other, in order. Room for 2<sup>23</sup> stores and 2<sup>40</sup> sequences
 * in each.
 */
final class Keys {
  static final long MAX_SEQUENCE = (1L << 40) - 1;

  /** A record's {@code NewRecord.bytes()}, from its row. */
  static final String RECORD_BYTES = "64 + length(ids) + coalesce(length(event), 0)"
      + " + coalesce(length(primary_key), 0) + coalesce(length(author), 0) + length(header)"
      + " + length(body)";

  /**
   * Whether no record holds the sequence of a row of {@code entry_id}, which makes that row a
   * tombstone. Parameter 1: {@link #of} the store and 0.
   */
  static final String NO_RECORD = "NOT coalesce((SELECT key + length(ids) / 16 > ?1 + sequence"
      + " FROM record WHERE key BETWEEN ?1 + 1 AND ?1 + sequence ORDER BY key DESC LIMIT 1), 0)";

  /** Parameter: {@link #of} the store and {@link RemovalDays#row}. */
  static final String FIND_DAYS = "SELECT days FROM removal WHERE key = ?";

  private Keys() {}

  static long of(long store, long sequence) {
    return store << 40 | sequence;
  }

  static long sequence(long key) {
    return key & MAX_SEQUENCE;
  }
}
