package io.tributary.server.config;

import io.tributary.storage.file.FileStorageProvider;
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
