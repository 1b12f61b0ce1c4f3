package io.tributary.storage.redis;

import io.tributary.storage.contract.StorageFixture;
import io.tributary.storage.redis.TestServer.Version;
import org.junit.jupiter.api.condition.EnabledIf;

/** The kit on the installed Redis, Debian's 7.0. */
@EnabledIf(value = "isInstalled", disabledReason = "no redis-server is installed")
class InstalledRedisContractTest extends RedisContracts {
  static boolean isInstalled() {
    return Version.INSTALLED.program() != null;
  }

  @Override
  StorageFixture make() {
    return new Fixture(new TestServer(Version.INSTALLED));
  }
}
