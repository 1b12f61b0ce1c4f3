package io.tributary.storage.redis;

import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.function.LongSupplier;

/**
 * Keeps data sets in a Redis server, for any number of nodes. Settings: {@code uri}; {@code prefix} of
 * all keys, {@code tributary:} if there is none; {@code durability}, {@code required} or {@code
 * relaxed}; {@code connectWait}, 60 s if there is none.
 */
public final class RedisStorageProvider implements StorageProvider {
  private final LongSupplier clockShift;

  /** With the server's clock. */
  public RedisStorageProvider() {
    this(() -> 0);
  }

  /**
   * For tests.
   *
   * @param clockShift milliseconds that the server's clock counts as ahead, for leases
   */
  RedisStorageProvider(LongSupplier clockShift) {
    this.clockShift = clockShift;
  }

  @Override
  public String name() {
    return "redis";
  }

  @Override
  public Future<Storage> open(Vertx vertx, JsonObject config) {
    try {
      return RedisStorage.open(vertx, Settings.of(config), clockShift);
    } catch (StorageConfigException e) {
      return Future.failedFuture(e);
    }
  }
}
