package io.tributary.client.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.eventlog.FaultyJournals.Fate;
import io.tributary.client.eventlog.World.Call;
import io.tributary.client.eventlog.World.Note;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.conflict.WinnerFold;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.JournalStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random writes and deliveries from two remotes, with handlers that fail, storages that fail, and sudden
 * ends around commits. A seed replays by {@code -Dseed}.
 */
class EventLogModelTest {
  private static final int SEEDS = 60;
  private static final int STEPS = 120;
  private static final int FOREIGN = 60;
  private static final int KEYS = 4;

  private static final Set<State> FOLDED = Set.of(State.COMPACTED, State.FAILED);
  private static final Set<State> BAD_FOLDED = Set.of(State.FAILED);

  static LongStream seeds() {
    Long one = Long.getLong("seed");
    return one == null ? LongStream.range(0, SEEDS) : LongStream.of(one);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyEntryHasOneOutcomeAndTheRightOneStands(long seed) {
    try {
      new Run(seed).run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("replay with -Dseed=" + seed, e);
    }
  }

  /** A hub as a replica sees it: entries under contiguous sequences from 1. */
  private record Hub(RemoteId id, List<Entry> entries) {}

  private static final class Run {
    private final World world = new World();
    private final Random random;
    private final ConflictPolicy policy;
    private final boolean compacting;
    private final List<Hub> hubs;
    private final Set<EntryId> acked = new HashSet<>();
    private final Map<EntryId, Integer> lifeOfCall = new HashMap<>();
    private final Map<EntryId, Integer> attempts = new HashMap<>();
    private final List<Future<List<Long>>> deliveries = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private int mostInFlight;
    private int life;
    private int crashes;
    private int written;
    private boolean trouble = true;

    Run(long seed) {
      random = new Random(seed);
      policy = switch (random.nextInt(3)) {
        case 0 -> ConflictPolicies.lastWriteWins();
        case 1 -> ConflictPolicies.firstWriteWins();
        default -> ReceiveTest.letters();
      };
      compacting = random.nextInt(3) == 0;
      List<Entry> all = new ArrayList<>();
      for (int i = 0; i < FOREIGN; i++) {
        all.add(foreign(i));
      }
      hubs = List.of(new Hub(World.HUB, shuffled(all)), new Hub(new RemoteId(3, 4), shuffled(all)));
      world.handler = this::handle;
    }

    private Entry foreign(int i) {
      String key = "k" + random.nextInt(KEYS);
      if (random.nextInt(10) == 0) {
        world.runner.setClock(world.runner.millis() + random.nextInt(1_000));
      }
      String text = Character.toString('a' + i % 26) + (random.nextInt(5) == 0 ? "!" : "");
      EntryId id = random.nextInt(15) == 0
          ? new EntryId(
              (random.nextLong() & ~0xf000L) | 0x4000L, (random.nextLong() >>> 2) | (1L << 63))
          : world.foreign.next();
      return switch (random.nextInt(6)) {
        case 0 -> new Entry(id, "Line", key, World.LINE.encode(new Note(key, text)));
        case 1 -> new Entry(id, "Other", key, World.OTHER.encode(new Note(key, text)));
        default -> World.entry(id, key, text);
      };
    }

    private List<Entry> shuffled(List<Entry> all) {
      List<Entry> some = new ArrayList<>(all);
      Collections.shuffle(some, random);
      return List.copyOf(some);
    }

    private Future<?> handle(Call call) {
      EntryId id = call.id();
      // A handler that throws is a failing one: what is wrong is told at the end.
      Integer lifeBefore = lifeOfCall.put(id, life);
      if (lifeBefore != null && lifeBefore == life) {
        problems.add(id + " was handled twice in one life");
      }
      int before = attempts.getOrDefault(id, 0);
      int attempt = call.entry().attempt();
      if (call.entry().store() != null && (attempt <= before || attempt > crashes + 1)) {
        problems.add(
            id + " has attempt " + attempt + " after " + before + ", " + crashes + " crashes");
      }
      attempts.put(id, attempt);
      Promise<Object> promise = Promise.promise();
      Runnable end = () -> {
        if (call.payload().text().contains("!")) {
          promise.fail(new IllegalStateException("bad"));
        } else {
          promise.complete("good");
        }
      };
      if (random.nextBoolean()) {
        world.runner.execute(end);
      } else {
        end.run();
      }
      return promise.future();
    }

    void run() {
      open();
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(8)) {
          case 0, 1 -> write();
          case 2, 3, 4 ->
            deliveries.add(deliver(hubs.get(random.nextInt(2)), 1 + random.nextInt(12)));
          case 5 -> restart();
          default -> {
            for (int i = random.nextInt(40); i > 0 && world.runner.step(); i--) {}
          }
        }
        if (world.journals.dead) {
          crashes++;
          open();
        }
      }
      trouble = false;
      world.journals.dead = true;
      crashes++;
      open();
      for (Hub hub : hubs) {
        world.runner.await(deliver(hub, FOREIGN));
      }
      check();
    }

    private void open() {
      mostInFlight = Math.max(mostInFlight, world.journals.mostInFlight);
      // Meanwhile what the former one had waiting on its thread still runs.
      world.reopen(builder -> {
        builder.policy(policy);
        if (compacting) {
          builder.registerCompaction(CompactionTest.joining(Set.of("Line")));
        }
      });
      life++;
      if (trouble) {
        world.journals.fate = commit -> switch (random.nextInt(30)) {
          case 0 -> Fate.NOT_COMMITTED;
          case 1 -> Fate.LOST;
          case 2 -> Fate.UNKNOWN;
          case 3 -> Fate.CRASH_BEFORE;
          case 4 -> Fate.CRASH_AFTER;
          default -> Fate.DONE;
        };
      }
    }

    /** Closes in order, and opens again. */
    private void restart() {
      world.journals.fate = commit -> Fate.DONE;
      Future<Void> closed = world.log().close();
      while (!closed.isComplete() && !world.journals.dead && world.runner.step()) {}
      if (!world.journals.dead) {
        open();
      }
    }

    private void write() {
      String key = "k" + random.nextInt(KEYS);
      String text = Character.toString('A' + written++ % 26) + (random.nextInt(5) == 0 ? "!" : "");
      Future<Written> write = world.log().write(World.NOTE, new Note(key, text));
      write.onComplete(done -> {
        if (done.succeeded()) {
          acked.add(done.result().id());
        }
      });
    }

    /** As syncing does: from where the progress is, sometimes from a little before. */
    private Future<List<Long>> deliver(Hub hub, int count) {
      SyncAccess access = world.log().syncAccess();
      long next = access.progress(hub.id(), World.STORE).result().next();
      long from = Math.max(1, next - (random.nextInt(4) == 0 ? random.nextInt(5) : 0));
      List<Arrival> arrivals = new ArrayList<>();
      for (long at = from; at <= hub.entries().size() && arrivals.size() < count; at++) {
        arrivals.add(new Arrival(at, hub.entries().get((int) at - 1)));
      }
      return access.receive(hub.id(), World.STORE, arrivals, from + arrivals.size());
    }

    private void check() {
      assertThat(problems).isEmpty();
      JournalStore journals = world.storage.journals();
      List<PlacedEntry> entries = journals.entries("main", 0, 10_000, 1L << 40).result();
      Set<EntryId> there = new HashSet<>();
      entries.forEach(placed -> assertThat(there.add(placed.entry().id())).isTrue());
      hubs.get(0).entries().forEach(entry -> assertThat(there).contains(entry.id()));
      assertThat(there).containsAll(acked);

      List<EntryOutcome> outcomes =
          journals.outcomes("main", Optional.empty(), Optional.empty(), 10_000).result();
      assertThat(outcomes.stream().map(EntryOutcome::id))
          .containsExactlyInAnyOrderElementsOf(there);
      Map<EntryId, JournalEntry> byId = new HashMap<>();
      entries.forEach(placed -> byId.put(placed.entry().id(), placed.entry()));
      for (EntryOutcome outcome : outcomes) {
        check(
            outcome, Texts.entry(byId.getOrDefault(outcome.id(), entries.get(0).entry())));
      }
      for (Hub hub : hubs) {
        RemoteProgress progress =
            journals.progress("main", hub.id(), World.STORE).result();
        assertThat(progress.next()).isEqualTo(FOREIGN + 1);
      }
      for (int i = 0; i < KEYS; i++) {
        checkWinner(journals, "Note", "k" + i);
        checkWinner(journals, "Other", "k" + i);
      }
      assertThat(mostInFlight).isEqualTo(1);
    }

    private void check(EntryOutcome outcome, Entry entry) {
      boolean policed = !entry.event().equals("Line");
      boolean bad = entry.event().equals("Note")
          ? World.NOTE.decode(entry.payload()).text().contains("!")
          : World.LINE.decode(entry.payload()).text().contains("!");
      if (entry.event().equals("Other")) {
        assertThat(outcome.state()).isIn(State.UNHANDLED, State.SUPERSEDED);
      } else if (!policed && compacting) {
        assertThat(outcome.state()).isIn(bad ? BAD_FOLDED : FOLDED);
      } else if (!policed) {
        assertThat(outcome.state()).isEqualTo(bad ? State.FAILED : State.HANDLED);
      } else if (entry.id().version() != 7) {
        assertThat(outcome.state()).isEqualTo(State.SUPERSEDED);
      } else {
        assertThat(outcome.state()).isIn(State.HANDLED, State.FAILED, State.SUPERSEDED);
        if (bad) {
          assertThat(outcome.state()).isNotEqualTo(State.HANDLED);
        }
      }
      boolean folded = compacting && !policed;
      if (!folded && (outcome.state() == State.HANDLED || outcome.state() == State.FAILED)) {
        assertThat(outcome.attempts()).isEqualTo(attempts.get(outcome.id()));
      }
    }

    private void checkWinner(JournalStore journals, String event, String key) {
      byte[] tag = Texts.utf8(event);
      List<PlacedEntry> same = journals
          .sameKey("main", tag, Texts.utf8(key), Optional.empty(), 10_000)
          .result();
      WinnerFold fold = new WinnerFold(policy);
      assertThat(fold.add(same).succeeded()).isTrue();
      Optional<Winner> winner = journals.winner("main", tag, Texts.utf8(key)).result();
      assertThat(winner.map(Winner::id)).isEqualTo(fold.winner().map(Winner::id));
      assertThat(winner.map(its -> Arrays.toString(its.payload())))
          .isEqualTo(fold.winner().map(its -> Arrays.toString(its.payload())));
      winner.ifPresent(its -> {
        // What stands was handled last, if it could be.
        EntryOutcome outcome =
            journals.known("main", List.of(its.id())).result().get(its.id()).outcome();
        assertThat(outcome == null ? null : outcome.state()).isNotEqualTo(State.SUPERSEDED);
      });
    }
  }
}
