package io.tributary.storage;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;

/**
 * Opens a kind of storage. Found by {@link java.util.ServiceLoader}; needs a public constructor
 * without arguments.
 */
public interface StorageProvider {
  /** The name in {@code storage.provider}, and of its section {@code storage.<name>}. */
  String name();

  /**
   * Opens the storage, making it where there is none.
   *
   * @param config the section {@code storage.<name>}, empty if there is none; the provider checks it
   *     whole
   * @return the open storage; fails with {@link StorageConfigException} for a bad section, else with
   *     {@link StorageException} saying what is wrong and what the operator can do
   */
  Future<Storage> open(Vertx vertx, JsonObject config);
}
