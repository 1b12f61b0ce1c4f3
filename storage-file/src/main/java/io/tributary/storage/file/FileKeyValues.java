package io.tributary.storage.file;

import io.tributary.storage.KeyValueStore;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The spaces: what changes them goes to the writer, reads to the readers. */
final class FileKeyValues implements KeyValueStore {
  /** Rows of a destroyed space that are deleted in one transaction, and bytes of their values. */
  private static final int ROWS = 1_000;

  private static final long BYTES = 8 * 1024 * 1024;

  private final Writer writer;
  private final Readers readers;

  private volatile boolean closed;

  FileKeyValues(Writer writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
  }

  @Override
  public Future<Void> commit(String space, Collection<Change> changes) {
    byte[] name = name(space);
    KeyValueStore.requireChanges(changes);
    List<Change> all = List.copyOf(changes);
    return writer
        .submit(
            connection -> {
              if (!all.isEmpty()) {
                connection.keyValues().commit(name, all);
              }
              return true;
            },
            all.size(),
            all.stream().mapToLong(Change::bytes).sum())
        .mapEmpty();
  }

  @Override
  public Future<Optional<byte[]>> get(String space, byte[] key) {
    byte[] name = name(space);
    KeyValueStore.requireKey(key);
    return read(spaces -> spaces.get(name, key));
  }

  @Override
  public Future<List<Item>> range(String space, Range range, int max, long maxBytes) {
    byte[] name = name(space);
    KeyValueStore.requireSome(max);
    return read(spaces -> spaces.range(name, range, max, maxBytes));
  }

  @Override
  public Future<List<String>> spaces(Optional<String> after, int max) {
    KeyValueStore.requireSome(max);
    Optional<byte[]> name = after.map(FileRegistry::utf8);
    return read(spaces -> spaces.spaces(name, max));
  }

  /** At once nobody sees it any more; then its rows go, in steps between the writer's other work. */
  @Override
  public Future<Void> destroy(String space) {
    byte[] name = name(space);
    return writer
        .submit(
            connection -> {
              connection.keyValues().destroy(name);
              return true;
            },
            1,
            0)
        .compose(done -> sweep(writer));
  }

  /** Deletes the rows of all destroyed spaces, those that a sudden end has left, too. */
  static Future<Void> sweep(Writer writer) {
    return writer
        .submit(connection -> connection.keyValues().sweep(ROWS, BYTES), ROWS, BYTES)
        .compose(more -> more ? sweep(writer) : Future.succeededFuture());
  }

  private static byte[] name(String space) {
    KeyValueStore.requireName(space);
    return FileRegistry.utf8(space);
  }

  /** What is asked of the spaces. */
  interface Question<T> {
    T ask(KeyValueReads spaces) throws SQLException;
  }

  private <T> Future<T> read(Question<T> question) {
    return closed
        ? Future.failedFuture(Writer.closedException())
        : readers.submit(connection -> connection.keyValues(question));
  }

  void close() {
    closed = true;
  }
}
