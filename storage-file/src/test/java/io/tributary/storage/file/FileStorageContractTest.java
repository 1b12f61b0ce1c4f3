package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;

class FileStorageContractTest {
  @Nested
  class Log extends LogContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Removals extends RemovalContract {
    @Override
    protected StorageFixture fixture() {
      return new Fixture();
    }
  }

  @Nested
  class Restores extends RestoreContract {
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

  private static final class Fixture implements StorageFixture {
    private final Path root = Dirs.make();
    private final AtomicLong now = new AtomicLong(1_790_000_000_000L);
    private final FileStorageProvider provider =
        new FileStorageProvider(() -> Instant.ofEpochMilli(now.get()));
    private Path dir = root.resolve("data");
    private int crashes;

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
      return provider.open(vertx, new JsonObject().put("dir", dir.toString()));
    }

    @Override
    public void crash(Storage storage) throws IOException {
      Path copy = root.resolve("crash-" + ++crashes);
      Files.createDirectory(copy);
      // The other files are made from these two, as they are after a crash.
      Files.copy(dir.resolve("tributary.db"), copy.resolve("tributary.db"));
      Files.copy(dir.resolve("tributary.db-wal"), copy.resolve("tributary.db-wal"));
      Path before = dir;
      dir = copy;
      storage.close().toCompletionStage().toCompletableFuture().join();
      // Hundreds of copies of a large log would fill the disk.
      Dirs.delete(before);
    }

    @Override
    public void passTime(Duration time) {
      now.addAndGet(time.toMillis());
    }

    @Override
    public void close() throws IOException {
      assertThat(FileStorageProvider.check(dir)).isEmpty();
      Dirs.delete(root);
    }
  }
}
