package io.tributary.storage.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private final int bodyBytes;
  private volatile boolean stopping;

  /** What was acknowledged, per store: sequence and id. */
  final Map<StoreKey, Map<Long, EntryId>> acked = new ConcurrentHashMap<>();

  /** What became of appends that were not acknowledged, so far. */
  final Set<Outcome> failures = ConcurrentHashMap.newKeySet();

  AckingWriter(Vertx vertx, Storage storage, int inFlight, int bodyBytes, Semaphore acks) {
    this.acks = acks;
    this.bodyBytes = bodyBytes;
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
    NewRecord record = NewRecord.sealed(id, new byte[12], new byte[bodyBytes]);
    var unusedFuture = storage
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
          } else {
            StorageException failure = (StorageException) result.cause();
            boolean unused = failures.add(failure.outcome());
            if (failure.outcome() == Outcome.REJECTED) {
              ended.countDown();
              return;
            }
            long unusedTimer = vertx.setTimer(10, fired -> append(store, id));
          }
        });
  }

  /** Begins nothing more. */
  void finish() {
    stopping = true;
  }

  /** Until everything that was begun has been acknowledged. */
  void stop() throws InterruptedException {
    finish();
    ended.await();
  }

  /** That the stores hold all that was acknowledged to these writers where it was, once, and nothing else. */
  static void assertExactlyOnce(Storage storage, List<AckingWriter> writers) {
    assertThat(writers).flatExtracting(writer -> writer.failures).doesNotContain(Outcome.REJECTED);
    for (StoreKey store : STORES) {
      List<StoredRecord> records = PostgresStorageTest.all(storage, store);
      PostgresStorageTest.assertContiguous(records, records.size());
      Map<Long, EntryId> acked = new HashMap<>();
      for (AckingWriter writer : writers) {
        writer.acked.get(store).forEach((sequence, id) -> {
          assertThat(acked.put(sequence, id)).as("acked twice: %s", sequence).isNull();
        });
      }
      // All that was begun was acknowledged in the end.
      Map<Long, EntryId> stored = new HashMap<>();
      records.forEach(
          record -> stored.put(record.firstSequence(), record.record().ids().get(0)));
      assertThat(stored).as("%s", store).isEqualTo(acked);
    }
  }
}
