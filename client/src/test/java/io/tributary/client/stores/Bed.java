package io.tributary.client.stores;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.eventlog.ManualRunner;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.stores.view.Space;
import io.tributary.storage.Storage;
import io.tributary.storage.Storages;
import io.tributary.storage.contract.OpenStorage;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A storage to try stores on, which can be opened anew, and a clock that the test sets. */
public abstract class Bed implements AutoCloseable {
  /** When its clock begins. */
  public static final long NOW = 1_790_000_000_000L;

  private volatile long now = NOW;

  /** In memory, on the thread of the test. */
  public static Bed memory() {
    return new Memory();
  }

  /** In files, on Vert.x. */
  public static Bed file(Path dir) {
    return new Files(dir);
  }

  public abstract Runner runner();

  public abstract Storage storage();

  /** Waits, and throws what it failed with. */
  @CanIgnoreReturnValue
  public abstract <T> T await(Future<T> future);

  /** As after a restart. */
  public abstract void reopen();

  public final Space space(String name) {
    return Space.of(storage().keyValues(), name, runner());
  }

  public final InstantSource clock() {
    return () -> Instant.ofEpochMilli(now);
  }

  public final void setClock(long nowMs) {
    now = nowMs;
  }

  /** Waits, and gives what it failed with. */
  public final Throwable failure(Future<?> future) {
    Throwable cause = await(future.map((Throwable) null).otherwise(e -> e));
    if (cause == null) {
      throw new AssertionError("it did not fail: " + future.result());
    }
    return cause;
  }

  @Override
  public abstract void close();

  private static final class Memory extends Bed {
    /** The memory provider needs none, but the interface says that it is given one. */
    private static final Vertx CLOSED = Vertx.vertx();

    static {
      CLOSED.close().onFailure(cause -> {});
    }

    private final Storage storage =
        new MemoryStorageProvider().open(CLOSED, new JsonObject()).result();
    private ManualRunner runner = new ManualRunner();

    @Override
    public Runner runner() {
      return runner;
    }

    @Override
    public Storage storage() {
      return storage;
    }

    @Override
    public <T> T await(Future<T> future) {
      return runner.await(future);
    }

    @Override
    public void reopen() {
      runner = new ManualRunner();
    }

    @Override
    public void close() {}
  }

  private static final class Files extends Bed {
    private final Path dir;
    private @Nullable OpenStorage open;
    private @Nullable Runner runner;

    Files(Path dir) {
      this.dir = dir;
      reopen();
    }

    private static final class Opened extends OpenStorage {
      Opened(Path dir) {
        super(Storages.find("file"), new JsonObject().put("dir", dir.toString()));
      }
    }

    @Override
    public Runner runner() {
      return Objects.requireNonNull(runner);
    }

    @Override
    public Storage storage() {
      return Objects.requireNonNull(open).storage;
    }

    @Override
    public <T> T await(Future<T> future) {
      return OpenStorage.await(future);
    }

    @Override
    public void reopen() {
      close();
      OpenStorage opened = new Opened(dir);
      open = opened;
      runner = Runner.of(opened.vertx, opened.vertx.getOrCreateContext());
    }

    @Override
    public void close() {
      if (open != null) {
        open.close();
        open = null;
      }
    }
  }
}
