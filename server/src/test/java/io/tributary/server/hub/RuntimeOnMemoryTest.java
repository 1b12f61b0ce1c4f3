package io.tributary.server.hub;

import io.tributary.server.config.StorageConfig;

class RuntimeOnMemoryTest extends RuntimeContract {
  @Override
  StorageConfig storage() {
    return StorageConfig.memory();
  }

  @Override
  boolean keepsData() {
    return false;
  }
}
