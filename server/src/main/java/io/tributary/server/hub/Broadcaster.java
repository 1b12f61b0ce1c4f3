package io.tributary.server.hub;

import io.tributary.core.hub.Commit;
import io.tributary.core.hub.Feed;
import io.tributary.core.model.StoreKey;
import io.tributary.server.hub.Messages.Subscribe;
import io.tributary.server.hub.Messages.Subscribed;
import io.tributary.server.hub.Messages.Unsubscribe;
import io.tributary.server.metrics.HubMetrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link Feed} for each store that somebody follows, and tells the socket verticles when it
 * has more. Part of a {@link StoreVerticle}, confined to its context.
 */
final class Broadcaster {
  private static final Logger logger = LoggerFactory.getLogger(Broadcaster.class);
  private static final long RETRY_MS = 500;
  private static final int READ_RECORDS = 4096;
  private static final int HEADS_AT_ONCE = 1_000;

  private final Vertx vertx;
  private final HubContext hub;
  private final BiConsumer<String, StoreKey> advanced;
  private final long tailBytes;
  private final long tailBytesTotal;

  /** In the order they last grew, so that the first is the one to take memory from. */
  private final Map<StoreKey, Followed> feeds = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;

  /** How often news was missed. */
  private int missed;

  private static final class Followed {
    final Feed feed;
    final Map<String, Integer> followers = new HashMap<>();
    List<Subscribe> waiting = new ArrayList<>();
    boolean unreadable;
    long knownHead;

    Followed(StoreKey store) {
      feed = new Feed(store);
    }
  }

  /** @param advanced is told which address to tell of which store */
  Broadcaster(Vertx vertx, HubContext hub, BiConsumer<String, StoreKey> advanced) {
    this.advanced = advanced;
    this.vertx = vertx;
    this.hub = hub;
    this.tailBytes = hub.config().feed().tailBytes();
    this.tailBytesTotal =
        Math.max(1, hub.config().feed().tailBytesTotal() / hub.topology().stores());
  }

  /** This node has committed something. */
  void onCommit(Commit commit) {
    Followed followed = feeds.get(commit.store());
    if (followed == null) {
      return;
    }
    long before = followed.feed.bytes();
    if (followed.feed.onCommit(commit)) {
      grown(followed, before);
    } else {
      catchUp(followed);
    }
  }

  /** Asks the storage how far the followed stores are, in case a hint was lost. */
  Future<?> checkHeads() {
    return readHeads(this::onHead);
  }

  private Future<?> readHeads(BiConsumer<StoreKey, Long> action) {
    Future<?> checked = Future.succeededFuture();
    List<StoreKey> keys = List.copyOf(feeds.keySet());
    for (int i = 0; i < keys.size(); i += HEADS_AT_ONCE) {
      List<StoreKey> some = keys.subList(i, Math.min(keys.size(), i + HEADS_AT_ONCE));
      checked = checked
          .compose(ignored -> hub.storage().log().heads(some))
          .onSuccess(heads -> heads.forEach(action));
    }
    return checked;
  }

  /** Records were removed from a store, up to a sequence. */
  void onRemoved(StoreKey store, long through) {
    hub.compactions().onRemoved(store, through);
    Followed followed = feeds.get(store);
    if (followed != null) {
      long before = followed.feed.bytes();
      followed.feed.onRemoved(through);
      account(followed.feed.bytes() - before);
    }
  }

  /**
   * News of other nodes may have been lost: any record of any store may have been removed. Readers
   * are sent to the storage until what was committed before is told from what is committed now.
   */
  void onMissed() {
    int turn = ++missed;
    hub.compactions().missed();
    for (Followed followed : feeds.values()) {
      account(-followed.feed.distrust());
    }
    trustAgain(turn);
  }

  private void trustAgain(int turn) {
    var unused = readHeads((store, head) -> {
          Followed followed = feeds.get(store);
          if (followed != null && missed == turn) {
            followed.feed.trust(head);
            onHead(store, head);
          }
        })
        .onFailure(failure -> {
          logger.debug("heads could not be read", failure);
          vertx.setTimer(RETRY_MS, id -> {
            if (missed == turn) {
              trustAgain(turn);
            }
          });
        });
  }

  /** A store has reached a head otherwise than by a commit of this node's writers. */
  void onHead(StoreKey store, long head) {
    Followed followed = feeds.get(store);
    // one that does not know its head yet may have asked before
    if (followed != null && followed.feed.head() >= 0) {
      followed.feed.onHead(head);
      catchUp(followed);
    } else if (followed != null) {
      followed.knownHead = Math.max(followed.knownHead, head);
    }
  }

  /** A session wants to follow a store. */
  void onSubscribe(Subscribe subscribe) {
    Followed followed = feeds.get(subscribe.store());
    if (followed == null) {
      followed = new Followed(subscribe.store());
      feeds.put(subscribe.store(), followed);
      loadHead(followed);
    }
    followed.followers.merge(subscribe.address(), 1, Integer::sum);
    if (followed.feed.head() < 0) {
      followed.waiting.add(subscribe);
    } else {
      subscribed(followed, subscribe);
    }
  }

  /** A session no longer follows a store. */
  void onUnsubscribe(Unsubscribe unsubscribe) {
    Followed followed = feeds.get(unsubscribe.store());
    if (followed == null) {
      return;
    }
    followed.followers.computeIfPresent(
        unsubscribe.address(), (address, n) -> n == 1 ? null : Integer.valueOf(n - 1));
    if (followed.followers.isEmpty()) {
      feeds.remove(unsubscribe.store());
      account(-followed.feed.bytes());
    }
  }

  private void loadHead(Followed followed) {
    StoreKey store = followed.feed.store();
    hub.storage()
        .log()
        .heads(List.of(store))
        .onSuccess(heads -> {
          followed.unreadable = false;
          followed.feed.onHead(heads.getOrDefault(store, 0L));
          followed.feed.onHead(followed.knownHead);
          followed.waiting.forEach(subscribe -> subscribed(followed, subscribe));
          followed.waiting = List.of();
          catchUp(followed);
        })
        .onFailure(failure -> retry(followed, "the head", failure, () -> loadHead(followed)));
  }

  /** Reads what was committed and not seen, until nothing is missing. */
  private void catchUp(Followed followed) {
    OptionalLong from = followed.feed.wantsRead();
    if (from.isEmpty()) {
      return;
    }
    hub.storage()
        .log()
        .read(followed.feed.store(), from.getAsLong(), READ_RECORDS, Math.max(1, tailBytes / 2))
        .onSuccess(page -> {
          followed.unreadable = false;
          long before = followed.feed.bytes();
          if (followed.feed.onPage(page)) {
            grown(followed, before);
          }
          catchUp(followed);
        })
        .onFailure(failure -> {
          followed.feed.onReadFailed();
          retry(followed, "a gap", failure, () -> catchUp(followed));
        });
  }

  private void retry(Followed followed, String what, Throwable failure, Runnable again) {
    if (!followed.unreadable) {
      followed.unreadable = true;
      logger.warn(
          "store={} {} could not be read, trying again: {}",
          followed.feed.store().abbreviated(),
          what,
          failure.getMessage());
    }
    vertx.setTimer(RETRY_MS, id -> {
      if (feeds.get(followed.feed.store()) == followed) {
        again.run();
      }
    });
  }

  private void subscribed(Followed followed, Subscribe subscribe) {
    vertx
        .eventBus()
        .send(
            subscribe.address(),
            new Subscribed(subscribe.session(), subscribe.subscription(), followed.feed),
            Messages.LOCAL);
  }

  private void grown(Followed followed, long bytesBefore) {
    if (feeds.get(followed.feed.store()) != followed) {
      return;
    }
    followed.feed.evict(tailBytes);
    account(followed.feed.bytes() - bytesBefore);
    for (Followed oldest : feeds.values()) {
      if (bytes <= tailBytesTotal) {
        break;
      }
      account(-oldest.feed.evict(0));
    }
    followed.followers.keySet().forEach(address -> advanced.accept(address, followed.feed.store()));
  }

  private void account(long change) {
    bytes += change;
    hub.metrics().held(HubMetrics.Held.TAIL, change);
  }
}
