package io.tributary.client.sync;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Arrival;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.eventlog.SyncAccess;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries between a {@link RemoteSync} and its surroundings: the event log, a connection, timers.
 *
 * <p>Confined to the event log's context: all methods are called there, and futures complete there.
 * Failures are {@link SyncException}s.
 */
public final class RemoteDriver {
  private static final Logger logger = LoggerFactory.getLogger(RemoteDriver.class);

  private final SyncAccess access;
  private final Connector connector;
  private final Runner runner;
  private final InstantSource clock;
  private final AuditSink audit;
  private final Consumer<SyncSnapshot> onStatus;
  private final RemoteSync sync;

  /** What happened while the machine was at work: it is never called from within. */
  private final ArrayDeque<Runnable> inputs = new ArrayDeque<>();

  private boolean working;
  private long lastClock;
  private long elapsed;
  private @Nullable Line line;
  private @Nullable Runnable timer;
  private long timerAtMs = Long.MAX_VALUE;
  private @Nullable Runnable unlisten;
  private @Nullable Promise<Void> stopping;

  /**
   * One that is stopped.
   *
   * @param access the event log
   * @param connector leads to the remote
   * @param clock what time it is; may go back
   * @param random spreads attempts to connect
   * @param audit told of every change of the state
   * @param onStatus told when something worth telling has changed
   * @throws IllegalArgumentException if the event log's identity can't seal entries
   */
  public RemoteDriver(
      SyncOptions options,
      SyncAccess access,
      Connector connector,
      Runner runner,
      InstantSource clock,
      RandomGenerator random,
      AuditSink audit,
      Consumer<SyncSnapshot> onStatus) {
    this.access = access;
    this.connector = connector;
    this.runner = runner;
    this.clock = clock;
    this.audit = audit;
    this.onStatus = onStatus;
    this.lastClock = clock.millis();
    this.sync =
        new RemoteSync(options, access.name(), access.identity(), clock, random, new Carrier());
  }

  /** Connects, and stays connected until {@link #stop}. */
  public void start() {
    if (unlisten == null) {
      unlisten = access.onPlaced(
          (before, placed) -> in(() -> sync.onPlaced(before, List.copyOf(placed), now())));
    }
    in(() -> sync.start(access.lastPosition(), now()));
  }

  /**
   * Disconnects. Completes when the event log has answered all it was asked. Those who wait fail with
   * {@link RemoteStoppedException}.
   */
  public Future<Void> stop() {
    Promise<Void> promise = stopping;
    if (promise == null) {
      promise = Promise.promise();
      stopping = promise;
      if (unlisten != null) {
        unlisten.run();
        unlisten = null;
      }
      in(() -> sync.stop(now()));
    }
    return promise.future();
  }

  /**
   * Completes when what is pending now is acked, refused or dropped, and what the hub has now is in
   * the event log. A healthy connection stays; without one it connects at once.
   *
   * @param timeoutMs when to fail, milliseconds; 0 = never
   */
  public Future<Void> syncNow(long timeoutMs) {
    Promise<Void> promise = Promise.promise();
    in(() -> sync.syncNow(timeoutMs, ending(promise), now()));
    return promise.future();
  }

  /** Looks whether all has come, if there is a connection. Neither connects nor disconnects. */
  public void reconcile() {
    in(() -> sync.reconcile(now()));
  }

  /**
   * Completes when the remote is known to have the entry at a position, or the entry is not to go
   * there; fails with {@link EntryRefusedException} if the remote refuses it.
   *
   * @param timeoutMs when to fail, milliseconds; 0 = never
   */
  public Future<Void> await(long position, long timeoutMs) {
    Promise<Void> promise = Promise.promise();
    in(() -> {
      Runnable leave = sync.await(position, ending(promise), now());
      if (timeoutMs > 0 && !promise.future().isComplete()) {
        Runnable cancel = runner.after(timeoutMs, () -> {
          leave.run();
          String error = sync.snapshot().lastError();
          boolean unused = promise.tryFail(new RemoteUnavailableException(
              "not uploaded within " + timeoutMs + " ms" + (error == null ? "" : ": " + error)));
        });
        promise.future().onComplete(result -> cancel.run());
      }
    });
    return promise.future();
  }

  private static RemoteSync.Done ending(Promise<Void> promise) {
    return why -> {
      boolean unused = why == null ? promise.tryComplete() : promise.tryFail(why);
    };
  }

  /** Where it stands. */
  public SyncSnapshot status() {
    return sync.snapshot();
  }

  /**
   * The entries that the remote refuses, by their positions.
   *
   * @param after a position; 0 for the first
   * @param max at most this many, at least 1
   */
  public Future<List<UploadMark>> refused(long after, int max) {
    RemoteId remote = sync.remote();
    return remote == null
        ? Future.failedFuture(unknown())
        : access.marks(remote, sync.store(), UploadMark.State.REFUSED, after, max);
  }

  /**
   * Tries a refused entry once more; {@link #await} tells how it went.
   *
   * @return fails with {@link IllegalArgumentException} if it is not refused
   */
  public Future<Void> retry(long position) {
    return change(position, () -> sync.retry(position, now()));
  }

  /**
   * Lets a refused entry be: it is not to go to the remote.
   *
   * @return fails with {@link IllegalArgumentException} if it is not refused
   */
  public Future<Void> discard(long position) {
    return change(position, () -> sync.discard(position, now()));
  }

  private interface Change {
    boolean apply();
  }

  private Future<Void> change(long position, Change change) {
    Promise<Void> promise = Promise.promise();
    in(() -> {
      if (sync.remote() == null) {
        promise.fail(unknown());
      } else if (change.apply()) {
        promise.complete();
      } else {
        promise.fail(
            new IllegalArgumentException("the entry at position " + position + " is not refused"));
      }
    });
    return promise.future();
  }

  private static RemoteUnavailableException unknown() {
    return new RemoteUnavailableException("the remote has not said who it is");
  }

  /** Milliseconds since this was made; stands still while the clock goes back. */
  private long now() {
    long time = clock.millis();
    elapsed += Math.max(0, time - lastClock);
    lastClock = time;
    return elapsed;
  }

  private void in(Runnable input) {
    inputs.add(input);
    if (working) {
      return;
    }
    working = true;
    try {
      for (Runnable next = inputs.poll(); next != null; next = inputs.poll()) {
        try {
          next.run();
        } catch (RuntimeException e) {
          // Whoever told us, the event log above all, is not to suffer from it.
          logger.error("{}: the sync with {} has a fault", access.name(), connector.url(), e);
        }
      }
    } finally {
      working = false;
    }
    schedule();
  }

  private void schedule() {
    long at = sync.nextTickMs();
    if (at == timerAtMs) {
      return;
    }
    if (timer != null) {
      timer.run();
      timer = null;
    }
    timerAtMs = at;
    if (at != Long.MAX_VALUE) {
      timer = runner.after(Math.max(1, at - now()), () -> {
        timer = null;
        timerAtMs = Long.MAX_VALUE;
        in(() -> sync.onTick(now()));
      });
    }
  }

  /** One connection; what it tells counts as long as it is the present one. */
  private final class Line implements LinkListener {
    @Nullable
    Link link;

    @Override
    public void opened(Link link) {
      in(() -> {
        if (line == this) {
          this.link = link;
          sync.onOpened(now());
        } else {
          link.close(1000, "");
        }
      });
    }

    @Override
    public void frame(byte[] frame) {
      in(() -> {
        if (line == this) {
          sync.onFrame(frame, now());
        }
      });
    }

    @Override
    public void drained() {
      in(() -> {
        if (line == this) {
          sync.onDrained(now());
        }
      });
    }

    @Override
    public void closed(int code, String reason) {
      in(() -> {
        if (line == this) {
          line = null;
          sync.onClosed(code, reason, now());
        }
      });
    }

    @Override
    public void failed(boolean unauthorized, String reason) {
      in(() -> {
        if (line == this) {
          line = null;
          sync.onFailed(unauthorized, reason, now());
        }
      });
    }
  }

  private final class Carrier implements RemoteSync.Output {
    @Override
    public void connect() {
      Line opening = new Line();
      line = opening;
      try {
        connector.connect(opening);
      } catch (RuntimeException e) {
        logger.error("{}: connecting to {} is not possible", access.name(), connector.url(), e);
        opening.failed(false, String.valueOf(e.getMessage()));
      }
    }

    private @Nullable Link link() {
      return line == null ? null : line.link;
    }

    @Override
    public boolean writable() {
      Link link = link();
      return link != null && !link.isFull();
    }

    @Override
    public void send(byte[] frame) {
      Link link = link();
      if (link != null) {
        link.send(frame);
      }
    }

    @Override
    public void pause() {
      Link link = link();
      if (link != null) {
        link.pause();
      }
    }

    @Override
    public void resume() {
      Link link = link();
      if (link != null) {
        link.resume();
      }
    }

    @Override
    public void close(int code, String reason) {
      Link link = link();
      line = null;
      if (link != null) {
        link.close(code, reason);
      }
    }

    @Override
    public void loadProgress(RemoteId remote, String store) {
      Future<RemoteProgress> progress = access.progress(remote, store);
      progress
          .compose(known -> access
              .marks(remote, store, UploadMark.State.REFUSED, 0, Uploads.MAX_REFUSED)
              .map(refused -> (Runnable) () -> sync.onProgress(known, refused, now())))
          .onSuccess(RemoteDriver.this::in)
          .onFailure(e -> in(() -> sync.onProgressFailed(String.valueOf(e.getMessage()), now())));
    }

    @Override
    public void loadPending(RemoteId remote, String store, long after, int max, long maxBytes) {
      access
          .pending(remote, store, after, max, maxBytes)
          .onSuccess(page -> in(() -> sync.onPending(page, now())))
          .onFailure(e -> in(() -> sync.onPendingFailed(String.valueOf(e.getMessage()), now())));
    }

    @Override
    public void loadEntry(long position) {
      access
          .entryAt(position)
          .onSuccess(entry -> in(() -> sync.onEntry(position, entry, now())))
          .onFailure(e -> logger.warn(
              "{}: the entry at position {} can't be read, it stays refused: {}",
              access.name(),
              position,
              e.getMessage()));
    }

    @Override
    public void receive(RemoteId remote, String store, List<Arrival> arrivals, long next) {
      access
          .receive(remote, store, arrivals, next)
          .onSuccess(positions -> in(() -> sync.onReceived(positions, now())))
          .onFailure(this::closed);
    }

    @Override
    public void recordUploads(
        RemoteId remote,
        String store,
        long uploaded,
        long next,
        List<UploadMark> marks,
        List<UploadMark> unmarked) {
      access
          .recordUploads(remote, store, uploaded, next, marks, unmarked)
          .onSuccess(v -> in(() -> sync.onRecorded(now())))
          .onFailure(this::closed);
    }

    private void closed(Throwable e) {
      logger.debug("{}: the event log is closed: {}", access.name(), e.getMessage());
      in(() -> sync.onLogClosed(now()));
    }

    @Override
    public Optional<Entry> redacted(Entry entry) {
      return access.redacted(entry);
    }

    @Override
    public void changed(SyncSnapshot now, boolean stateChanged) {
      if (stateChanged) {
        audit.note(new AuditEvent.SyncStatus(
            now.remoteId(),
            connector.url(),
            now.state().wireName(),
            now.lastError(),
            clock.millis()));
      }
      onStatus.accept(now);
    }

    @Override
    public void stopped() {
      Promise<Void> promise = stopping;
      stopping = null;
      if (promise != null) {
        promise.complete();
      }
    }
  }
}
