package io.tributary.storage.redis;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.HintChannel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hints by {@code PUBLISH}: this node's of some time in one message, and never one to itself. The
 * others' come over a connection of their own.
 *
 * <p>A message: the data set's id, a blank, the node's, and per line a head, a blank, a store.
 */
final class RedisHints extends VerticleBase implements HintChannel {
  private static final Logger log = LoggerFactory.getLogger(RedisHints.class);

  /** In one message. */
  private static final int MAX_STORES = 1_000;

  private static final int RETRY_MS = 1_000;

  private static final class Ear implements Subscription {
    final Listener listener;
    final Context context;
    volatile boolean cancelled;

    Ear(Listener listener, Context context) {
      this.listener = listener;
      this.context = context;
    }

    @Override
    public Future<Void> cancel() {
      cancelled = true;
      return Future.succeededFuture();
    }
  }

  private final Server server;
  private final DataSet dataSet;
  private final Link link;
  private final String node = UUID.randomUUID().toString();
  private final List<Ear> ears = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  @GuardedBy("this")
  private final Map<StoreKey, Long> news = new LinkedHashMap<>();

  @GuardedBy("this")
  private boolean publishing;

  // The event loop's own:
  private @Nullable Redis client;
  private boolean connecting;
  private Promise<Void> listening = Promise.promise();

  RedisHints(Server server, DataSet dataSet, Link link) {
    this.server = server;
    this.dataSet = dataSet;
    this.link = link;
  }

  private String channel() {
    return server.settings().prefix() + "hints";
  }

  @Override
  public void publish(StoreKey store, long head) {
    if (closed) {
      return;
    }
    synchronized (this) {
      news.merge(store, head, Math::max);
      if (publishing) {
        return;
      }
      publishing = true;
    }
    context.runOnContext(nothing -> publishNext());
  }

  private void publishNext() {
    StringBuilder message = new StringBuilder(dataSet.idText()).append(' ').append(node);
    synchronized (this) {
      if (news.isEmpty() || closed) {
        publishing = false;
        return;
      }
      var some = news.entrySet().iterator();
      for (int i = 0; i < MAX_STORES && some.hasNext(); i++) {
        var entry = some.next();
        message.append('\n').append(entry.getValue()).append(' ').append(entry.getKey());
        some.remove();
      }
    }
    var unused = link.call(
            Script.PUBLISH, new Args().add(channel()).add(message.toString()).list(), false)
        .onComplete(result -> publishNext());
  }

  @Override
  public Future<Subscription> subscribe(Listener listener) {
    if (closed) {
      return Future.failedFuture(Failures.closed());
    }
    Context current = Vertx.currentContext();
    Ear ear = new Ear(listener, current == null ? context : current);
    Promise<Subscription> promise = Promise.promise();
    context.runOnContext(nothing -> {
      ears.removeIf(each -> each.cancelled);
      ears.add(ear);
      connect();
      var unused = listening.future().<Subscription>map(ear).onComplete(promise);
    });
    return Callers.here(promise.future());
  }

  // ---- what follows runs on the event loop ----

  private void connect() {
    if (client != null || connecting || closed) {
      return;
    }
    connecting = true;
    Redis opening = server.client(vertx);
    var unused = opening.connect().compose(to -> listen(opening, to)).onComplete(result -> {
      connecting = false;
      if (result.failed()) {
        log.debug("{}: no connection for hints", server.name(), result.cause());
        var ignored = opening.close();
        connectLater();
      } else if (closed) {
        var ignored = opening.close();
      } else {
        client = opening;
      }
    });
  }

  private Future<Void> listen(Redis opening, RedisConnection to) {
    var unused = to.handler(this::received)
        .exceptionHandler(e -> lost(opening))
        .endHandler(end -> lost(opening));
    return to.send(Request.cmd(Command.SUBSCRIBE).arg(channel())).mapEmpty();
  }

  private void connectLater() {
    if (!closed) {
      long ignored = vertx.setTimer(RETRY_MS, id -> connect());
    }
  }

  private void lost(Redis which) {
    if (client != which) {
      return;
    }
    client = null;
    if (!closed) {
      if (listening.future().isComplete()) {
        listening = Promise.promise();
      }
      var ignored = which.close();
      connectLater();
    }
  }

  private void received(@Nullable Response message) {
    if (message == null || !isArray(message) || message.size() < 3) {
      return;
    }
    String type = message.get(0).toString();
    if (type.equals("subscribe")) {
      listening.tryComplete();
    } else if (type.equals("message")) {
      String[] lines = message.get(2).toString().split("\n", -1);
      String[] from = lines[0].split(" ", 2);
      if (from.length == 2 && from[0].equals(dataSet.idText()) && !from[1].equals(node)) {
        tell(lines);
      }
    }
  }

  private static boolean isArray(Response message) {
    return message.type() == ResponseType.PUSH || message.type() == ResponseType.MULTI;
  }

  private void tell(String[] lines) {
    for (int i = 1; i < lines.length; i++) {
      int blank = lines[i].indexOf(' ');
      long head;
      StoreKey store;
      try {
        head = Long.parseLong(lines[i].substring(0, Math.max(0, blank)));
        store = StoreKey.parse(lines[i].substring(blank + 1));
      } catch (IllegalArgumentException e) {
        log.debug("a hint that is none: {}", lines[i]);
        continue;
      }
      for (Ear ear : ears) {
        ear.context.runOnContext(nothing -> {
          if (!ear.cancelled && !closed) {
            ear.listener.committed(store, head);
          }
        });
      }
    }
  }

  @Override
  public Future<?> stop() {
    closed = true;
    listening.tryFail(Failures.closed());
    Redis open = client;
    client = null;
    return open == null ? Future.succeededFuture() : open.close();
  }

  /** No more hints, in either direction. */
  void close() {
    closed = true;
  }
}
