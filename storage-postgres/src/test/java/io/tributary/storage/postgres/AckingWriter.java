package io.tributary.storage.postgres;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/** Appends to a few stores, and the same again after anything but an answer, as the hub does. */
final class AckingWriter {
  static final List<StoreKey> STORES = List.of(
      new StoreKey.Sealed("tenant", "one"),
      new StoreKey.Sealed("tenant", "two"),
      new StoreKey.Plain("tenant", "three"));

  private final Storage storage;
  private final Vertx vertx;
  private final Context context;
  private final EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
  private final CountDownLatch ended;

  /** Gets a permit per acknowledgement. */
  private final Semaphore acks;

  private volatile boolean stopping;

  /** What was acknowledged, per store: sequence and id. */
  final Map<StoreKey, Map<Long, EntryId>> acked = new ConcurrentHashMap<>();

  AckingWriter(Vertx vertx, Storage storage, int inFlight, Semaphore acks) {
    this.acks = acks;
    this.vertx = vertx;
    this.storage = storage;
    this.context = vertx.getOrCreateContext();
    this.ended = new CountDownLatch(inFlight);
    STORES.forEach(store -> acked.put(store, new ConcurrentHashMap<>()));
    context.runOnContext(nothing -> {
      for (int i = 0; i < inFlight; i++) {
        next(STORES.get(i % STORES.size()));
      }
    });
  }

  private void next(StoreKey store) {
    if (stopping) {
      ended.countDown();
    } else {
      append(store, ids.next());
    }
  }

  private void append(StoreKey store, EntryId id) {
    NewRecord record = NewRecord.sealed(id, new byte[12], id.toBytes());
    var unused = storage
        .log()
        .append(List.of(new Append(store, 1, List.of(record))))
        .onComplete(result -> {
          if (result.succeeded()) {
            long sequence = result.result().get(0).slots().get(0).sequences()[0];
            EntryId other = acked.get(store).put(sequence, id);
            if (other != null) {
              throw new AssertionError(id + " and " + other + " under " + sequence);
            }
            acks.release();
            next(store);
          } else if (((StorageException) result.cause()).outcome() == Outcome.REJECTED) {
            throw new AssertionError(result.cause());
          } else {
            long unusedTimer = vertx.setTimer(10, fired -> append(store, id));
          }
        });
  }

  int count() {
    return acked.values().stream().mapToInt(Map::size).sum();
  }

  /** Until everything that was begun has been acknowledged. */
  void stop() throws InterruptedException {
    stopping = true;
    ended.await();
  }
}
