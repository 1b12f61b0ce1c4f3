package io.tributary.server.hub;

import io.tributary.server.config.StorageConfig;
import io.tributary.storage.postgres.PostgresServer;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

class RuntimeOnPostgresTest extends RuntimeContract {
  private static PostgresServer database;
  private static int schemas;

  @BeforeAll
  static void startDatabase() throws Exception {
    database = PostgresServer.start(PostgresServer.Version.NEWEST);
  }

  @AfterAll
  static void stopDatabase() throws Exception {
    database.close();
  }

  @BeforeEach
  void takeAnotherSchema() {
    schemas++;
  }

  @Override
  StorageConfig storage() {
    return new StorageConfig(
        "postgres",
        new JsonObject()
            .put("uri", database.uri())
            .put("poolSize", 4)
            .put("tablePrefix", "runtime_" + schemas + "_"));
  }
}
