package io.tributary.storage.memory;

import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;

/** Opens storages on the heap: each is a new, empty data set. There is nothing to configure. */
public final class MemoryStorageProvider implements StorageProvider {
  private final InstantSource clock;

  /** With the system's clock. */
  public MemoryStorageProvider() {
    this(InstantSource.system());
  }

  /** With the clock that leases end by. */
  public MemoryStorageProvider(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public Future<Storage> open(Vertx vertx, JsonObject config) {
    for (String key : config.fieldNames()) {
      return Future.failedFuture(new StorageConfigException(
          key, "found " + key + ", but the provider memory has no settings"));
    }
    return Future.succeededFuture(new MemoryStorage(clock));
  }
}
