package io.tributary.client.sync;

import io.tributary.client.eventlog.Arrival;
import io.tributary.client.eventlog.Placed;
import io.tributary.client.sync.Uploads.Item;
import io.tributary.core.crypto.EntryCipher;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.ClientEvent;
import io.tributary.core.session.ClientSession;
import io.tributary.core.session.CloseCode;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one event log in sync with one remote, over one connection at a time, without any I/O of its
 * own. What happens goes in by the methods, what is to be done comes out by {@link Output}, which must
 * not call back from within. Times are milliseconds of a clock that never goes back.
 *
 * <p>States: {@link RemoteState}. On each Hello the progress with that remote is looked up, changes
 * are subscribed from its cursor, and what the remote is not known to have is sent. A <em>mark</em>, a
 * write of nothing that the hub acks in the order of its feed, tells that all it had has come; other
 * kinds of hub have come to an end when nothing came for a while.
 *
 * <p>Writes that a connection ended with are in doubt and sent again. Where one of them may be what
 * ended it, they go one by one, and one that ends three connections while alone in flight is refused.
 */
public final class RemoteSync {
  /** What the owner does for it. */
  public interface Output {
    /** Connects; answered by {@link #onOpened}, {@link #onFailed}. What an earlier connection tells is not passed on. */
    void connect();

    /** Whether there is room in the connection; {@link #onDrained} tells when there is again. */
    boolean writable();

    /** Sends a frame. */
    void send(byte[] frame);

    /** Reads no more frames, for now. */
    void pause();

    /** Reads frames again. */
    void resume();

    /** Closes the connection; nothing it tells is passed on from now on. */
    void close(int code, String reason);

    /** Looks up progress and refused entries; answered by {@link #onProgress}. */
    void loadProgress(RemoteId remote, String store);

    /** Looks up what is pending; answered by {@link #onPending} or {@link #onPendingFailed}. */
    void loadPending(RemoteId remote, String store, long after, int max, long maxBytes);

    /** Looks up an entry that was refused; answered by {@link #onEntry}. */
    void loadEntry(long position);

    /** Takes entries into the event log; answered by {@link #onReceived}. */
    void receive(RemoteId remote, String store, List<Arrival> arrivals, long next);

    /** Records progress; answered by {@link #onRecorded}. */
    void recordUploads(
        RemoteId remote,
        String store,
        long uploaded,
        long next,
        List<UploadMark> marks,
        List<UploadMark> unmarked);

    /** What may leave in the place of an entry. */
    Optional<Entry> redacted(Entry entry);

    /** Something worth telling has changed. */
    void changed(SyncSnapshot now, boolean stateChanged);

    /** All is at rest after {@link #stop}. */
    void stopped();
  }

  /** Is told how something ended; null if well. */
  @FunctionalInterface
  public interface Done {
    /** It ended. */
    void ended(@Nullable SyncException why);
  }

  private static final Logger logger = LoggerFactory.getLogger(RemoteSync.class);
  private static final long BACKOFF_MIN_MS = 100;
  private static final long BACKOFF_MAX_MS = 5_000;
  private static final long HEALTHY_MS = 10_000;
  private static final long LOAD_RETRY_MS = 1_000;
  private static final long UPLOADS_REFUSED_MS = 300_000;
  private static final long RECORD_DELAY_MS = 200;
  private static final int MAX_UNRECORDED = 4_096;
  private static final int RECORD_SOON = 256;
  private static final int MAX_PROBES = 3;
  private static final int MAX_LOSSES = 8;
  private static final long NEVER = Long.MAX_VALUE;

  /** Where the present question whether all has come stands. */
  private enum Mark {
    NONE,
    /** Nothing must come for a while. */
    QUIET,
    /** The hub is asked. */
    SENT,
    /** What came until the answer is to be applied. */
    APPLYING
  }

  /** A write under way. */
  private record Batch(List<Item> items, boolean alone) {}

  private record Condemned(Item item, String reason) {}

  private static final class Sync {
    final long through;
    final long mark;
    final long deadlineMs;
    final Done done;
    int losses;

    Sync(long through, long mark, long deadlineMs, Done done) {
      this.through = through;
      this.mark = mark;
      this.deadlineMs = deadlineMs;
      this.done = done;
    }
  }

  private final SyncOptions options;
  private final Preset preset;
  private final String name;
  private final String publicKey;
  private final String store;
  private final EntryCipher cipher;
  private final InstantSource wall;
  private final RandomGenerator random;
  private final Output out;

  private final Downloads downloads;
  private final List<Sync> syncs = new ArrayList<>();
  private final TreeMap<Long, List<Done>> waiters = new TreeMap<>();

  private RemoteState state = RemoteState.STOPPED;
  private boolean stopping;
  private boolean stoppedTold;
  private long last;
  private long now;

  // The connection

  private @Nullable ClientSession session;
  private long openedMs;
  private int attempts;
  private long connectAtMs = NEVER;
  private long helloDeadlineMs = NEVER;
  private boolean paused;
  private @Nullable RemoteId greeted;
  private boolean loggedUnreadable;

  // What is known of the remote

  private @Nullable RemoteId remote;
  private @Nullable Uploads uploads;
  private @Nullable RemoteId loadingProgress;

  /** Up to here those who wait have been looked at. */
  private long scanned = -1;

  // Calls of the event log under way

  private Downloads.@Nullable Slice receiving;
  private boolean loading;
  private long loadingReached;
  private boolean recording;
  private long recordingThrough;

  /** Up to here the journal knows that all is settled. */
  private long recordedThrough;

  private long loadAtMs;
  private long recordAtMs = NEVER;
  private long recordedNext;

  // The subscription and the question whether all has come

  private boolean subscribed;
  private int subscribeFailures;
  private long subscribeAtMs = NEVER;
  private Mark mark = Mark.NONE;
  private long markWrite = -1;
  private long markBarrier;
  private long markAtMs = NEVER;
  private long quietFromMs;
  private long marksBegun;
  private long marksDone;

  // Uploads

  private final Map<Long, Batch> batches = new HashMap<>();
  private final ArrayDeque<List<Item>> halves = new ArrayDeque<>();
  private final ArrayDeque<Condemned> condemned = new ArrayDeque<>();
  private long verdictWrite = -1;
  private int verdictOver;

  /** Whether writes may begin on this connection. */
  private boolean writing;

  /** Whether the one write under way goes alone. */
  private boolean probing;

  private int uploadFailures;
  private long uploadAtMs;
  private @Nullable String uploadsRefused;
  private long uploadsRefusedUntilMs;

  // Status

  private @Nullable String connectionError;
  private @Nullable String entryError;
  private @Nullable Long lastSyncAt;
  private @Nullable Long clockSkewMs;
  private long unreadable;
  private @Nullable SyncSnapshot told;

  /**
   * One that is stopped.
   *
   * @param name the event log's, for the log
   * @param wall what time it is, for status
   * @param random spreads attempts to connect
   * @throws IllegalArgumentException if the identity's secret is no AES key
   */
  public RemoteSync(
      SyncOptions options,
      String name,
      Identity identity,
      InstantSource wall,
      RandomGenerator random,
      Output out) {
    this.options = options;
    this.preset = options.preset();
    this.name = name;
    this.publicKey = identity.publicKey();
    this.store = (options.unencrypted() ? "plain:" : "sealed:") + publicKey;
    this.cipher = new EntryCipher(identity);
    this.wall = wall;
    this.random = random;
    this.out = out;
    this.downloads = new Downloads(cipher);
  }

  // What the owner asks for

  /**
   * Connects, and stays connected.
   *
   * @param last the greatest position in the journal
   */
  public void start(long last, long nowMs) {
    now = nowMs;
    this.last = Math.max(this.last, last);
    stopping = false;
    stoppedTold = false;
    connect();
    proceed();
  }

  /** Ends it; {@link Output#stopped} follows once the event log has answered all calls. */
  public void stop(long nowMs) {
    now = nowMs;
    stopping = true;
    RemoteStoppedException why = new RemoteStoppedException("the sync was stopped");
    endLink();
    if (session != null || state == RemoteState.CONNECTING) {
      drop();
      out.close(1000, "");
    }
    connectAtMs = NEVER;
    state = RemoteState.STOPPED;
    failSyncs(why);
    List<List<Done>> all = List.copyOf(waiters.values());
    waiters.clear();
    all.forEach(some -> some.forEach(one -> one.ended(why)));
    proceed();
  }

  /**
   * Gets everything over that is pending now, and everything that the hub has now. Connects at once if
   * there is no connection, also if it is stopped.
   *
   * @param timeoutMs when to fail, from now on; 0 = never
   */
  public void syncNow(long timeoutMs, Done done, long nowMs) {
    now = nowMs;
    if (stopping) {
      done.ended(new RemoteStoppedException("the sync was stopped"));
      return;
    }
    uploadsRefused = null;
    uploadAtMs = now;
    syncs.add(new Sync(last, marksBegun + 1, timeoutMs == 0 ? NEVER : now + timeoutMs, done));
    if (state == RemoteState.BACKOFF || state == RemoteState.STOPPED) {
      connect();
    } else if (subscribeAtMs != NEVER) {
      subscribeAtMs = now;
    }
    proceed();
  }

  /** Looks whether all has come, if there is a connection and nobody looks. */
  public void reconcile(long nowMs) {
    now = nowMs;
    if (state == RemoteState.LIVE && mark == Mark.NONE) {
      beginMark();
    }
    proceed();
  }

  /**
   * Waits until the remote has the entry at a position, or does not need it.
   *
   * @return stops waiting
   */
  public Runnable await(long position, Done done, long nowMs) {
    now = nowMs;
    Uploads known = uploads;
    if (stopping) {
      done.ended(new RemoteStoppedException("the sync was stopped"));
    } else if (known != null && known.isSettled(position)) {
      done.ended(
          known.isRefused(position)
              ? new EntryRefusedException(position, "it was refused before")
              : null);
    } else {
      waiters.computeIfAbsent(position, key -> new ArrayList<>()).add(done);
      return () -> {
        List<Done> some = waiters.get(position);
        if (some != null && some.remove(done) && some.isEmpty()) {
          waiters.remove(position);
        }
      };
    }
    return () -> {};
  }

  /**
   * Tries a refused entry once more.
   *
   * @return false if the entry at that position is not refused
   */
  public boolean retry(long position, long nowMs) {
    now = nowMs;
    Uploads known = uploads;
    if (known == null || !known.isRefused(position)) {
      return false;
    }
    out.loadEntry(position);
    proceed();
    return true;
  }

  /**
   * Lets a refused entry be: it is not to go to the remote.
   *
   * @return false if the entry at that position is not refused
   */
  public boolean discard(long position, long nowMs) {
    now = nowMs;
    Uploads known = uploads;
    if (known == null || !known.isRefused(position)) {
      return false;
    }
    known.discard(position);
    proceed();
    return true;
  }

  /** Who the hub said it is, last; null before it did, and while its progress is being looked up. */
  public @Nullable RemoteId remote() {
    return remote;
  }

  /** What of the remote the journal knows this under. */
  public String store() {
    return store;
  }

  /** Where it stands. */
  public SyncSnapshot snapshot() {
    Uploads known = uploads;
    String error = uploadsRefused != null
        ? "the hub takes no writes: " + uploadsRefused
        : connectionError != null ? connectionError : entryError;
    return new SyncSnapshot(
        state,
        session != null,
        remote,
        known == null ? 0 : known.held() + known.beyond(),
        known != null && !known.hasMore(),
        known == null ? 0 : known.refused(),
        Math.max(0, downloads.cursor() - 1),
        lastSyncAt,
        error,
        clockSkewMs,
        unreadable);
  }

  /** When {@link #onTick} is needed next, at the latest; {@code Long.MAX_VALUE} = never. */
  public long nextTickMs() {
    long next = Math.min(connectAtMs, helloDeadlineMs);
    next = Math.min(next, recordAtMs);
    for (Sync sync : syncs) {
      next = Math.min(next, sync.deadlineMs);
    }
    ClientSession open = session;
    if (open == null) {
      return next;
    }
    next = Math.min(next, Math.min(open.nextTickMs(), Math.min(subscribeAtMs, markAtMs)));
    if (mark == Mark.QUIET) {
      next = Math.min(next, quietFromMs + preset.quietMs);
    }
    if (uploadsRefused != null) {
      next = Math.min(next, Math.max(now + 1, uploadsRefusedUntilMs));
    } else if (uploadAtMs > now) {
      next = Math.min(next, uploadAtMs);
    }
    return loadAtMs > now ? Math.min(next, loadAtMs) : next;
  }

  // What happens

  /** Time has passed. */
  public void onTick(long nowMs) {
    now = nowMs;
    if (connectAtMs <= now) {
      connect();
    }
    if (helloDeadlineMs <= now) {
      lose(CloseCode.GOING_AWAY, "no Hello within " + options.helloTimeoutMs() + " ms", true);
    }
    ClientSession open = session;
    if (open != null) {
      open.tick(now);
      events(open);
    }
    if (session != null) {
      if (uploadsRefused != null && uploadsRefusedUntilMs <= now) {
        uploadsRefused = null;
      }
      if (subscribeAtMs <= now) {
        subscribe();
      }
      if (markAtMs <= now) {
        markAtMs = NEVER;
        if (mark == Mark.NONE) {
          beginMark();
        }
      }
      if (mark == Mark.QUIET && quietFromMs + preset.quietMs <= now) {
        reachedEnd();
      }
    }
    for (Sync sync : List.copyOf(syncs)) {
      if (sync.deadlineMs <= now) {
        syncs.remove(sync);
        String why = connectionError == null ? "" : ": " + connectionError;
        sync.done.ended(new RemoteUnavailableException("not in sync in time" + why));
      }
    }
    proceed();
  }

  /** The connection asked for is open. */
  public void onOpened(long nowMs) {
    now = nowMs;
    if (state != RemoteState.CONNECTING) {
      return;
    }
    state = RemoteState.AUTHENTICATING;
    session = new ClientSession(options.session(), now);
    openedMs = now;
    helloDeadlineMs = now + options.helloTimeoutMs();
    proceed();
  }

  /** The connection asked for could not be made. */
  public void onFailed(boolean unauthorized, String reason, long nowMs) {
    now = nowMs;
    if (state != RemoteState.CONNECTING) {
      return;
    }
    connectionError = reason;
    if (unauthorized) {
      state = RemoteState.STOPPED;
      logger.warn("{}: the hub refuses this replica, syncing stops: {}", name, reason);
      failSyncs(new RemoteStoppedException("the hub refuses this replica: " + reason));
    } else {
      backOff();
      failSyncs(new RemoteUnavailableException(reason));
    }
    proceed();
  }

  /** The connection is over. */
  public void onClosed(int code, String reason, long nowMs) {
    now = nowMs;
    if (session == null) {
      return;
    }
    lose(
        code,
        reason.isEmpty() ? "closed with " + code : "closed with " + code + ": " + reason,
        false);
    proceed();
  }

  /** A frame has come. */
  public void onFrame(byte[] frame, long nowMs) {
    now = nowMs;
    ClientSession open = session;
    if (open == null) {
      return;
    }
    open.receive(frame, now);
    events(open);
    proceed();
  }

  /** There is room in the connection again. */
  public void onDrained(long nowMs) {
    now = nowMs;
    proceed();
  }

  /** Entries were committed to the journal. */
  public void onPlaced(long before, List<Placed> placed, long nowMs) {
    now = nowMs;
    last = Math.max(last, placed.get(placed.size() - 1).position());
    Uploads known = uploads;
    if (known != null) {
      known.placed(before, placed, receiving == null ? Set.of() : receiving.ids());
    }
    proceed();
  }

  /** The progress with the remote that said hello, and what it refused. */
  public void onProgress(RemoteProgress progress, List<UploadMark> refused, long nowMs) {
    now = nowMs;
    loadingProgress = null;
    RemoteId who = progress.remote();
    if (!who.equals(greeted)) {
      // That connection is gone.
      greet();
    } else {
      remote = who;
      Uploads known = new Uploads(progress, refused, last, this::settled);
      uploads = known;
      recordedNext = progress.next();
      downloads.begin(progress.next() <= 1 ? preset.first : progress.next());
      recordedThrough = progress.uploaded();
      scanned = -1;
      begin();
    }
    proceed();
  }

  /** The progress could not be looked up. */
  public void onProgressFailed(String reason, long nowMs) {
    now = nowMs;
    loadingProgress = null;
    if (session != null) {
      lose(CloseCode.GOING_AWAY, "the journal can't be read: " + reason, true);
    }
    proceed();
  }

  /** What is pending from where it was asked for. */
  public void onPending(List<PlacedEntry> page, long nowMs) {
    now = nowMs;
    loading = false;
    Uploads known = uploads;
    if (known != null) {
      known.loaded(page, loadingReached);
    }
    greet();
    proceed();
  }

  /** What is pending could not be looked up. */
  public void onPendingFailed(String reason, long nowMs) {
    now = nowMs;
    loading = false;
    loadAtMs = now + LOAD_RETRY_MS;
    greet();
    logger.warn("{}: what is pending can't be read, tried again: {}", name, reason);
    proceed();
  }

  /** The refused entry asked for; empty if it is not there any more. */
  public void onEntry(long position, Optional<PlacedEntry> entry, long nowMs) {
    now = nowMs;
    Uploads known = uploads;
    if (known != null && known.isRefused(position)) {
      if (entry.isPresent()) {
        known.retry(entry.get());
      } else {
        known.discard(position);
      }
    }
    proceed();
  }

  /** The event log has taken what was handed to it; where each of it is. */
  public void onReceived(List<Long> positions, long nowMs) {
    now = nowMs;
    Downloads.Slice slice = receiving;
    receiving = null;
    if (slice != null) {
      downloads.applied(slice);
      recordedNext = Math.max(recordedNext, slice.next());
      Uploads known = uploads;
      if (known != null) {
        for (long position : positions) {
          if (position > 0) {
            known.known(position);
          }
        }
      }
    }
    greet();
    proceed();
  }

  /** What was to be recorded is. */
  public void onRecorded(long nowMs) {
    now = nowMs;
    recording = false;
    recordedThrough = recordingThrough;
    greet();
    proceed();
  }

  /** The event log is closed: nothing can be received or recorded any more. */
  public void onLogClosed(long nowMs) {
    now = nowMs;
    receiving = null;
    loading = false;
    recording = false;
    uploads = null;
    remote = null;
    stop(nowMs);
  }

  // The connection

  private void connect() {
    connectAtMs = NEVER;
    if (session == null && state != RemoteState.CONNECTING) {
      state = RemoteState.CONNECTING;
      out.connect();
    }
  }

  private void backOff() {
    state = RemoteState.BACKOFF;
    long delay = backoffMs(attempts++);
    connectAtMs = now + delay;
  }

  /** 100 ms, doubling to 5 s, of which a random half to all. */
  private long backoffMs(int failures) {
    long full = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS << Math.min(failures, 10));
    return full / 2 + random.nextLong(full / 2 + 1);
  }

  /** @param close whether it is ours to close it */
  private void lose(int code, String reason, boolean close) {
    connectionError = reason;
    boolean wasWriting = !batches.isEmpty();
    if (now - openedMs >= HEALTHY_MS) {
      attempts = 0;
    }
    if (wasWriting && !close && code == CloseCode.POLICY_VIOLATION) {
      refuseUploads(reason);
    } else if (wasWriting && blames(close ? 0 : code)) {
      blame(reason);
    }
    endLink();
    drop();
    if (close) {
      out.close(code, reason);
    }
    logger.info("{}: connection lost: {}", name, reason);
    backOff();
    RemoteUnavailableException why = new RemoteUnavailableException(reason);
    for (Sync sync : List.copyOf(syncs)) {
      if (++sync.losses > MAX_LOSSES) {
        syncs.remove(sync);
        sync.done.ended(why);
      }
    }
  }

  /** Whether a connection that ended so may have been ended by what was written. */
  private boolean blames(int code) {
    return preset != Preset.TRIBUTARY
        || code == CloseCode.UNSUPPORTED_DATA
        || code == CloseCode.INVALID_PAYLOAD
        || code == CloseCode.TOO_BIG;
  }

  private void blame(String reason) {
    Uploads known = Objects.requireNonNull(uploads);
    List<Item> items = new ArrayList<>();
    batches.values().forEach(batch -> items.addAll(batch.items));
    items.removeIf(Item::settled);
    if (items.size() == 1) {
      Item item = items.get(0);
      item.probes++;
      if (item.probes >= MAX_PROBES) {
        refuse(item, "the connection ended " + MAX_PROBES + " times with it: " + reason);
        return;
      }
    }
    items.forEach(known::suspect);
  }

  /** What was under way on the connection is not any more. */
  private void endLink() {
    Uploads known = uploads;
    if (known != null) {
      // In the order in which they are to wait again, refused ones the other way round.
      batches.values().forEach(batch -> known.putBack(batch.items));
      halves.forEach(known::putBack);
      condemned.forEach(one -> known.putBack(List.of(one.item)));
    }
    batches.clear();
    probing = false;
    halves.clear();
    condemned.clear();
    verdictWrite = -1;
    mark = Mark.NONE;
    markWrite = -1;
    markAtMs = NEVER;
    subscribed = false;
    subscribeAtMs = NEVER;
    writing = false;
    downloads.forget();
  }

  private void drop() {
    session = null;
    greeted = null;
    paused = false;
    helloDeadlineMs = NEVER;
  }

  private void events(ClientSession from) {
    ClientEvent event = from.pollEvent();
    while (event != null && session == from) {
      handle(event);
      event = from.pollEvent();
    }
  }

  private void handle(ClientEvent event) {
    if (event instanceof ClientEvent.Connected connected) {
      helloDeadlineMs = NEVER;
      state = RemoteState.SYNCING;
      loggedUnreadable = false;
      greeted = connected.remoteId();
      greet();
    } else if (event instanceof ClientEvent.Received changes) {
      quietFromMs = now;
      downloads.sealed(changes.entries());
    } else if (event instanceof ClientEvent.ReceivedUnencrypted changes) {
      quietFromMs = now;
      downloads.plain(changes.entries());
    } else if (event instanceof ClientEvent.Acked acked) {
      acked(acked);
    } else if (event instanceof ClientEvent.WriteRefused refused) {
      refused(refused);
    } else if (event instanceof ClientEvent.SubscriptionRefused refused) {
      subscriptionRefused(refused);
    } else if (event instanceof ClientEvent.Failed failed) {
      lose(failed.closeCode(), failed.reason(), true);
    }
  }

  /** Goes on with the remote that said hello, once nothing of an earlier connection is under way. */
  private void greet() {
    RemoteId who = greeted;
    if (who == null || receiving != null || loadingProgress != null || subscribed) {
      return;
    }
    if (who.equals(remote)) {
      begin();
    } else if (!loading && !recording) {
      remote = null;
      uploads = null;
      loadingProgress = who;
      out.loadProgress(who, store);
    }
  }

  private void begin() {
    if (!subscribed && subscribeAtMs == NEVER) {
      subscribeFailures = 0;
      subscribe();
    }
  }

  private void subscribe() {
    ClientSession open = session;
    if (open == null || subscribed) {
      return;
    }
    subscribeAtMs = NEVER;
    subscribed = true;
    open.subscribe(publicKey, options.unencrypted(), downloads.cursor());
    if (mark == Mark.NONE) {
      beginMark();
    }
    if (preset.quietMs == 0 && !options.unencrypted()) {
      writing = true;
    }
  }

  private void subscriptionRefused(ClientEvent.SubscriptionRefused refused) {
    subscribed = false;
    if (state == RemoteState.LIVE) {
      state = RemoteState.SYNCING;
    }
    SubscriptionRefusedException why =
        new SubscriptionRefusedException(refused.code(), refused.message());
    connectionError = why.getMessage();
    if (subscribeFailures == 0) {
      logger.warn("{}: {} of the key {}", name, connectionError, StoreKey.cut(publicKey));
    }
    subscribeAtMs = now + backoffMs(subscribeFailures++);
    if (refused.code() == ErrorCode.InvalidRequest) {
      // The key leads nowhere: each write would be refused as if it were the entry's fault.
      writing = false;
    }
    failSyncs(why);
  }

  // Whether all has come

  private void beginMark() {
    ClientSession open = session;
    if (open == null || !subscribed) {
      return;
    }
    marksBegun++;
    if (preset.quietMs > 0) {
      mark = Mark.QUIET;
      quietFromMs = now;
    } else {
      mark = Mark.SENT;
      markWrite = open.mark(publicKey, options.unencrypted());
    }
  }

  private void reachedEnd() {
    mark = Mark.APPLYING;
    markBarrier = downloads.received();
    if (subscribed) {
      writing = true;
    }
  }

  private void checkMark() {
    if (mark == Mark.APPLYING && subscribed && downloads.applied() >= markBarrier) {
      mark = Mark.NONE;
      marksDone = marksBegun;
      connectionError = null;
      subscribeFailures = 0;
      lastSyncAt = wall.millis();
      state = RemoteState.LIVE;
    } else if (mark == Mark.APPLYING && !subscribed) {
      mark = Mark.NONE;
    }
    if (mark == Mark.NONE && markAtMs == NEVER && session != null && subscribed) {
      for (Sync sync : syncs) {
        if (sync.mark > marksDone) {
          beginMark();
          return;
        }
      }
    }
  }

  // Uploads

  private void acked(ClientEvent.Acked acked) {
    if (acked.write() == markWrite) {
      markWrite = -1;
      reachedEnd();
      return;
    }
    if (acked.write() == verdictWrite) {
      verdict();
      return;
    }
    Batch batch = batches.remove(acked.write());
    if (batch == null) {
      return;
    }
    uploadFailures = 0;
    probing = probing && !batch.alone;
    Uploads known = Objects.requireNonNull(uploads);
    for (int i = 0; i < batch.items.size(); i++) {
      downloads.own(acked.sequences()[i]);
      known.acked(batch.items.get(i));
    }
  }

  private void refused(ClientEvent.WriteRefused refused) {
    if (refused.write() == markWrite) {
      markWrite = -1;
      mark = Mark.NONE;
      markAtMs = now + backoffMs(subscribeFailures++);
      if (subscribed) {
        // Else it says once more what the refused subscription has said.
        connectionError =
            "the hub refused a write of nothing with " + refused.code() + ": " + refused.message();
      }
      return;
    }
    if (refused.write() == verdictWrite) {
      // The key leads nowhere any more: it is not the entries' fault.
      verdictWrite = -1;
      Uploads known = Objects.requireNonNull(uploads);
      condemned.forEach(one -> known.putBack(List.of(one.item)));
      condemned.clear();
      connectionError = "the hub takes no writes at the moment: " + refused.message();
      uploadAtMs = now + backoffMs(uploadFailures++);
      return;
    }
    Batch batch = batches.remove(refused.write());
    if (batch == null) {
      return;
    }
    probing = probing && !batch.alone;
    Uploads known = Objects.requireNonNull(uploads);
    switch (refused.code()) {
      case Unauthorized -> {
        known.putBack(batch.items);
        refuseUploads(refused.message());
      }
      case InternalServerError -> {
        known.putBack(batch.items);
        connectionError = "the hub could not take a write: " + refused.message();
        if (uploadAtMs <= now) {
          uploadAtMs = now + backoffMs(uploadFailures++);
        }
      }
      case InvalidRequest -> {
        List<Item> items = batch.items;
        if (items.size() == 1) {
          condemned.add(new Condemned(items.get(0), refused.message()));
          askVerdict();
        } else {
          int half = items.size() / 2;
          halves.addFirst(items.subList(half, items.size()));
          halves.addFirst(items.subList(0, half));
        }
      }
    }
  }

  private void refuseUploads(String reason) {
    if (uploadsRefused == null) {
      logger.warn("{}: the hub takes no writes, uploads stop: {}", name, reason);
    }
    uploadsRefused = reason;
    uploadsRefusedUntilMs = now + UPLOADS_REFUSED_MS;
    failSyncs(new UploadsRefusedException("the hub takes no writes: " + reason));
  }

  /** Before an entry is blamed for a refusal, a write of nothing tells whether any write is taken. */
  private void askVerdict() {
    ClientSession open = session;
    if (open != null && verdictWrite < 0 && !condemned.isEmpty()) {
      verdictOver = condemned.size();
      verdictWrite = open.mark(publicKey, options.unencrypted());
    }
  }

  private void verdict() {
    verdictWrite = -1;
    for (int i = 0; i < verdictOver; i++) {
      Condemned one = condemned.remove();
      refuse(one.item, one.reason);
    }
    askVerdict();
  }

  private void refuse(Item item, String reason) {
    logger.warn(
        "{}: the hub refuses entry {} at position {}: {}",
        name,
        item.entry.id(),
        item.position,
        reason);
    entryError = "entry " + item.entry.id() + " is refused: " + reason;
    Objects.requireNonNull(uploads).refuse(item, reason);
  }

  private void upload(ClientSession open, Uploads known) {
    while (writing
        && uploadsRefused == null
        && uploadAtMs <= now
        && open.canWrite()
        && out.writable()) {
      if (!writeNext(open, known)) {
        return;
      }
      flush(open);
    }
  }

  /** Returns false if there is nothing to write now. */
  private boolean writeNext(ClientSession open, Uploads known) {
    if (probing) {
      return false;
    }
    Item suspect = known.suspect();
    if (suspect != null) {
      // Nobody else is to be blamed for what becomes of it.
      if (!batches.isEmpty() || !halves.isEmpty()) {
        return !halves.isEmpty() && write(open, known, halves.remove(), false);
      }
      known.take(suspect);
      return write(open, known, List.of(suspect), true);
    }
    List<Item> half = halves.poll();
    if (half != null) {
      return write(open, known, half, false);
    }
    List<Item> items = new ArrayList<>();
    long bytes = 0;
    int most = options.unencrypted() ? options.batchEntries() : 1;
    for (Item item = known.next(); item != null && items.size() < most; item = known.next()) {
      bytes += item.bytes;
      if (!items.isEmpty() && bytes > options.batchBytes()) {
        break;
      }
      known.take(item);
      items.add(item);
    }
    return !items.isEmpty() && write(open, known, items, false);
  }

  /** Writes what of these is to leave. Returns true: there may be more to write. */
  private boolean write(ClientSession open, Uploads known, List<Item> items, boolean alone) {
    List<Item> leaving = new ArrayList<>(items.size());
    List<Entry> entries = new ArrayList<>(items.size());
    for (Item item : items) {
      if (item.settled()) {
        continue;
      }
      Optional<Entry> entry = out.redacted(item.entry);
      if (entry.isPresent()) {
        leaving.add(item);
        entries.add(entry.get());
      } else {
        known.drop(item);
      }
    }
    if (leaving.isEmpty()) {
      return true;
    }
    long id;
    if (options.unencrypted()) {
      id = open.writeUnencrypted(
          publicKey, entries.stream().map(ClientMessage.PlainItem::of).toList());
    } else {
      SealedEntry sealed = cipher.seal(entries.get(0));
      id = open.write(
          publicKey,
          sealed.iv(),
          List.of(new ClientMessage.SealedItem(sealed.id().toBytes(), sealed.ciphertext())));
    }
    batches.put(id, new Batch(leaving, alone));
    probing = alone;
    return true;
  }

  private void settled(long position, @Nullable String refused) {
    List<Done> some = waiters.remove(position);
    if (some != null) {
      tell();
      EntryRefusedException why =
          refused == null ? null : new EntryRefusedException(position, refused);
      some.forEach(one -> one.ended(why));
    }
  }

  /** Those who wait for entries that turned out to be settled when the scan passed them. */
  private void checkWaiters() {
    Uploads known = uploads;
    if (known == null || known.scan() <= scanned) {
      return;
    }
    for (long position :
        List.copyOf(waiters.subMap(scanned, false, known.scan(), true).keySet())) {
      if (known.isSettled(position)) {
        settled(position, known.isRefused(position) ? "it was refused before" : null);
      }
    }
    scanned = known.scan();
  }

  // After every input

  private void proceed() {
    deliver();
    ClientSession open = session;
    Uploads known = uploads;
    RemoteId who = remote;
    if (known != null && who != null) {
      checkMark();
      if (open != null && greeted != null) {
        load(known, who);
        upload(open, known);
      }
      record(known, who);
    }
    if (open != null) {
      flush(open);
    }
    // First, so that who waited finds in the status what came of it.
    tell();
    checkSyncs();
    checkWaiters();
    if (stopping
        && !stoppedTold
        && receiving == null
        && !loading
        && !recording
        && loadingProgress == null) {
      stoppedTold = true;
      out.stopped();
    }
  }

  private void flush(ClientSession open) {
    while (session == open && out.writable()) {
      byte[] frame = open.pollFrame();
      if (frame == null) {
        return;
      }
      out.send(frame);
    }
  }

  /** Hands over what has come, and reads or doesn't. */
  private void deliver() {
    RemoteId who = remote;
    Uploads known = uploads;
    while (who != null
        && known != null
        && receiving == null
        && !stopping
        && known.unrecorded() < MAX_UNRECORDED) {
      Downloads.Slice slice = downloads.slice(options.sliceEntries(), options.sliceBytes());
      if (slice == null) {
        break;
      }
      look(slice);
      if (slice.arrivals().isEmpty()) {
        downloads.applied(slice);
      } else {
        receiving = slice;
        out.receive(who, store, slice.arrivals(), Math.max(1, slice.next()));
      }
    }
    ClientSession open = session;
    if (open == null) {
      return;
    }
    if (!paused && downloads.bytes() > options.undeliveredBytes()) {
      paused = true;
      open.pause();
      out.pause();
    } else if (paused && downloads.bytes() <= options.undeliveredBytes() / 2) {
      paused = false;
      open.resume(now);
      out.resume();
    }
  }

  private void look(Downloads.Slice slice) {
    if (slice.unreadable() > 0) {
      unreadable += slice.unreadable();
      entryError = "not readable, passed over: " + slice.problem();
      if (!loggedUnreadable) {
        loggedUnreadable = true;
        logger.warn("{}: an entry of the hub is {}", name, entryError);
      }
    }
    if (state == RemoteState.LIVE) {
      long time = wall.millis();
      for (Arrival arrival : slice.arrivals()) {
        if (arrival.entry().id().version() == 7) {
          long ahead = arrival.entry().id().millis() - time;
          if (clockSkewMs == null || ahead > clockSkewMs) {
            clockSkewMs = ahead;
          }
        }
      }
    }
  }

  private void load(Uploads known, RemoteId who) {
    if (loading
        || recording
        || stopping
        || loadAtMs > now
        || !known.hasMore()
        || known.unrecorded() >= MAX_UNRECORDED
        || known.waiting() > options.loadedEntries() / 2
        || known.waitingBytes() > options.loadedBytes() / 2) {
      return;
    }
    loading = true;
    loadingReached = known.last();
    out.loadPending(
        who,
        store,
        known.scan(),
        options.loadedEntries() - known.waiting(),
        options.loadedBytes() - known.waitingBytes());
  }

  /** One record is under way at a time; what comes meanwhile goes into the next. */
  private void record(Uploads known, RemoteId who) {
    boolean dirty = known.isDirty() || downloads.cursor() > Math.max(1, recordedNext);
    if (!dirty) {
      recordAtMs = NEVER;
      return;
    }
    if (loading || recording) {
      return;
    }
    boolean soon = stopping
        || preset != Preset.TRIBUTARY
        || !syncs.isEmpty()
        || known.unrecorded() >= RECORD_SOON;
    if (recordAtMs == NEVER) {
      recordAtMs = now + RECORD_DELAY_MS;
    }
    if (!soon && recordAtMs > now) {
      return;
    }
    recordAtMs = NEVER;
    recording = true;
    recordedNext = Math.max(recordedNext, downloads.cursor());
    Uploads.Report report = known.report();
    recordingThrough = report.uploaded();
    out.recordUploads(
        who,
        store,
        report.uploaded(),
        Math.max(1, recordedNext),
        report.marks(),
        report.unmarked());
  }

  private void checkSyncs() {
    if (uploads == null) {
      return;
    }
    for (Sync sync : List.copyOf(syncs)) {
      if (sync.mark <= marksDone && recordedThrough >= sync.through) {
        syncs.remove(sync);
        sync.done.ended(null);
      }
    }
  }

  private void failSyncs(SyncException why) {
    List<Sync> all = List.copyOf(syncs);
    syncs.clear();
    if (!all.isEmpty()) {
      tell();
    }
    all.forEach(sync -> sync.done.ended(why));
  }

  private void tell() {
    SyncSnapshot current = snapshot();
    SyncSnapshot before = told;
    boolean stateChanged = before == null || before.state() != current.state();
    if (!current.equals(before)) {
      told = current;
      out.changed(current, stateChanged);
    }
  }
}
