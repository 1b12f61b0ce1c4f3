package io.tributary.storage.example;

import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** {@code storage.provider: example}, with {@code storage.example.database}. */
public final class ExampleStorageProvider implements StorageProvider {
  private static final Map<String, ExampleDatabase> DATABASES = new ConcurrentHashMap<>();

  private final InstantSource clock;

  /** For the {@link java.util.ServiceLoader}. */
  public ExampleStorageProvider() {
    this(InstantSource.system());
  }

  ExampleStorageProvider(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public String name() {
    return "example";
  }

  @Override
  public Future<Storage> open(Vertx vertx, JsonObject config) {
    for (String key : config.fieldNames()) {
      if (!key.equals("database")) {
        return Future.failedFuture(
            new StorageConfigException(key, "found " + key + ", allowed is database"));
      }
    }
    if (!(config.getValue("database") instanceof String name)) {
      return Future.failedFuture(new StorageConfigException(
          "database", "found " + config.getValue("database") + ", allowed is a name"));
    }
    ExampleDatabase database = DATABASES.computeIfAbsent(name, key -> new ExampleDatabase());
    database.endLeases();
    return Future.succeededFuture(new ExampleStorage(vertx, database, clock));
  }
}
