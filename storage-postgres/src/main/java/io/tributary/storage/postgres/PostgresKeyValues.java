package io.tributary.storage.postgres;

import io.tributary.storage.KeyValueStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Spaces: one call of a function per commit and per page. */
final class PostgresKeyValues implements KeyValueStore {
  /** Of a change, on top of its bytes. */
  private static final int CHANGE_BYTES = 64;

  /** Behind all keys. */
  private static final byte[] AFTER_ALL = new byte[MAX_KEY + 1];

  static {
    Arrays.fill(AFTER_ALL, (byte) 0xff);
  }

  private final Database database;
  private final String commit;
  private final String get;
  private final String range;
  private final String spaces;
  private final String destroy;

  PostgresKeyValues(Database database) {
    this.database = database;
    Names names = database.names();
    commit = names.in("SELECT @commit_space($1, $2, $3, $4)");
    get = names.in("SELECT value FROM @space_item"
        + " WHERE space = (SELECT id FROM @space WHERE hash = sha256($1)) AND key = $2");
    range = names.in("SELECT key, value FROM @space_range($1, $2, $3, $4, $5, $6)");
    spaces = names.in("SELECT name FROM @space"
        + " WHERE substring(name, 1, 512) >= substring($1::bytea, 1, 512) AND name > $1"
        + " ORDER BY substring(name, 1, 512), name LIMIT $2");
    destroy = names.in("SELECT @destroy_space($1)");
  }

  /** The statements that must take no longer for a larger space, by what they ask for. */
  Map<String, String> questions() {
    return Map.of("commit", commit, "get", get, "range", range, "spaces", spaces);
  }

  @Override
  public Future<Void> commit(String space, Collection<Change> changes) {
    Buffer name = name(space);
    KeyValueStore.requireChanges(changes);
    List<Buffer> keys = new ArrayList<>();
    List<Buffer> values = new ArrayList<>();
    List<Buffer> removed = new ArrayList<>();
    long bytes = 0;
    for (Change change : changes) {
      byte[] value = change.value();
      Buffer key = Buffer.buffer(change.key());
      if (value == null) {
        removed.add(key);
      } else {
        keys.add(key);
        values.add(Buffer.buffer(value));
      }
      bytes += change.bytes() + CHANGE_BYTES;
    }
    Tuple parameters = Tuple.of(
        name,
        keys.toArray(Buffer[]::new),
        values.toArray(Buffer[]::new),
        removed.toArray(Buffer[]::new));
    long size = bytes;
    return database.submit(() -> database.runFirst(commit, parameters, size)).mapEmpty();
  }

  @Override
  public Future<Optional<byte[]>> get(String space, byte[] key) {
    Buffer name = name(space);
    KeyValueStore.requireKey(key);
    return database.read(get, Tuple.of(name, Buffer.buffer(key))).map(rows -> {
      for (Row row : rows) {
        return Optional.of(row.getBuffer("value").getBytes());
      }
      return Optional.empty();
    });
  }

  @Override
  public Future<List<Item>> range(String space, Range range, int max, long maxBytes) {
    Buffer name = name(space);
    KeyValueStore.requireSome(max);
    byte[] to = range.to();
    Tuple parameters = Tuple.of(
        name,
        Buffer.buffer(range.from()),
        Buffer.buffer(to == null ? AFTER_ALL : to),
        range.reverse(),
        max,
        maxBytes);
    return database.read(this.range, parameters).map(rows -> {
      List<Item> items = new ArrayList<>(rows.size());
      for (Row row : rows) {
        items.add(
            new Item(row.getBuffer("key").getBytes(), row.getBuffer("value").getBytes()));
      }
      return items;
    });
  }

  @Override
  public Future<List<String>> spaces(Optional<String> after, int max) {
    KeyValueStore.requireSome(max);
    // No space has the empty name.
    Tuple parameters = Tuple.of(JournalColumns.text(after.orElse("")), (long) max);
    return database.read(spaces, parameters).map(rows -> {
      List<String> names = new ArrayList<>(rows.size());
      rows.forEach(row -> names.add(row.getBuffer("name").toString(StandardCharsets.UTF_8)));
      return names;
    });
  }

  @Override
  public Future<Void> destroy(String space) {
    return database.write(destroy, Tuple.of(name(space))).mapEmpty();
  }

  private static Buffer name(String space) {
    KeyValueStore.requireName(space);
    return JournalColumns.text(space);
  }
}
