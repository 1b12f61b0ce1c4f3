package io.tributary.storage.redis;

import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.HintQueue;
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
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hints by {@code PUBLISH}: this node's of some time in one message, and never one to itself. The
 * others' come over a connection of their own.
 *
 * <p>A message: the data set's id, a blank, the node's, and a hint per line.
 */
final class RedisHints extends VerticleBase implements HintChannel {
  private static final Logger log = LoggerFactory.getLogger(RedisHints.class);

  private static final int MAX_MESSAGE = 1 << 20;

  private static final int RETRY_MS = 1_000;

  private static final class Ear implements Subscription {
    final Listener listener;
    final Context context;
    volatile boolean cancelled;

    /** Whether it was told that it is listening; the event loop's own. */
    boolean begun;

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

  private final HintQueue queue = new HintQueue();
  private final Promise<Void> flushed = Promise.promise();

  /** Whether what is in the queue will be looked at without anybody asking for it. */
  private final AtomicBoolean publishing = new AtomicBoolean();

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
  public void publish(Hint hint) {
    if (closed) {
      return;
    }
    queue.add(hint);
    if (publishing.compareAndSet(false, true)) {
      context.runOnContext(nothing -> publishNext());
    }
  }

  @Override
  public Future<Subscription> subscribe(Listener listener) {
    if (closed) {
      return Future.failedFuture(Failures.closed());
    }
    Context current = Vertx.currentContext();
    Ear ear = new Ear(listener, current == null ? context : current);
    Promise<Subscription> promise = Promise.promise();
    context.runOnContext(now -> {
      ears.removeIf(each -> each.cancelled);
      ears.add(ear);
      connect();
      var unused = listening
          .future()
          .<Subscription>map(nothing -> {
            ear.begun = true;
            return ear;
          })
          .onComplete(promise);
    });
    return Callers.here(promise.future());
  }

  // ---- what follows runs on the event loop ----

  private void publishNext() {
    Optional<String> message = queue.next(MAX_MESSAGE);
    if (message.isEmpty()) {
      publishedAll();
      return;
    }
    String text = dataSet.idText() + " " + node + "\n" + message.get();
    var unused = link.call(Script.PUBLISH, new Args().add(channel()).add(text).list(), false)
        .onComplete(result -> {
          if (result.succeeded()) {
            publishNext();
            return;
          }
          queue.unsent(message.get());
          if (closed || queue.isEmpty()) {
            publishedAll();
          } else {
            long ignored = vertx.setTimer(RETRY_MS, id -> publishNext());
          }
        });
  }

  private void publishedAll() {
    publishing.set(false);
    if (closed) {
      flushed.tryComplete();
    } else if (!queue.isEmpty() && publishing.compareAndSet(false, true)) {
      publishNext();
    }
  }

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
      // Whoever listened already did so over a connection that is gone.
      tell(ear -> ear.begun, Listener::missed);
      listening.tryComplete();
    } else if (type.equals("message")) {
      String[] parts = message.get(2).toString().split("\n", 2);
      String[] from = parts[0].split(" ", 2);
      if (parts.length == 2
          && from.length == 2
          && from[0].equals(dataSet.idText())
          && !from[1].equals(node)) {
        read(parts[1]);
      }
    }
  }

  private static boolean isArray(Response message) {
    return message.type() == ResponseType.PUSH || message.type() == ResponseType.MULTI;
  }

  private void read(String hints) {
    HintQueue.read(hints, new Listener() {
      @Override
      public void on(Hint hint) {
        tell(ear -> true, listener -> listener.on(hint));
      }

      @Override
      public void missed() {
        tell(ear -> true, Listener::missed);
      }
    });
  }

  private void tell(Predicate<Ear> whom, Consumer<Listener> news) {
    for (Ear ear : ears) {
      if (whom.test(ear)) {
        try {
          ear.context.runOnContext(nothing -> {
            if (!ear.cancelled && !closed) {
              news.accept(ear.listener);
            }
          });
        } catch (RejectedExecutionException e) {
          log.debug("nobody listens any more", e);
        }
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

  /** No more hints, in either direction; completes once those published before are sent. */
  Future<Void> close() {
    closed = true;
    if (publishing.compareAndSet(false, true)) {
      if (queue.isEmpty()) {
        return Future.succeededFuture();
      }
      context.runOnContext(nothing -> publishNext());
    }
    return flushed.future();
  }
}
