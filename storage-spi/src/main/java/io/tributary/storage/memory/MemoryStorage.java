package io.tributary.storage.memory;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.Health;
import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.JournalStore;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.LeaseStore;
import io.tributary.storage.LogStore;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.InstantSource;

final class MemoryStorage implements Storage {
  private final MemoryLeases leases;
  private final MemoryLog log;
  private final MemoryRegistry registry = new MemoryRegistry();
  private final MemoryJournals journals;
  private final MemoryKeyValues keyValues = new MemoryKeyValues();
  private final MemoryHistory history = new MemoryHistory();
  private final HintChannel hints = new NoHints();
  private volatile DataSetId dataSetId = DataSetId.random();
  private volatile boolean closed;

  MemoryStorage(InstantSource clock) {
    leases = new MemoryLeases(clock);
    log = new MemoryLog(leases);
    journals = new MemoryJournals(leases);
  }

  static StorageException closedException() {
    return new StorageException(Outcome.NOT_COMMITTED, "the storage is closed", null);
  }

  @Override
  public DataSetId dataSetId() {
    return dataSetId;
  }

  @Override
  public boolean durable() {
    return false;
  }

  @Override
  public LogStore log() {
    return log;
  }

  @Override
  public LeaseStore leases() {
    return leases;
  }

  @Override
  public HintChannel hints() {
    return hints;
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
    return history;
  }

  @Override
  public Future<Void> reseed(DataSetId id) {
    if (closed) {
      return Future.failedFuture(closedException());
    }
    dataSetId = id;
    return Future.succeededFuture();
  }

  /** The garbage collector does. */
  @Override
  public Future<Void> reclaim() {
    return closed ? Future.failedFuture(closedException()) : Future.succeededFuture();
  }

  @Override
  public Future<Void> backup(Path directory) {
    return Future.failedFuture(
        closed
            ? closedException()
            : new StorageException(
                Outcome.REJECTED,
                "the provider memory keeps nothing on disk that could be copied: use export",
                null));
  }

  @Override
  public Future<Health> check() {
    return Future.succeededFuture(
        closed ? new Health(Health.Status.DOWN, "the storage is closed") : Health.UP);
  }

  @Override
  public Future<Void> close() {
    closed = true;
    log.close();
    leases.close();
    registry.close();
    journals.close();
    keyValues.close();
    history.close();
    return Future.succeededFuture();
  }

  /** There is no other node. */
  private final class NoHints implements HintChannel {
    @Override
    public void publish(Hint hint) {}

    @Override
    public Future<Subscription> subscribe(Listener listener) {
      return closed
          ? Future.failedFuture(closedException())
          : Future.succeededFuture(Future::succeededFuture);
    }
  }
}
