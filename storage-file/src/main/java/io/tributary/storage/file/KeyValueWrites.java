package io.tributary.storage.file;

import io.tributary.storage.KeyValueStore.Change;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The statements that change spaces. After any exception it is of no use any more. Owned by the
 * writer thread.
 */
final class KeyValueWrites {
  private final Connection connection;
  private final PreparedStatement findSpace;
  private final PreparedStatement insertSpace;
  private final PreparedStatement deleteIfEmpty;
  private final PreparedStatement put;
  private final PreparedStatement remove;
  private final PreparedStatement findRows;
  private final PreparedStatement deleteRow;

  private boolean changed;

  KeyValueWrites(Connection connection) throws SQLException {
    this.connection = connection;
    findSpace = connection.prepareStatement("SELECT id FROM space WHERE name = ?");
    insertSpace = connection.prepareStatement("INSERT INTO space (name) VALUES (?) RETURNING id");
    deleteIfEmpty = connection.prepareStatement("DELETE FROM space WHERE id = ?1"
        + " AND NOT EXISTS (SELECT 1 FROM space_item WHERE space = ?1)");
    put = connection.prepareStatement("INSERT INTO space_item (space, key, value)"
        + " VALUES (?1, ?2, ?3) ON CONFLICT (space, key) DO UPDATE SET value = ?3");
    remove = connection.prepareStatement("DELETE FROM space_item WHERE space = ? AND key = ?");
    findRows = connection.prepareStatement(
        "SELECT id, length(value) FROM space_item WHERE space = ? LIMIT ?");
    deleteRow = connection.prepareStatement("DELETE FROM space_item WHERE id = ?");
  }

  /** There has to be some change. */
  void commit(byte[] name, Collection<Change> changes) throws SQLException {
    findSpace.setBytes(1, name);
    long space = Sql.number(findSpace);
    boolean removed = false;
    for (Change change : changes) {
      byte[] value = change.value();
      if (value != null) {
        if (space == 0) {
          insertSpace.setBytes(1, name);
          space = Sql.number(insertSpace);
        }
        put.setLong(1, space);
        put.setBytes(2, change.key());
        put.setBytes(3, value);
        put.executeUpdate();
        changed = true;
      } else if (space != 0) {
        remove.setLong(1, space);
        remove.setBytes(2, change.key());
        removed |= remove.executeUpdate() > 0;
      }
    }
    if (removed) {
      deleteIfEmpty.setLong(1, space);
      deleteIfEmpty.executeUpdate();
      changed = true;
    }
  }

  /** Takes a space's name away, and with it the space from everybody's eyes. */
  void destroy(byte[] name) throws SQLException {
    if (Sql.update(connection, "UPDATE space SET name = NULL WHERE name = ?", (Object) name) > 0) {
      changed = true;
    }
  }

  /**
   * Deletes rows of spaces that were destroyed.
   *
   * @param rows at most so many
   * @param bytes no more once their values had as many
   * @return whether there may be more
   */
  boolean sweep(int rows, long bytes) throws SQLException {
    long space = Sql.number(connection, "SELECT id FROM space WHERE name IS NULL LIMIT 1");
    if (space == 0) {
      return false;
    }
    changed = true;
    List<Long> some = new ArrayList<>();
    long left = bytes;
    findRows.setLong(1, space);
    findRows.setInt(2, rows);
    try (ResultSet row = findRows.executeQuery()) {
      while (left > 0 && row.next()) {
        some.add(row.getLong(1));
        left -= row.getLong(2);
      }
    }
    for (long id : some) {
      deleteRow.setLong(1, id);
      deleteRow.executeUpdate();
    }
    deleteIfEmpty.setLong(1, space);
    deleteIfEmpty.executeUpdate();
    return true;
  }

  /** Whether anything was changed since the last call. Before a commit. */
  boolean flush() {
    boolean any = changed;
    changed = false;
    return any;
  }
}
