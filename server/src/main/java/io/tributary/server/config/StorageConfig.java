package io.tributary.server.config;

import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.Storages;
import io.tributary.storage.file.FileStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;

/**
 * Where entries are kept.
 *
 * @param provider the storage provider's name
 * @param section its section {@code storage.<provider>}, which it checks itself
 */
public record StorageConfig(String provider, JsonObject section) {
  /** The provider when none is named. */
  public static final String DEFAULT_PROVIDER = "file";

  /** The data directory when none is named. */
  public static final Path DEFAULT_DIR = Path.of(FileStorageProvider.DEFAULT_DIR);

  public StorageConfig {
    section = section.copy();
  }

  /** The default provider on the default directory. */
  public static StorageConfig defaults() {
    return file(DEFAULT_DIR);
  }

  /** Memory: gone with the process. */
  public static StorageConfig memory() {
    return new StorageConfig("memory", new JsonObject());
  }

  /** The provider {@code file} in a directory. */
  public static StorageConfig file(Path dir) {
    return new StorageConfig("file", new JsonObject().put("dir", dir.toString()));
  }

  /**
   * Finds the provider and opens the storage.
   *
   * @return fails with {@link StorageConfigException}, its key written in full, if the section is bad
   *     or there is no such provider; else as {@link io.tributary.storage.StorageProvider#open} does
   */
  public Future<Storage> open(Vertx vertx) {
    Future<Storage> opened;
    try {
      opened = Storages.find(provider).open(vertx, section());
    } catch (StorageConfigException e) {
      return Future.failedFuture(inFull(e));
    }
    return opened.recover(failure -> Future.failedFuture(
        failure instanceof StorageConfigException config ? inFull(config) : failure));
  }

  private StorageConfigException inFull(StorageConfigException e) {
    return e.key().startsWith("storage.")
        ? e
        : new StorageConfigException(
            "storage." + provider + "." + e.key(), String.valueOf(e.getMessage()), e);
  }

  /** A copy: changing it changes nothing here. */
  @Override
  public JsonObject section() {
    return section.copy();
  }

  @Override
  public String toString() {
    // a provider's section may hold passwords
    return "StorageConfig[provider=" + provider + ", section=" + section.fieldNames() + "]";
  }
}
