package io.tributary.storage.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.nio.file.Path;
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
import java.util.Optional;
import org.sqlite.SQLiteConnection;

/**
 * The statements that read, on one connection. Each call sees one committed state and holds on to
 * none. After an exception it can only be closed. Used by one thread at a time.
 */
final class ReadConnection implements AutoCloseable {
  /** Bodies above that are fetched only once it is known that they fit. */
  private static final int SMALL_BODY = 64 * 1024;

  private static final byte[] NOTHING = {};

  /** Between the first and the last id there can be. */
  private static final byte[] AFTER_ALL = new byte[EntryId.SIZE + 1];

  static {
    Arrays.fill(AFTER_ALL, (byte) 0xff);
  }

  /**
   * The rows from the one that holds parameter 2, a sequence, or follows it. The inner query finds
   * the one that may hold it in its middle; where that lies before, it is to be skipped.
   */
  private static final String FROM_RECORD = " FROM record"
      + " WHERE key >= coalesce((SELECT key FROM record WHERE key BETWEEN ?1 AND ?2"
      + " ORDER BY key DESC LIMIT 1), ?2) AND key <= ?3 ORDER BY key LIMIT ?4";

  private final Connection connection;

  /** Interrupting a closed one would be a use of freed memory. */
  @GuardedBy("this")
  private boolean closed;

  private final JournalReads journals;
  private final KeyValueReads keyValues;
  private final PreparedStatement findStore;
  private final PreparedStatement readRecords;
  private final PreparedStatement readBody;
  private final PreparedStatement scanRecords;
  private final PreparedStatement findTombstones;
  private final PreparedStatement findDays;

  private record Store(long id, long head) {}

  /** A part of the due tombstones, and the id to look on from; none at the end. */
  record Due(List<Tombstone> tombstones, Optional<EntryId> last) {}

  ReadConnection(Connection connection) throws SQLException {
    this.connection = connection;
    // One transaction per call: a page and its head belong together.
    connection.setAutoCommit(false);
    journals = new JournalReads(connection);
    keyValues = new KeyValueReads(connection);
    findStore = connection.prepareStatement("SELECT id, head FROM store WHERE key = ?");
    readRecords = connection.prepareStatement(
        "SELECT key, committed_at, kind, process, ids, event, primary_key, author, header,"
            + " length(body), CASE WHEN length(body) <= " + SMALL_BODY + " THEN body END"
            + FROM_RECORD);
    readBody = connection.prepareStatement("SELECT body FROM record WHERE key = ?");
    scanRecords = connection.prepareStatement("SELECT key, length(ids) / 16, committed_at, "
        + Keys.RECORD_BYTES + ", event" + FROM_RECORD);
    findTombstones = connection.prepareStatement("SELECT sequence, id FROM entry_id"
        + " WHERE id > ?3 AND id <= ?4 AND store = ?2 AND " + Keys.NO_RECORD + " ORDER BY id");
    findDays = connection.prepareStatement(Keys.FIND_DAYS);
  }

  Page read(StoreKey key, long from, int maxRecords, long maxBytes) throws SQLException {
    long start = Math.max(1, from);
    Store store = store(key);
    Page page = start > store.head
        ? new Page(List.of(), start, store.head)
        : read(store, start, maxRecords, maxBytes);
    connection.commit();
    return page;
  }

  private Page read(Store store, long from, int maxRecords, long maxBytes) throws SQLException {
    List<StoredRecord> records = new ArrayList<>();
    long next = from;
    long bytes = 0;
    bind(readRecords, store, from, maxRecords);
    try (ResultSet row = readRecords.executeQuery()) {
      while (records.size() < maxRecords) {
        if (!row.next()) {
          next = store.head + 1;
          break;
        }
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
        byte[] header = Sql.bytes(row, 9);
        long bodyBytes = row.getLong(10);
        bytes += bodyBytes
            + new NewRecord(ids, kind, event, primaryKey, header, NOTHING, process, author).bytes();
        if (bytes > maxBytes && !records.isEmpty()) {
          break;
        }
        byte[] body = bodyBytes <= SMALL_BODY ? Sql.bytes(row, 11) : body(row.getLong(1));
        NewRecord record =
            new NewRecord(ids, kind, event, primaryKey, header, body, process, author);
        records.add(new StoredRecord(first, row.getLong(2), record));
        next = first + ids.size();
      }
    }
    return new Page(records, next, store.head);
  }

  Outlines scan(StoreKey key, long from, int max) throws SQLException {
    long start = Math.max(1, from);
    Store store = store(key);
    Outlines page =
        start > store.head ? new Outlines(List.of(), start, store.head) : scan(store, start, max);
    connection.commit();
    return page;
  }

  private Outlines scan(Store store, long from, int max) throws SQLException {
    List<Outline> records = new ArrayList<>();
    long next = from;
    bind(scanRecords, store, from, max);
    try (ResultSet row = scanRecords.executeQuery()) {
      while (records.size() < max) {
        if (!row.next()) {
          next = store.head + 1;
          break;
        }
        Outline record = new Outline(
            Keys.sequence(row.getLong(1)),
            row.getInt(2),
            row.getLong(3),
            row.getLong(4),
            row.getBytes(5));
        if (record.lastSequence() >= from) {
          records.add(record);
          next = record.lastSequence() + 1;
        }
      }
    }
    return new Outlines(records, next, store.head);
  }

  private static void bind(PreparedStatement statement, Store store, long from, int max)
      throws SQLException {
    statement.setLong(1, Keys.of(store.id, 1));
    statement.setLong(2, Keys.of(store.id, from));
    statement.setLong(3, Keys.of(store.id, Keys.MAX_SEQUENCE));
    statement.setLong(4, max + 1L);
  }

  Map<StoreKey, Long> heads(Collection<StoreKey> keys) throws SQLException {
    Map<StoreKey, Long> heads = new HashMap<>();
    for (StoreKey key : keys) {
      heads.put(key, store(key).head);
    }
    connection.commit();
    return heads;
  }

  List<StoreKey> stores(Optional<StoreKey> after, int max) throws SQLException {
    return query(
        row -> StoreKey.parse(row.getString(1)),
        "SELECT key FROM store WHERE key > ? ORDER BY key LIMIT ?",
        after.map(StoreKey::toString).orElse(""),
        max);
  }

  StoreStats stats(StoreKey key) throws SQLException {
    List<StoreStats> stats = query(
        row -> new StoreStats(
            key, row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)),
        "SELECT head, records, entries, bytes, tombstones FROM store WHERE key = ?",
        key.toString());
    return stats.isEmpty() ? StoreStats.empty(key) : stats.get(0);
  }

  /** Goes over the ids of all stores: an index by sequence would double what a tombstone takes. */
  Tombstones tombstones(StoreKey key, long from, int max) throws SQLException {
    Store store = store(key);
    List<Tombstone> tombstones = query(
        ReadConnection::tombstone,
        "SELECT sequence, id FROM entry_id WHERE store = ?2 AND sequence >= ?3 AND "
            + Keys.NO_RECORD + " ORDER BY sequence LIMIT ?4",
        Keys.of(store.id, 0),
        store.id,
        from,
        max + 1L);
    return tombstones.size() <= max
        ? new Tombstones(tombstones, 0)
        : new Tombstones(tombstones.subList(0, max), tombstones.get(max).sequence());
  }

  /**
   * Looks for tombstones that are due, in the order of ids.
   *
   * @param after look at ids after this one
   * @param firstKept the first day whose tombstones are not due
   * @param rows at most so many ids of all stores are looked at
   * @param max at most this many are found
   */
  Due due(StoreKey key, Optional<EntryId> after, int firstKept, int rows, int max)
      throws SQLException {
    Store store = store(key);
    byte[] from = after.map(EntryId::toBytes).orElse(NOTHING);
    Optional<byte[]> last = Sql.query(
            connection,
            row -> row.getBytes(1),
            "SELECT id FROM entry_id WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?",
            from,
            rows - 1)
        .stream()
        .findFirst();
    List<Tombstone> due = new ArrayList<>();
    findTombstones.setLong(1, Keys.of(store.id, 0));
    findTombstones.setLong(2, store.id);
    findTombstones.setBytes(3, from);
    findTombstones.setBytes(4, last.orElse(AFTER_ALL));
    Map<Long, RemovalDays> days = new HashMap<>();
    try (ResultSet row = findTombstones.executeQuery()) {
      while (due.size() < max && row.next()) {
        long at = row.getLong(1);
        long daysRow = RemovalDays.row(at);
        RemovalDays known = days.get(daysRow);
        if (known == null) {
          known = days(Keys.of(store.id, daysRow));
          days.put(daysRow, known);
        }
        if (known.isBefore((int) (at % RemovalDays.SEQUENCES), firstKept)) {
          due.add(tombstone(row));
        }
      }
    }
    connection.commit();
    return new Due(
        due, due.size() == max ? Optional.of(due.get(max - 1).id()) : last.map(EntryId::of));
  }

  private RemovalDays days(long key) throws SQLException {
    findDays.setLong(1, key);
    try (ResultSet row = findDays.executeQuery()) {
      return row.next() ? RemovalDays.of(Sql.bytes(row, 1)) : RemovalDays.none();
    }
  }

  private static Tombstone tombstone(ResultSet row) throws SQLException {
    return new Tombstone(row.getLong(1), EntryId.of(row.getBytes(2)));
  }

  /** Asks the journals. */
  interface Question<T> {
    T ask(JournalReads journals) throws SQLException;
  }

  <T> T journals(Question<T> question) throws SQLException {
    T answer = question.ask(journals);
    connection.commit();
    return answer;
  }

  /** Asks the spaces. */
  <T> T keyValues(FileKeyValues.Question<T> question) throws SQLException {
    T answer = question.ask(keyValues);
    connection.commit();
    return answer;
  }

  /** See {@link Sql#query}. */
  <T> List<T> query(Sql.Row<T> row, String sql, Object... values) throws SQLException {
    List<T> rows = Sql.query(connection, row, sql, values);
    connection.commit();
    return rows;
  }

  private Store store(StoreKey key) throws SQLException {
    findStore.setString(1, key.toString());
    try (ResultSet row = findStore.executeQuery()) {
      return row.next() ? new Store(row.getLong(1), row.getLong(2)) : new Store(0, 0);
    }
  }

  private byte[] body(long key) throws SQLException {
    readBody.setLong(1, key);
    try (ResultSet row = readBody.executeQuery()) {
      row.next();
      return Sql.bytes(row, 1);
    }
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

  /**
   * Copies the whole database, as of one moment and without what was removed, to a file that is
   * empty. Neither waits for the writer nor keeps it waiting.
   */
  void copyTo(Path file) throws SQLException {
    connection.setAutoCommit(true);
    Sql.update(connection, "VACUUM INTO ?", file.toString());
  }

  /** Stops what is running; from any thread, and without effect if nothing is. */
  synchronized void interrupt() {
    try {
      if (!closed) {
        connection.unwrap(SQLiteConnection.class).getDatabase().interrupt();
      }
    } catch (SQLException e) {
      // it runs no more
    }
  }

  @Override
  public synchronized void close() throws SQLException {
    closed = true;
    connection.close();
  }
}
