package io.tributary.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
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
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class MemoryStorageTest {
  @Nested
  class Log extends LogContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Removal extends RemovalContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Restore extends RestoreContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Journals extends JournalContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class KeyValues extends KeyValueContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Registry extends RegistryContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Compactions extends CompactionsContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Leases extends LeaseContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Hints extends HintContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Lifecycle extends LifecycleContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Test
  void settingsAreRefused() {
    Vertx vertx = Vertx.vertx();
    try {
      Future<Storage> opened =
          new MemoryStorageProvider().open(vertx, new JsonObject().put("dir", "/data"));
      assertThat(opened.cause())
          .isInstanceOfSatisfying(
              StorageConfigException.class, e -> assertThat(e.key()).isEqualTo("dir"))
          .hasMessageContaining("dir");
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static final class Fixture implements StorageFixture {
    private final AtomicLong now = new AtomicLong(1_790_000_000_000L);
    private final MemoryStorageProvider provider =
        new MemoryStorageProvider(() -> java.time.Instant.ofEpochMilli(now.get()));

    @Override
    public Survives survives() {
      return Survives.NOTHING;
    }

    @Override
    public boolean singleNode() {
      return true;
    }

    @Override
    public Future<Storage> open(Vertx vertx) {
      return provider.open(vertx, new JsonObject());
    }

    @Override
    public void passTime(Duration time) {
      now.addAndGet(time.toMillis());
    }

    @Override
    public void close() {}
  }
}
