package io.tributary.server.retention;

import io.tributary.core.log.Outline;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.RetentionRule;
import io.tributary.storage.Lease;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run in one store. What rules with events say goes first, so that the others count only what is
 * left. Each walks once over the store at most, and where a rule with events counts, another walk
 * counts before.
 */
final class Trim {
  private final Vertx vertx;
  private final Storage storage;
  private final Eraser eraser;
  private final StoreKey store;
  private final long nowMs;
  private final @Nullable Lease lease;
  private final Runnable check;
  private Removed removed = Removed.NOTHING;

  /** Nothing above it goes: the processing has not come further. */
  private long last = Long.MAX_VALUE;

  private boolean processed;

  /**
   * For one store.
   *
   * @param lease fences every removal; null if it is only to tell
   * @param check throws if the run is to end; asked before every step
   */
  Trim(
      Vertx vertx,
      Storage storage,
      Eraser eraser,
      StoreKey store,
      long nowMs,
      @Nullable Lease lease,
      Runnable check) {
    this.vertx = vertx;
    this.storage = storage;
    this.eraser = eraser;
    this.store = store;
    this.nowMs = nowMs;
    this.lease = lease;
    this.check = check;
  }

  /** What has been removed, or would be. */
  Removed removed() {
    return removed;
  }

  /** Removes what exceeds the limits of these rules. */
  Future<Void> run(List<RetentionRule> rules) {
    Optional<Limits> limits = Limits.of(rules, store);
    List<Quota> tagged = rules.stream()
        .filter(rule -> !rule.events().isEmpty() && rule.matches(store))
        .map(Quota::of)
        .toList();
    if (limits.isEmpty() && tagged.isEmpty()) {
      return Future.succeededFuture();
    }
    return stopAtProcessing()
        .compose(v -> tagged.isEmpty() ? Future.succeededFuture() : byEvents(tagged))
        .compose(v -> limits.isEmpty() ? Future.succeededFuture() : ofAll(limits.get(), tagged));
  }

  private Future<Void> stopAtProcessing() {
    return store instanceof StoreKey.Plain plain
        ? eraser.processing().next(plain).map(next -> {
          processed = next.isPresent();
          last = processed ? next.getAsLong() - 1 : last;
          return null;
        })
        : Future.succeededFuture();
  }

  private Future<Void> byEvents(List<Quota> tagged) {
    return storage.log().stats(store).compose(stats -> {
      Future<Void> counted =
          tagged.stream().anyMatch(Quota::counts) ? count(tagged, stats) : Future.succeededFuture();
      return counted.compose(
          v -> walk(tagged.stream().map(Quota::copy).toList(), List.of(), stats.head()));
    });
  }

  private Future<Void> count(List<Quota> quotas, StoreStats stats) {
    long[] from = {1};
    return Steps.repeatGently(vertx, () -> {
      check.run();
      return eraser.scan(store, from[0]).map(page -> {
        from[0] = page.next();
        for (Outline record : page.records()) {
          if (record.lastSequence() <= stats.head()) {
            quotas.forEach(quota -> quota.add(record));
          }
        }
        return page.next() <= stats.head();
      });
    });
  }

  private Future<Void> ofAll(Limits limits, List<Quota> tagged) {
    return storage.log().stats(store).compose(stats -> {
      // If it is only to tell, what rules with events would have removed is still there.
      Removed gone = lease == null ? removed : Removed.NOTHING;
      Quota quota =
          Quota.ofAll(limits, stats.entries() - gone.entries(), stats.bytes() - gone.bytes());
      List<Quota> before = lease == null ? tagged.stream().map(Quota::copy).toList() : List.of();
      return walk(List.of(quota), before, stats.head());
    });
  }

  /**
   * Walks from the oldest record on until none is in excess.
   *
   * @param before what these take counts as gone already
   */
  private Future<Void> walk(List<Quota> quotas, List<Quota> before, long head) {
    long end = Math.min(head, last);
    long[] from = {1};
    return Steps.repeatGently(vertx, () -> {
      check.run();
      return eraser.scan(store, from[0]).compose(page -> {
        from[0] = page.next();
        List<Outline> excess = new ArrayList<>();
        for (Outline record : page.records()) {
          if (record.lastSequence() > end) {
            break;
          }
          if (!take(before, record) && take(quotas, record)) {
            excess.add(record);
          }
        }
        boolean more = page.next() <= end && !quotas.stream().allMatch(Quota::isMet);
        return remove(excess).map(v -> more);
      });
    });
  }

  private boolean take(List<Quota> quotas, Outline record) {
    boolean taken = false;
    for (Quota quota : quotas) {
      taken |= quota.takes(record, nowMs);
    }
    if (taken) {
      quotas.forEach(quota -> quota.remove(record));
    }
    return taken;
  }

  private Future<Void> remove(List<Outline> excess) {
    Future<Removed> gone;
    if (excess.isEmpty()) {
      gone = Future.succeededFuture(Removed.NOTHING);
    } else if (lease == null) {
      gone = Future.succeededFuture(sum(excess));
    } else {
      gone = eraser.removeOldest(store, excess, lease, processed);
    }
    return gone.map(some -> {
      removed = removed.plus(some);
      return null;
    });
  }

  private static Removed sum(List<Outline> records) {
    Removed sum = Removed.NOTHING;
    for (Outline record : records) {
      sum = sum.plus(new Removed(1, record.ids(), record.bytes()));
    }
    return sum;
  }
}
