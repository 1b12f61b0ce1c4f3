package io.tributary.storage.file;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The statements that write, on one connection with always a transaction under way. After any
 * exception it can only be closed, which rolls back. Owned by the writer thread.
 */
final class WriteConnection implements AutoCloseable {
  private final Connection connection;
  private final LogWrites log;
  private final JournalWrites journals;
  private final KeyValueWrites keyValues;
  private final PreparedStatement nextEpoch;
  private final PreparedStatement probe;
  private final PreparedStatement logSize;
  private final PreparedStatement checkpoint;
  private final PreparedStatement restartLog;
  private final PreparedStatement freePages;

  private boolean dirty;

  WriteConnection(Connection connection) throws SQLException {
    this.connection = connection;
    connection.setAutoCommit(false);
    log = new LogWrites(connection);
    journals = new JournalWrites(connection);
    keyValues = new KeyValueWrites(connection);
    nextEpoch =
        connection.prepareStatement("UPDATE data_set SET epoch = epoch + 1 RETURNING epoch");
    probe = connection.prepareStatement("UPDATE data_set SET probes = probes + 1");
    logSize = connection.prepareStatement("PRAGMA wal_checkpoint(NOOP)");
    checkpoint = connection.prepareStatement("PRAGMA wal_checkpoint(PASSIVE)");
    restartLog = connection.prepareStatement("PRAGMA wal_checkpoint(RESTART)");
    freePages = connection.prepareStatement("PRAGMA freelist_count");
  }

  /** What changes logs. */
  LogWrites log() {
    return log;
  }

  /** What changes journals. */
  JournalWrites journals() {
    return journals;
  }

  /** What changes spaces. */
  KeyValueWrites keyValues() {
    return keyValues;
  }

  /** Does what is left to be done within the transaction. Once, before {@link #commit}. */
  void flush() throws SQLException {
    dirty |= log.flush();
    dirty |= journals.flush();
    dirty |= keyValues.flush();
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

  /** See {@link Sql#query}. */
  <T> List<T> query(Sql.Row<T> row, String sql, Object... values) throws SQLException {
    return Sql.query(connection, row, sql, values);
  }

  /** See {@link Sql#update}. */
  @CanIgnoreReturnValue
  int update(String sql, Object... values) throws SQLException {
    int changed = Sql.update(connection, sql, values);
    dirty |= changed > 0;
    return changed;
  }

  /** A new epoch, greater than all before. */
  long nextEpoch() throws SQLException {
    dirty = true;
    return Sql.number(nextEpoch);
  }

  /** Changes something small. */
  int probe() throws SQLException {
    dirty = true;
    return probe.executeUpdate();
  }

  /** How many pages hold nothing. */
  long freePages() throws SQLException {
    return Sql.number(freePages);
  }

  /**
   * Gives pages that hold nothing back to the file system, as of the next checkpoint.
   *
   * @param pages at most this many
   */
  void vacuum(int pages) throws SQLException {
    dirty = true;
    // Not prepared: a prepared one would give back one page per row, and the driver read none.
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("PRAGMA incremental_vacuum(" + pages + ")");
    }
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

  /**
   * Copies all of the log to the database and makes it empty, unless a reader is in it. Between
   * transactions.
   *
   * @return whether that was done
   */
  boolean emptyLog() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("PRAGMA busy_timeout = 0");
      try (ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
        return row.next() && row.getInt(1) == 0;
      } finally {
        statement.executeUpdate("PRAGMA busy_timeout = " + Database.BUSY_MS);
      }
    }
  }

  /**
   * Lets go of all pages in memory, for the file's sake: they would be written again as they are.
   * Between transactions.
   */
  void dropPages() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("PRAGMA shrink_memory");
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
