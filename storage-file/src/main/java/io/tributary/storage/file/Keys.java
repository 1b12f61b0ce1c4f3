package io.tributary.storage.file;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The row keys of records: store number and first sequence in one integer, which keeps a store's
 * records next to each other, in order. Room for 2<sup>23</sup> stores and 2<sup>40</sup> sequences
 * in each.
 */
final class Keys {
  static final long MAX_SEQUENCE = (1L << 40) - 1;

  /** Parameter: the store's text. */
  static final String FIND_STORE = "SELECT id FROM store WHERE key = ?";

  /** See {@link #bindHead}. */
  static final String FIND_HEAD =
      "SELECT (key & " + MAX_SEQUENCE + ") + length(ids) / 16 - 1 FROM record"
          + " WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1";

  private Keys() {}

  static long of(long store, long sequence) {
    return store << 40 | sequence;
  }

  static long sequence(long key) {
    return key & MAX_SEQUENCE;
  }

  static void bindHead(PreparedStatement findHead, long store) throws SQLException {
    findHead.setLong(1, of(store, 1));
    findHead.setLong(2, of(store, MAX_SEQUENCE));
  }
}
