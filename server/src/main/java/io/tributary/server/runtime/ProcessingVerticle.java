package io.tributary.server.runtime;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.FencedException;
import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.Lease;
import io.tributary.storage.Storage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the handlers for what is committed to stores in the clear: on one node of a hub at a time, the
 * one that holds the lease. Only hubs with handlers run it.
 */
public final class ProcessingVerticle extends VerticleBase implements StoreProcessing.Owner {
  private static final Logger logger = LoggerFactory.getLogger(ProcessingVerticle.class);
  private static final String LEASE = "processing";
  private static final Duration TTL = Duration.ofSeconds(10);
  private static final long RENEW_MS = 3_000;

  /** For hints that were lost without a word. */
  private static final long RESCAN_MS = 60_000;

  /** How many stores are worked on at a time, and how much of one while others wait. */
  private static final int AT_ONCE = 64;

  private static final int PAGES_IN_TURN = 16;
  private static final int STORES_AT_ONCE = 500;

  private final Storage storage;
  private final HubExtensions extensions;
  private final InstantSource clock;
  private final String address;
  private final Consumer<EntryOutcome.State> counter;
  private final Map<StoreKey.Plain, StoreProcessing> active = new HashMap<>();
  private final LinkedHashSet<StoreKey.Plain> waiting = new LinkedHashSet<>();
  private HintChannel.@Nullable Subscription hints;
  private @Nullable Lease lease;
  private long validUntilNanos;
  private boolean asking;
  private boolean stopping;
  private final Promise<Void> stopped = Promise.promise();

  /**
   * Made by the hub.
   *
   * @param address where it is told, by a {@link StoreKey.Plain}, that a store has grown
   * @param counter is told of each outcome that is recorded
   */
  public ProcessingVerticle(
      Storage storage,
      HubExtensions extensions,
      InstantSource clock,
      String address,
      Consumer<EntryOutcome.State> counter) {
    this.storage = storage;
    this.extensions = extensions;
    this.clock = clock;
    this.address = address;
    this.counter = counter;
  }

  @Override
  public Future<?> start() {
    vertx.setPeriodic(RENEW_MS, id -> keepLease());
    vertx.eventBus().<Object>localConsumer(address, message -> {
      if (message.body() instanceof StoreKey.Plain store) {
        wake(store);
      }
    });
    if (storage.shared()) {
      vertx.setPeriodic(RESCAN_MS, id -> scan(Optional.empty()));
    }
    return (storage.shared() ? listen() : Future.<Void>succeededFuture())
        .onSuccess(v -> keepLease());
  }

  private Future<Void> listen() {
    return storage
        .hints()
        .subscribe(new HintChannel.Listener() {
          @Override
          public void on(Hint hint) {
            if (hint instanceof Hint.Committed committed
                && committed.store() instanceof StoreKey.Plain store) {
              wake(store);
            }
          }

          @Override
          public void missed() {
            scan(Optional.empty());
          }
        })
        .onSuccess(subscription -> hints = subscription)
        .mapEmpty();
  }

  /** What runs is recorded, as far as the storage lets it, then another node may go on at once. */
  @Override
  public Future<?> stop() {
    stopping = true;
    waiting.clear();
    for (StoreProcessing one : List.copyOf(active.values())) {
      one.stop();
      if (one.isIdle()) {
        drop(one);
      }
    }
    if (active.isEmpty()) {
      stopped.tryComplete();
    }
    // Not longer than the lease would hold anyway.
    long timer = vertx.setTimer(TTL.toMillis(), id -> stopped.tryComplete());
    return stopped
        .future()
        .compose(v -> {
          boolean unused = vertx.cancelTimer(timer);
          endAll();
          Lease held = lease;
          lease = null;
          return held == null ? Future.succeededFuture() : storage.leases().release(held);
        })
        .transform(v -> hints == null ? Future.succeededFuture() : hints.cancel());
  }

  /** Handles failed entries again; on the caller's context. */
  Future<List<EntryOutcome>> retry(StoreKey.Plain store, List<EntryId> ids) {
    return each(store, ids, StoreProcessing::retry);
  }

  /** Lets failed entries be; on the caller's context. */
  Future<List<EntryOutcome>> discard(StoreKey.Plain store, List<EntryId> ids) {
    return each(store, ids, StoreProcessing::discard);
  }

  private Future<List<EntryOutcome>> each(
      StoreKey.Plain store,
      List<EntryId> ids,
      BiFunction<StoreProcessing, EntryId, Future<Optional<EntryOutcome>>> request) {
    Context caller = vertx.getOrCreateContext();
    Promise<List<EntryOutcome>> answer = Promise.promise();
    context.runOnContext(v -> one(store, ids, 0, request, new ArrayList<>())
        .onComplete(done -> caller.runOnContext(w -> answer.handle(done))));
    return answer.future();
  }

  /** One after the other, so that none is too many. */
  private Future<List<EntryOutcome>> one(
      StoreKey.Plain store,
      List<EntryId> ids,
      int at,
      BiFunction<StoreProcessing, EntryId, Future<Optional<EntryOutcome>>> request,
      List<EntryOutcome> outcomes) {
    if (at == ids.size()) {
      return Future.succeededFuture(outcomes);
    }
    Lease held = lease;
    if (held == null || stopping) {
      return Future.failedFuture(new ProcessingException(
          "this hub does not run the handlers at the moment: another one on the same storage does,"
              + " or will soon"));
    }
    StoreProcessing processing = active.get(store);
    if (processing == null) {
      processing = begin(store, held);
    }
    Future<Optional<EntryOutcome>> asked = request.apply(processing, ids.get(at));
    return asked
        .otherwise(ended -> {
          throw new ProcessingException(String.valueOf(ended.getMessage()));
        })
        .compose(outcome -> {
          outcome.ifPresent(outcomes::add);
          return one(store, ids, at + 1, request, outcomes);
        });
  }

  private void keepLease() {
    if (asking || stopping) {
      return;
    }
    asking = true;
    long asked = System.nanoTime();
    Lease held = lease;
    if (held == null) {
      storage.leases().acquire(LEASE, TTL).onComplete(granted -> {
        asking = false;
        if (granted.failed()) {
          logger.debug("the processing lease could not be asked for", granted.cause());
        } else if (granted.result().isPresent() && !stopping) {
          lease = granted.result().get();
          validUntilNanos = asked + TTL.toNanos();
          logger.info("this hub runs the handlers now");
          invalidateAll();
          scan(Optional.empty());
        }
      });
      return;
    }
    storage.leases().renew(held).onComplete(renewed -> {
      asking = false;
      if (renewed.succeeded()) {
        validUntilNanos = asked + TTL.toNanos();
      } else if (renewed.cause() instanceof FencedException) {
        lost();
      } else if (System.nanoTime() - validUntilNanos > 0) {
        // Commits would be fenced; what must not go on is calling handlers.
        lost();
      }
    });
  }

  private void lost() {
    if (lease != null) {
      logger.warn("this hub no longer runs the handlers: its lease has ended");
      lease = null;
    }
    waiting.clear();
    endAll();
  }

  private void endAll() {
    active.values().forEach(StoreProcessing::end);
    active.clear();
  }

  /** Wakes every store, since nobody knows how far its processing is. */
  private void scan(Optional<StoreKey> after) {
    if (lease == null || stopping) {
      return;
    }
    storage.log().stores(after, STORES_AT_ONCE).onComplete(listed -> {
      if (listed.failed()) {
        vertx.setTimer(RENEW_MS, id -> scan(after));
        return;
      }
      List<StoreKey> stores = listed.result();
      for (StoreKey key : stores) {
        if (key instanceof StoreKey.Plain store) {
          wake(store);
        }
      }
      if (stores.size() == STORES_AT_ONCE) {
        scan(Optional.of(stores.get(stores.size() - 1)));
      }
    });
  }

  private void wake(StoreKey.Plain store) {
    Lease held = lease;
    if (held == null || stopping) {
      return;
    }
    StoreProcessing processing = active.get(store);
    if (processing != null) {
      processing.grown();
    } else if (active.size() < AT_ONCE) {
      var unused = begin(store, held);
    } else {
      waiting.add(store);
      makeRoom();
    }
  }

  private StoreProcessing begin(StoreKey.Plain store, Lease held) {
    StoreProcessing processing =
        new StoreProcessing(vertx, context, storage, extensions, clock, store, held, this);
    active.put(store, processing);
    processing.start();
    return processing;
  }

  /** Lets somebody who waits in, in the place of one who has nothing to do or had its turn. */
  private void makeRoom() {
    for (StoreProcessing one : List.copyOf(active.values())) {
      if (waiting.isEmpty()) {
        return;
      }
      if (one.isIdle()) {
        drop(one);
      }
    }
    for (StoreProcessing one : List.copyOf(active.values())) {
      if (one.pages() >= PAGES_IN_TURN && !waiting.contains(one.store())) {
        // Comes again after those who wait.
        waiting.add(one.store());
        one.stop();
        if (one.isIdle()) {
          drop(one);
        }
      }
    }
  }

  private void drop(StoreProcessing one) {
    if (active.remove(one.store(), one)) {
      one.end();
    }
    Lease held = lease;
    if (held == null || stopping || active.size() >= AT_ONCE) {
      return;
    }
    // One that is being stopped to make room begins anew only when it has gone.
    Optional<StoreKey.Plain> next =
        waiting.stream().filter(store -> !active.containsKey(store)).findFirst();
    next.ifPresent(store -> {
      waiting.remove(store);
      var unused = begin(store, held);
    });
  }

  @Override
  public void fenced(StoreProcessing ended) {
    lost();
  }

  @Override
  public void idle(StoreProcessing idle) {
    if (stopping) {
      drop(idle);
      if (active.isEmpty()) {
        stopped.tryComplete();
      }
    } else if (!waiting.isEmpty()) {
      drop(idle);
      makeRoom();
    }
  }

  @Override
  public void recorded(List<EntryOutcome> outcomes) {
    outcomes.forEach(outcome -> counter.accept(outcome.state()));
  }

  /** Whoever ran them before may have ended between recording an outcome and telling of it. */
  private void invalidateAll() {
    Map<String, Set<String>> all = new HashMap<>();
    for (String key : extensions.reactivity().keys()) {
      all.put(key, Set.of());
      storage.hints().publish(new Hint.Invalidated(key, ""));
    }
    extensions.reactivity().invalidate(all);
  }

  @Override
  public void invalidate(Map<String, Set<String>> keys) {
    extensions.reactivity().invalidate(keys);
    keys.forEach((key, primaryKeys) -> primaryKeys.forEach(
        primaryKey -> storage.hints().publish(new Hint.Invalidated(key, primaryKey))));
  }
}
