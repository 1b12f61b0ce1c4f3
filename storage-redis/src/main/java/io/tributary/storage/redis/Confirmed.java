package io.tributary.storage.redis;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The heads that the server has confirmed to this node, and their way into each store's durable head.
 *
 * <p>What a reader finds in a store was executed, but may be somebody else's write that nobody has
 * confirmed yet. A store's durable head says how far some node has seen the reply to a write.
 * Whoever finds a head above it has a write of its own confirmed first, which confirms everything
 * executed before it, and raises the durable head over what others left behind. Thread-safe.
 */
final class Confirmed {
  /** Stores; of others a reader asks once more. */
  private static final int REMEMBERED = 20_000;

  /** Stores in one call. */
  private static final int MAX_RAISED = 1_000;

  /** What is appended to meanwhile is raised by the next append. */
  private static final long RAISE_AFTER_MS = 5;

  private final Vertx vertx;
  private final Link writer;

  @GuardedBy("this")
  private final Map<StoreKey, Long> heads = new LinkedHashMap<>(64, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<StoreKey, Long> eldest) {
      return size() > REMEMBERED;
    }
  };

  /** To be raised. */
  @GuardedBy("this")
  private final Map<StoreKey, Long> higher = new LinkedHashMap<>();

  @GuardedBy("this")
  private boolean timer;

  @GuardedBy("this")
  private boolean confirming;

  @GuardedBy("this")
  private @Nullable Promise<Void> next;

  Confirmed(Vertx vertx, Link writer) {
    this.vertx = vertx;
    this.writer = writer;
  }

  synchronized long head(StoreKey store) {
    return heads.getOrDefault(store, 0L);
  }

  /** What an append of this node is to raise the durable head to. */
  synchronized long carried(StoreKey store) {
    higher.remove(store);
    return heads.getOrDefault(store, 0L);
  }

  /** A write that was sent when the store had at least this head was answered. */
  synchronized void confirmed(StoreKey store, long head) {
    if (head > heads.getOrDefault(store, 0L)) {
      heads.put(store, head);
      higher.put(store, head);
      if (!timer) {
        timer = true;
        long ignored = vertx.setTimer(RAISE_AFTER_MS, id -> raise());
      }
    }
  }

  /** Forgets all heads: the data are others. */
  synchronized void clear() {
    heads.clear();
    higher.clear();
  }

  private void raise() {
    synchronized (this) {
      timer = false;
      if (higher.isEmpty()) {
        return;
      }
    }
    // If it fails, whoever needs it does it.
    var unused = confirm();
  }

  /**
   * Has a write confirmed that is sent from now on.
   *
   * @return fails as the write did
   */
  Future<Void> confirm() {
    Promise<Void> promise;
    boolean now;
    synchronized (this) {
      if (next == null) {
        next = Promise.promise();
      }
      promise = next;
      now = !confirming;
    }
    if (now) {
      run();
    }
    return promise.future();
  }

  private void run() {
    Promise<Void> promise;
    Args args = new Args();
    synchronized (this) {
      if (confirming || next == null) {
        return;
      }
      confirming = true;
      promise = next;
      next = null;
      var some = higher.entrySet().iterator();
      for (int i = 0; i < MAX_RAISED && some.hasNext(); i++) {
        var entry = some.next();
        args.add(entry.getKey().toString()).add(entry.getValue());
        some.remove();
      }
    }
    var unused = writer.call(Script.RAISE, args.list(), true).onComplete(reply -> {
      boolean more;
      synchronized (this) {
        confirming = false;
        more = next != null || (reply.succeeded() && !higher.isEmpty());
        if (more && next == null) {
          next = Promise.promise();
        }
      }
      promise.handle(reply.mapEmpty());
      if (more) {
        run();
      }
    });
  }
}
