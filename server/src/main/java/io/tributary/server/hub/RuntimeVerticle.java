package io.tributary.server.hub;

import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.hub.Budget;
import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Outcome;
import io.tributary.core.hub.Submission;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.StoreKey;
import io.tributary.server.hub.Messages.News;
import io.tributary.server.hub.Messages.Origin;
import io.tributary.server.hub.Messages.Submissions;
import io.tributary.server.hub.Messages.Subscribe;
import io.tributary.server.hub.Messages.Subscribed;
import io.tributary.server.hub.Messages.Unsubscribe;
import io.tributary.server.runtime.StoreAccess;
import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What speaks to the stores for who has no socket: the application that the hub runs in. */
final class RuntimeVerticle extends VerticleBase implements StoreAccess {
  private final HubContext hub;
  private final Reactivity reactivity;
  private HintChannel.@Nullable Subscription hints;
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, Promise<Outcome>> undecided = new ConcurrentHashMap<>();
  private final Map<Long, Follower> followers = new ConcurrentHashMap<>();

  /** Per store; confined to the verticle's context. */
  private final Map<StoreKey, Set<Follower>> following = new HashMap<>();

  private static final class Follower {
    final StoreKey.Plain store;
    final Context caller;
    final Runnable advanced;
    final Promise<Feed> feed = Promise.promise();

    Follower(StoreKey.Plain store, Context caller, Runnable advanced) {
      this.store = store;
      this.caller = caller;
      this.advanced = advanced;
    }
  }

  RuntimeVerticle(HubContext hub, Reactivity reactivity) {
    this.hub = hub;
    this.reactivity = reactivity;
  }

  private String address() {
    return hub.topology().prefix() + ".runtime";
  }

  @Override
  public Future<?> start() {
    return vertx
        .eventBus()
        .<Object>localConsumer(address(), this::onMessage)
        .completion()
        .compose(v -> hub.storage().shared() ? listen() : Future.succeededFuture());
  }

  /** What another node has handled is as out of date here. */
  private Future<Void> listen() {
    return hub.storage()
        .hints()
        .subscribe(new HintChannel.Listener() {
          @Override
          public void on(Hint hint) {
            if (hint instanceof Hint.Invalidated invalidated) {
              Set<String> primaryKeys =
                  invalidated.primaryKey().isEmpty() ? Set.of() : Set.of(invalidated.primaryKey());
              reactivity.invalidate(Map.of(invalidated.key(), primaryKeys));
            }
          }

          @Override
          public void missed() {
            Map<String, Set<String>> all = new HashMap<>();
            reactivity.keys().forEach(key -> all.put(key, Set.of()));
            reactivity.invalidate(all);
          }
        })
        .onSuccess(subscription -> hints = subscription)
        .mapEmpty();
  }

  @Override
  public Future<?> stop() {
    return hints == null ? Future.succeededFuture() : hints.cancel();
  }

  @Override
  public Future<Outcome> append(StoreKey.Plain store, List<NewRecord> records) {
    long bytes = 0;
    for (NewRecord record : records) {
      bytes += record.bytes();
    }
    Budget inFlight = hub.budgets().inFlight();
    if (!inFlight.tryReserve(bytes)) {
      return Future.succeededFuture(new Outcome.Failed(
          Outcome.Why.NOT_COMMITTED, "no room for a write: limits.inFlightBytesTotal"));
    }
    Context caller = vertx.getOrCreateContext();
    Promise<Outcome> decided = Promise.promise();
    long token = ids.incrementAndGet();
    Promise<Outcome> here = Promise.promise();
    here.future().onComplete(outcome -> caller.runOnContext(v -> decided.handle(outcome)));
    undecided.put(token, here);
    vertx
        .eventBus()
        .send(
            hub.topology().store(store),
            new Submissions(List.of(
                new Submission(new Origin(address(), 0), token, store, records, bytes, false))),
            Messages.LOCAL);
    return decided.future();
  }

  @Override
  public Future<Following> follow(StoreKey.Plain store, Runnable advanced) {
    Context caller = vertx.getOrCreateContext();
    Promise<Following> followed = Promise.promise();
    long id = ids.incrementAndGet();
    Follower follower = new Follower(store, caller, advanced);
    followers.put(id, follower);
    AtomicBoolean ended = new AtomicBoolean();
    follower
        .feed
        .future()
        .onSuccess(feed -> caller.runOnContext(v -> followed.complete(new Following() {
          @Override
          public Feed feed() {
            return feed;
          }

          @Override
          public void end() {
            if (ended.compareAndSet(false, true)) {
              context.runOnContext(v -> unfollow(id, follower));
            }
          }
        })));
    context.runOnContext(v -> {
      following.computeIfAbsent(store, key -> new HashSet<>()).add(follower);
      vertx
          .eventBus()
          .send(
              hub.topology().store(store), new Subscribe(store, address(), 0, id), Messages.LOCAL);
    });
    return followed.future();
  }

  private void unfollow(long id, Follower follower) {
    followers.remove(id);
    following.computeIfPresent(follower.store, (store, some) -> {
      some.remove(follower);
      return some.isEmpty() ? null : some;
    });
    vertx
        .eventBus()
        .send(
            hub.topology().store(follower.store),
            new Unsubscribe(follower.store, address()),
            Messages.LOCAL);
  }

  private void onMessage(Message<Object> envelope) {
    Object message = envelope.body();
    if (message instanceof News news) {
      for (Messages.Settlement settlement : news.settlements()) {
        Promise<Outcome> decided = undecided.remove(settlement.token());
        if (decided != null) {
          decided.complete(settlement.outcome());
        }
      }
      for (StoreKey store : news.advanced()) {
        for (Follower follower : following.getOrDefault(store, Set.of())) {
          follower.caller.runOnContext(v -> follower.advanced.run());
        }
      }
    } else if (message instanceof Subscribed subscribed) {
      Follower follower = followers.get(subscribed.subscription());
      if (follower != null) {
        follower.feed.complete(subscribed.feed());
      }
    }
  }
}
