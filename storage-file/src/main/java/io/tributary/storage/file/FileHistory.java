package io.tributary.storage.file;

import io.tributary.storage.CompactionHistory;
import io.vertx.core.Future;
import java.util.List;

/** The newest runs of retention, in a table. */
final class FileHistory implements CompactionHistory {
  private final Writer writer;
  private final Readers readers;

  private volatile boolean closed;

  FileHistory(Writer writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
  }

  @Override
  public Future<Long> add(byte[] run, int keep) {
    if (keep < 1) {
      throw new IllegalArgumentException("keep is at least 1, not " + keep);
    }
    return writer.submit(
        connection -> {
          // Its number is one more than the greatest one, which is always kept.
          connection.update("INSERT INTO compaction (run) VALUES (?)", (Object) run);
          connection.update(
              "DELETE FROM compaction WHERE number <= (SELECT number FROM compaction"
                  + " ORDER BY number DESC LIMIT 1 OFFSET ?)",
              keep);
          return connection
              .query(row -> row.getLong(1), "SELECT max(number) FROM compaction")
              .get(0);
        },
        1,
        run.length);
  }

  @Override
  public Future<List<Run>> list(long below, int max) {
    FileLog.requireSome(max);
    return closed
        ? Future.failedFuture(Writer.closedException())
        : readers.submit(connection -> connection.query(
            row -> new Run(row.getLong(1), Sql.bytes(row, 2)),
            "SELECT number, run FROM compaction WHERE number < ? ORDER BY number DESC LIMIT ?",
            below,
            max));
  }

  void close() {
    closed = true;
  }
}
