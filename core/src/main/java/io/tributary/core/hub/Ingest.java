package io.tributary.core.hub;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.StoreKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes writes in and gets them appended: per store one append is in flight, and what arrives
 * meanwhile goes into the next one together.
 *
 * <p>States of a store's queue: idle (not kept) &rarr; appending &rarr; idle, or on a failure &rarr;
 * waiting &rarr; appending with <em>the same ids again</em>. A write that the storage could not
 * decide within {@code writeRetry} of its arrival is given up, also while its append is in flight;
 * one that the storage refuses for good is found by appending the writes of its batch one by one,
 * and fails alone.
 *
 * <p>Sans-I/O: the owner carries appends to the storage and reports back; nothing here waits.
 */
public final class Ingest {
  private static final long BACKOFF_MIN_MS = 100;
  private static final long BACKOFF_MAX_MS = 2_000;
  private static final long SWEEP_MS = 1_000;

  /**
   * How much goes into one append, and for how long.
   *
   * @param maxRecords records in one append, except that a single write is never cut
   * @param maxBytes bytes in one append, with the same exception
   * @param writeRetryMs how long a write may stay undecided
   */
  public record Options(int maxRecords, long maxBytes, long writeRetryMs) {}

  /** What the owner does for it. */
  public interface Output {
    /** Appends; answered by {@link #onAppended} or {@link #onFailed} with the same batch. */
    void append(Batch batch);

    /** A write is settled. */
    void settled(Submission submission, Outcome outcome);

    /** A write's records are no longer held; with {@link #settled}, or later if it was given up. */
    void released(Submission submission);

    /** A store has grown. */
    void committed(Commit commit);

    /** An append failed and will be tried again. */
    void retrying(StoreKey store, int attempt, String reason);
  }

  /** Writes to one store that are appended together. */
  public static final class Batch {
    private final StoreKey store;
    private final List<Submission> submissions;
    private final List<Append> appends;

    private Batch(StoreKey store, List<Submission> submissions, long nowMs) {
      this.store = store;
      this.submissions = submissions;
      this.appends = new ArrayList<>(submissions.size());
      for (Submission submission : submissions) {
        appends.add(new Append(store, nowMs, submission.records()));
      }
    }

    /** The store it is for. */
    public StoreKey store() {
      return store;
    }

    /** What to hand to the storage. */
    public List<Append> appends() {
      return appends;
    }
  }

  private static final class Queue {
    final ArrayDeque<Pending> waiting = new ArrayDeque<>();

    @Nullable
    Batch inFlight;
    /** Deadlines of the batch in flight, in its order. */
    List<Pending> inFlightPending = List.of();

    /** How many of them, from the first, have been given up. */
    int givenUp;

    int attempts;
    long retryAtMs;

    /** How many writes still go one by one, looking for the one the storage refuses. */
    int singly;
  }

  /** @param doubtful whether an append of it may have been committed */
  private record Pending(Submission submission, long deadlineMs, boolean doubtful) {}

  private final Options options;
  private final Output out;
  private final Map<StoreKey, Queue> queues = new HashMap<>();
  private boolean stopped;
  private int appending;
  private int backingOff;
  private long sweptMs;

  /** An idle one. */
  public Ingest(Options options, Output out) {
    this.options = options;
    this.out = out;
  }

  /** Takes writes in, those for one store in their order. After {@link #stop} they stay undecided. */
  public void submit(List<Submission> submissions, long nowMs) {
    Set<StoreKey> idle = new LinkedHashSet<>();
    for (Submission submission : submissions) {
      Queue queue = queues.computeIfAbsent(submission.store(), store -> new Queue());
      queue.waiting.add(new Pending(submission, nowMs + options.writeRetryMs, false));
      if (queue.inFlight == null && queue.attempts == 0) {
        idle.add(submission.store());
      }
    }
    for (StoreKey store : idle) {
      Queue queue = queues.get(store);
      if (queue != null && queue.inFlight == null && queue.attempts == 0) {
        next(store, queue, nowMs);
      }
    }
  }

  /** The storage has committed {@code batch}; {@code results} has one per append of it. */
  public void onAppended(Batch batch, List<AppendResult> results, long nowMs) {
    Queue queue = landed(batch);
    queue.attempts = 0;
    List<StoredRecord> added = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      AppendResult result = results.get(i);
      Append append = batch.appends.get(i);
      for (int slot = 0; slot < result.slots().size(); slot++) {
        if (result.slots().get(slot).stored()) {
          added.add(new StoredRecord(
              result.slots().get(slot).sequences()[0],
              append.committedAt(),
              append.records().get(slot)));
        }
      }
    }
    // Also if nothing was new: it may be known from an earlier attempt whose outcome nobody heard.
    out.committed(new Commit(
        batch.store,
        results.get(0).previousHead(),
        results.get(results.size() - 1).head(),
        added));
    for (int i = 0; i < results.size(); i++) {
      Submission submission = batch.submissions.get(i);
      if (i < queue.givenUp) {
        out.released(submission);
      } else {
        settle(submission, new Outcome.Committed(sequences(results.get(i))));
      }
    }
    next(batch.store, queue, nowMs);
  }

  /**
   * The storage has not committed {@code batch}, or nobody knows whether it has.
   *
   * @param why what the storage says
   */
  public void onFailed(Batch batch, Outcome.Why why, String reason, long nowMs) {
    boolean rejected = why == Outcome.Why.REJECTED;
    Queue queue = landed(batch);
    List<Pending> all = queue.inFlightPending;
    all.subList(0, queue.givenUp).forEach(given -> out.released(given.submission));
    List<Pending> pending = all.subList(queue.givenUp, all.size());
    if (rejected && all.size() == 1) {
      queue.attempts = 0;
      pending.forEach(
          one -> settle(one.submission, new Outcome.Failed(Outcome.Why.REJECTED, reason)));
    } else {
      int again = putBack(queue, pending, why, reason);
      if (rejected) {
        queue.attempts = 0;
        queue.singly = Math.max(queue.singly, again);
      } else if (queue.waiting.isEmpty()) {
        queue.attempts = 0;
      } else {
        queue.attempts++;
        queue.retryAtMs = nowMs + backoffMs(queue.attempts);
        backingOff++;
        out.retrying(batch.store, queue.attempts, reason);
        expire(queue, reason, nowMs);
      }
    }
    queue.inFlightPending = List.of();
    queue.givenUp = 0;
    if (queue.attempts == 0) {
      next(batch.store, queue, nowMs);
    }
  }

  /** Returns how many of them are to be tried again; they are the first to wait then. */
  private int putBack(Queue queue, List<Pending> failed, Outcome.Why why, String reason) {
    int again = 0;
    for (int i = failed.size() - 1; i >= 0; i--) {
      Pending one = failed.get(i);
      boolean doubtful = one.doubtful || why == Outcome.Why.UNDECIDED;
      if (why == Outcome.Why.NOT_COMMITTED && !doubtful && !one.submission.patient()) {
        settle(one.submission, new Outcome.Failed(why, reason));
      } else {
        queue.waiting.addFirst(new Pending(one.submission, one.deadlineMs, doubtful));
        again++;
      }
    }
    return again;
  }

  /** Time has passed: gives up what is due, and tries again what has waited long enough. */
  public void onTick(long nowMs) {
    boolean sweep = nowMs - sweptMs >= SWEEP_MS;
    if (stopped || !(sweep || backingOff > 0)) {
      return;
    }
    if (sweep) {
      sweptMs = nowMs;
    }
    for (Map.Entry<StoreKey, Queue> entry : List.copyOf(queues.entrySet())) {
      Queue queue = entry.getValue();
      if (sweep && queue.inFlight != null) {
        giveUp(queue, nowMs);
      }
      if (queue.inFlight == null && queue.attempts > 0 && nowMs >= queue.retryAtMs) {
        backingOff--;
        next(entry.getKey(), queue, nowMs);
      }
    }
  }

  /** Whether {@link #onTick} has anything to do, now or later. */
  public boolean needsTicks() {
    return backingOff > 0 || appending > 0;
  }

  /** Begins no more appends; those in flight are still reported. */
  public void stop() {
    stopped = true;
  }

  /** Whether no append is in flight. */
  public boolean isIdle() {
    return appending == 0;
  }

  private Queue landed(Batch batch) {
    Queue queue = queues.get(batch.store);
    if (queue == null || queue.inFlight != batch) {
      throw new IllegalStateException("no such append is in flight: " + batch.store.abbreviated());
    }
    queue.inFlight = null;
    appending--;
    return queue;
  }

  private void next(StoreKey store, Queue queue, long nowMs) {
    if (queue.waiting.isEmpty()) {
      queues.remove(store);
      return;
    }
    if (stopped) {
      return;
    }
    List<Pending> pending = new ArrayList<>();
    List<Submission> submissions = new ArrayList<>();
    int records = 0;
    long bytes = 0;
    int most = queue.singly > 0 ? 1 : Integer.MAX_VALUE;
    while (!queue.waiting.isEmpty() && pending.size() < most) {
      Submission submission = queue.waiting.peek().submission;
      records += submission.records().size();
      bytes += submission.bytes();
      if (!pending.isEmpty() && (records > options.maxRecords || bytes > options.maxBytes)) {
        break;
      }
      pending.add(queue.waiting.remove());
      submissions.add(submission);
    }
    if (queue.singly > 0) {
      queue.singly--;
    }
    queue.inFlightPending = pending;
    queue.givenUp = 0;
    Batch batch = new Batch(store, submissions, nowMs);
    queue.inFlight = batch;
    appending++;
    out.append(batch);
  }

  /** The writes whose append doesn't end; it may still commit them, which feeds will be told. */
  private void giveUp(Queue queue, long nowMs) {
    String reason = "the storage does not answer";
    List<Pending> pending = queue.inFlightPending;
    while (queue.givenUp < pending.size() && pending.get(queue.givenUp).deadlineMs <= nowMs) {
      Submission given = pending.get(queue.givenUp++).submission;
      out.settled(
          given, new Outcome.Failed(Outcome.Why.UNDECIDED, "undecided for too long: " + reason));
    }
    expire(queue, reason, nowMs);
  }

  private void settle(Submission submission, Outcome outcome) {
    out.settled(submission, outcome);
    out.released(submission);
  }

  private void expire(Queue queue, String reason, long nowMs) {
    while (!queue.waiting.isEmpty() && queue.waiting.peek().deadlineMs <= nowMs) {
      Submission given = queue.waiting.remove().submission;
      settle(given, new Outcome.Failed(Outcome.Why.UNDECIDED, "undecided for too long: " + reason));
    }
  }

  private static long backoffMs(int attempts) {
    return Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS << Math.min(attempts - 1, 10));
  }

  private static long[] sequences(AppendResult result) {
    if (result.slots().size() == 1) {
      return result.slots().get(0).sequences();
    }
    int n = 0;
    for (AppendResult.Slot slot : result.slots()) {
      n += slot.sequences().length;
    }
    long[] all = new long[n];
    int at = 0;
    for (AppendResult.Slot slot : result.slots()) {
      System.arraycopy(slot.sequences(), 0, all, at, slot.sequences().length);
      at += slot.sequences().length;
    }
    return all;
  }
}
