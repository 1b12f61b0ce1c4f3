package io.tributary.server.hub;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.StorageConfig;
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
import io.tributary.storage.StorageProvider;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A storage in memory that has trouble on command. Commands from any thread. */
final class TroubledStorage implements Storage, LogStore {
  private static final ConcurrentMap<String, TroubledStorage> ALL = new ConcurrentHashMap<>();

  /** Provider {@code troubled}: finds the storage by the name in its section. */
  public static final class Provider implements StorageProvider {
    @Override
    public String name() {
      return "troubled";
    }

    @Override
    public Future<Storage> open(Vertx vertx, JsonObject config) {
      TroubledStorage storage = ALL.get(config.getString("name"));
      if (storage.memory != null) {
        return Future.succeededFuture(storage);
      }
      return new MemoryStorageProvider().open(vertx, new JsonObject()).map(memory -> {
        storage.memory = memory;
        storage.vertx = vertx;
        return storage;
      });
    }
  }

  private enum Trouble {
    NONE,
    FAIL_BEFORE,
    FAIL_AFTER,
    REJECT,
    HANG
  }

  private final String name;
  private final AtomicInteger attempts = new AtomicInteger();
  private final List<Runnable> hanging = new ArrayList<>();
  private volatile Storage memory;
  private volatile Vertx vertx;
  private volatile Trouble trouble = Trouble.NONE;
  private volatile Predicate<Append> rejects = append -> true;
  private final List<Consumer<Consumer<HintChannel.Listener>>> ears = new CopyOnWriteArrayList<>();
  private volatile boolean shared;
  private volatile boolean readsFail;
  private volatile boolean removalsFail;
  private volatile Consumer<Removal> beforeRemovals = removal -> {};
  private final List<Lease> granted = new CopyOnWriteArrayList<>();
  private volatile @Nullable HeldJournals heldJournals;

  private TroubledStorage(String name) {
    this.name = name;
  }

  static TroubledStorage prepare(String name) {
    TroubledStorage storage = new TroubledStorage(name);
    ALL.put(name, storage);
    return storage;
  }

  /**
   * What the next hub opens, on the same data, when this one's hub is as good as dead. That one's leases
   * have ended.
   */
  TroubledStorage successor(String successorsName) {
    ALL.remove(name);
    granted.forEach(lease -> TestHub.get(memory.leases().release(lease)));
    TroubledStorage successor = prepare(successorsName);
    successor.memory = memory;
    successor.vertx = vertx;
    return successor;
  }

  /** Commits to journals get no answer after so many. */
  HeldJournals holdCommits(int after, boolean takeEffect) {
    HeldJournals held = new HeldJournals(() -> memory.journals(), after, takeEffect);
    heldJournals = held;
    return held;
  }

  StorageConfig config() {
    return new StorageConfig("troubled", new JsonObject().put("name", name));
  }

  /** Appends fail, and nothing of them is committed. */
  void failAppends() {
    trouble = Trouble.FAIL_BEFORE;
  }

  /** Appends are committed, and fail all the same. */
  void failAppendsAfterCommit() {
    trouble = Trouble.FAIL_AFTER;
  }

  /** Appends aren't answered until {@link #recover}. */
  void hang() {
    trouble = Trouble.HANG;
  }

  void failReads() {
    readsFail = true;
  }

  void failRemovals() {
    removalsFail = true;
  }

  /** Called on a thread of its own, before each removal. */
  void beforeRemovals(Consumer<Removal> action) {
    beforeRemovals = action;
  }

  /** There are other nodes, which are the test; for before the storage is opened. */
  TroubledStorage share() {
    shared = true;
    return this;
  }

  /** Another node removes a record and says nothing. */
  void removeElsewhere(StoreKey store, long sequence) {
    Removed unused =
        TestHub.get(memory.log().remove(new Removal(store, List.of(sequence), 1, null)));
  }

  /** What another node says, or the channel. */
  void tell(Consumer<HintChannel.Listener> news) {
    ears.forEach(ear -> ear.accept(news));
  }

  /** Everything works, and what hangs is done. */
  void recover() {
    readsFail = false;
    removalsFail = false;
    recover(Trouble.NONE);
  }

  /** What hangs is done, and calls with such an append are refused for good from now on. */
  void recoverAndReject(Predicate<Append> some) {
    rejects = some;
    recover(Trouble.REJECT);
  }

  private void recover(Trouble next) {
    List<Runnable> some;
    synchronized (hanging) {
      trouble = next;
      some = List.copyOf(hanging);
      hanging.clear();
    }
    some.forEach(Runnable::run);
  }

  /** How often it was asked to append. */
  int attempts() {
    return attempts.get();
  }

  @Override
  public Future<List<AppendResult>> append(List<Append> appends) {
    attempts.incrementAndGet();
    switch (trouble) {
      case FAIL_BEFORE -> {
        return failed(Outcome.NOT_COMMITTED);
      }
      case FAIL_AFTER -> {
        return memory.log().append(appends).compose(done -> failed(Outcome.UNKNOWN));
      }
      case REJECT -> {
        return appends.stream().anyMatch(rejects)
            ? failed(Outcome.REJECTED)
            : memory.log().append(appends);
      }
      case HANG -> {
        synchronized (hanging) {
          if (trouble == Trouble.HANG) {
            Context context = Vertx.currentContext();
            Promise<List<AppendResult>> promise = Promise.promise();
            hanging.add(
                () -> context.runOnContext(v -> memory.log().append(appends).onComplete(promise)));
            return promise.future();
          }
        }
        return memory.log().append(appends);
      }
      default -> {
        return memory.log().append(appends);
      }
    }
  }

  private static <T> Future<T> failed(Outcome outcome) {
    return Future.failedFuture(new StorageException(outcome, "out of luck", null));
  }

  @Override
  public Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    return readsFail
        ? failed(Outcome.NOT_COMMITTED)
        : memory.log().read(store, from, maxRecords, maxBytes);
  }

  @Override
  public Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores) {
    return readsFail ? failed(Outcome.NOT_COMMITTED) : memory.log().heads(stores);
  }

  @Override
  public Future<Outlines> scan(StoreKey store, long from, int max) {
    return memory.log().scan(store, from, max);
  }

  @Override
  public Future<Removed> remove(Removal removal) {
    return removalsFail
        ? failed(Outcome.NOT_COMMITTED)
        : vertx
            .executeBlocking(() -> {
              beforeRemovals.accept(removal);
              return removal;
            })
            .compose(memory.log()::remove);
  }

  @Override
  public Future<Integer> forget(StoreKey store, long removedBefore, int max) {
    return memory.log().forget(store, removedBefore, max);
  }

  @Override
  public Future<Tombstones> tombstones(StoreKey store, long from, int max) {
    return memory.log().tombstones(store, from, max);
  }

  @Override
  public Future<Void> restore(Restoration restoration) {
    return memory.log().restore(restoration);
  }

  @Override
  public Future<List<StoreKey>> stores(Optional<StoreKey> after, int max) {
    return memory.log().stores(after, max);
  }

  @Override
  public Future<StoreStats> stats(StoreKey store) {
    return memory.log().stats(store);
  }

  @Override
  public StoreRegistry registry() {
    return memory.registry();
  }

  @Override
  public JournalStore journals() {
    HeldJournals held = heldJournals;
    return held == null ? memory.journals() : held;
  }

  @Override
  public KeyValueStore keyValues() {
    return memory.keyValues();
  }

  @Override
  public CompactionHistory compactions() {
    return memory.compactions();
  }

  @Override
  public Future<Void> reseed(DataSetId id) {
    return memory.reseed(id);
  }

  @Override
  public Future<Void> reclaim() {
    return memory.reclaim();
  }

  @Override
  public Future<Void> backup(Path directory) {
    return memory.backup(directory);
  }

  @Override
  public DataSetId dataSetId() {
    return memory.dataSetId();
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
    LeaseStore leases = memory.leases();
    return new LeaseStore() {
      @Override
      public Future<Optional<Lease>> acquire(String lease, Duration ttl) {
        return leases.acquire(lease, ttl).onSuccess(answer -> answer.ifPresent(granted::add));
      }

      @Override
      public Future<Void> renew(Lease lease) {
        return leases.renew(lease);
      }

      @Override
      public Future<Void> release(Lease lease) {
        return leases.release(lease);
      }
    };
  }

  @Override
  public HintChannel hints() {
    return shared ? new OtherNodes() : memory.hints();
  }

  @Override
  public boolean shared() {
    return shared;
  }

  /** Other nodes, played by the test. */
  private final class OtherNodes implements HintChannel {
    @Override
    public void publish(Hint hint) {}

    @Override
    public Future<Subscription> subscribe(Listener listener) {
      Context context = Vertx.currentContext();
      ears.add(news -> context.runOnContext(v -> news.accept(listener)));
      return Future.succeededFuture(Future::succeededFuture);
    }
  }

  @Override
  public Future<Health> check() {
    return Future.succeededFuture(
        trouble == Trouble.NONE ? Health.UP : new Health(Health.Status.READ_ONLY, "out of luck"));
  }

  @Override
  public Future<Void> close() {
    ALL.remove(name);
    return memory.close();
  }
}
