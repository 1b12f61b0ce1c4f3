package io.tributary.storage.file;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that read journals, on the connection of a {@link ReadConnection}, which ends their
 * transaction. A journal that isn't there has the number 0, which no row has.
 */
final class JournalReads {
  /** Lets the index of marks be used for each state. */
  static final String ANY_MARK = Stream.of(UploadMark.State.values())
      .map(state -> "" + state.code())
      .collect(Collectors.joining(", ", "state IN (", ")"));

  private static final byte[] NOTHING = {};

  private static final String ENTRY =
      "SELECT key, id, event, primary_key, payload, sequence FROM journal_entry ";

  /** Parameters 1 and 2: the key to go on after, and the last one; 3: how many. */
  private static final String ENTRIES = ENTRY + "WHERE key > ?1 AND key <= ?2";

  private static final String IN_ORDER = " ORDER BY key LIMIT ?3";

  static final String READ_ENTRIES = ENTRIES + IN_ORDER;

  static final String READ_PENDING = ENTRIES
      + " AND NOT EXISTS (SELECT 1 FROM journal_mark WHERE journal = ?4 AND remote = ?5"
      + " AND store = ?6 AND " + ANY_MARK + " AND position = key & " + Keys.MAX_SEQUENCE + ")"
      + IN_ORDER;

  static final String FIND_SAME_KEY = ENTRY
      + "WHERE key >> 40 = ? AND event = ? AND primary_key = ? AND id > ? ORDER BY id LIMIT ?";

  static final String READ_MARKS =
      "SELECT position, reason, reason IS NULL FROM journal_mark WHERE journal = ?"
          + " AND remote = ? AND store = ? AND state = ? AND position > ?"
          + " ORDER BY position LIMIT ?";

  /** A column that is NULL can't be told from no bytes by the driver. */
  private static final String OUTCOME = "state, attempts, at, reason, reason IS NULL";

  /** Each state's ids are in order in the index: they are merged, and not more read than needed. */
  static final String ALL_OUTCOMES = Stream.of(EntryOutcome.State.values())
          .map(state -> outcomes("" + state.code()))
          .collect(Collectors.joining(" UNION ALL "))
      + " ORDER BY 1 LIMIT ?3";

  private final Connection connection;
  private final PreparedStatement findJournal;
  private final PreparedStatement findId;
  private final PreparedStatement findEntry;
  private final PreparedStatement findSameKey;
  private final PreparedStatement readEntries;
  private final PreparedStatement readPending;

  JournalReads(Connection connection) throws SQLException {
    this.connection = connection;
    findJournal = connection.prepareStatement("SELECT id FROM journal WHERE name = ?");
    findId = connection.prepareStatement(
        "SELECT position, removed, " + OUTCOME + " FROM journal_id WHERE journal = ? AND id = ?");
    findEntry = connection.prepareStatement(ENTRY + "WHERE key = ?");
    findSameKey = connection.prepareStatement(FIND_SAME_KEY);
    readEntries = connection.prepareStatement(READ_ENTRIES);
    readPending = connection.prepareStatement(READ_PENDING);
  }

  /** Parameters 1 to 3: journal, after, and how many. */
  private static String outcomes(String state) {
    return "SELECT id, " + OUTCOME + " FROM journal_id WHERE journal = ?1 AND state = " + state
        + " AND id > ?2";
  }

  private long journal(byte[] name) throws SQLException {
    findJournal.setBytes(1, name);
    return Sql.number(findJournal);
  }

  Map<EntryId, KnownEntry> known(byte[] name, Collection<EntryId> ids) throws SQLException {
    long journal = journal(name);
    Map<EntryId, KnownEntry> known = new HashMap<>();
    for (EntryId id : ids) {
      findId.setLong(1, journal);
      findId.setBytes(2, id.toBytes());
      try (ResultSet row = findId.executeQuery()) {
        if (row.next()) {
          EntryOutcome outcome = row.getInt(3) == 0 ? null : outcome(id, row, 3);
          known.put(id, new KnownEntry(id, row.getLong(1), row.getInt(2) != 0, outcome));
        }
      }
    }
    return known;
  }

  Optional<PlacedEntry> entry(byte[] name, EntryId id) throws SQLException {
    long journal = journal(name);
    findId.setLong(1, journal);
    findId.setBytes(2, id.toBytes());
    long position = Sql.number(findId);
    if (position == 0) {
      return Optional.empty();
    }
    findEntry.setLong(1, Keys.of(journal, position));
    return page(findEntry, Long.MAX_VALUE).stream().findFirst();
  }

  List<PlacedEntry> sameKey(
      byte[] name, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max)
      throws SQLException {
    findSameKey.setLong(1, journal(name));
    findSameKey.setBytes(2, event);
    findSameKey.setBytes(3, primaryKey);
    findSameKey.setBytes(4, after(above));
    findSameKey.setInt(5, max);
    return page(findSameKey, Long.MAX_VALUE);
  }

  Optional<Winner> winner(byte[] name, byte[] event, byte[] primaryKey) throws SQLException {
    return query(
            row -> new Winner(
                event,
                primaryKey,
                EntryId.of(row.getBytes(1)),
                row.getInt(3) != 0 ? null : Sql.bytes(row, 2),
                FileRegistry.text(row, 4)),
            "SELECT id, payload, payload IS NULL, policy FROM journal_winner"
                + " WHERE journal = ? AND event = ? AND primary_key = ?",
            journal(name),
            event,
            primaryKey)
        .stream()
        .findFirst();
  }

  List<PlacedEntry> entries(byte[] name, long after, int max, long maxBytes) throws SQLException {
    bind(readEntries, journal(name), after, max);
    return page(readEntries, maxBytes);
  }

  List<PlacedEntry> pending(
      byte[] name, RemoteId remote, byte[] store, long after, int max, long maxBytes)
      throws SQLException {
    long journal = journal(name);
    long uploaded = Sql.number(
        connection,
        "SELECT uploaded FROM journal_progress WHERE journal = ? AND remote = ? AND store = ?",
        journal,
        remote.toBytes(),
        store);
    bind(readPending, journal, Math.max(after, uploaded), max);
    readPending.setLong(4, journal);
    readPending.setBytes(5, remote.toBytes());
    readPending.setBytes(6, store);
    return page(readPending, maxBytes);
  }

  private static void bind(PreparedStatement statement, long journal, long after, int max)
      throws SQLException {
    long least = Math.max(0, Math.min(after, Keys.MAX_SEQUENCE));
    statement.setLong(1, Keys.of(journal, least));
    statement.setLong(2, Keys.of(journal, Keys.MAX_SEQUENCE));
    statement.setInt(3, max);
  }

  private static List<PlacedEntry> page(PreparedStatement statement, long maxBytes)
      throws SQLException {
    List<PlacedEntry> page = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        JournalEntry entry = new JournalEntry(
            EntryId.of(row.getBytes(2)),
            Sql.bytes(row, 3),
            Sql.bytes(row, 4),
            Sql.bytes(row, 5),
            row.getLong(6));
        bytes += entry.bytes();
        if (bytes > maxBytes && !page.isEmpty()) {
          break;
        }
        page.add(new PlacedEntry(Keys.sequence(row.getLong(1)), entry));
      }
    }
    return page;
  }

  List<UploadMark> marks(
      byte[] name, RemoteId remote, String store, UploadMark.State state, long after, int max)
      throws SQLException {
    return query(
        row -> new UploadMark(remote, store, row.getLong(1), state, textOrNull(row, 2)),
        READ_MARKS,
        journal(name),
        remote.toBytes(),
        FileRegistry.utf8(store),
        state.code(),
        after,
        max);
  }

  RemoteProgress progress(byte[] name, RemoteId remote, String store) throws SQLException {
    return query(
            JournalReads::progress,
            "SELECT remote, store, next, begun, attempt, uploaded FROM journal_progress"
                + " WHERE journal = ? AND remote = ? AND store = ?",
            journal(name),
            remote.toBytes(),
            FileRegistry.utf8(store))
        .stream()
        .findFirst()
        .orElse(RemoteProgress.none(remote, store));
  }

  List<RemoteProgress> progress(byte[] name) throws SQLException {
    return query(
        JournalReads::progress,
        "SELECT remote, store, next, begun, attempt, uploaded FROM journal_progress"
            + " WHERE journal = ?",
        journal(name));
  }

  private static RemoteProgress progress(ResultSet row) throws SQLException {
    return new RemoteProgress(
        RemoteId.of(row.getBytes(1)),
        FileRegistry.text(row, 2),
        row.getLong(3),
        row.getLong(4),
        row.getInt(5),
        row.getLong(6));
  }

  List<EntryOutcome> outcomes(
      byte[] name, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max)
      throws SQLException {
    return query(
        row -> outcome(EntryId.of(row.getBytes(1)), row, 2),
        state.isEmpty()
            ? ALL_OUTCOMES
            : outcomes("" + state.get().code()) + " ORDER BY id LIMIT ?3",
        journal(name),
        after(after),
        max);
  }

  List<String> journals(Optional<byte[]> after, int max) throws SQLException {
    return query(
        row -> FileRegistry.text(row, 1),
        "SELECT name FROM journal WHERE name " + (after.isEmpty() ? ">=" : ">")
            + " ? ORDER BY name LIMIT ?",
        after.orElse(NOTHING),
        max);
  }

  private static byte[] after(Optional<EntryId> id) {
    return id.map(EntryId::toBytes).orElse(NOTHING);
  }

  /** From the columns of {@link #OUTCOME}. */
  private static EntryOutcome outcome(EntryId id, ResultSet row, int first) throws SQLException {
    return new EntryOutcome(
        id,
        EntryOutcome.State.of(row.getInt(first)),
        row.getInt(first + 1),
        row.getLong(first + 2),
        textOrNull(row, first + 3));
  }

  /** The column behind says whether it is NULL. */
  private static @Nullable String textOrNull(ResultSet row, int column) throws SQLException {
    return row.getInt(column + 1) != 0 ? null : FileRegistry.text(row, column);
  }

  private <T> List<T> query(Sql.Row<T> row, String sql, Object... values) throws SQLException {
    return Sql.query(connection, row, sql, values);
  }
}
