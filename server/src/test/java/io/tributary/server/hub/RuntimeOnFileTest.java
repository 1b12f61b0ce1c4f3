package io.tributary.server.hub;

import io.tributary.server.config.StorageConfig;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RuntimeOnFileTest extends RuntimeContract {
  @TempDir
  Path dir;

  @Override
  StorageConfig storage() {
    return new StorageConfig(
        "file", new JsonObject().put("dir", dir.resolve("data").toString()));
  }
}
