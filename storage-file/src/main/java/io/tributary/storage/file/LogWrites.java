package io.tributary.storage.file;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The statements that change logs, and the stores as the transaction has them: their rows are
 * brought up to date once per transaction, by {@link #flush}. After any exception it is of no use any
 * more. Owned by the writer thread.
 */
final class LogWrites {
  private static final int STORES_REMEMBERED = 20_000;

  private final PreparedStatement insertId;
  private final PreparedStatement findId;
  private final PreparedStatement forgetId;
  private final PreparedStatement insertRecord;
  private final PreparedStatement findRecord;
  private final PreparedStatement deleteRecord;
  private final PreparedStatement findStore;
  private final PreparedStatement insertStore;
  private final PreparedStatement updateStore;
  private final PreparedStatement findDays;
  private final PreparedStatement putDays;
  private final PreparedStatement listDays;
  private final PreparedStatement deleteDays;

  /** In the order of their last use. */
  private final Map<StoreKey, Store> stores = new LinkedHashMap<>(64, 0.75f, true);

  /** Whose rows are not as the transaction has them. */
  private final List<Store> touched = new ArrayList<>();

  /** The row of days that is being changed. */
  private @Nullable RemovalDays days;

  private long daysKey;

  /** A store as the transaction has it; id 0 while it has no row. */
  private static final class Store {
    long id;
    long head;
    long records;
    long entries;
    long bytes;
    long tombstones;
    boolean touched;
  }

  LogWrites(Connection connection) throws SQLException {
    insertId = connection.prepareStatement(
        "INSERT INTO entry_id (id, store, sequence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    findId =
        connection.prepareStatement("SELECT sequence FROM entry_id WHERE id = ? AND store = ?");
    forgetId = connection.prepareStatement(
        "DELETE FROM entry_id WHERE id = ? AND store = ? AND sequence = ?");
    insertRecord = connection.prepareStatement(
        "INSERT INTO record (key, committed_at, kind, process, ids, event, primary_key, author,"
            + " header, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    findRecord = connection.prepareStatement("SELECT key, ids, " + Keys.RECORD_BYTES
        + " FROM record WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1");
    deleteRecord = connection.prepareStatement("DELETE FROM record WHERE key = ?");
    findStore = connection.prepareStatement(
        "SELECT id, head, records, entries, bytes, tombstones FROM store WHERE key = ?");
    insertStore = connection.prepareStatement("INSERT INTO store (key) VALUES (?) RETURNING id");
    updateStore = connection.prepareStatement("UPDATE store SET head = ?, records = ?, entries = ?,"
        + " bytes = ?, tombstones = ? WHERE id = ?");
    findDays = connection.prepareStatement(Keys.FIND_DAYS);
    putDays =
        connection.prepareStatement("INSERT OR REPLACE INTO removal (key, days) VALUES (?, ?)");
    listDays = connection.prepareStatement(
        "SELECT key, days FROM removal WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?");
    deleteDays = connection.prepareStatement("DELETE FROM removal WHERE key = ?");
  }

  List<AppendResult> append(List<Append> appends) throws SQLException {
    List<AppendResult> results = new ArrayList<>(appends.size());
    for (Append append : appends) {
      results.add(append(append));
    }
    return results;
  }

  private AppendResult append(Append append) throws SQLException {
    Store store = store(append.store());
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
    long[] sequences = new long[count];
    boolean stored = false;
    for (int i = 0; i < count; i++) {
      byte[] id = ids.get(i).toBytes();
      if (insertId(id, store, first + i)) {
        stored = true;
      } else {
        sequences[i] = sequence(id, store);
      }
    }
    if (!stored) {
      return new Slot(false, sequences);
    }
    for (int i = 0; i < count; i++) {
      sequences[i] = first + i;
    }
    insert(store, first, append.committedAt(), record);
    store.head += count;
    return new Slot(true, sequences);
  }

  private void insert(Store store, long first, long committedAt, NewRecord record)
      throws SQLException {
    List<EntryId> ids = record.ids();
    byte[] bytes = new byte[ids.size() * EntryId.SIZE];
    for (int i = 0; i < ids.size(); i++) {
      System.arraycopy(ids.get(i).toBytes(), 0, bytes, i * EntryId.SIZE, EntryId.SIZE);
    }
    insertRecord.setLong(1, Keys.of(store.id, first));
    insertRecord.setLong(2, committedAt);
    insertRecord.setInt(3, record.kind().code());
    insertRecord.setInt(4, record.process() ? 1 : 0);
    insertRecord.setBytes(5, bytes);
    insertRecord.setBytes(6, record.event());
    insertRecord.setBytes(7, record.primaryKey());
    insertRecord.setBytes(8, record.author());
    insertRecord.setBytes(9, record.header());
    insertRecord.setBytes(10, record.body());
    insertRecord.executeUpdate();
    touch(store);
    store.records++;
    store.entries += ids.size();
    store.bytes += record.bytes();
  }

  /** Whether the store didn't know it. */
  private boolean insertId(byte[] id, Store store, long sequence) throws SQLException {
    insertId.setBytes(1, id);
    insertId.setLong(2, store.id);
    insertId.setLong(3, sequence);
    return insertId.executeUpdate() == 1;
  }

  private long sequence(byte[] id, Store store) throws SQLException {
    findId.setBytes(1, id);
    findId.setLong(2, store.id);
    return Sql.number(findId);
  }

  /** Removes records; the rows of their ids stay, and are tombstones thereby. */
  Removed remove(Removal removal) throws SQLException {
    Store store = store(removal.store());
    int day = RemovalDays.day(removal.removedAt());
    Removed removed = Removed.NOTHING;
    // Neighbours are noted together.
    long first = 0;
    long next = 0;
    for (long sequence : new TreeSet<>(removal.sequences())) {
      if (sequence < 1 || sequence > store.head) {
        continue;
      }
      findRecord.setLong(1, Keys.of(store.id, 1));
      findRecord.setLong(2, Keys.of(store.id, sequence));
      long key;
      byte[] ids;
      long bytes;
      try (ResultSet row = findRecord.executeQuery()) {
        if (!row.next()) {
          continue;
        }
        key = row.getLong(1);
        ids = Sql.bytes(row, 2);
        bytes = row.getLong(3);
      }
      int count = ids.length / EntryId.SIZE;
      long at = Keys.sequence(key);
      if (at + count <= sequence) {
        continue;
      }
      deleteRecord.setLong(1, key);
      deleteRecord.executeUpdate();
      removed = removed.plus(new Removed(1, count, bytes));
      for (int i = 0; i < count; i++) {
        byte[] id = Arrays.copyOfRange(ids, i * EntryId.SIZE, (i + 1) * EntryId.SIZE);
        // Others were known before this record, and are remembered from there.
        if (sequence(id, store) == at + i) {
          store.tombstones++;
        }
      }
      if (at != next) {
        if (first != 0) {
          note(store, first, next - 1, day);
        }
        first = at;
      }
      next = at + count;
    }
    if (first != 0) {
      note(store, first, next - 1, day);
      writeDays();
      touch(store);
      store.records -= removed.records();
      store.entries -= removed.entries();
      store.bytes -= removed.bytes();
    }
    return removed;
  }

  /** How many tombstones a store has. */
  long tombstones(StoreKey key) throws SQLException {
    return store(key).tombstones;
  }

  /**
   * Drops tombstones that are still the same.
   *
   * @return how many
   */
  int forget(StoreKey key, List<Tombstone> tombstones) throws SQLException {
    Store store = store(key);
    int dropped = 0;
    for (Tombstone tombstone : tombstones) {
      forgetId.setBytes(1, tombstone.id().toBytes());
      forgetId.setLong(2, store.id);
      forgetId.setLong(3, tombstone.sequence());
      dropped += forgetId.executeUpdate();
    }
    if (dropped > 0) {
      touch(store);
      store.tombstones -= dropped;
    }
    return dropped;
  }

  /** Notes when tombstones were made; {@link #writeDays} is to follow. */
  private void note(Store store, long first, long last, int day) throws SQLException {
    for (long row = RemovalDays.row(first); row <= RemovalDays.row(last); row++) {
      long key = Keys.of(store.id, row);
      if (days == null || daysKey != key) {
        writeDays();
        findDays.setLong(1, key);
        try (ResultSet found = findDays.executeQuery()) {
          days = found.next() ? RemovalDays.of(Sql.bytes(found, 1)) : RemovalDays.none();
        }
        daysKey = key;
      }
      long start = row * RemovalDays.SEQUENCES;
      days.note(
          (int) Math.max(0, first - start),
          (int) Math.min(RemovalDays.SEQUENCES - 1, last - start),
          day);
    }
  }

  private void writeDays() throws SQLException {
    if (days != null) {
      putDays(daysKey, days);
      days = null;
    }
  }

  private void putDays(long key, RemovalDays days) throws SQLException {
    putDays.setLong(1, key);
    putDays.setBytes(2, days.toBytes());
    putDays.executeUpdate();
  }

  /**
   * Forgets the days of tombstones that are dropped.
   *
   * @param firstKept earlier days have no tombstones any more
   * @param row where to begin
   * @param max at most so many rows are looked at
   * @return the row to go on with; empty at the end
   */
  Optional<Long> forgetDays(StoreKey key, int firstKept, long row, int max) throws SQLException {
    long store = store(key).id;
    listDays.setLong(1, Keys.of(store, row));
    listDays.setLong(2, Keys.of(store, Keys.MAX_SEQUENCE));
    listDays.setInt(3, max);
    Map<Long, RemovalDays> rows = new LinkedHashMap<>();
    try (ResultSet found = listDays.executeQuery()) {
      while (found.next()) {
        rows.put(found.getLong(1), RemovalDays.of(Sql.bytes(found, 2)));
      }
    }
    long last = row;
    for (Map.Entry<Long, RemovalDays> each : rows.entrySet()) {
      last = Keys.sequence(each.getKey());
      RemovalDays days = each.getValue();
      int before = days.toBytes().length;
      days.dropBefore(firstKept);
      if (days.isEmpty()) {
        deleteDays.setLong(1, each.getKey());
        deleteDays.executeUpdate();
      } else if (days.toBytes().length < before) {
        putDays(each.getKey(), days);
      }
    }
    return rows.size() < max ? Optional.empty() : Optional.of(last + 1);
  }

  void restore(Restoration restoration) throws SQLException {
    Store store = store(restoration.store());
    restoration.requireAbove(store.head);
    if (restoration.head() >= Keys.MAX_SEQUENCE) {
      throw new StorageException(
          Outcome.REJECTED,
          "can't be restored: there is no sequence " + restoration.head() + " in this storage",
          null);
    }
    if (restoration.head() == store.head) {
      return;
    }
    if (store.id == 0) {
      store.id = insert(restoration.store());
    }
    int day = RemovalDays.day(restoration.restoredAt());
    for (LogItem item : restoration.items()) {
      if (item instanceof StoredRecord stored) {
        List<EntryId> ids = stored.record().ids();
        for (int i = 0; i < ids.size(); i++) {
          boolean ignored = insertId(ids.get(i).toBytes(), store, stored.firstSequence() + i);
        }
        insert(store, stored.firstSequence(), stored.committedAt(), stored.record());
      } else if (item instanceof Tombstone tombstone
          && insertId(tombstone.id().toBytes(), store, tombstone.sequence())) {
        store.tombstones++;
        note(store, tombstone.sequence(), tombstone.sequence(), day);
      }
    }
    writeDays();
    store.head = restoration.head();
    touch(store);
  }

  private Store store(StoreKey key) throws SQLException {
    Store store = stores.get(key);
    if (store == null) {
      store = load(key);
      stores.put(key, store);
    }
    return store;
  }

  private Store load(StoreKey key) throws SQLException {
    Store store = new Store();
    findStore.setString(1, key.toString());
    try (ResultSet row = findStore.executeQuery()) {
      if (row.next()) {
        store.id = row.getLong(1);
        store.head = row.getLong(2);
        store.records = row.getLong(3);
        store.entries = row.getLong(4);
        store.bytes = row.getLong(5);
        store.tombstones = row.getLong(6);
      }
    }
    return store;
  }

  private long insert(StoreKey key) throws SQLException {
    insertStore.setString(1, key.toString());
    return Sql.number(insertStore);
  }

  private void touch(Store store) {
    if (!store.touched) {
      store.touched = true;
      touched.add(store);
    }
  }

  /**
   * Writes down what changed. Before a commit.
   *
   * @return whether there was anything
   */
  boolean flush() throws SQLException {
    boolean any = !touched.isEmpty();
    for (Store store : touched) {
      updateStore.setLong(1, store.head);
      updateStore.setLong(2, store.records);
      updateStore.setLong(3, store.entries);
      updateStore.setLong(4, store.bytes);
      updateStore.setLong(5, store.tombstones);
      updateStore.setLong(6, store.id);
      updateStore.executeUpdate();
      store.touched = false;
    }
    touched.clear();
    // Not earlier: a store must not be loaded again from a row that is out of date.
    for (Iterator<Store> eldest = stores.values().iterator();
        stores.size() > STORES_REMEMBERED && eldest.hasNext(); ) {
      eldest.next();
      eldest.remove();
    }
    return any;
  }
}
