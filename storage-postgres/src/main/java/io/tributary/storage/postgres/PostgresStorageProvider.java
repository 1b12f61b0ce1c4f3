package io.tributary.storage.postgres;

import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * Opens a database of PostgreSQL 14 to 18: tables in a schema of it, shared by any number of nodes,
 * every append durable on the server before it is answered. Settings: {@code uri} (required), {@code
 * poolSize}, {@code schema}, {@code tablePrefix}, {@code tls}, {@code connectWait}.
 */
public final class PostgresStorageProvider implements StorageProvider {
  /** For the {@link java.util.ServiceLoader}. */
  public PostgresStorageProvider() {}

  @Override
  public String name() {
    return "postgres";
  }

  @Override
  public Future<Storage> open(Vertx vertx, JsonObject config) {
    Database database;
    try {
      PostgresConfig read = PostgresConfig.of(config);
      database = new Database(read, Migration.of(new Names(read.schema(), read.tablePrefix())));
    } catch (StorageConfigException e) {
      return Future.failedFuture(e);
    } catch (IOException e) {
      return Future.failedFuture(
          new StorageException(Outcome.NOT_COMMITTED, "can't read the schema's scripts", e));
    }
    return vertx.deployVerticle(database).map(deployed -> new PostgresStorage(database));
  }
}
