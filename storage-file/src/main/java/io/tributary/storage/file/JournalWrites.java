package io.tributary.storage.file;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statements that change journals. After any exception it is of no use any more. Owned by the
 * writer thread.
 */
final class JournalWrites {
  private final Connection connection;
  private final PreparedStatement findJournal;
  private final PreparedStatement insertJournal;
  private final PreparedStatement updateJournal;
  private final PreparedStatement findId;
  private final PreparedStatement insertId;
  private final PreparedStatement removeId;
  private final PreparedStatement insertEntry;
  private final PreparedStatement deleteEntry;
  private final PreparedStatement putOutcome;
  private final PreparedStatement putWinner;
  private final PreparedStatement putProgress;
  private final PreparedStatement dropMarks;
  private final PreparedStatement deleteMark;
  private final PreparedStatement insertMark;

  private boolean changed;

  JournalWrites(Connection connection) throws SQLException {
    this.connection = connection;
    findJournal = connection.prepareStatement("SELECT id, last FROM journal WHERE name = ?");
    insertJournal =
        connection.prepareStatement("INSERT INTO journal (name) VALUES (?) RETURNING id");
    updateJournal = connection.prepareStatement("UPDATE journal SET last = ? WHERE id = ?");
    findId =
        connection.prepareStatement("SELECT position FROM journal_id WHERE journal = ? AND id = ?");
    insertId = connection.prepareStatement(
        "INSERT INTO journal_id (journal, id, position, removed) VALUES (?1, ?2, ?3, 0)"
            + " ON CONFLICT DO UPDATE SET position = ?3 WHERE position = 0 AND removed = 0");
    removeId = connection.prepareStatement(
        "INSERT INTO journal_id (journal, id, position, removed) VALUES (?1, ?2, 0, 1)"
            + " ON CONFLICT DO UPDATE SET position = 0, removed = 1");
    insertEntry = connection.prepareStatement(
        "INSERT INTO journal_entry (key, id, event, primary_key, payload, sequence)"
            + " VALUES (?, ?, ?, ?, ?, ?)");
    deleteEntry = connection.prepareStatement("DELETE FROM journal_entry WHERE key = ?");
    putOutcome = connection.prepareStatement(
        "INSERT INTO journal_id (journal, id, position, removed, state, attempts, at, reason)"
            + " VALUES (?1, ?2, 0, 0, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET state = ?3,"
            + " attempts = ?4, at = ?5, reason = ?6 WHERE state IS NOT "
            + EntryOutcome.State.REMOVED.code());
    putWinner = connection.prepareStatement(
        "INSERT OR REPLACE INTO journal_winner (journal, event, primary_key, id, payload, policy)"
            + " VALUES (?, ?, ?, ?, ?, ?)");
    putProgress = connection.prepareStatement("INSERT OR REPLACE INTO journal_progress"
        + " (journal, remote, store, next, begun, attempt, uploaded)"
        + " VALUES (?, ?, ?, ?, ?, ?, ?)");
    dropMarks = connection.prepareStatement(
        "DELETE FROM journal_mark WHERE journal = ? AND remote = ? AND store = ? AND state IN ("
            + UploadMark.State.KNOWN.code() + ", " + UploadMark.State.DROPPED.code()
            + ") AND position <= ?");
    deleteMark = connection.prepareStatement("DELETE FROM journal_mark WHERE journal = ?"
        + " AND remote = ? AND store = ? AND " + JournalReads.ANY_MARK + " AND position = ?");
    insertMark = connection.prepareStatement(
        "INSERT INTO journal_mark (journal, remote, store, position, state, reason)"
            + " VALUES (?, ?, ?, ?, ?, ?)");
  }

  /** The positions of the entries; there has to be some change. */
  List<Long> commit(byte[] name, JournalCommit changes) throws SQLException {
    changed = true;
    long journal = 0;
    long last = 0;
    findJournal.setBytes(1, name);
    try (ResultSet row = findJournal.executeQuery()) {
      if (row.next()) {
        journal = row.getLong(1);
        last = row.getLong(2);
      }
    }
    if (journal == 0) {
      insertJournal.setBytes(1, name);
      journal = Sql.number(insertJournal);
    }
    for (EntryId id : changes.removed()) {
      remove(journal, id.toBytes());
    }
    long before = last;
    List<Long> positions = new ArrayList<>(changes.entries().size());
    for (JournalEntry entry : changes.entries()) {
      byte[] id = entry.id().toBytes();
      if (insertId(journal, id, last + 1)) {
        last++;
        insert(journal, last, id, entry);
        positions.add(last);
      } else {
        positions.add(position(journal, id));
      }
    }
    if (last > before) {
      updateJournal.setLong(1, last);
      updateJournal.setLong(2, journal);
      updateJournal.executeUpdate();
    }
    for (EntryOutcome outcome : changes.outcomes()) {
      put(journal, outcome);
    }
    for (Winner winner : changes.winners()) {
      put(journal, winner);
    }
    for (RemoteProgress progress : changes.progress()) {
      put(journal, progress);
    }
    for (UploadMark mark : changes.marks()) {
      delete(journal, mark);
      insert(journal, mark);
    }
    for (UploadMark mark : changes.unmarked()) {
      delete(journal, mark);
    }
    return positions;
  }

  private void remove(long journal, byte[] id) throws SQLException {
    long position = position(journal, id);
    if (position > 0) {
      deleteEntry.setLong(1, Keys.of(journal, position));
      deleteEntry.executeUpdate();
    }
    removeId.setLong(1, journal);
    removeId.setBytes(2, id);
    removeId.executeUpdate();
  }

  private long position(long journal, byte[] id) throws SQLException {
    findId.setLong(1, journal);
    findId.setBytes(2, id);
    return Sql.number(findId);
  }

  /** Whether an entry with that id is to be inserted. */
  private boolean insertId(long journal, byte[] id, long position) throws SQLException {
    if (position > Keys.MAX_SEQUENCE) {
      throw new StorageException(Outcome.REJECTED, "the journal has no positions left", null);
    }
    insertId.setLong(1, journal);
    insertId.setBytes(2, id);
    insertId.setLong(3, position);
    return insertId.executeUpdate() == 1;
  }

  private void insert(long journal, long position, byte[] id, JournalEntry entry)
      throws SQLException {
    insertEntry.setLong(1, Keys.of(journal, position));
    insertEntry.setBytes(2, id);
    insertEntry.setBytes(3, entry.event());
    insertEntry.setBytes(4, entry.primaryKey());
    insertEntry.setBytes(5, entry.payload());
    insertEntry.setLong(6, entry.sequence());
    insertEntry.executeUpdate();
  }

  private void put(long journal, EntryOutcome outcome) throws SQLException {
    putOutcome.setLong(1, journal);
    putOutcome.setBytes(2, outcome.id().toBytes());
    putOutcome.setInt(3, outcome.state().code());
    putOutcome.setInt(4, outcome.attempts());
    putOutcome.setLong(5, outcome.at());
    putOutcome.setBytes(6, utf8(outcome.reason()));
    putOutcome.executeUpdate();
  }

  private void put(long journal, Winner winner) throws SQLException {
    putWinner.setLong(1, journal);
    putWinner.setBytes(2, winner.event());
    putWinner.setBytes(3, winner.primaryKey());
    putWinner.setBytes(4, winner.id().toBytes());
    putWinner.setBytes(5, winner.payload());
    putWinner.setBytes(6, utf8(winner.policy()));
    putWinner.executeUpdate();
  }

  private void put(long journal, RemoteProgress progress) throws SQLException {
    byte[] remote = progress.remote().toBytes();
    byte[] store = FileRegistry.utf8(progress.store());
    putProgress.setLong(1, journal);
    putProgress.setBytes(2, remote);
    putProgress.setBytes(3, store);
    putProgress.setLong(4, progress.next());
    putProgress.setLong(5, progress.begun());
    putProgress.setInt(6, progress.attempt());
    putProgress.setLong(7, progress.uploaded());
    putProgress.executeUpdate();
    dropMarks.setLong(1, journal);
    dropMarks.setBytes(2, remote);
    dropMarks.setBytes(3, store);
    dropMarks.setLong(4, progress.uploaded());
    dropMarks.executeUpdate();
  }

  private void delete(long journal, UploadMark mark) throws SQLException {
    bind(deleteMark, journal, mark);
    deleteMark.executeUpdate();
  }

  private void insert(long journal, UploadMark mark) throws SQLException {
    bind(insertMark, journal, mark);
    insertMark.setInt(5, mark.state().code());
    insertMark.setBytes(6, utf8(mark.reason()));
    insertMark.executeUpdate();
  }

  private static void bind(PreparedStatement statement, long journal, UploadMark mark)
      throws SQLException {
    statement.setLong(1, journal);
    statement.setBytes(2, mark.remote().toBytes());
    statement.setBytes(3, FileRegistry.utf8(mark.store()));
    statement.setLong(4, mark.position());
  }

  /** Text for people: what UTF-8 can't write is written as a question mark. */
  private static byte @Nullable [] utf8(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  /** Takes a journal's name away, and with it the journal from everybody's eyes. */
  void destroy(byte[] name) throws SQLException {
    if (Sql.update(connection, "UPDATE journal SET name = NULL WHERE name = ?", (Object) name)
        > 0) {
      changed = true;
    }
  }

  /**
   * Deletes rows of journals that were destroyed.
   *
   * @param rows about so many
   * @return whether there may be more
   */
  boolean sweep(int rows) throws SQLException {
    long journal = Sql.number(connection, "SELECT id FROM journal WHERE name IS NULL LIMIT 1");
    if (journal == 0) {
      return false;
    }
    changed = true;
    int left = rows;
    left -= Sql.update(
        connection,
        "DELETE FROM journal_entry WHERE key IN (SELECT key FROM journal_entry"
            + " WHERE key BETWEEN ? AND ? LIMIT ?)",
        Keys.of(journal, 0),
        Keys.of(journal, Keys.MAX_SEQUENCE),
        left);
    for (String[] table : new String[][] {
      {"journal_id", "journal, id"},
      {"journal_winner", "journal, event, primary_key"},
      {"journal_mark", "journal, remote, store, state, position"},
      {"journal_progress", "journal, remote, store"}
    }) {
      left -= Sql.update(
          connection,
          "DELETE FROM " + table[0] + " WHERE (" + table[1] + ") IN (SELECT " + table[1] + " FROM "
              + table[0] + " WHERE journal = ? LIMIT ?)",
          journal,
          left);
    }
    if (left > 0) {
      Sql.update(connection, "DELETE FROM journal WHERE id = ?", journal);
    }
    return true;
  }

  /** Whether anything was changed since the last call. Before a commit. */
  boolean flush() {
    boolean any = changed;
    changed = false;
    return any;
  }
}
