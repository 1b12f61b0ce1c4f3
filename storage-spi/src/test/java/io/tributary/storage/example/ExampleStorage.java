package io.tributary.storage.example;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.Health;
import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.JournalStore;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.Lease;
import io.tributary.storage.LeaseStore;
import io.tributary.storage.LogStore;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;

final class ExampleStorage
    implements Storage, LogStore, LeaseStore, HintChannel, CompactionHistory {
  private final ExampleDatabase database;
  private final InstantSource clock;
  private final StoreRegistry registry;
  private final JournalStore journals;
  private final KeyValueStore keyValues;
  private final WorkerExecutor thread;
  private final AtomicBoolean closed = new AtomicBoolean();

  ExampleStorage(Vertx vertx, ExampleDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    this.registry = new ExampleRegistry(this, database.mappings);
    this.journals = new ExampleJournals(this, database, clock);
    this.keyValues = new ExampleKeyValues(this, database.spaces);
    this.thread = vertx.createSharedWorkerExecutor("example-" + database.dataSetId(), 1);
  }

  boolean isClosed() {
    return closed.get();
  }

  /** Runs it on the storage's thread, in the order of the calls. */
  <T> Future<T> run(Callable<T> work) {
    return thread.executeBlocking(work, false);
  }

  /** Calls the database on the storage's thread, in the order of the calls. */
  <T> Future<T> call(Outcome outcome, Callable<T> work) {
    if (closed.get()) {
      return Future.failedFuture(
          new StorageException(Outcome.NOT_COMMITTED, "the storage is closed", null));
    }
    return thread
        .executeBlocking(work, false)
        .recover(e -> Future.failedFuture(
            e instanceof StorageException
                ? e
                : new StorageException(outcome, "the database failed: " + e, e)));
  }

  @Override
  public Future<List<AppendResult>> append(List<Append> appends) {
    return call(Outcome.UNKNOWN, () -> database.append(appends));
  }

  @Override
  public Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    if (maxRecords < 1) {
      throw new IllegalArgumentException("maxRecords is at least 1, not " + maxRecords);
    }
    return call(Outcome.NOT_COMMITTED, () -> database.read(store, from, maxRecords, maxBytes));
  }

  @Override
  public Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores) {
    return call(Outcome.NOT_COMMITTED, () -> {
      Map<StoreKey, Long> heads = new HashMap<>();
      stores.forEach(store -> heads.put(store, database.head(store)));
      return heads;
    });
  }

  @Override
  public Future<Outlines> scan(StoreKey store, long from, int max) {
    requireSome(max);
    return call(Outcome.NOT_COMMITTED, () -> database.scan(store, from, max));
  }

  @Override
  public Future<Removed> remove(Removal removal) {
    return call(Outcome.UNKNOWN, () -> database.remove(removal, clock.millis()));
  }

  @Override
  public Future<Integer> forget(StoreKey store, long removedBefore, int max) {
    requireSome(max);
    return call(Outcome.UNKNOWN, () -> database.forget(store, removedBefore, max));
  }

  @Override
  public Future<Tombstones> tombstones(StoreKey store, long from, int max) {
    requireSome(max);
    return call(Outcome.NOT_COMMITTED, () -> database.tombstones(store, from, max));
  }

  @Override
  public Future<Void> restore(Restoration restoration) {
    return call(Outcome.UNKNOWN, () -> {
      database.restore(restoration);
      return null;
    });
  }

  @Override
  public Future<List<StoreKey>> stores(Optional<StoreKey> after, int max) {
    requireSome(max);
    return call(Outcome.NOT_COMMITTED, () -> database.stores(after, max));
  }

  @Override
  public Future<StoreStats> stats(StoreKey store) {
    return call(Outcome.NOT_COMMITTED, () -> database.stats(store));
  }

  @Override
  public Future<Long> add(byte[] run, int keep) {
    requireSome(keep);
    return call(Outcome.UNKNOWN, () -> database.addRun(run, keep));
  }

  @Override
  public Future<List<Run>> list(long below, int max) {
    requireSome(max);
    return call(Outcome.NOT_COMMITTED, () -> database.runs(below, max));
  }

  static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("at least 1, not " + max);
    }
  }

  @Override
  public Future<Optional<Lease>> acquire(String name, Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease holds for at least 1 ms, not " + ttl);
    }
    return call(Outcome.UNKNOWN, () -> database.acquire(name, ttl, clock.millis()));
  }

  @Override
  public Future<Void> renew(Lease lease) {
    return call(Outcome.UNKNOWN, () -> {
      database.renew(lease, clock.millis());
      return null;
    });
  }

  @Override
  public Future<Void> release(Lease lease) {
    return call(Outcome.UNKNOWN, () -> {
      database.release(lease);
      return null;
    });
  }

  /** One node only: there is nobody to tell. */
  @Override
  public void publish(Hint hint) {}

  @Override
  public Future<Subscription> subscribe(Listener listener) {
    return call(Outcome.NOT_COMMITTED, () -> Future::succeededFuture);
  }

  @Override
  public DataSetId dataSetId() {
    return database.dataSetId();
  }

  @Override
  public boolean durable() {
    return true;
  }

  @Override
  public LogStore log() {
    return this;
  }

  @Override
  public LeaseStore leases() {
    return this;
  }

  @Override
  public HintChannel hints() {
    return this;
  }

  @Override
  public StoreRegistry registry() {
    return registry;
  }

  @Override
  public JournalStore journals() {
    return journals;
  }

  @Override
  public KeyValueStore keyValues() {
    return keyValues;
  }

  @Override
  public CompactionHistory compactions() {
    return this;
  }

  @Override
  public Future<Void> reseed(DataSetId id) {
    return call(Outcome.UNKNOWN, () -> {
      database.reseed(id);
      return null;
    });
  }

  @Override
  public Future<Void> reclaim() {
    return call(Outcome.NOT_COMMITTED, () -> null);
  }

  @Override
  public Future<Void> backup(Path directory) {
    return call(Outcome.REJECTED, () -> {
      throw new StorageException(
          Outcome.REJECTED, "the database has tools for that: use example-dump", null);
    });
  }

  @Override
  public Future<Health> check() {
    return call(Outcome.NOT_COMMITTED, () -> Health.UP)
        .otherwise(e -> new Health(Health.Status.DOWN, String.valueOf(e.getMessage())));
  }

  @Override
  public Future<Void> close() {
    if (closed.getAndSet(true)) {
      return Future.succeededFuture();
    }
    // Last in line, so that what is under way gets done.
    return thread.executeBlocking(() -> null, false).compose(ignored -> thread.close());
  }
}
