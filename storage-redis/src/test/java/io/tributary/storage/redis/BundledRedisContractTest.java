package io.tributary.storage.redis;

import io.tributary.storage.contract.StorageFixture;
import io.tributary.storage.redis.TestServer.Version;

/** The kit on Redis 6.2. */
class BundledRedisContractTest extends RedisContracts {
  @Override
  StorageFixture make() {
    return new Fixture(new TestServer(Version.BUNDLED));
  }
}
