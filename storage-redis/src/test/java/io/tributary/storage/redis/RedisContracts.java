package io.tributary.storage.redis;

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
import org.junit.jupiter.api.Nested;

/** The kit on one kind of server. */
abstract class RedisContracts {
  /** Called once per contract. */
  abstract StorageFixture make();

  @Nested
  class Log extends LogContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class KeyValues extends KeyValueContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Leases extends LeaseContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Hints extends HintContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Lifecycle extends LifecycleContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Removals extends RemovalContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Restores extends RestoreContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Registry extends RegistryContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Compactions extends CompactionsContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }

  @Nested
  class Journals extends JournalContract {
    @Override
    protected StorageFixture fixture() {
      return make();
    }
  }
}
