package io.tributary.storage.postgres;

import io.tributary.storage.contract.CompactionsContract;
import io.tributary.storage.contract.HintContract;
import io.tributary.storage.contract.JournalContract;
import io.tributary.storage.contract.KeyValueContract;
import io.tributary.storage.contract.LeaseContract;
import io.tributary.storage.contract.LifecycleContract;
import io.tributary.storage.contract.LogContract;
import io.tributary.storage.contract.RegistryContract;
import io.tributary.storage.contract.RemovalContract;
import io.tributary.storage.contract.RestoreContract;
import io.tributary.storage.contract.StorageFixture;
import io.tributary.storage.postgres.PostgresServer.Version;
import org.junit.jupiter.api.Nested;

/** The kit, on the newest server. */
class PostgresContractTest {
  /** Which server. */
  Version version() {
    return Version.NEWEST;
  }

  @Nested
  class Log extends LogContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Removal extends RemovalContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Restore extends RestoreContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Registry extends RegistryContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Compactions extends CompactionsContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Leases extends LeaseContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Hints extends HintContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Lifecycle extends LifecycleContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class Journals extends JournalContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }

  @Nested
  class KeyValues extends KeyValueContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture(version());
    }
  }
}
