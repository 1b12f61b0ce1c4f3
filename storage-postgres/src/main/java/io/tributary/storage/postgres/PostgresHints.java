package io.tributary.storage.postgres;

import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.HintQueue;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgNotification;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hints by NOTIFY and LISTEN, both on one connection of its own. What is published while a
 * notification is being sent goes into the next one; while there is no connection it waits.
 */
final class PostgresHints implements HintChannel {
  private static final Logger log = LoggerFactory.getLogger(PostgresHints.class);

  private static final long RECONNECT_MS = 1000;

  /** The server takes less than 8000 bytes. */
  private static final int MAX_PAYLOAD = 7900;

  private static final String NOTIFY = "SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p";

  /** Whom to tell, and where. */
  private record Listening(Listener listener, Context context) {}

  private final Database database;
  private final String channel;
  private final List<Listening> listeners = new CopyOnWriteArrayList<>();
  private final HintQueue queue = new HintQueue();

  /** Whether what is in the queue will be looked at without anybody asking for it. */
  private final AtomicBoolean sending = new AtomicBoolean();

  // The event loop's own:
  private Future<PgConnection> connecting = Future.failedFuture("not started");
  private @Nullable PgConnection connected;
  private Future<?> lastWrite = Future.succeededFuture();
  private boolean stopped;

  PostgresHints(Database database) {
    this.database = database;
    this.channel = channel(database.names().in("@data_set"));
  }

  /** The same for whoever shares the tables, and a name of any length fits. */
  private static String channel(String table) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(table.getBytes(StandardCharsets.UTF_8));
      return "tributary_" + HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void publish(Hint hint) {
    if (database.isClosed()) {
      return;
    }
    queue.add(hint);
    if (sending.compareAndSet(false, true)) {
      database.post(this::send);
    }
  }

  @Override
  public Future<Subscription> subscribe(Listener listener) {
    Listening listening = new Listening(listener, database.callersContext());
    return database.submit(() -> connecting.map(connection -> {
      listeners.add(listening);
      return () -> {
        boolean unused = listeners.remove(listening);
        return Future.succeededFuture();
      };
    }));
  }

  // ---- on the event loop ----

  /** Connects, and from then on whenever the connection is lost. */
  void start() {
    if (stopped) {
      return;
    }
    connecting = connect();
    var unused = connecting.onComplete(result -> {
      if (result.failed()) {
        log.debug("no connection for hints", result.cause());
        startLater();
      } else if (stopped) {
        var ignored = result.result().close();
      } else {
        connected(result.result());
      }
    });
  }

  private Future<PgConnection> connect() {
    return database
        .connect()
        .compose(connection -> connection
            // Nobody waits for a hint to reach the disk.
            .query("SET synchronous_commit = off; LISTEN " + channel)
            .execute()
            .map(connection)
            .onFailure(e -> connection.close()));
  }

  private void connected(PgConnection connection) {
    connected = connection;
    connection.notificationHandler(message -> receive(connection, message));
    connection.closeHandler(nothing -> {
      connected = null;
      connecting = Future.failedFuture(lost());
      startLater();
    });
    // Whoever listened already did so over a connection that is gone.
    tell(Listener::missed);
    if (sending.compareAndSet(false, true)) {
      send();
    }
  }

  private static RuntimeException lost() {
    return new StorageException(
        Outcome.NOT_COMMITTED, "the connection for hints was lost, and is being made anew", null);
  }

  private void startLater() {
    if (!stopped) {
      long unused = database.vertx().setTimer(RECONNECT_MS, id -> start());
    }
  }

  private void receive(PgConnection connection, PgNotification message) {
    if (message.getProcessId() == connection.processId()) {
      return; // our own
    }
    HintQueue.read(message.getPayload(), new Listener() {
      @Override
      public void on(Hint hint) {
        tell(listener -> listener.on(hint));
      }

      @Override
      public void missed() {
        tell(Listener::missed);
      }
    });
  }

  private void tell(Consumer<Listener> news) {
    for (Listening listening : listeners) {
      try {
        listening.context.runOnContext(nothing -> {
          if (listeners.contains(listening)) {
            news.accept(listening.listener);
          }
        });
      } catch (RejectedExecutionException e) {
        log.debug("nobody listens any more", e);
      }
    }
  }

  private void send() {
    PgConnection connection = connected;
    if (connection == null || queue.isEmpty()) {
      sent();
    } else {
      lastWrite = write(connection).onComplete(done -> sent());
    }
  }

  private void sent() {
    sending.set(false);
    if (connected != null && !queue.isEmpty() && sending.compareAndSet(false, true)) {
      send();
    }
  }

  private Future<?> write(PgConnection connection) {
    List<String> messages = new ArrayList<>();
    for (Optional<String> next = queue.next(MAX_PAYLOAD);
        next.isPresent();
        next = queue.next(MAX_PAYLOAD)) {
      messages.add(next.get());
    }
    return connection
        .preparedQuery(NOTIFY)
        .execute(Tuple.of(channel).addValue(messages.toArray(String[]::new)))
        .timeout(Database.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(e -> {
          log.debug("hints not sent", e);
          messages.forEach(queue::unsent);
          if (connected == connection) {
            connected = null; // before it is closed, so that nothing more is tried on it
          }
          var ignored = connection.close();
        });
  }

  /** Sends what is left, then lets go of the connection. */
  Future<Void> stop() {
    stopped = true;
    listeners.clear();
    return lastWrite.transform(done -> {
      PgConnection connection = connected;
      connected = null;
      if (connection != null) {
        Future<?> last = queue.isEmpty() ? Future.succeededFuture() : write(connection);
        return last.transform(written -> connection.close());
      }
      if (queue.isEmpty()) {
        return Future.succeededFuture();
      }
      return connect()
          .compose(again -> write(again).transform(written -> again.close()))
          .onFailure(e -> log.debug("hints not sent", e))
          .otherwiseEmpty();
    });
  }
}
