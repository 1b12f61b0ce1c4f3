package io.tributary.core.processing;

import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Takes the entries of one store, in sequence order, through their handlers into a journal. Each gets
 * one recorded outcome: entry, outcome and progress are in one commit, and an id the journal knows is
 * passed over.
 *
 * <p>States of an entry: asking (whether the journal knows its id) &rarr; waiting &rarr; running
 * &rarr; finished &rarr; committed, and then let go of. One handler runs at a time, and only after a
 * commit has recorded that it may ({@link RemoteProgress#begun}); the next one starts while the
 * outcomes before it are being committed, and what finishes meanwhile goes into the next commit. An
 * invalidation is asked for when the commit of its outcome has succeeded.
 *
 * <p>After a sudden end the entries up to {@code begun} are taken through again with an attempt one
 * higher, all of them before any other, so that the attempt recorded is right for each.
 *
 * <p>Sans-I/O: the owner does what {@link Output} asks for and answers; a lookup or commit that fails
 * is the owner's to repeat, as it is, until it succeeds, or to {@link #end()} this. Everything that is
 * asked for may be answered within the call. Confined to its owner's thread.
 */
public final class EntryProcessor {
  private static final int MAX_REASON = 500;
  /** For how many entries ahead conflicts are looked up while a handler runs. */
  private static final int LOOKAHEAD = 4;

  private static final byte[] NO_PAYLOAD = new byte[0];

  /**
   * Bounds.
   *
   * @param maxEntries entries held at a time: offered and not yet committed; also requests of
   *     operators that wait
   * @param maxBytes bytes of them, though the last one may exceed it
   * @param maxConflicts conflicts looked up for one entry; of more, those with the smallest ids
   * @param keepPayload whether journal entries get the payload; without, the store's log keeps it
   */
  public record Options(int maxEntries, long maxBytes, int maxConflicts, boolean keepPayload) {
    /** What a hub uses. */
    public static final Options DEFAULT = new Options(256, 4L << 20, 1_000, false);

    /** Checks them. */
    public Options {
      if (maxEntries < 1 || maxBytes < 1 || maxConflicts < 1) {
        throw new IllegalArgumentException("an entry processor's bounds are at least 1");
      }
    }
  }

  /**
   * How much may be offered.
   *
   * @param entries 0 if nothing may
   * @param bytes by {@link Incoming#bytes}; one entry may exceed it
   */
  public record Room(int entries, long bytes) {}

  /** What the owner does for it. */
  public interface Output {
    /** Asks the journal for ids; answered by {@link #onKnown}. */
    void lookupKnown(KnownLookup lookup);

    /** Asks the journal for entries of a key; answered by {@link #onConflicts}. */
    void lookupConflicts(ConflictLookup lookup);

    /** Asks for an entry and what is known of it; answered by {@link #onFetched}. */
    void fetch(Fetch fetch);

    /** Calls a handler; answered by {@link #onHandled}. */
    void call(HandlerCall call);

    /** Commits to the journal; one at a time. Answered by {@link #onCommitted}. */
    void commit(JournalCommit commit);

    /** A handler failed, or its entry's payload can't be decoded: for the log. Not yet recorded. */
    void failed(HandledEntry entry, Throwable cause);

    /** Outcomes are recorded. */
    void recorded(List<EntryOutcome> outcomes);

    /** Handlers have succeeded, and that is recorded: {@link Reactivity#invalidate} these. */
    void invalidate(Map<String, Set<String>> keys);

    /** There is room again, half of it at least, after there was none. */
    void roomAgain();
  }

  /** Asks which ids the journal knows. */
  public static final class KnownLookup {
    private final List<Slot> slots;
    private final List<EntryId> ids;

    private KnownLookup(List<Slot> slots) {
      this.slots = slots;
      this.ids = slots.stream().map(slot -> slot.entry.id()).toList();
    }

    /** The ids, each once. */
    public List<EntryId> ids() {
      return ids;
    }
  }

  /** Asks for the entries of the journal that conflict with one. */
  public static final class ConflictLookup {
    private final Entry entry;
    private final int max;
    /** Those that come before it but may not be in the journal yet. */
    private final List<Entry> uncommitted;

    /** Whom it is for: one that is held, or else the job. */
    private final @Nullable Slot slot;

    private final @Nullable Job job;

    private ConflictLookup(
        Entry entry, int max, List<Entry> uncommitted, @Nullable Slot slot, @Nullable Job job) {
      this.entry = entry;
      this.max = max;
      this.uncommitted = uncommitted;
      this.slot = slot;
      this.job = job;
    }

    /** The event of the entries asked for. */
    public String event() {
      return entry.event();
    }

    /** The primary key of the entries asked for. */
    public String primaryKey() {
      return entry.primaryKey();
    }

    /** Only those whose ids are greater. */
    public EntryId above() {
      return entry.id();
    }

    /** At most this many, the smallest ids first. */
    public int max() {
      return max;
    }
  }

  /** Asks for one entry. */
  public static final class Fetch {
    private final Job job;

    private Fetch(Job job) {
      this.job = job;
    }

    /** Which. */
    public EntryId id() {
      return job.id;
    }
  }

  /** A handler to be called. */
  public static final class HandlerCall {
    private final RegisteredEvent<?> event;
    private final HandledEntry entry;
    private final List<Entry> conflicts;
    private boolean answered;

    private HandlerCall(RegisteredEvent<?> event, HandledEntry entry, List<Entry> conflicts) {
      this.event = event;
      this.entry = entry;
      this.conflicts = conflicts;
    }

    /** What it is called for. */
    public HandledEntry entry() {
      return entry;
    }

    /** Calls it, on this thread. Never throws; the future may complete on any thread. */
    public Future<Object> invoke() {
      return event.handle(entry, conflicts);
    }
  }

  private enum State {
    ASKING,
    WAITING,
    RUNNING,
    FINISHED
  }

  /** An entry that is held. */
  private static final class Slot {
    final long sequence;
    final Entry entry;
    final long bytes;
    State state = State.ASKING;
    /** Set when finished; null then if the journal knew it. */
    @Nullable
    EntryOutcome outcome;

    boolean conflictsAsked;

    @Nullable
    List<Entry> conflicts;

    Slot(Incoming incoming) {
      sequence = incoming.sequence();
      entry = incoming.entry();
      bytes = incoming.bytes();
    }
  }

  /** What an operator asks for. It has the machine for itself: nothing else runs or commits. */
  private static final class Job {
    final EntryId id;
    final boolean retry;
    final Promise<Optional<EntryOutcome>> promise = Promise.promise();

    @Nullable
    Entry entry;

    long sequence;
    /** As recorded so far. */
    @Nullable
    EntryOutcome outcome;
    /** What the commit in flight records last; null if it is only that there will be a call. */
    @Nullable
    EntryOutcome last;

    Job(EntryId id, boolean retry) {
      this.id = id;
      this.retry = retry;
    }
  }

  private final EventGroups groups;
  private final Reactivity reactivity;
  private final Options options;
  private final Output out;

  /** Held, in sequence order. */
  private final ArrayDeque<Slot> slots = new ArrayDeque<>();

  private final Map<EntryId, Slot> byId = new HashMap<>();
  private final ArrayDeque<Job> jobs = new ArrayDeque<>();
  private final ArrayDeque<Runnable> outputs = new ArrayDeque<>();
  private long bytesHeld;
  private boolean roomWanted;
  /** Everything below was offered. */
  private long offered;

  /** What is recorded, or is in the commit in flight. */
  private RemoteProgress progress;

  /** Up to here handlers may have been called in a former life, and how often; 0 if in none. */
  private final long inheritedBegun;

  private final int inheritedAttempt;
  /** Up to here handlers may be called: that is recorded. */
  private long begun;

  private @Nullable JournalCommit committing;
  /** How many slots, from the first, the commit in flight finishes, and what it makes of begun. */
  private int committingSlots;

  private long committingBegun;

  private @Nullable HandlerCall running;
  private @Nullable Slot runningSlot;
  private @Nullable Job job;
  /** How many commits there were while a job waited. */
  private int commitsWaited;

  private boolean pumping;
  private boolean changed;
  private boolean stopped;
  private boolean ended;
  private long now;

  /**
   * One that goes on from where the journal is.
   *
   * @param start the journal's progress with the store: its remote and store are those of every
   *     commit, and its {@code uploaded} is left as it is
   */
  public EntryProcessor(
      RemoteProgress start,
      EventGroups groups,
      Reactivity reactivity,
      Options options,
      Output out) {
    this.groups = groups;
    this.reactivity = reactivity;
    this.options = options;
    this.out = out;
    progress = start;
    offered = start.next();
    boolean inFlight = start.begun() >= start.next();
    inheritedBegun = inFlight ? start.begun() : 0;
    inheritedAttempt = inFlight ? Math.max(1, start.attempt()) : 0;
    begun = start.next() - 1;
  }

  /** The sequence to be offered next. */
  public long next() {
    return offered;
  }

  /** How much may be offered now. */
  public Room room() {
    int entries = options.maxEntries - slots.size();
    long bytes = options.maxBytes - bytesHeld;
    boolean none = entries <= 0 || bytes <= 0 || stopped || ended;
    return none ? new Room(0, 0) : new Room(entries, bytes);
  }

  /** What is recorded, or being recorded, of how far it is. */
  public RemoteProgress progress() {
    return progress;
  }

  /**
   * Takes in what comes next in the store.
   *
   * @param entries in sequence order, from {@link #next()} on; no more to be processed than there is
   *     {@link #room}
   * @param next everything below is among them, or is not there any more, or is nothing for a journal
   * @param nowMs Unix milliseconds
   * @throws IllegalArgumentException if they are out of order or too many
   */
  public void offer(List<Incoming> entries, long next, long nowMs) {
    if (ended || stopped) {
      return;
    }
    long above = offered - 1;
    int wanted = 0;
    for (Incoming incoming : entries) {
      if (incoming.sequence() <= above || incoming.sequence() >= next) {
        throw new IllegalArgumentException("sequence " + incoming.sequence() + " is out of order");
      }
      above = incoming.sequence();
      wanted += incoming.process() ? 1 : 0;
    }
    if (next < offered || wanted > options.maxEntries - slots.size()) {
      throw new IllegalArgumentException("that is more than there is room for, or was offered");
    }
    offered = next;
    List<Slot> asking = new ArrayList<>();
    for (Incoming incoming : entries) {
      // One that is held here already is its duplicate, whatever the journal would say by now.
      if (incoming.process() && !byId.containsKey(incoming.entry().id())) {
        Slot slot = new Slot(incoming);
        slots.add(slot);
        byId.put(slot.entry.id(), slot);
        bytesHeld += slot.bytes;
        asking.add(slot);
      }
    }
    if (!asking.isEmpty()) {
      KnownLookup lookup = new KnownLookup(List.copyOf(asking));
      outputs.add(() -> out.lookupKnown(lookup));
    }
    roomWanted = room().entries() == 0;
    pump(nowMs);
  }

  /** What the journal knows of the ids asked for; those it doesn't know are not in the answer. */
  public void onKnown(KnownLookup lookup, Map<EntryId, KnownEntry> known, long nowMs) {
    now = Math.max(now, nowMs);
    for (Slot slot : lookup.slots) {
      if (known.containsKey(slot.entry.id())) {
        slot.state = State.FINISHED;
      } else if (handlerOf(slot.entry).isPresent()) {
        slot.state = State.WAITING;
      } else {
        slot.state = State.FINISHED;
        slot.outcome = new EntryOutcome(
            slot.entry.id(), EntryOutcome.State.UNHANDLED, attempt(slot) - 1, now, null);
      }
    }
    pump(nowMs);
  }

  /**
   * The entries asked for, with their payloads: on a hub, as the store's log has them. Those that are
   * not there any more are left out.
   */
  public void onConflicts(ConflictLookup lookup, List<Entry> found, long nowMs) {
    Map<EntryId, Entry> all = new TreeMap<>();
    lookup.uncommitted.forEach(entry -> all.put(entry.id(), entry));
    found.forEach(entry -> all.put(entry.id(), entry));
    List<Entry> conflicts = all.values().stream().limit(lookup.max).toList();
    Slot slot = lookup.slot;
    if (slot != null) {
      slot.conflicts = conflicts;
    } else if (job != null && job == lookup.job && running == null) {
      call(job, conflicts);
    }
    pump(nowMs);
  }

  /**
   * A handler has ended, or the owner won't wait for it any longer. Only the first answer to a call
   * counts.
   *
   * @param result what {@link HandlerCall#invoke} gave, completed, or a failure of the owner's
   */
  public void onHandled(HandlerCall call, Future<?> result, long nowMs) {
    if (call.answered || running != call) {
      return;
    }
    call.answered = true;
    running = null;
    now = Math.max(now, nowMs);
    EntryOutcome outcome;
    EntryId id = call.entry.entry().id();
    if (result.succeeded()) {
      outcome = new EntryOutcome(id, EntryOutcome.State.HANDLED, call.entry.attempt(), now, null);
    } else {
      Throwable cause = result.cause();
      outcome =
          new EntryOutcome(id, EntryOutcome.State.FAILED, call.entry.attempt(), now, reason(cause));
      outputs.add(() -> out.failed(call.entry, cause));
    }
    if (runningSlot != null) {
      runningSlot.outcome = outcome;
      runningSlot.state = State.FINISHED;
      runningSlot = null;
    } else if (job != null) {
      job.last = outcome;
      commit(outcome);
    }
    pump(nowMs);
  }

  /** The commit in flight has succeeded. */
  // It is about this very commit, not about one that says the same.
  @SuppressWarnings("ReferenceEquality")
  public void onCommitted(JournalCommit commit, long nowMs) {
    if (ended) {
      return;
    }
    if (committing != commit) {
      throw new IllegalStateException("no such commit is in flight");
    }
    committing = null;
    if (job != null) {
      jobCommitted(job);
    } else {
      begun = committingBegun;
      commitsWaited += jobs.isEmpty() ? 0 : 1;
      slotsCommitted(commit.outcomes());
    }
    pump(nowMs);
  }

  /**
   * Handles an entry again whose outcome is {@code FAILED} or {@code UNHANDLED}: as soon as what runs
   * is done and recorded, and before anything else.
   *
   * @return the new outcome, when it is recorded; empty if the journal knows of no such outcome, or
   *     the entry is gone, or there is still no handler for it. Fails with {@link
   *     IllegalStateException} if this ends before, or too many are waiting
   */
  public Future<Optional<EntryOutcome>> retry(EntryId id, long nowMs) {
    return enqueue(new Job(id, true), nowMs);
  }

  /**
   * Lets an entry be whose outcome is {@code FAILED} or {@code UNHANDLED}; otherwise as {@link #retry}.
   */
  public Future<Optional<EntryOutcome>> discard(EntryId id, long nowMs) {
    return enqueue(new Job(id, false), nowMs);
  }

  private Future<Optional<EntryOutcome>> enqueue(Job asked, long nowMs) {
    if (ended || stopped) {
      return Future.failedFuture(new IllegalStateException("processing has ended"));
    }
    if (jobs.size() >= options.maxEntries) {
      return Future.failedFuture(new IllegalStateException("too many requests are waiting"));
    }
    jobs.add(asked);
    pump(nowMs);
    return asked.promise.future();
  }

  /**
   * An entry that was asked for.
   *
   * @param entry as in its store, if it is there
   * @param sequence its sequence there
   * @param outcome what the journal has recorded of it, if anything
   */
  public void onFetched(
      Fetch fetch,
      Optional<Entry> entry,
      long sequence,
      Optional<EntryOutcome> outcome,
      long nowMs) {
    Job asked = fetch.job;
    if (ended || asked != job) {
      return;
    }
    now = Math.max(now, nowMs);
    boolean open = outcome.isPresent()
        && (outcome.get().state() == EntryOutcome.State.FAILED
            || outcome.get().state() == EntryOutcome.State.UNHANDLED);
    if (!open) {
      settle(asked, Optional.empty());
    } else if (!asked.retry) {
      EntryOutcome before = outcome.get();
      asked.last = new EntryOutcome(
          asked.id, EntryOutcome.State.DISCARDED, before.attempts(), now, before.reason());
      commit(asked.last);
    } else if (entry.isEmpty() || handlerOf(entry.get()).isEmpty()) {
      settle(asked, Optional.empty());
    } else {
      // Recorded before the call, like begun.
      EntryOutcome before = outcome.get();
      asked.entry = entry.get();
      asked.sequence = sequence;
      asked.outcome = new EntryOutcome(
          asked.id, before.state(), before.attempts() + 1, before.at(), before.reason());
      commit(asked.outcome);
    }
    pump(nowMs);
  }

  /**
   * Begins nothing more. What runs is still recorded, and that those entries that were to be begun
   * were not; then it {@link #isIdle}.
   */
  public void stop(long nowMs) {
    stopped = true;
    failJobs();
    pump(nowMs);
  }

  /** Ends at once: nothing more is asked for, answers are ignored. What is in flight stays so. */
  public void end() {
    ended = true;
    outputs.clear();
    slots.clear();
    byId.clear();
    bytesHeld = 0;
    failJobs();
    Job asked = job;
    job = null;
    if (asked != null) {
      fail(asked);
    }
  }

  /** Whether no handler runs and all that has finished is recorded. */
  public boolean isIdle() {
    return ended || (running == null && job == null && committing == null && !hasToCommit());
  }

  private void failJobs() {
    for (Job waiting = jobs.poll(); waiting != null; waiting = jobs.poll()) {
      fail(waiting);
    }
  }

  private static void fail(Job asked) {
    asked.promise.tryFail(new IllegalStateException("processing has ended"));
  }

  /** Does all that can be done; calls out only when its own state is settled. */
  private void pump(long nowMs) {
    now = Math.max(now, nowMs);
    changed = true;
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      while (!ended && (changed || !outputs.isEmpty())) {
        if (changed) {
          changed = false;
          advance();
        }
        Runnable output = outputs.poll();
        if (output != null) {
          output.run();
        }
      }
    } finally {
      pumping = false;
    }
  }

  private void advance() {
    if (job == null && running == null && committing == null) {
      beginJob();
    }
    if (job != null) {
      return;
    }
    if (!stopped) {
      lookUpConflicts();
    }
    // First the commit: it is under way while the handler works.
    if (committing == null && hasToCommit()) {
      commitSlots();
    }
    if (running == null && jobs.isEmpty() && !stopped) {
      callNext();
    }
  }

  private void beginJob() {
    Job next = jobs.peek();
    if (next == null) {
      return;
    }
    // What ran is to be recorded first; but not all that goes on arriving and is not run.
    Slot head = slots.peek();
    if (head != null && head.state == State.FINISHED) {
      Slot held = byId.get(next.id);
      Slot first = firstUnfinished();
      boolean itself = held != null && (first == null || held.sequence < first.sequence);
      if (itself || commitsWaited < 2) {
        return;
      }
    }
    commitsWaited = 0;
    job = jobs.remove();
    Fetch fetch = new Fetch(next);
    outputs.add(() -> out.fetch(fetch));
  }

  private void lookUpConflicts() {
    int ahead = 0;
    for (Slot slot : slots) {
      if (slot.state == State.ASKING || ahead == LOOKAHEAD) {
        return;
      }
      if (slot.state != State.WAITING) {
        continue;
      }
      ahead++;
      if (slot.conflictsAsked) {
        continue;
      }
      slot.conflictsAsked = true;
      if (neverConflicts(slot.entry)) {
        slot.conflicts = List.of();
      } else {
        askConflicts(slot.entry, slot);
      }
    }
  }

  /** For a slot, counts what is held before it; for a job, what is held and has finished. */
  private void askConflicts(Entry entry, @Nullable Slot slot) {
    List<Entry> uncommitted = new ArrayList<>();
    for (Slot other : slots) {
      if (other == slot) {
        break;
      }
      boolean known = other.state == State.FINISHED && other.outcome == null;
      boolean counts = slot == null ? other.outcome != null : !known;
      if (counts
          && other.entry.id().compareTo(entry.id()) > 0
          && other.entry.event().equals(entry.event())
          && other.entry.primaryKey().equals(entry.primaryKey())) {
        uncommitted.add(other.entry);
      }
    }
    ConflictLookup lookup = new ConflictLookup(
        entry, options.maxConflicts, uncommitted, slot, slot == null ? job : null);
    outputs.add(() -> out.lookupConflicts(lookup));
  }

  private void callNext() {
    Slot slot = firstUnfinished();
    if (slot == null
        || slot.state != State.WAITING
        || slot.conflicts == null
        || slot.sequence > begun) {
      return;
    }
    slot.state = State.RUNNING;
    runningSlot = slot;
    call(slot.entry, attempt(slot), slot.sequence, slot.conflicts);
    slot.conflicts = List.of();
  }

  private void call(Entry entry, int attempt, long sequence, List<Entry> conflicts) {
    HandlerCall call = new HandlerCall(
        handlerOf(entry).orElseThrow(),
        new HandledEntry(entry, attempt, progress.store(), sequence),
        conflicts);
    running = call;
    outputs.add(() -> out.call(call));
  }

  private @Nullable Slot firstUnfinished() {
    for (Slot slot : slots) {
      if (slot.state != State.FINISHED) {
        return slot;
      }
    }
    return null;
  }

  private int attempt(Slot slot) {
    return slot.sequence <= inheritedBegun ? inheritedAttempt + 1 : 1;
  }

  private boolean hasToCommit() {
    Slot first = slots.peek();
    if (first != null && first.state == State.FINISHED) {
      return true;
    }
    RemoteProgress then = nextProgress();
    if (then.next() > progress.next()) {
      return true;
    }
    if (running != null) {
      return false;
    }
    return stopped
        ? !then.equals(progress)
        : first != null && first.state == State.WAITING && first.sequence > begun;
  }

  /** The progress as a commit would record it now. */
  private RemoteProgress nextProgress() {
    Slot first = firstUnfinished();
    long next = first == null ? offered : first.sequence;
    boolean unbegin = stopped && running == null;
    if (next <= inheritedBegun) {
      boolean again = begun >= next || (first != null && first.state == State.WAITING);
      return progress(
          next, inheritedBegun, again && !unbegin ? inheritedAttempt + 1 : inheritedAttempt);
    }
    long to = next - 1;
    if (!unbegin) {
      to = Math.max(to, begun);
      if (!stopped) {
        for (Slot slot : slots) {
          if (slot.state == State.ASKING) {
            break;
          }
          if (slot.state == State.WAITING) {
            to = Math.max(to, slot.sequence);
          }
        }
      }
    }
    return progress(next, to, to >= next ? 1 : 0);
  }

  private RemoteProgress progress(long next, long upTo, int attempt) {
    return new RemoteProgress(
        progress.remote(), progress.store(), next, upTo, attempt, progress.uploaded());
  }

  private void commitSlots() {
    List<JournalEntry> entries = new ArrayList<>();
    List<EntryOutcome> outcomes = new ArrayList<>();
    int count = 0;
    for (Slot slot : slots) {
      if (slot.state != State.FINISHED) {
        break;
      }
      count++;
      if (slot.outcome != null) {
        entries.add(journaled(slot));
        outcomes.add(slot.outcome);
      }
    }
    progress = nextProgress();
    committingSlots = count;
    boolean calls = progress.begun() > inheritedBegun || progress.attempt() > inheritedAttempt;
    committingBegun = calls ? progress.begun() : begun;
    send(JournalCommit.received(entries, outcomes, progress));
  }

  private JournalEntry journaled(Slot slot) {
    Entry entry = slot.entry;
    return new JournalEntry(
        entry.id(),
        entry.event().getBytes(StandardCharsets.UTF_8),
        entry.primaryKey().getBytes(StandardCharsets.UTF_8),
        options.keepPayload ? entry.payload() : NO_PAYLOAD,
        slot.sequence);
  }

  private void commit(EntryOutcome outcome) {
    send(JournalCommit.outcomes(List.of(outcome)));
  }

  private void send(JournalCommit commit) {
    committing = commit;
    outputs.add(() -> out.commit(commit));
  }

  private void slotsCommitted(List<EntryOutcome> outcomes) {
    List<Entry> handled = new ArrayList<>();
    for (int i = 0; i < committingSlots; i++) {
      Slot slot = slots.remove();
      byId.remove(slot.entry.id());
      bytesHeld -= slot.bytes;
      if (slot.outcome != null && slot.outcome.state() == EntryOutcome.State.HANDLED) {
        handled.add(slot.entry);
      }
    }
    committingSlots = 0;
    recorded(outcomes, handled);
    Room room = room();
    if (roomWanted
        && room.entries() >= Math.max(1, options.maxEntries / 2)
        && room.bytes() >= options.maxBytes / 2) {
      roomWanted = false;
      outputs.add(out::roomAgain);
    }
  }

  private void recorded(List<EntryOutcome> outcomes, List<Entry> handled) {
    if (!outcomes.isEmpty()) {
      outputs.add(() -> out.recorded(outcomes));
    }
    Map<String, Set<String>> keys = reactivity.invalidations(handled);
    if (!keys.isEmpty()) {
      outputs.add(() -> out.invalidate(keys));
    }
  }

  private void jobCommitted(Job asked) {
    EntryOutcome last = asked.last;
    Entry entry = asked.entry;
    if (last != null) {
      boolean handled = entry != null && last.state() == EntryOutcome.State.HANDLED;
      recorded(List.of(last), handled ? List.of(entry) : List.of());
      settle(asked, Optional.of(last));
    } else if (entry != null) {
      if (neverConflicts(entry)) {
        call(asked, List.of());
      } else {
        askConflicts(entry, null);
      }
    }
  }

  private void call(Job asked, List<Entry> conflicts) {
    Entry entry = asked.entry;
    EntryOutcome outcome = asked.outcome;
    if (entry != null && outcome != null) {
      call(entry, outcome.attempts(), asked.sequence, conflicts);
    }
  }

  private void settle(Job asked, Optional<EntryOutcome> outcome) {
    job = null;
    outputs.add(() -> asked.promise.tryComplete(outcome));
  }

  private Optional<RegisteredEvent<?>> handlerOf(Entry entry) {
    return groups.find(entry.event()).filter(event -> event.handler().isPresent());
  }

  private boolean neverConflicts(Entry entry) {
    return groups.find(entry.event()).map(event -> event.group().appendOnly()).orElse(true);
  }

  /** Fit for every storage: no control characters, no broken surrogates, and not long. */
  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    String whole = cause.getClass().getName() + (message == null ? "" : ": " + message);
    StringBuilder reason = new StringBuilder();
    for (int i = 0; i < whole.length() && reason.length() < MAX_REASON; ) {
      int c = whole.codePointAt(i);
      i += Character.charCount(c);
      boolean broken = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
      if (reason.length() + Character.charCount(c) > MAX_REASON) {
        break;
      }
      reason.appendCodePoint(broken || Character.isISOControl(c) ? ' ' : c);
    }
    return reason.toString();
  }
}
