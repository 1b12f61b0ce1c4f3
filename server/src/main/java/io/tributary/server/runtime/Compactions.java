package io.tributary.server.runtime;

import io.tributary.core.compaction.Compaction;
import io.tributary.core.compaction.CompactionPlan;
import io.tributary.core.compaction.WindowCache;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.HubSession.Projection;
import io.tributary.storage.LogStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;

/**
 * What readers of a hub get compacted, and the memory that takes: so many windows at a time, and a
 * cache. Thread-safe.
 */
public final class Compactions {
  private static final long CACHE_BYTES =
      Math.min(128L << 20, Runtime.getRuntime().maxMemory() / 16);

  private final Vertx vertx;
  private final LogStore log;
  private final CompactionPlan plan;
  private final WindowCache cache = new WindowCache(CACHE_BYTES);
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private int free;

  /** For a plan, which may be empty. */
  public Compactions(Vertx vertx, LogStore log, CompactionPlan plan) {
    this.vertx = vertx;
    this.log = log;
    this.plan = plan;
    long most = Runtime.getRuntime().maxMemory() / 16 / Math.max(1, plan.maxBytes());
    this.free = (int) Math.max(1, Math.min(most, 64));
  }

  /** Whether there is anything to compact; if not, stores are read as they are. */
  public boolean any() {
    return !plan.isEmpty();
  }

  /** Begins what one subscription reads compacted, on the caller's context. */
  public Backlog open(StoreKey store, Projection projection, long cursor) {
    return new Backlog(this, vertx.getOrCreateContext(), store, projection, cursor);
  }

  /** Records were removed: {@link WindowCache#onRemoved}. */
  public void onRemoved(StoreKey store, long through) {
    cache.onRemoved(store, through);
  }

  /** News of removals may have been lost. */
  public void missed() {
    cache.clear();
  }

  CompactionPlan plan() {
    return plan;
  }

  WindowCache cache() {
    return cache;
  }

  LogStore log() {
    return log;
  }

  void admit(Runnable admitted) {
    synchronized (this) {
      if (free == 0) {
        waiting.add(admitted);
        return;
      }
      free--;
    }
    admitted.run();
  }

  void leave() {
    Runnable next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        free++;
      }
    }
    if (next != null) {
      next.run();
    }
  }

  /** Applications' compactors may take their time. */
  Future<Void> run(Compaction compaction) {
    return vertx.executeBlocking(
        () -> {
          compaction.run();
          return null;
        },
        false);
  }
}
