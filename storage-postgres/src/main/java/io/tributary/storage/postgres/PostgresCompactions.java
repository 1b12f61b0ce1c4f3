package io.tributary.storage.postgres;

import io.tributary.storage.CompactionHistory;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;

final class PostgresCompactions implements CompactionHistory {
  private final Database database;
  private final String add;
  private final String list;

  PostgresCompactions(Database database) {
    this.database = database;
    add = database.names().in("SELECT @add_compaction($1, $2) AS number");
    list = database
        .names()
        .in("SELECT number, run FROM @compaction WHERE number < $1 ORDER BY number DESC LIMIT $2");
  }

  @Override
  public Future<Long> add(byte[] run, int keep) {
    if (keep < 1) {
      throw new IllegalArgumentException("keep is at least 1, not " + keep);
    }
    return database
        .write(add, Tuple.of(Buffer.buffer(run), keep))
        .map(rows -> rows.iterator().next().getLong("number"));
  }

  @Override
  public Future<List<Run>> list(long below, int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
    return database.read(list, Tuple.of(below, (long) max)).map(rows -> {
      List<Run> runs = new ArrayList<>(rows.size());
      rows.forEach(
          row -> runs.add(new Run(row.getLong("number"), row.getBuffer("run").getBytes())));
      return runs;
    });
  }
}
