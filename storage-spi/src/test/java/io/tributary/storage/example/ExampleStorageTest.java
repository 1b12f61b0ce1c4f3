package io.tributary.storage.example;

import io.tributary.storage.Storage;
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
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Nested;

class ExampleStorageTest {
  @Nested
  class Log extends LogContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Removal extends RemovalContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Restore extends RestoreContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Journals extends JournalContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class KeyValues extends KeyValueContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Registry extends RegistryContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Compactions extends CompactionsContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Leases extends LeaseContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Hints extends HintContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }

  @Nested
  class Lifecycle extends LifecycleContract {
    @Override
    protected StorageFixture fixture() {
      return new ExampleFixture();
    }
  }
}

final class ExampleFixture implements StorageFixture {
  private final String database = "kit-" + UUID.randomUUID();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @Override
  public Survives survives() {
    return Survives.CRASH;
  }

  @Override
  public boolean singleNode() {
    return true;
  }

  @Override
  public Future<Storage> open(Vertx vertx) {
    return new ExampleStorageProvider(() -> now)
        .open(vertx, new JsonObject().put("database", database));
  }

  /** What the database acknowledged is in another process: forgetting the storage is enough. */
  @Override
  public void crash(Storage storage) {}

  @Override
  public void passTime(Duration time) {
    now = now.plus(time);
  }

  @Override
  public void close() {}
}
