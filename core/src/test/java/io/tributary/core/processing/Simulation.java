package io.tributary.core.processing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.eventlog.Conflict;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** One store's log, a journal, and an owner that does everything in a random order. */
final class Simulation implements EntryProcessor.Output {
  private static final RemoteId REMOTE = new RemoteId(1, 2);
  private static final String STORE = "t/plain:s";
  private static final byte[] BROKEN = {(byte) 0xc1};

  /** How a handler does. */
  private enum Script {
    SUCCEEDS,
    FAILS,
    THROWS,
    NULL
  }

  private final Random random;
  private final boolean crashing;
  private final List<Incoming> log = new ArrayList<>();
  private final long end;
  private final EventGroups groups;
  private final Reactivity reactivity = new Reactivity();
  private final EntryProcessor.Options options;

  // The journal: what survives.
  private final Map<EntryId, JournalEntry> entries = new LinkedHashMap<>();
  private final Set<EntryId> removed = new HashSet<>();
  private final Map<EntryId, EntryOutcome> outcomes = new HashMap<>();
  private RemoteProgress progress = RemoteProgress.none(REMOTE, STORE);

  // What is under way in this life.
  private EntryProcessor machine;

  private final List<Runnable> pending = new ArrayList<>();
  private JournalCommit inFlight;
  private boolean running;
  private long lastCalled;
  private boolean retrying;
  private boolean roomAwaited;
  /** Whether it offers nothing between running out of room and being told that there is some. */
  private final boolean polite;

  // What is known from outside.
  private final Map<EntryId, Incoming> expected = new LinkedHashMap<>();
  private final Map<EntryId, Integer> lastAttempt = new HashMap<>();
  private final Set<EntryId> heldAtACrash = new HashSet<>();
  private final Set<EntryId> invalidated = new HashSet<>();
  private final Set<EntryId> due = new HashSet<>();
  private final Set<EntryId> retried = new HashSet<>();
  private final Map<EntryId, JournalEntry> preloaded = new HashMap<>();
  final Set<EntryId> lost = new HashSet<>();
  int crashes;
  int repeatedCalls;
  int jobsDone;
  int conflictsSeen;
  private int asked;
  private int answered;
  private long now = 1_000;

  Simulation(long seed, boolean crashing) {
    random = new Random(seed);
    this.crashing = crashing;
    options = new EntryProcessor.Options(
        1 + random.nextInt(8), random.nextBoolean() ? 1 << 20 : 300, 1_000, random.nextBoolean());
    polite = random.nextBoolean();
    EventDefinition<JsonObject> kept = definition("kept");
    EventDefinition<JsonObject> chat = definition("chat");
    groups = EventGroups.builder()
        .group(EventGroup.named("g").event(kept).event(definition("idle")).build())
        .group(EventGroup.named("c").event(chat).appendOnly().build())
        .handle(kept, this::handle)
        .handle(chat, this::handle)
        .build();
    reactivity.register(Map.of("kept", List.of("k1", "k2"), "chat", List.of("k2")));
    long sequence = 1;
    int n = 1 + random.nextInt(25);
    for (int i = 0; i < n; i++) {
      sequence += random.nextInt(8) == 0 ? 1 + random.nextInt(3) : 0;
      log.add(new Incoming(sequence++, entry(), random.nextInt(6) > 0));
    }
    end = sequence + random.nextInt(2);
    preload();
    for (Incoming incoming : log) {
      EntryId id = incoming.entry().id();
      if (incoming.process() && !entries.containsKey(id) && !removed.contains(id)) {
        expected.putIfAbsent(id, incoming);
      }
    }
    revive();
  }

  private static EventDefinition<JsonObject> definition(String tag) {
    return EventDefinition.of(tag, PayloadCodec.json(), payload -> "");
  }

  private Entry entry() {
    if (!log.isEmpty() && random.nextInt(12) == 0) {
      return log.get(random.nextInt(log.size())).entry();
    }
    String event =
        List.of("kept", "kept", "kept", "chat", "idle", "strange").get(random.nextInt(6));
    byte[] payload = random.nextInt(9) == 0
        ? BROKEN
        : PayloadCodec.json()
            .encode(new JsonObject()
                .put("does", Script.values()[random.nextInt(3) == 0 ? random.nextInt(4) : 0].name())
                .put("pad", "x".repeat(random.nextInt(60))));
    return new Entry(
        new EntryId(random.nextLong(), random.nextLong()), event, "p" + random.nextInt(3), payload);
  }

  private void preload() {
    for (Incoming incoming : log) {
      int what = random.nextInt(20);
      if (what == 0) {
        removed.add(incoming.entry().id());
      } else if (what == 1 && incoming.process()) {
        JournalEntry known = journaled(incoming.entry(), 0);
        entries.put(known.id(), known);
        preloaded.put(known.id(), known);
      }
    }
    for (int i = 0; i < 2; i++) {
      JournalEntry other = journaled(
          new Entry(
              new EntryId(random.nextLong(), i),
              "kept",
              "p0",
              PayloadCodec.json().encode(new JsonObject())),
          0);
      entries.put(other.id(), other);
      preloaded.put(other.id(), other);
    }
    removed.forEach(entries::remove);
    removed.forEach(preloaded::remove);
  }

  private static JournalEntry journaled(Entry entry, long sequence) {
    return new JournalEntry(
        entry.id(),
        entry.event().getBytes(StandardCharsets.UTF_8),
        entry.primaryKey().getBytes(StandardCharsets.UTF_8),
        entry.payload(),
        sequence);
  }

  void run() {
    int budget = 5_000;
    double crash = crashing ? 0.004 + random.nextDouble() * 0.06 : 0;
    while (budget-- > 0) {
      now += random.nextInt(3);
      if (budget < 3_000) {
        crash = 0;
      }
      if (random.nextDouble() < crash) {
        crash();
      } else if (random.nextInt(60) == 0 && budget > 3_000) {
        stop();
      } else if (random.nextInt(25) == 0 && budget > 3_000) {
        ask();
      } else if (!canOffer() && pending.isEmpty()) {
        break;
      } else if (canOffer() && (pending.isEmpty() || random.nextInt(3) == 0)) {
        offer();
      } else {
        pending.remove(random.nextInt(pending.size())).run();
      }
      check();
    }
    assertThat(pending).isEmpty();
    assertThat(machine.isIdle()).isTrue();
    assertThat(roomAwaited).isFalse();
    assertThat(answered).isEqualTo(asked);
    checkEnd();
  }

  private boolean canOffer() {
    return machine.next() < end && machine.room().entries() > 0 && !(polite && roomAwaited);
  }

  private void offer() {
    EntryProcessor.Room room = machine.room();
    List<Incoming> page = new ArrayList<>();
    long next = machine.next();
    int most = 1 + random.nextInt(room.entries());
    long bytes = 0;
    for (Incoming incoming : log) {
      if (incoming.sequence() >= machine.next()) {
        bytes += incoming.bytes();
        if (page.size() == most || (!page.isEmpty() && bytes > room.bytes())) {
          break;
        }
        page.add(incoming);
        next = incoming.sequence() + 1;
      }
    }
    boolean last = page.isEmpty() || page.get(page.size() - 1).equals(log.get(log.size() - 1));
    machine.offer(page, last ? end : next, now);
    roomAwaited = false;
  }

  private void revive() {
    pending.clear();
    inFlight = null;
    running = false;
    retrying = false;
    lastCalled = 0;
    roomAwaited = false;
    asked = 0;
    answered = 0;
    machine = new EntryProcessor(progress, groups, reactivity, options, this);
  }

  private void crash() {
    crashes++;
    if (inFlight != null && random.nextBoolean()) {
      apply(inFlight);
    }
    for (Incoming incoming : log) {
      if (incoming.sequence() < machine.next()) {
        heldAtACrash.add(incoming.entry().id());
      }
    }
    lost.addAll(handled());
    lost.removeAll(invalidated);
    revive();
  }

  private void stop() {
    machine.stop(now);
    while (!machine.isIdle()) {
      assertThat(pending).isNotEmpty();
      pending.remove(random.nextInt(pending.size())).run();
      check();
    }
    for (Incoming incoming : log) {
      if (incoming.sequence() >= progress.next() && incoming.sequence() <= progress.begun()) {
        assertThat(heldAtACrash).contains(incoming.entry().id());
      }
    }
    revive();
  }

  private void ask() {
    EntryId id = log.get(random.nextInt(log.size())).entry().id();
    boolean retry = random.nextBoolean();
    asked++;
    Future<Optional<EntryOutcome>> answer =
        retry ? machine.retry(id, now) : machine.discard(id, now);
    if (answer.failed()) {
      // as many wait as may
      asked--;
      return;
    }
    answer.onSuccess(outcome -> {
      answered++;
      outcome.ifPresent(done -> {
        jobsDone++;
        assertThat(outcomes.get(id)).isEqualTo(done);
        assertThat(done.state() == State.DISCARDED).isEqualTo(!retry);
      });
    });
  }

  @Override
  public void lookupKnown(EntryProcessor.KnownLookup lookup) {
    assertThat(lookup.ids()).isNotEmpty().doesNotHaveDuplicates();
    pending.add(() -> {
      Map<EntryId, KnownEntry> known = new HashMap<>();
      for (EntryId id : lookup.ids()) {
        boolean gone = removed.contains(id);
        if (gone || entries.containsKey(id) || outcomes.containsKey(id)) {
          known.put(id, new KnownEntry(id, gone ? 0 : 1, gone, outcomes.get(id)));
        }
      }
      pending.add(() -> machine.onKnown(lookup, known, now));
    });
  }

  @Override
  public void lookupConflicts(EntryProcessor.ConflictLookup lookup) {
    pending.add(() -> {
      List<Entry> found = new ArrayList<>();
      for (JournalEntry entry : entries.values()) {
        if (utf8(entry.event()).equals(lookup.event())
            && utf8(entry.primaryKey()).equals(lookup.primaryKey())
            && entry.id().compareTo(lookup.above()) > 0) {
          found.add(new Entry(entry.id(), lookup.event(), lookup.primaryKey(), payload(entry)));
        }
      }
      pending.add(() -> machine.onConflicts(lookup, found, now));
    });
  }

  private byte[] payload(JournalEntry entry) {
    if (preloaded.containsKey(entry.id())) {
      return entry.payload();
    }
    byte[] inLog = expected.get(entry.id()).entry().payload();
    assertThat(entry.payload()).isEqualTo(options.keepPayload() ? inLog : new byte[0]);
    return inLog;
  }

  @Override
  public void fetch(EntryProcessor.Fetch fetch) {
    assertThat(running).isFalse();
    retrying = true;
    EntryId id = fetch.id();
    retried.add(id);
    Optional<EntryOutcome> outcome = Optional.ofNullable(outcomes.get(id));
    Incoming incoming = expected.get(id);
    pending.add(() -> machine.onFetched(
        fetch,
        incoming == null ? Optional.empty() : Optional.of(incoming.entry()),
        incoming == null ? 0 : incoming.sequence(),
        outcome,
        now));
  }

  @Override
  public void call(EntryProcessor.HandlerCall call) {
    assertThat(running).isFalse();
    running = true;
    HandledEntry entry = call.entry();
    EntryId id = entry.entry().id();
    Incoming incoming = expected.get(id);
    assertThat(incoming).as("called for what is not to be handled").isNotNull();
    assertThat(entry.sequence()).isEqualTo(incoming.sequence());
    EntryOutcome before = outcomes.get(id);
    if (before == null) {
      assertThat(entry.sequence()).isGreaterThan(lastCalled);
      lastCalled = entry.sequence();
      assertThat(progress.next()).isLessThanOrEqualTo(entry.sequence());
      assertThat(progress.begun()).isGreaterThanOrEqualTo(entry.sequence());
      assertThat(progress.attempt()).isEqualTo(entry.attempt());
      if (entry.attempt() > 1) {
        assertThat(heldAtACrash).contains(id);
        repeatedCalls++;
      }
    } else {
      assertThat(retrying).isTrue();
      retried.add(id);
      assertThat(before.state()).isIn(State.FAILED, State.UNHANDLED);
      assertThat(before.attempts()).isEqualTo(entry.attempt());
    }
    assertThat(entry.attempt()).isGreaterThan(lastAttempt.getOrDefault(id, 0));
    lastAttempt.put(id, entry.attempt());
    Future<Object> result = call.invoke();
    assertThat(result.isComplete()).isTrue();
    pending.add(() -> {
      running = false;
      machine.onHandled(call, result, now);
      // A late second answer changes nothing.
      machine.onHandled(call, Future.failedFuture("late"), now);
    });
  }

  private Future<Void> handle(
      JsonObject payload, HandledEntry entry, List<Conflict<JsonObject>> conflicts) {
    boolean again = outcomes.containsKey(entry.entry().id());
    List<EntryId> should = new ArrayList<>();
    if (entry.event().equals("kept")) {
      for (Incoming other : expected.values()) {
        boolean before =
            again ? outcomes.containsKey(other.entry().id()) : other.sequence() < entry.sequence();
        if (before && sameKey(other.entry(), entry.entry()) && other.entry().payload() != BROKEN) {
          should.add(other.entry().id());
        }
      }
      preloaded.values().forEach(other -> {
        if (sameKey(
                new Entry(other.id(), utf8(other.event()), utf8(other.primaryKey()), BROKEN),
                entry.entry())
            && other.payload() != BROKEN) {
          should.add(other.id());
        }
      });
      should.sort(null);
    }
    List<EntryId> are = conflicts.stream().map(c -> c.entry().id()).toList();
    if (again) {
      // More may have finished than is recorded.
      assertThat(are).containsAll(should).isSorted();
    } else {
      assertThat(are).isEqualTo(should);
    }
    conflictsSeen += are.size();
    return switch (Script.valueOf(payload.getString("does"))) {
      case SUCCEEDS -> Future.succeededFuture();
      case FAILS -> Future.failedFuture("no\u0000\ud800 " + "long".repeat(200));
      case THROWS -> throw new AssertionError("thrown");
      case NULL -> null;
    };
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static boolean sameKey(Entry other, Entry entry) {
    return other.id().compareTo(entry.id()) > 0
        && other.event().equals(entry.event())
        && other.primaryKey().equals(entry.primaryKey());
  }

  @Override
  public void commit(JournalCommit commit) {
    assertThat(inFlight).isNull();
    inFlight = commit;
    pending.add(() -> attempt(commit));
  }

  private void attempt(JournalCommit commit) {
    int what = random.nextInt(6);
    if (what == 0) {
      // not committed
      pending.add(() -> attempt(commit));
    } else if (what == 1) {
      // unknown
      apply(commit);
      pending.add(() -> attempt(commit));
    } else {
      apply(commit);
      pending.add(() -> {
        inFlight = null;
        if (commit.progress().isEmpty()) {
          retrying = !commit.outcomes().get(0).state().equals(State.DISCARDED) && retrying;
        }
        machine.onCommitted(commit, now);
      });
    }
  }

  private final Set<JournalCommit> applied = new HashSet<>();

  private void apply(JournalCommit commit) {
    boolean repeated = !applied.add(commit);
    for (JournalEntry entry : commit.entries()) {
      assertThat(removed).doesNotContain(entry.id());
      assertThat(entries.put(entry.id(), entry) == null || repeated).isTrue();
    }
    for (EntryOutcome outcome : commit.outcomes()) {
      EntryOutcome before = outcomes.put(outcome.id(), outcome);
      if (!commit.progress().isEmpty()) {
        assertThat(before == null || repeated).isTrue();
        assertThat(expected).containsKey(outcome.id());
      } else if (!repeated) {
        assertThat(before.state()).isIn(State.FAILED, State.UNHANDLED);
        assertThat(outcome.attempts()).isBetween(before.attempts(), before.attempts() + 1);
      }
      if (outcome.reason() != null) {
        assertThat(outcome.reason()).isNotBlank().hasSizeLessThanOrEqualTo(500);
        assertThat(outcome.reason().chars()).noneMatch(Character::isISOControl);
      }
    }
    for (RemoteProgress then : commit.progress()) {
      assertThat(then.next()).isGreaterThanOrEqualTo(progress.next());
      progress = then;
    }
  }

  private Set<EntryId> handled() {
    Set<EntryId> handled = new HashSet<>();
    outcomes.forEach((id, outcome) -> {
      if (outcome.state() == State.HANDLED) {
        handled.add(id);
      }
    });
    return handled;
  }

  @Override
  public void failed(HandledEntry entry, Throwable cause) {
    assertThat(cause).isNotNull();
  }

  @Override
  public void recorded(List<EntryOutcome> recorded) {
    for (EntryOutcome outcome : recorded) {
      assertThat(outcomes).containsEntry(outcome.id(), outcome);
      if (outcome.state() == State.HANDLED) {
        assertThat(invalidated).doesNotContain(outcome.id());
        assertThat(due.add(outcome.id())).isTrue();
      }
    }
  }

  @Override
  public void invalidate(Map<String, Set<String>> keys) {
    assertThat(due).as("invalidated, but nothing new is recorded").isNotEmpty();
    Map<String, Set<String>> should = new HashMap<>();
    for (EntryId id : due) {
      Entry entry = expected.get(id).entry();
      should.computeIfAbsent("k2", k -> new HashSet<>()).add(entry.primaryKey());
      if (entry.event().equals("kept")) {
        should.computeIfAbsent("k1", k -> new HashSet<>()).add(entry.primaryKey());
      }
    }
    assertThat(keys).isEqualTo(should);
    invalidated.addAll(due);
    due.clear();
  }

  @Override
  public void roomAgain() {
    assertThat(machine.room().entries()).isPositive();
    roomAwaited = false;
  }

  private void check() {
    int held = 0;
    for (Incoming incoming : log) {
      held += incoming.process()
              && incoming.sequence() < machine.next()
              && incoming.sequence() >= progress.next()
              && incoming.equals(expected.get(incoming.entry().id()))
          ? 1
          : 0;
    }
    assertThat(held).isLessThanOrEqualTo(options.maxEntries());
    if (machine.room().entries() == 0 && machine.next() < end) {
      roomAwaited = true;
    }
    assertThat(due).isEmpty();
    if (pending.isEmpty()) {
      assertThat(machine.isIdle()).isTrue();
    }
  }

  private void checkEnd() {
    assertThat(progress.next()).isEqualTo(end);
    assertThat(progress.begun()).isLessThan(end);
    assertThat(outcomes.keySet()).isEqualTo(expected.keySet());
    List<EntryId> order = new ArrayList<>(entries.keySet());
    order.removeAll(preloaded.keySet());
    assertThat(order).isEqualTo(List.copyOf(expected.keySet()));
    expected.forEach((id, incoming) -> {
      EntryOutcome outcome = outcomes.get(id);
      boolean registered = incoming.entry().event().matches("kept|chat");
      boolean broken = incoming.entry().payload() == BROKEN;
      boolean succeeds = registered
          && !broken
          && PayloadCodec.json()
              .decode(incoming.entry().payload())
              .getString("does")
              .equals(Script.SUCCEEDS.name());
      if (outcome.state() != State.DISCARDED) {
        assertThat(outcome.state())
            .isEqualTo(!registered ? State.UNHANDLED : succeeds ? State.HANDLED : State.FAILED);
      }
      if (registered) {
        assertThat(outcome.attempts()).isPositive();
        if (!broken && !retried.contains(id)) {
          assertThat(lastAttempt.get(id)).isEqualTo(outcome.attempts());
        }
      }
      assertThat(outcome.reason() != null).isEqualTo(registered && !succeeds);
    });
    Set<EntryId> told = handled();
    told.removeAll(lost);
    assertThat(invalidated).containsAll(told);
  }
}
