package io.tributary.storage.file;

import io.tributary.storage.KeyValueStore;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The statements that read spaces, on the connection of a {@link ReadConnection}, which ends their
 * transaction.
 */
final class KeyValueReads {
  /** Values above that are fetched only once it is known that they fit. */
  private static final int SMALL_VALUE = 16 * 1024;

  private static final byte[] NOTHING = {};

  /** Behind all keys. */
  private static final byte[] AFTER_ALL = new byte[KeyValueStore.MAX_KEY + 1];

  static {
    Arrays.fill(AFTER_ALL, (byte) 0xff);
  }

  static final String FIND =
      "SELECT value FROM space_item WHERE space = (SELECT id FROM space WHERE name = ?) AND key = ?";

  private static final String RANGE = "SELECT id, key, length(value),"
      + " CASE WHEN length(value) <= " + SMALL_VALUE + " THEN value END FROM space_item"
      + " WHERE space = (SELECT id FROM space WHERE name = ?) AND key >= ? AND key < ?"
      + " ORDER BY key %s LIMIT ?";

  static final String FORWARD = RANGE.formatted("ASC");

  static final String BACKWARD = RANGE.formatted("DESC");

  static final String SPACES = "SELECT name FROM space WHERE name > ? ORDER BY name LIMIT ?";

  private final PreparedStatement find;
  private final PreparedStatement forward;
  private final PreparedStatement backward;
  private final PreparedStatement readValue;
  private final PreparedStatement spaces;

  KeyValueReads(Connection connection) throws SQLException {
    find = connection.prepareStatement(FIND);
    forward = connection.prepareStatement(FORWARD);
    backward = connection.prepareStatement(BACKWARD);
    readValue = connection.prepareStatement("SELECT value FROM space_item WHERE id = ?");
    spaces = connection.prepareStatement(SPACES);
  }

  Optional<byte[]> get(byte[] name, byte[] key) throws SQLException {
    find.setBytes(1, name);
    find.setBytes(2, key);
    try (ResultSet row = find.executeQuery()) {
      return row.next() ? Optional.of(Sql.bytes(row, 1)) : Optional.empty();
    }
  }

  List<Item> range(byte[] name, Range range, int max, long maxBytes) throws SQLException {
    PreparedStatement statement = range.reverse() ? backward : forward;
    byte[] to = range.to();
    statement.setBytes(1, name);
    statement.setBytes(2, range.from());
    statement.setBytes(3, to == null ? AFTER_ALL : to);
    statement.setInt(4, max);
    List<Item> page = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        byte[] key = Sql.bytes(row, 2);
        int length = row.getInt(3);
        bytes += key.length + length;
        if (bytes > maxBytes && !page.isEmpty()) {
          break;
        }
        page.add(new Item(key, length <= SMALL_VALUE ? Sql.bytes(row, 4) : value(row.getLong(1))));
      }
    }
    return page;
  }

  private byte[] value(long id) throws SQLException {
    readValue.setLong(1, id);
    try (ResultSet row = readValue.executeQuery()) {
      row.next();
      return Sql.bytes(row, 1);
    }
  }

  List<String> spaces(Optional<byte[]> after, int max) throws SQLException {
    // No space has the empty name.
    spaces.setBytes(1, after.orElse(NOTHING));
    spaces.setInt(2, max);
    List<String> names = new ArrayList<>();
    try (ResultSet row = spaces.executeQuery()) {
      while (row.next()) {
        names.add(FileRegistry.text(row, 1));
      }
    }
    return names;
  }
}
