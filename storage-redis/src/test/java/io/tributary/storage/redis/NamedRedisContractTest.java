package io.tributary.storage.redis;

import io.tributary.storage.contract.StorageFixture;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The kit on the server that the environment names. */
@EnabledIfEnvironmentVariable(
    named = NamedRedisContractTest.NAME,
    matches = ".+",
    disabledReason = "it names no server")
class NamedRedisContractTest extends RedisContracts {
  static final String NAME = "TEST_REDIS_URI";

  @Override
  StorageFixture make() {
    return new Fixture(System.getenv(NAME));
  }
}
