package io.tributary.server.retention;

import io.tributary.core.log.Outline;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Removed;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Hint;
import io.tributary.storage.Lease;
import io.tributary.storage.Removal;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Takes entries out of stores, in steps beside live traffic, and out of what nodes keep in memory.
 *
 * <p>What the processing knows of them goes first, step by step: an interruption then leaves nothing
 * of an entry that is gone from its store, and none is given to a handler that was to be erased.
 */
public final class Eraser {
  /** The most records that one step removes. */
  static final int STEP = 500;

  private static final int FORGET_STEP = 1000;

  private final Vertx vertx;
  private final Storage storage;
  private final InstantSource clock;
  private final Caches caches;
  private final ProcessingRows processing;

  /** @param caches of this process; told of everything that is removed, as the other nodes are */
  public Eraser(Vertx vertx, Storage storage, InstantSource clock, Caches caches) {
    this.vertx = vertx;
    this.storage = storage;
    this.clock = clock;
    this.caches = caches;
    this.processing = new ProcessingRows(vertx, storage, clock);
  }

  /**
   * Removes the records that hold these sequences, and gives their room back.
   *
   * @return what was removed; the sequences that hold nothing are passed over
   */
  public Future<Removed> remove(StoreKey store, List<Long> sequences) {
    List<Long> ordered = sequences.stream().distinct().sorted().toList();
    Removed[] removed = {Removed.NOTHING};
    int[] at = {0};
    return Steps.repeatGently(vertx, () -> {
          int to = Math.min(ordered.size(), at[0] + STEP);
          List<Long> some = ordered.subList(at[0], to);
          at[0] = to;
          return some.isEmpty()
              ? Future.succeededFuture(false)
              : erase(store, some, some.get(some.size() - 1)).map(more -> {
                removed[0] = removed[0].plus(more);
                return at[0] < ordered.size();
              });
        })
        .compose(v -> storage.reclaim())
        .map(v -> removed[0]);
  }

  /** Removes everything that a store holds now, and gives its room back. */
  public Future<Removed> purge(StoreKey store) {
    Removed[] removed = {Removed.NOTHING};
    AtomicLong from = new AtomicLong(1);
    return storage
        .log()
        .stats(store)
        .compose(stats -> Steps.repeatGently(
            vertx,
            () -> scan(store, from.get()).compose(page -> {
              from.set(page.next());
              boolean more = page.next() <= stats.head();
              List<Outline> records = page.records();
              return records.isEmpty()
                  ? Future.succeededFuture(more)
                  : erase(
                          store,
                          sequences(records),
                          records.get(records.size() - 1).lastSequence())
                      .map(some -> {
                        removed[0] = removed[0].plus(some);
                        return more;
                      });
            })))
        .compose(v -> store instanceof StoreKey.Plain plain
            ? processing.eraseLeftOvers(plain)
            : Future.succeededFuture())
        .compose(v -> storage.reclaim())
        .map(v -> removed[0]);
  }

  /**
   * Drops the tombstones of what was removed before a time.
   *
   * @param removedBefore Unix milliseconds
   * @return how many
   */
  public Future<Long> forget(StoreKey store, long removedBefore) {
    AtomicLong forgotten = new AtomicLong();
    return Steps.repeatGently(
            vertx,
            () -> storage
                .log()
                .forget(store, removedBefore, FORGET_STEP)
                .map(n -> forgotten.addAndGet(n) > 0 && n == FORGET_STEP))
        .map(v -> forgotten.get());
  }

  Future<Outlines> scan(StoreKey store, long from) {
    return storage.log().scan(store, from, STEP);
  }

  ProcessingRows processing() {
    return processing;
  }

  /** @param processed whether the store's processing may know of these records */
  Future<Removed> removeOldest(
      StoreKey store, List<Outline> records, Lease fence, boolean processed) {
    List<Long> sequences = sequences(records);
    Future<Void> dropped = processed && store instanceof StoreKey.Plain plain
        ? processing.ids(store, sequences).compose(ids -> processing.drop(plain, ids, fence))
        : Future.succeededFuture();
    return dropped.compose(
        v -> removeSome(store, sequences, records.get(records.size() - 1).lastSequence(), fence));
  }

  private static List<Long> sequences(List<Outline> records) {
    return records.stream().map(Outline::firstSequence).toList();
  }

  private Future<Removed> erase(StoreKey store, List<Long> sequences, long through) {
    Future<Void> erased = store instanceof StoreKey.Plain plain
        ? processing.ids(store, sequences).compose(ids -> processing.erase(plain, ids))
        : Future.succeededFuture();
    return erased.compose(v -> removeSome(store, sequences, through, null));
  }

  private Future<Removed> removeSome(
      StoreKey store, List<Long> sequences, long through, @Nullable Lease fence) {
    return storage
        .log()
        .remove(new Removal(store, sequences, clock.millis(), fence))
        // Also after a failure: what became of it may be unknown.
        .transform(outcome -> {
          storage.hints().publish(new Hint.Removed(store, through));
          return caches
              .removed(store, through)
              .transform(v -> outcome.succeeded()
                  ? Future.succeededFuture(outcome.result())
                  : Future.failedFuture(outcome.cause()));
        });
  }
}
