package io.tributary.storage.postgres;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Makes the tables and functions, and brings older ones up to date: forward only, in one
 * transaction, by one node at a time.
 *
 * @param names schema and prefix
 * @param scripts the first leads from nothing to version 1, and so on
 */
record Migration(Names names, List<String> scripts) {
  /** The newest schema this version knows; {@code schema-N.sql} leads from N - 1 to N. */
  private static final int SCHEMA = 3;

  /** "TRIB": the advisory lock, of this database, that whoever migrates holds. */
  private static final int LOCK = 0x54524942;

  static Migration of(Names names) throws IOException {
    List<String> scripts = new ArrayList<>();
    for (int version = 1; version <= SCHEMA; version++) {
      scripts.add(names.script(version));
    }
    return new Migration(names, scripts);
  }

  /** Brings the schema up to date where it isn't. */
  Future<DataSetId> run(PgConnection connection) {
    return version(connection).compose(version -> {
      if (version > scripts.size()) {
        return Future.failedFuture(new StorageException(
            Outcome.REJECTED,
            "the tables " + names.in("@data_set") + " and so on have schema version " + version
                + ", and this program knows versions up to " + scripts.size()
                + ": use the newer version of Tributary that made them",
            null));
      }
      Future<Void> migrated = version == scripts.size()
          ? Future.succeededFuture()
          : connection
              .begin()
              .compose(transaction -> migrate(connection)
                  .compose(done -> transaction.commit())
                  .onFailure(e -> transaction.rollback()));
      return migrated.compose(done -> connection
          .query(names.in("SELECT id FROM @data_set"))
          .execute()
          .map(rows -> dataSetId(rows.iterator().next())));
    });
  }

  static DataSetId dataSetId(Row row) {
    return DataSetId.parse(HexFormat.of().formatHex(row.getBuffer("id").getBytes()));
  }

  private Future<Void> migrate(PgConnection connection) {
    return connection
        .query("SELECT pg_advisory_xact_lock(" + LOCK + ")")
        .execute()
        .compose(locked -> makeSchema(connection))
        .compose(there -> version(connection))
        .compose(version -> {
          // Another node may have been faster.
          Future<Void> done = Future.succeededFuture();
          for (int next = version; next < scripts.size(); next++) {
            String script = scripts.get(next);
            int reached = next + 1;
            done = done.compose(before -> connection.query(script).execute())
                .compose(run -> record(connection, reached));
          }
          return done;
        });
  }

  private Future<Void> makeSchema(PgConnection connection) {
    // Asking first: making it takes a privilege on the database even where it is there.
    return connection
        .preparedQuery("SELECT 1 FROM pg_namespace WHERE nspname = $1")
        .execute(Tuple.of(names.schema()))
        .compose(rows -> rows.size() > 0
            ? Future.succeededFuture()
            : connection
                .query("CREATE SCHEMA \"" + names.schema() + "\"")
                .execute()
                .mapEmpty());
  }

  private Future<Void> record(PgConnection connection, int version) {
    Future<RowSet<Row>> recorded = version == 1
        ? connection
            .preparedQuery(names.in("INSERT INTO @data_set VALUES (1, $1, 1)"))
            .execute(Tuple.of(Buffer.buffer(DataSetId.random().toBytes())))
        : connection
            .preparedQuery(names.in("UPDATE @data_set SET schema = $1"))
            .execute(Tuple.of(version));
    return recorded.mapEmpty();
  }

  /** 0 if there are no tables. */
  private Future<Integer> version(PgConnection connection) {
    return connection
        .preparedQuery("SELECT to_regclass($1) IS NOT NULL AS there")
        .execute(Tuple.of(names.in("@data_set")))
        .compose(rows -> rows.iterator().next().getBoolean("there")
            ? connection
                .query(names.in("SELECT schema FROM @data_set"))
                .execute()
                .map(found -> found.iterator().next().getInteger("schema"))
            : Future.succeededFuture(0));
  }
}
