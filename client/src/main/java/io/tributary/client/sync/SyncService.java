package io.tributary.client.sync;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.RemoteStore;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.eventlog.Written;
import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.tributary.core.journal.UploadMark;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Syncs event logs with remotes. Each event log has an identity and a connection of its own to each
 * remote that covers it, so that a remote sees nothing of the others.
 *
 * <p>What goes wrong with a remote never fails a local write, unless the remote is strict: then the
 * futures of {@link EventLog#write} wait for its acks.
 *
 * <p>For any thread; futures complete on the caller's context, if it has one.
 */
public final class SyncService {
  private static final Logger logger = LoggerFactory.getLogger(SyncService.class);

  private final Vertx vertx;
  private final Connectors connectors;
  private final AuditSink audit;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Map<String, EventLog> logs = new LinkedHashMap<>();
  private final List<Watcher> watchers = new CopyOnWriteArrayList<>();

  /** Guarded by this. */
  private final Map<String, Remote> remotes = new LinkedHashMap<>();

  /** Guarded by this. */
  private boolean closed;

  /** Ends what it was returned for. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    /** Ends it. Idempotent. */
    @Override
    void close();
  }

  /**
   * Syncs nothing as long as no remote is connected.
   *
   * @param logs what to sync, each of another name; they stay the caller's to close, after this
   * @param audit is told of connections that change their state
   */
  public SyncService(Vertx vertx, Collection<EventLog> logs, AuditSink audit) {
    this(vertx, logs, audit, InstantSource.system(), new SecureRandom());
  }

  /** The same with a clock, and chance for backoff. */
  public SyncService(
      Vertx vertx,
      Collection<EventLog> logs,
      AuditSink audit,
      InstantSource clock,
      RandomGenerator random) {
    this.vertx = vertx;
    this.audit = audit;
    this.clock = clock;
    this.random = random;
    for (EventLog log : logs) {
      if (this.logs.putIfAbsent(log.name(), log) != null) {
        throw new IllegalArgumentException("two event logs are named " + log.name());
      }
    }
    this.connectors = new Connectors(vertx);
    logs.forEach(log -> log.afterWrite(written -> replicated(log, written)));
  }

  /**
   * Begins to sync with a remote, now and again until it is disconnected. What it is told of the
   * remote, {@link #status} shows.
   *
   * @return the remote's key, without waiting for a connection; fails with {@link OptionsException} if
   *     the options name an event log that isn't here, with {@link RemoteExistsException}, and with
   *     {@link SyncClosedException}
   */
  public Future<String> connect(RemoteOptions options) {
    List<String> unknown =
        options.logs().stream().filter(name -> !logs.containsKey(name)).toList();
    if (!unknown.isEmpty()) {
      return Future.failedFuture(new OptionsException(List.of(OptionsReader.problem(
          "logs", String.join(", ", unknown), String.join(", ", logs.keySet())))));
    }
    Remote remote;
    synchronized (this) {
      if (closed) {
        return Future.failedFuture(new SyncClosedException());
      }
      if (remotes.containsKey(options.key())) {
        return Future.failedFuture(new RemoteExistsException(options.key()));
      }
      remote = new Remote(options);
      remotes.put(remote.key, remote);
    }
    remote.start();
    changed();
    logger.info("remote={} url={} connecting", remote.key, remote.url);
    return Future.succeededFuture(remote.key);
  }

  /**
   * Ends syncing with a remote. What was pending for it no longer is.
   *
   * @return fails with {@link UnknownRemoteException}
   */
  public Future<Void> disconnect(String key) {
    Remote remote;
    synchronized (this) {
      remote = remotes.remove(key);
    }
    if (remote == null) {
      return Future.failedFuture(unknown(key));
    }
    logger.info("remote={} disconnecting", key);
    return onCaller(remote.stop()).onComplete(done -> changed());
  }

  /**
   * Completes once all that was pending at the call is acked by every remote (or refused, or not to go
   * there), and all that the remotes had is here. Tries at once where a connection failed or was
   * refused.
   *
   * @return fails with a {@link SyncException} if that can't be; the others are synced all the same
   */
  public Future<Void> syncNow() {
    List<Future<Void>> all = new ArrayList<>();
    for (Remote remote : remotes()) {
      all.add(remote.syncNow());
    }
    return onCaller(Future.join(all).mapEmpty());
  }

  /**
   * The same with one remote.
   *
   * @return fails with {@link UnknownRemoteException} too
   */
  public Future<Void> syncNow(String key) {
    Remote remote = remote(key);
    return remote == null ? Future.failedFuture(unknown(key)) : onCaller(remote.syncNow());
  }

  /** How syncing stands: for each remote, in the order they were connected, each event log. */
  public List<RemoteStatus> status() {
    List<RemoteStatus> all = new ArrayList<>();
    for (Remote remote : remotes()) {
      remote.sessions.forEach(session -> all.add(session.status()));
    }
    return all;
  }

  /**
   * Tells how syncing stands, now and after each change but single entries coming and going, on the
   * caller's context; changes that come while the handler is busy are told together.
   */
  public Subscription statusStream(Handler<List<RemoteStatus>> handler) {
    Watcher watcher = new Watcher(vertx.getOrCreateContext(), handler);
    watchers.add(watcher);
    watcher.changed();
    return watcher;
  }

  /**
   * Lists what a remote refused, in the order of the journal.
   *
   * @param log the event log's name
   * @param after a position; 0 for the first
   * @param max at most this many, at least 1
   * @return fails with {@link UnknownRemoteException}
   */
  public Future<List<UploadMark>> refused(String key, String log, long after, int max) {
    return ask(key, log, driver -> driver.refused(after, max));
  }

  /**
   * Sends again what a remote refused.
   *
   * @param position as {@link #refused} gives it
   * @return fails with {@link UnknownRemoteException}
   */
  public Future<Void> retry(String key, String log, long position) {
    return ask(key, log, driver -> driver.retry(position));
  }

  /**
   * Lets be what a remote refused: it is not to go there.
   *
   * @param position as {@link #refused} gives it
   * @return fails with {@link UnknownRemoteException}
   */
  public Future<Void> discard(String key, String log, long position) {
    return ask(key, log, driver -> driver.discard(position));
  }

  /**
   * For retention: where an event log's entries are to go before they may be removed. Empty as long as
   * a remote has never said who it is: then nothing may be removed.
   */
  public Optional<List<RemoteStore>> destinations(EventLog log) {
    List<RemoteStore> stores = new ArrayList<>();
    for (Remote remote : remotes()) {
      for (Session session : remote.sessions) {
        if (session.log == log) {
          SyncSnapshot snapshot = session.snapshot;
          if (snapshot == null || snapshot.remoteId() == null) {
            return Optional.empty();
          }
          stores.add(new RemoteStore(snapshot.remoteId(), remote.store(log)));
        }
      }
    }
    return Optional.of(stores);
  }

  /** Ends all connections. The event logs stay open. Idempotent. */
  public Future<Void> close() {
    List<Remote> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(remotes.values());
      remotes.clear();
    }
    watchers.clear();
    List<Future<Void>> stopped = all.stream().map(Remote::stop).toList();
    return onCaller(Future.join(stopped).transform(done -> connectors.close()).mapEmpty());
  }

  private <T> Future<T> ask(String key, String log, Function<RemoteDriver, Future<T>> question) {
    Remote remote = remote(key);
    if (remote == null) {
      return Future.failedFuture(unknown(key));
    }
    return remote.sessions.stream()
        .filter(session -> session.log.name().equals(log))
        .findFirst()
        .map(session -> onCaller(session.ask(question)))
        .orElseGet(() -> Future.failedFuture(
            new UnknownRemoteException("remote " + key + " doesn't sync event log " + log)));
  }

  private synchronized List<Remote> remotes() {
    return List.copyOf(remotes.values());
  }

  private synchronized @Nullable Remote remote(String key) {
    return remotes.get(key);
  }

  private UnknownRemoteException unknown(String key) {
    String known;
    synchronized (this) {
      known = remotes.isEmpty() ? "none" : String.join(", ", remotes.keySet());
    }
    return new UnknownRemoteException("remote: found " + key + ", connected: " + known);
  }

  private void changed() {
    watchers.forEach(Watcher::changed);
  }

  /** What a write waits for; on the event log's context. */
  private Future<Void> replicated(EventLog log, Written written) {
    Map<String, String> missing = new TreeMap<>();
    List<Throwable> causes = new ArrayList<>();
    List<Future<Void>> acks = new ArrayList<>();
    for (Remote remote : remotes()) {
      if (remote.options.strict()) {
        for (Session session : remote.sessions) {
          if (session.log == log) {
            long timeoutMs = remote.options.strictTimeout().toMillis();
            acks.add(session
                .ask(driver -> driver.await(written.position(), timeoutMs))
                .recover(why -> {
                  missing.put(remote.key, String.valueOf(why.getMessage()));
                  causes.add(why);
                  return Future.succeededFuture();
                }));
          }
        }
      }
    }
    return Future.join(acks)
        .compose(done -> missing.isEmpty()
            ? Future.succeededFuture()
            : Future.failedFuture(new NotReplicatedException(
                written.id(), written.position(), missing, causes.get(0))));
  }

  /** A future that completes on the caller's context, if it has one. */
  private static <T> Future<T> onCaller(Future<T> future) {
    Context caller = Vertx.currentContext();
    if (caller == null) {
      return future;
    }
    Promise<T> promise = Promise.promise();
    future.onComplete(done -> caller.runOnContext(v -> {
      if (done.succeeded()) {
        promise.complete(done.result());
      } else {
        promise.fail(done.cause());
      }
    }));
    return promise.future();
  }

  /** One remote, and its sessions. */
  private final class Remote {
    private final RemoteOptions options;
    private final String key;
    private final String url;
    private final List<Session> sessions;
    private long timer = -1;

    Remote(RemoteOptions options) {
      this.options = options;
      this.key = options.key();
      Connector connector = connectors.connector(options);
      this.url = connector.url();
      this.sessions = logs.values().stream()
          .filter(log -> options.covers(log.name()))
          .map(log -> new Session(this, log, connector))
          .toList();
    }

    String store(EventLog log) {
      return (options.wire() == RemoteOptions.Wire.V3_PLAINTEXT ? "plain:" : "sealed:")
          + log.identity().publicKey();
    }

    void start() {
      sessions.forEach(Session::start);
      long intervalMs = options.syncInterval().toMillis();
      if (intervalMs > 0) {
        timer = vertx.setPeriodic(intervalMs, id -> sessions.forEach(Session::reconcile));
      }
    }

    Future<Void> syncNow() {
      return Future.join(sessions.stream()
              .map(session -> session.ask(driver -> driver.syncNow(0)))
              .toList())
          .mapEmpty();
    }

    Future<Void> stop() {
      if (timer >= 0) {
        boolean unused = vertx.cancelTimer(timer);
      }
      return Future.join(
              sessions.stream().map(session -> session.ask(RemoteDriver::stop)).toList())
          .mapEmpty();
    }
  }

  /** One remote and event log. */
  private final class Session {
    private final Remote remote;
    private final EventLog log;
    private final Connector connector;
    private final Runner runner;

    /** Confined to the event log's context; the first that runs there sets it. */
    private @Nullable RemoteDriver driver;

    private volatile @Nullable SyncSnapshot snapshot;

    Session(Remote remote, EventLog log, Connector connector) {
      this.remote = remote;
      this.log = log;
      this.connector = connector;
      this.runner = log.runner();
    }

    void start() {
      runner.execute(() -> driver().start());
    }

    void reconcile() {
      runner.execute(() -> driver().reconcile());
    }

    private RemoteDriver driver() {
      RemoteDriver known = driver;
      if (known != null) {
        return known;
      }
      RemoteOptions options = remote.options;
      RemoteDriver made = new RemoteDriver(
          SyncOptions.of(
              options.provider(),
              options.wire() == RemoteOptions.Wire.V3_PLAINTEXT,
              options.disablePing()),
          log.syncAccess(),
          connector,
          runner,
          clock,
          random,
          audit,
          now -> {
            SyncSnapshot before = snapshot;
            snapshot = now;
            if (before == null || isWorthTelling(before, now)) {
              changed();
            }
          });
      driver = made;
      return made;
    }

    /** Not every entry on its way: {@link #status} shows that. */
    private static boolean isWorthTelling(SyncSnapshot before, SyncSnapshot now) {
      return before.state() != now.state()
          || before.connected() != now.connected()
          || before.refused() != now.refused()
          || (before.pendingUploads() == 0) != (now.pendingUploads() == 0)
          || !Objects.equals(before.remoteId(), now.remoteId())
          || !Objects.equals(before.lastSyncAt(), now.lastSyncAt())
          || !Objects.equals(before.lastError(), now.lastError());
    }

    <T> Future<T> ask(Function<RemoteDriver, Future<T>> question) {
      Promise<T> answer = Promise.promise();
      runner.execute(() -> question.apply(driver()).onComplete(answer));
      return answer.future();
    }

    RemoteStatus status() {
      RemoteOptions options = remote.options;
      SyncSnapshot now = snapshot;
      if (now == null) {
        return new RemoteStatus(
            remote.key,
            log.name(),
            options.kind(),
            null,
            remote.url,
            false,
            RemoteState.CONNECTING,
            0,
            0,
            0,
            null,
            null,
            0);
      }
      Long syncedMs = now.lastSyncAt();
      Long skewMs = now.clockSkewMs();
      return new RemoteStatus(
          remote.key,
          log.name(),
          options.kind(),
          now.remoteId(),
          remote.url,
          now.connected(),
          now.state(),
          now.pendingUploads(),
          now.refused(),
          now.lastSequence(),
          syncedMs == null ? null : Instant.ofEpochMilli(syncedMs),
          now.lastError(),
          skewMs == null ? 0 : skewMs);
    }
  }

  /** Who follows the status. */
  private final class Watcher implements Subscription {
    private final Context context;
    private final Handler<List<RemoteStatus>> handler;
    private final AtomicBoolean told = new AtomicBoolean(true);
    private volatile boolean ended;

    Watcher(Context context, Handler<List<RemoteStatus>> handler) {
      this.context = context;
      this.handler = handler;
    }

    void changed() {
      if (told.compareAndSet(true, false)) {
        context.runOnContext(v -> {
          told.set(true);
          if (!ended) {
            handler.handle(status());
          }
        });
      }
    }

    @Override
    public void close() {
      ended = true;
      watchers.remove(this);
    }
  }
}
