package io.tributary.storage.postgres;

import io.tributary.storage.postgres.PostgresServer.Version;

/** The kit, on the oldest server that is supported. */
class OldestServerTest extends PostgresContractTest {
  @Override
  Version version() {
    return Version.OLDEST;
  }
}
