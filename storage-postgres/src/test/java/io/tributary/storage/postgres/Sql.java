package io.tributary.storage.postgres;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import java.util.ArrayList;
import java.util.List;

/** What a test does to a database as its operator. */
final class Sql {
  private Sql() {}

  /** Runs it; the first column of each row as text. */
  static List<String> query(String uri, String sql) {
    Vertx vertx = Vertx.vertx();
    try {
      return await(PgConnection.connect(vertx, uri)
          .compose(connection -> connection.query(sql).execute())
          .map(rows -> {
            List<String> found = new ArrayList<>();
            for (Row row : rows) {
              found.add(String.valueOf(row.getValue(0)));
            }
            return found;
          }));
    } finally {
      await(vertx.close());
    }
  }

  static void run(String uri, String sql) {
    List<String> unused = query(uri, sql);
  }

  @CanIgnoreReturnValue
  static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
