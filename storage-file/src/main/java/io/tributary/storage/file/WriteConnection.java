package io.tributary.storage.file;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The statements that write, on one connection with always a transaction under way, and the heads of
 * the stores as that transaction has them. After any exception it can only be closed, which rolls
 * back. Owned by the writer thread.
 */
final class WriteConnection implements AutoCloseable {
  private static final int STORES_REMEMBERED = 20_000;

  private final Connection connection;
  private final PreparedStatement insertId;
  private final PreparedStatement findId;
  private final PreparedStatement insertRecord;
  private final PreparedStatement findStore;
  private final PreparedStatement insertStore;
  private final PreparedStatement findHead;
  private final PreparedStatement nextEpoch;
  private final PreparedStatement probe;
  private final PreparedStatement logSize;
  private final PreparedStatement checkpoint;
  private final PreparedStatement restartLog;

  private final Map<StoreKey, Store> stores = new LinkedHashMap<>(64, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<StoreKey, Store> eldest) {
      return size() > STORES_REMEMBERED;
    }
  };

  private boolean dirty;

  /** A store as the transaction has it; id 0 while it has no row. */
  private static final class Store {
    long id;
    long head;
  }

  WriteConnection(Connection connection) throws SQLException {
    this.connection = connection;
    connection.setAutoCommit(false);
    insertId = connection.prepareStatement(
        "INSERT INTO entry_id (id, store, sequence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    findId =
        connection.prepareStatement("SELECT sequence FROM entry_id WHERE id = ? AND store = ?");
    insertRecord = connection.prepareStatement(
        "INSERT INTO record (key, committed_at, kind, process, ids, event, primary_key, author,"
            + " header, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    findStore = connection.prepareStatement(Keys.FIND_STORE);
    insertStore = connection.prepareStatement("INSERT INTO store (key) VALUES (?) RETURNING id");
    findHead = connection.prepareStatement(Keys.FIND_HEAD);
    nextEpoch =
        connection.prepareStatement("UPDATE data_set SET epoch = epoch + 1 RETURNING epoch");
    probe = connection.prepareStatement("UPDATE data_set SET probes = probes + 1");
    logSize = connection.prepareStatement("PRAGMA wal_checkpoint(NOOP)");
    checkpoint = connection.prepareStatement("PRAGMA wal_checkpoint(PASSIVE)");
    restartLog = connection.prepareStatement("PRAGMA wal_checkpoint(RESTART)");
  }

  /**
   * Makes what was done since the last commit durable, then visible.
   *
   * @return whether there was anything
   */
  boolean commit() throws SQLException {
    connection.commit();
    boolean changed = dirty;
    dirty = false;
    return changed;
  }

  /** Appends within the transaction. */
  List<AppendResult> append(List<Append> appends) throws SQLException {
    List<AppendResult> results = new ArrayList<>(appends.size());
    for (Append append : appends) {
      results.add(append(append));
    }
    return results;
  }

  private AppendResult append(Append append) throws SQLException {
    Store store = stores.get(append.store());
    if (store == null) {
      store = load(append.store());
      stores.put(append.store(), store);
    }
    long previousHead = store.head;
    List<NewRecord> records = append.records();
    if (records.isEmpty()) {
      return new AppendResult(previousHead, previousHead, List.of());
    }
    if (store.id == 0) {
      // From here on something is stored: no id can be known to a store without a row.
      store.id = insert(append.store());
    }
    Slot[] slots = new Slot[records.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = append(append, store, records.get(i));
    }
    return new AppendResult(previousHead, store.head, List.of(slots));
  }

  private Slot append(Append append, Store store, NewRecord record) throws SQLException {
    List<EntryId> ids = record.ids();
    int count = ids.size();
    long first = store.head + 1;
    if (first + count > Keys.MAX_SEQUENCE) {
      throw new StorageException(
          Outcome.REJECTED, append.store().abbreviated() + " has no sequences left", null);
    }
    byte[] bytes = new byte[count * EntryId.SIZE];
    long[] sequences = new long[count];
    boolean stored = false;
    for (int i = 0; i < count; i++) {
      byte[] id = ids.get(i).toBytes();
      System.arraycopy(id, 0, bytes, i * EntryId.SIZE, EntryId.SIZE);
      insertId.setBytes(1, id);
      insertId.setLong(2, store.id);
      insertId.setLong(3, first + i);
      if (insertId.executeUpdate() == 1) {
        stored = true;
      } else {
        sequences[i] = sequence(id, store.id);
      }
    }
    if (!stored) {
      return new Slot(false, sequences);
    }
    for (int i = 0; i < count; i++) {
      sequences[i] = first + i;
    }
    insertRecord.setLong(1, Keys.of(store.id, first));
    insertRecord.setLong(2, append.committedAt());
    insertRecord.setInt(3, record.kind().code());
    insertRecord.setInt(4, record.process() ? 1 : 0);
    insertRecord.setBytes(5, bytes);
    insertRecord.setBytes(6, record.event());
    insertRecord.setBytes(7, record.primaryKey());
    insertRecord.setBytes(8, record.author());
    insertRecord.setBytes(9, record.header());
    insertRecord.setBytes(10, record.body());
    insertRecord.executeUpdate();
    dirty = true;
    store.head += count;
    return new Slot(true, sequences);
  }

  private long sequence(byte[] id, long store) throws SQLException {
    findId.setBytes(1, id);
    findId.setLong(2, store);
    return number(findId);
  }

  private Store load(StoreKey key) throws SQLException {
    Store store = new Store();
    findStore.setString(1, key.toString());
    store.id = number(findStore);
    if (store.id != 0) {
      Keys.bindHead(findHead, store.id);
      store.head = number(findHead);
    }
    return store;
  }

  private long insert(StoreKey key) throws SQLException {
    insertStore.setString(1, key.toString());
    return number(insertStore);
  }

  /** A new epoch, greater than all before. */
  long nextEpoch() throws SQLException {
    dirty = true;
    return number(nextEpoch);
  }

  /** Changes something small. */
  int probe() throws SQLException {
    dirty = true;
    return probe.executeUpdate();
  }

  /** The pages in the log. Between transactions. */
  int logPages() throws SQLException {
    try (ResultSet row = logSize.executeQuery()) {
      row.next();
      return row.getInt(2);
    }
  }

  /**
   * Copies the log to the database as far as no reader still needs what that would overwrite. If
   * that was all of it, the next commit starts the log anew, unless a reader is still in it. Between
   * transactions.
   *
   * @param restart whether to wait for those readers
   */
  void checkpoint(boolean restart) throws SQLException {
    try (ResultSet row = (restart ? restartLog : checkpoint).executeQuery()) {
      row.next();
    }
  }

  /** The first column of the only row, or 0 if there is none. */
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
