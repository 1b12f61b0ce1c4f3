package io.tributary.server.hub;

import io.tributary.core.hub.Commit;
import io.tributary.core.hub.Ingest;
import io.tributary.core.hub.Outcome;
import io.tributary.core.hub.Submission;
import io.tributary.core.log.AppendResult;
import io.tributary.core.model.StoreKey;
import io.tributary.server.hub.Messages.Grown;
import io.tributary.server.hub.Messages.News;
import io.tributary.server.hub.Messages.Origin;
import io.tributary.server.hub.Messages.Removed;
import io.tributary.server.hub.Messages.Settlement;
import io.tributary.server.hub.Messages.Submissions;
import io.tributary.server.hub.Messages.Subscribe;
import io.tributary.server.hub.Messages.Unsubscribe;
import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the stores that fall to it: gets their writes appended (an {@link Ingest}) and tells who
 * follows them (a {@link Broadcaster}). Both on one context, so that a commit reaches its feed
 * without a detour.
 */
final class StoreVerticle extends VerticleBase implements Ingest.Output {
  private static final Logger logger = LoggerFactory.getLogger(StoreVerticle.class);
  private static final int MAX_RECORDS = 8192;
  private static final long MAX_BYTES = 8 * 1024 * 1024;
  private static final long TICK_MS = 50;

  private final HubContext hub;
  private final int instance;
  private final Ingest ingest;
  private @Nullable Broadcaster broadcaster;
  private final Map<String, News> news = new HashMap<>();
  private boolean flushScheduled;
  private long timer = -1;
  private @Nullable Promise<Void> drained;
  private HintChannel.@Nullable Subscription hints;

  StoreVerticle(HubContext hub, int instance) {
    this.hub = hub;
    this.instance = instance;
    this.ingest = new Ingest(
        new Ingest.Options(
            MAX_RECORDS, MAX_BYTES, hub.config().limits().writeRetry().toMillis()),
        this);
  }

  @Override
  public Future<?> start() {
    Broadcaster feeds = new Broadcaster(vertx, hub, this::advanced);
    broadcaster = feeds;
    return Future.all(
        hub.storage().shared() ? followOtherNodes(feeds) : Future.succeededFuture(),
        vertx
            .eventBus()
            .<Object>localConsumer(
                hub.topology().store(instance), message -> onMessage(message, feeds))
            .completion(),
        vertx
            .eventBus()
            .<Object>localConsumer(
                hub.topology().drain(instance),
                message -> drain().onComplete(done -> message.reply(null)))
            .completion());
  }

  /** Hints of commits may get lost; asking for heads makes that a delay. */
  private Future<?> followOtherNodes(Broadcaster feeds) {
    long interval = hub.config().feed().headsCheck().toMillis();
    vertx.setTimer(interval, id -> checkHeads(feeds, interval));
    return hub.storage()
        .hints()
        .subscribe(new HintChannel.Listener() {
          @Override
          public void on(Hint hint) {
            onHint(hint, feeds);
          }

          @Override
          public void missed() {
            feeds.onMissed();
          }
        })
        .onSuccess(subscription -> hints = subscription);
  }

  private void onHint(Hint hint, Broadcaster feeds) {
    if (hint instanceof Hint.Committed committed) {
      feeds.onHead(committed.store(), committed.head());
    } else if (hint instanceof Hint.Removed removed) {
      feeds.onRemoved(removed.store(), removed.through());
    }
  }

  private void checkHeads(Broadcaster feeds, long interval) {
    feeds.checkHeads().onComplete(checked -> {
      if (checked.failed()) {
        logger.debug("heads could not be read", checked.cause());
      }
      flush();
      vertx.setTimer(interval, id -> checkHeads(feeds, interval));
    });
  }

  @Override
  public Future<?> stop() {
    return hints == null ? Future.succeededFuture() : hints.cancel();
  }

  /** No new appends; completes when those in flight are settled. */
  private Future<Void> drain() {
    ingest.stop();
    if (ingest.isIdle()) {
      return Future.succeededFuture();
    }
    if (drained == null) {
      drained = Promise.promise();
    }
    return drained.future();
  }

  private void onMessage(Message<Object> envelope, Broadcaster feeds) {
    Object message = envelope.body();
    if (message instanceof Submissions submissions) {
      onSubmissions(submissions);
    } else if (message instanceof Subscribe subscribe) {
      feeds.onSubscribe(subscribe);
    } else if (message instanceof Unsubscribe unsubscribe) {
      feeds.onUnsubscribe(unsubscribe);
    } else if (message instanceof Removed removed) {
      feeds.onRemoved(removed.store(), removed.through());
      envelope.reply("");
    } else if (message instanceof Grown grown) {
      feeds.onHead(grown.store(), grown.head());
      tellProcessing(grown.store());
    }
  }

  private void onSubmissions(Submissions message) {
    ingest.submit(message.submissions(), hub.clock().millis());
    flush();
  }

  @Override
  public void append(Ingest.Batch batch) {
    long begun = System.nanoTime();
    hub.storage()
        .log()
        .append(batch.appends())
        .onSuccess(results -> {
          count(results, System.nanoTime() - begun);
          ingest.onAppended(batch, results, hub.clock().millis());
          flush();
        })
        .onFailure(failure -> {
          ingest.onFailed(
              batch,
              why(failure),
              String.valueOf(failure.getMessage()),
              hub.clock().millis());
          flush();
        });
  }

  private static Outcome.Why why(Throwable failure) {
    if (!(failure instanceof StorageException storage)) {
      return Outcome.Why.UNDECIDED;
    }
    return switch (storage.outcome()) {
      case REJECTED -> Outcome.Why.REJECTED;
      case NOT_COMMITTED -> Outcome.Why.NOT_COMMITTED;
      case UNKNOWN -> Outcome.Why.UNDECIDED;
    };
  }

  private void count(List<AppendResult> results, long nanos) {
    int added = 0;
    int known = 0;
    for (AppendResult result : results) {
      for (AppendResult.Slot slot : result.slots()) {
        if (slot.stored()) {
          added += slot.sequences().length;
        } else {
          known += slot.sequences().length;
        }
      }
    }
    hub.metrics().appended(added, known, nanos);
  }

  @Override
  public void settled(Submission submission, Outcome outcome) {
    Origin origin = (Origin) submission.origin();
    newsFor(origin.address())
        .settlements()
        .add(new Settlement(origin.session(), submission.token(), outcome));
  }

  @Override
  public void released(Submission submission) {
    hub.budgets().inFlight().release(submission.bytes());
  }

  @Override
  public void committed(Commit commit) {
    if (broadcaster != null) {
      broadcaster.onCommit(commit);
    }
    if (!commit.records().isEmpty()) {
      tellProcessing(commit.store());
      hub.storage().hints().publish(new Hint.Committed(commit.store(), commit.head()));
    }
  }

  private void tellProcessing(StoreKey store) {
    if (store instanceof StoreKey.Plain) {
      vertx.eventBus().send(hub.topology().processing(), store, Messages.LOCAL);
    }
  }

  @Override
  public void retrying(StoreKey store, int attempt, String reason) {
    hub.metrics().appendRetried();
    if (attempt == 1) {
      logger.warn(
          "store={} append failed, the writes wait and are tried again: {}",
          store.abbreviated(),
          reason);
    }
  }

  /** A feed has more; told at the end of the turn, unless the turn is the broadcaster's own. */
  private void advanced(String address, StoreKey store) {
    newsFor(address).advanced().add(store);
    if (!flushScheduled) {
      flushScheduled = true;
      context.runOnContext(v -> flush());
    }
  }

  private News newsFor(String address) {
    return news.computeIfAbsent(address, key -> new News(new ArrayList<>(), new LinkedHashSet<>()));
  }

  /** Sends what has gathered while one event was handled. */
  private void flush() {
    flushScheduled = false;
    if (!news.isEmpty()) {
      news.forEach((address, some) -> vertx.eventBus().send(address, some, Messages.LOCAL));
      news.clear();
    }
    if (ingest.needsTicks() && timer < 0) {
      timer = vertx.setPeriodic(TICK_MS, id -> tick());
    }
    if (drained != null && ingest.isIdle()) {
      drained.tryComplete();
    }
  }

  private void tick() {
    ingest.onTick(hub.clock().millis());
    if (!ingest.needsTicks()) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
    flush();
  }
}
