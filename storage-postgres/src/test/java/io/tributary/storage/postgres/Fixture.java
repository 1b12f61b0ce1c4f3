package io.tributary.storage.postgres;

import io.tributary.storage.Storage;
import io.tributary.storage.contract.StorageFixture;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.UUID;

/** A schema of its own in a shared database. */
final class Fixture implements StorageFixture {
  private final String uri;
  private final String schema = "kit_" + UUID.randomUUID().toString().replace('-', '_');

  Fixture(PostgresServer.Version version) {
    uri = Servers.uri(version);
  }

  @Override
  public Survives survives() {
    return Survives.CRASH;
  }

  @Override
  public boolean singleNode() {
    return false;
  }

  @Override
  public Future<Storage> open(Vertx vertx) {
    return new PostgresStorageProvider()
        .open(vertx, new JsonObject().put("uri", uri).put("schema", schema));
  }

  /** The node's connections end without a word; the server, which has the data, goes on. */
  @Override
  public void crash(Storage storage) {
    Sql.run(
        uri,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'tributary' AND pid <> pg_backend_pid()");
    storage.close().toCompletionStage().toCompletableFuture().join();
  }

  /** The server's clock can't be moved: leases are made older instead. */
  @Override
  public void passTime(Duration time) {
    Sql.run(
        uri,
        "UPDATE \"" + schema + "\".tributary_lease SET ends_at = ends_at - interval '"
            + time.toMillis() + " ms'");
  }

  @Override
  public void close() {
    Sql.run(uri, "DROP SCHEMA \"" + schema + "\" CASCADE");
  }
}
