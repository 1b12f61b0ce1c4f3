package io.tributary.storage.file;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The statements that read, on one connection. Each call sees one committed state and holds on to
 * none. After an exception it can only be closed. Used by one thread at a time.
 */
final class ReadConnection implements AutoCloseable {
  /** Bodies above that are fetched only once it is known that they fit. */
  private static final int SMALL_BODY = 64 * 1024;

  private static final byte[] NOTHING = {};

  private final Connection connection;
  private final PreparedStatement findStore;
  private final PreparedStatement findHead;
  private final PreparedStatement readRecords;
  private final PreparedStatement readBody;

  ReadConnection(Connection connection) throws SQLException {
    this.connection = connection;
    // One transaction per call: a page and its head belong together.
    connection.setAutoCommit(false);
    findStore = connection.prepareStatement(Keys.FIND_STORE);
    findHead = connection.prepareStatement(Keys.FIND_HEAD);
    // The inner query finds the record that holds the sequence asked for, which may be any of its
    // ids; where that is the record before, it is skipped.
    readRecords = connection.prepareStatement(
        "SELECT key, committed_at, kind, process, ids, event, primary_key, author, header,"
            + " length(body), CASE WHEN length(body) <= " + SMALL_BODY + " THEN body END"
            + " FROM record"
            + " WHERE key >= coalesce((SELECT key FROM record WHERE key BETWEEN ?1 AND ?2"
            + " ORDER BY key DESC LIMIT 1), ?2) AND key <= ?3 ORDER BY key LIMIT ?4");
    readBody = connection.prepareStatement("SELECT body FROM record WHERE key = ?");
  }

  Page read(StoreKey key, long from, int maxRecords, long maxBytes) throws SQLException {
    long start = Math.max(1, from);
    long store = store(key);
    Page page =
        store == 0 ? new Page(List.of(), start, 0) : read(store, start, maxRecords, maxBytes);
    connection.commit();
    return page;
  }

  private Page read(long store, long from, int maxRecords, long maxBytes) throws SQLException {
    long head = head(store);
    if (from > head) {
      return new Page(List.of(), from, head);
    }
    List<StoredRecord> records = new ArrayList<>();
    long next = from;
    long bytes = 0;
    readRecords.setLong(1, Keys.of(store, 1));
    readRecords.setLong(2, Keys.of(store, from));
    readRecords.setLong(3, Keys.of(store, Keys.MAX_SEQUENCE));
    readRecords.setLong(4, maxRecords + 1L);
    try (ResultSet row = readRecords.executeQuery()) {
      while (records.size() < maxRecords && row.next()) {
        long first = Keys.sequence(row.getLong(1));
        List<EntryId> ids = ids(row.getBytes(5));
        if (first + ids.size() <= from) {
          continue;
        }
        RecordKind kind = RecordKind.of(row.getInt(3));
        boolean process = row.getInt(4) != 0;
        byte[] event = row.getBytes(6);
        byte[] primaryKey = row.getBytes(7);
        byte[] author = row.getBytes(8);
        byte[] header = bytes(row, 9);
        long bodyBytes = row.getLong(10);
        bytes += bodyBytes
            + new NewRecord(ids, kind, event, primaryKey, header, NOTHING, process, author).bytes();
        if (bytes > maxBytes && !records.isEmpty()) {
          break;
        }
        byte[] body = bodyBytes <= SMALL_BODY ? bytes(row, 11) : body(row.getLong(1));
        NewRecord record =
            new NewRecord(ids, kind, event, primaryKey, header, body, process, author);
        records.add(new StoredRecord(first, row.getLong(2), record));
        next = first + ids.size();
      }
    }
    return new Page(records, next, head);
  }

  Map<StoreKey, Long> heads(Collection<StoreKey> keys) throws SQLException {
    Map<StoreKey, Long> heads = new HashMap<>();
    for (StoreKey key : keys) {
      long store = store(key);
      heads.put(key, store == 0 ? 0 : head(store));
    }
    connection.commit();
    return heads;
  }

  private long store(StoreKey key) throws SQLException {
    findStore.setString(1, key.toString());
    return number(findStore);
  }

  private long head(long store) throws SQLException {
    Keys.bindHead(findHead, store);
    return number(findHead);
  }

  private byte[] body(long key) throws SQLException {
    readBody.setLong(1, key);
    try (ResultSet row = readBody.executeQuery()) {
      row.next();
      return bytes(row, 1);
    }
  }

  /** A column that is never NULL; SQLite's interface gives no pointer for no bytes either. */
  private static byte[] bytes(ResultSet row, int column) throws SQLException {
    byte[] bytes = row.getBytes(column);
    return bytes == null ? NOTHING : bytes;
  }

  private static List<EntryId> ids(byte[] bytes) {
    if (bytes.length == EntryId.SIZE) {
      return List.of(EntryId.of(bytes));
    }
    EntryId[] ids = new EntryId[bytes.length / EntryId.SIZE];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = EntryId.of(Arrays.copyOfRange(bytes, i * EntryId.SIZE, (i + 1) * EntryId.SIZE));
    }
    return List.of(ids);
  }

  private static long number(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
