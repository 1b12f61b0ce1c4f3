package io.tributary.storage.postgres;

import io.tributary.core.model.StoreKey;
import io.tributary.storage.HintChannel;
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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hints by NOTIFY and LISTEN, both on one connection of its own. What is published while a
 * notification is being sent goes into the next one, the newest head per store; while there is no
 * connection it is dropped.
 */
final class PostgresHints implements HintChannel {
  private static final Logger log = LoggerFactory.getLogger(PostgresHints.class);

  private static final long RECONNECT_MS = 1000;

  /** The server takes less than 8000 bytes. A key that is too long for that is not told of. */
  private static final int MAX_PAYLOAD = 7900;

  private static final String NOTIFY = "SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p";

  /** Whom to tell, and where. */
  private record Listening(Listener listener, Context context) {}

  private final Database database;
  private final String channel;
  private final List<Listening> listeners = new CopyOnWriteArrayList<>();
  private final Map<StoreKey, Long> pending = new ConcurrentHashMap<>();

  /** Whether what is pending will be sent without anybody asking for it. */
  private final AtomicBoolean sending = new AtomicBoolean();

  // The event loop's own:
  private Future<PgConnection> connecting = Future.failedFuture("not started");
  private @Nullable PgConnection connected;
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
  public void publish(StoreKey store, long head) {
    if (database.isClosed()) {
      return;
    }
    long unused = pending.merge(store, head, Math::max);
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
    connecting = database
        .connect()
        .compose(connection -> connection
            // Nobody waits for a hint to reach the disk.
            .query("SET synchronous_commit = off; LISTEN " + channel)
            .execute()
            .map(connection)
            .onFailure(e -> connection.close()));
    var unused = connecting.onComplete(result -> {
      if (result.failed()) {
        log.debug("no connection for hints", result.cause());
        startLater();
      } else if (stopped) {
        var ignored = result.result().close();
      } else {
        PgConnection connection = result.result();
        connected = connection;
        connection.notificationHandler(hint -> receive(connection, hint));
        connection.closeHandler(nothing -> {
          connected = null;
          connecting = Future.failedFuture(lost());
          startLater();
        });
      }
    });
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

  private void receive(PgConnection connection, PgNotification hint) {
    if (hint.getProcessId() == connection.processId()) {
      return; // our own
    }
    for (String line : hint.getPayload().split("\n", -1)) {
      int space = line.indexOf(' ');
      try {
        StoreKey store = StoreKey.parse(line.substring(space + 1));
        tell(store, Long.parseLong(line.substring(0, Math.max(0, space))));
      } catch (IllegalArgumentException e) {
        log.debug("not a hint: {}", line);
      }
    }
  }

  private void tell(StoreKey store, long head) {
    for (Listening listening : listeners) {
      try {
        listening.context.runOnContext(nothing -> {
          if (listeners.contains(listening)) {
            listening.listener.committed(store, head);
          }
        });
      } catch (RejectedExecutionException e) {
        log.debug("nobody listens any more", e);
      }
    }
  }

  private void send() {
    List<String> payloads = drain();
    PgConnection connection = connected;
    if (connection == null || payloads.isEmpty()) {
      sent();
      return;
    }
    var unused = connection
        .preparedQuery(NOTIFY)
        .execute(Tuple.of(channel).addValue(payloads.toArray(String[]::new)))
        .timeout(Database.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(e -> {
          log.debug("hints not sent", e);
          var ignored = connection.close();
        })
        .onComplete(done -> sent());
  }

  private void sent() {
    sending.set(false);
    if (!pending.isEmpty() && sending.compareAndSet(false, true)) {
      send();
    }
  }

  private List<String> drain() {
    List<String> payloads = new ArrayList<>();
    StringBuilder payload = new StringBuilder();
    for (StoreKey store : List.copyOf(pending.keySet())) {
      Long head = pending.remove(store);
      String line = head + " " + store;
      if (head == null || line.length() > MAX_PAYLOAD) {
        continue;
      }
      if (payload.length() + 1 + line.length() > MAX_PAYLOAD) {
        payloads.add(payload.toString());
        payload.setLength(0);
      }
      payload.append(payload.length() == 0 ? "" : "\n").append(line);
    }
    if (payload.length() > 0) {
      payloads.add(payload.toString());
    }
    return payloads;
  }

  Future<Void> stop() {
    stopped = true;
    listeners.clear();
    PgConnection connection = connected;
    connected = null;
    return connection == null ? Future.succeededFuture() : connection.close();
  }
}
