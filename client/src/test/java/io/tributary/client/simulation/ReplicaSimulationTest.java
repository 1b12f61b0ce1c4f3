package io.tributary.client.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.tributary.client.retention.RetentionReport;
import io.tributary.client.sync.Preset;
import io.tributary.client.sync.RemoteState;
import io.tributary.client.sync.SyncOptions;
import io.tributary.client.sync.SyncSnapshot;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Replicas and a hub live through cuts, crashes, failing disks, failing handlers and skewed clocks; once
 * that is over, all of them have everything, and agree about what stands.
 */
class ReplicaSimulationTest {
  private static final Vertx VERTX = Vertx.vertx();

  @AfterAll
  static void close() {
    VERTX.close().await();
  }

  @Test
  void replicasConverge() {
    String fixed = System.getProperty("seed");
    if (fixed != null) {
      run(Long.parseLong(fixed));
      return;
    }
    int runs = Boolean.getBoolean("tributary.long") ? 10_000 : 200;
    Random seeds = new Random();
    for (int i = 0; i < runs; i++) {
      run(seeds.nextLong());
    }
  }

  private static void run(long seed) {
    try {
      new Simulation(seed).run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("replay with -Dseed=" + seed, e);
    }
  }

  /** One run. */
  private static final class Simulation {
    private static final int KEYS = 4;

    final World world;
    final Random random;
    final boolean plain;
    final ConflictPolicy policy;
    final List<SimHub> hubs = new ArrayList<>();
    final boolean retention;
    final Limits limits;
    final boolean losses;
    final List<SimReplica> replicas = new ArrayList<>();
    final StoreKey store;
    final Set<EntryId> poison = new HashSet<>();
    int written;

    Simulation(long seed) {
      world = new World(seed);
      random = world.random;
      plain = random.nextBoolean();
      policy = switch (random.nextInt(5)) {
        case 0 -> ConflictPolicies.firstWriteWins();
        case 1 -> ConflictPolicies.merges().event(Events.SET, Events::union).build();
        case 2 -> ConflictPolicies.reject();
        default -> ConflictPolicies.lastWriteWins();
      };
      retention = random.nextInt(3) == 0;
      limits = Limits.random(random);
      losses = !retention && random.nextInt(4) == 0;
      for (int i = random.nextInt(4) == 0 ? 2 : 1; i > 0; i--) {
        hubs.add(new SimHub(world, memory()));
      }
      byte[] secret = new byte[32];
      random.nextBytes(secret);
      int count = 2 + random.nextInt(3);
      for (int i = 0; i < count; i++) {
        String key = plain ? "key" + i : "key";
        hubs.forEach(hub -> hub.mapped.add(key));
        replicas.add(new SimReplica(
            world,
            i == 0 ? hubs : List.of(hubs.get(random.nextInt(hubs.size()))),
            "replica" + i,
            memory(),
            new Identity(key, secret),
            policy,
            SyncOptions.of(Preset.TRIBUTARY, plain, false),
            skew()));
      }
      store = plain ? SimHub.SHARED : new StoreKey.Sealed(SimHub.TENANT, "key");
    }

    /** Mostly little; sometimes hours, sometimes more than what is followed. */
    private long skew() {
      return switch (random.nextInt(6)) {
        case 0 -> random.nextLong(-7_200_000, 7_200_000);
        case 1 -> random.nextLong(-100_000_000, 100_000_000);
        default -> random.nextInt(200);
      };
    }

    private static Storage memory() {
      return new MemoryStorageProvider().open(VERTX, new JsonObject()).result();
    }

    void run() {
      replicas.forEach(SimReplica::start);
      int steps = 20 + random.nextInt(150);
      for (int i = 0; i < steps; i++) {
        act();
        world.runUntil(world.now() + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 400));
      }
      hubs.forEach(hub -> hub.faults = false);
      replicas.forEach(SimReplica::endFaults);
      replicas.forEach(SimReplica::start);
      settle();
      // What is known to be at a hub is recorded a little later.
      world.runUntil(world.now() + 2_000);
      verify();
    }

    private void act() {
      SimReplica replica = replicas.get(random.nextInt(replicas.size()));
      switch (random.nextInt(24)) {
        case 0 -> replica.crash();
        case 1 -> replica.start();
        case 2 -> replica.cut();
        case 3 -> {
          replica.offline = true;
          replica.cut();
        }
        case 4, 5 -> replica.offline = false;
        case 6 -> {
          SimHub hub = hubs.get(random.nextInt(hubs.size()));
          if (losses && random.nextBoolean()) {
            hub.loseData(memory());
          } else {
            hub.crash();
          }
        }
        case 7 -> replicas.forEach(SimReplica::start);
        case 9 -> trim(replica);
        case 8 -> {
          for (int n = random.nextInt(60); n >= 0; n--) {
            write(replica);
          }
        }
        default -> {
          for (int n = random.nextInt(4); n >= 0; n--) {
            write(replica);
          }
        }
      }
    }

    private void write(SimReplica replica) {
      String key = "k" + random.nextInt(KEYS);
      JsonObject payload = Events.payload(key, ++written, random.nextInt(12) == 0);
      boolean poisoned = plain && random.nextInt(30) == 0;
      replica.write(random.nextInt(3) == 0 ? Events.SAY : Events.SET, payload, id -> {
        if (poisoned) {
          hubs.forEach(hub -> hub.poison.add(id));
          poison.add(id);
        }
      });
    }

    private void trim(SimReplica replica) {
      if (!retention) {
        return;
      }
      var unused = replica.retain(limits);
    }

    /** All is well: waits until nobody has anything to do any more. */
    private void settle() {
      for (int seconds = 0; seconds < 600; seconds++) {
        world.runUntil(world.now() + 1_000);
        if (settled()) {
          return;
        }
      }
      StringBuilder states = new StringBuilder();
      hubs.forEach(hub -> states.append("\na hub with ").append(hub.log(store).size()));
      for (SimReplica replica : replicas) {
        states
            .append('\n')
            .append(replica.name)
            .append(": ")
            .append(replica.journal().size())
            .append(" entries, ")
            .append(replica.status());
      }
      fail("never comes to rest: " + states);
    }

    private boolean settled() {
      Set<EntryId> everything = ids(hubs.get(0));
      for (SimHub hub : hubs) {
        if (!ids(hub).equals(everything)) {
          return false;
        }
      }
      for (SimReplica replica : replicas) {
        List<SyncSnapshot> all = replica.status();
        if (all.isEmpty() || !replica.known().containsAll(everything)) {
          return false;
        }
        for (SyncSnapshot status : all) {
          if (status.state() != RemoteState.LIVE || status.pendingUploads() > 0) {
            return false;
          }
        }
      }
      return true;
    }

    private Set<EntryId> ids(SimHub hub) {
      Set<EntryId> ids = new HashSet<>();
      for (StoredRecord record : hub.log(store)) {
        assertThat(ids.add(record.record().ids().get(0)))
            .as("an id is committed once")
            .isTrue();
      }
      return ids;
    }

    private void verify() {
      Set<EntryId> everything = ids(hubs.get(0));
      for (SimReplica replica : replicas) {
        Set<EntryId> promised = new HashSet<>(replica.promised.keySet());
        promised.removeAll(poison);
        assertThat(everything)
            .as("what %s was promised is at the hub", replica.name)
            .containsAll(promised);
        verifyJournal(replica, everything);
        verifyHandlers(replica);
        if (retention) {
          verifyRetention(replica, everything);
        }
        if (replica.hubs().size() == 1 && !losses) {
          assertThat(replica.disorder)
              .as("%s handles in the hub's order", replica.name)
              .isEmpty();
        }
        if (!policy.name().equals(ConflictPolicies.REJECT) && !retention) {
          verifyWinners(replica);
        }
      }
    }

    private void verifyJournal(SimReplica replica, Set<EntryId> everything) {
      Set<EntryId> ids = new HashSet<>();
      for (PlacedEntry placed : replica.journal()) {
        assertThat(ids.add(placed.entry().id())).as("each entry once").isTrue();
      }
      Set<EntryId> ownPoison = new HashSet<>(poison);
      ownPoison.retainAll(replica.promised.keySet());
      Set<EntryId> missing = new HashSet<>(everything);
      missing.removeAll(ids);
      assertThat(replica.trimmable)
          .as("%s has everything but what it let go of", replica.name)
          .containsAll(missing);
      ids.removeAll(everything);
      assertThat(ownPoison).as("%s has nothing else", replica.name).containsAll(ids);
      assertThat(replica.outcomes().keySet())
          .as("%s has one outcome per entry", replica.name)
          .isEqualTo(replica.known());
    }

    /** After one more run everything is kept that the limits let stay, and what was refused. */
    private void verifyRetention(SimReplica replica, Set<EntryId> everything) {
      Map<EntryId, JournalEntry> entries = new HashMap<>();
      for (SimReplica other : replicas) {
        for (PlacedEntry placed : other.journal()) {
          entries.put(placed.entry().id(), placed.entry());
        }
      }
      Set<EntryId> refused = replica.refused();
      // What all have let go of is beyond everybody's limits.
      entries.keySet().removeIf(id -> !everything.contains(id) && !refused.contains(id));
      long now = replica.clock().millis();
      Future<RetentionReport> run = replica.retain(limits);
      for (int ms = 0; ms < 60_000 && !run.isComplete(); ms++) {
        world.runUntil(world.now() + 1);
      }
      assertThat(run.succeeded()).as("%s: %s", replica.name, run.cause()).isTrue();
      // The run looked at the clock some time between the two.
      Set<EntryId> atMost = new HashSet<>(refused);
      limits.kept(entries.values(), now).forEach(entry -> atMost.add(entry.id()));
      Set<EntryId> atLeast = new HashSet<>(refused);
      limits
          .kept(entries.values(), replica.clock().millis())
          .forEach(entry -> atLeast.add(entry.id()));
      Set<EntryId> kept = new HashSet<>();
      replica.journal().forEach(placed -> kept.add(placed.entry().id()));
      assertThat(kept)
          .as("%s keeps what its limits say: %s", replica.name, limits)
          .containsAll(atLeast);
      assertThat(atMost).as("%s keeps no more: %s", replica.name, limits).containsAll(kept);
    }

    private void verifyHandlers(SimReplica replica) {
      Map<EntryId, EntryOutcome> outcomes = replica.outcomes();
      for (EntryOutcome outcome : outcomes.values()) {
        List<SimReplica.Call> calls = replica.calls.getOrDefault(outcome.id(), List.of());
        if (outcome.state() == EntryOutcome.State.HANDLED) {
          assertThat(calls).as("a handled entry's handler was called").isNotEmpty();
        } else if (outcome.state() == EntryOutcome.State.FAILED) {
          assertThat(calls).as("a failed entry's handler was called").isNotEmpty();
        } else if (outcome.state() == EntryOutcome.State.REMOVED) {
          assertThat(replica.trimmable).contains(outcome.id());
        } else {
          assertThat(outcome.state()).isEqualTo(EntryOutcome.State.SUPERSEDED);
        }
        for (int i = 1; i < calls.size(); i++) {
          assertThat(calls.get(i).life())
              .as("called again only after a crash: %s", calls)
              .isGreaterThan(calls.get(i - 1).life());
          // Attempts are counted per remote and data set.
          boolean sameRemote = replica.hubs().size() == 1 && !losses;
          if (sameRemote && calls.get(i).sequence() > 0 && calls.get(i - 1).sequence() > 0) {
            assertThat(calls.get(i).attempt())
                .as("and then with a greater attempt: %s", calls)
                .isGreaterThan(calls.get(i - 1).attempt());
          }
        }
      }
    }

    private void verifyWinners(SimReplica replica) {
      Map<String, List<PlacedEntry>> byKey = new HashMap<>();
      for (PlacedEntry placed : replica.journal()) {
        if (text(placed.entry().event()).equals(Events.SET.tag())) {
          byKey
              .computeIfAbsent(text(placed.entry().primaryKey()), key -> new ArrayList<>())
              .add(placed);
        }
      }
      byKey.forEach((key, entries) -> {
        Winner winner = replica.winner(Events.SET.tag(), key).orElseThrow();
        Comparator<PlacedEntry> byId =
            Comparator.comparing(placed -> placed.entry().id());
        PlacedEntry expected = policy.name().equals(ConflictPolicies.FIRST_WRITE_WINS)
            ? entries.stream().min(byId).orElseThrow()
            : entries.stream().max(byId).orElseThrow();
        assertThat(winner.id())
            .as("%s: what stands for %s", replica.name, key)
            .isEqualTo(expected.entry().id());
        if (policy.name().equals(ConflictPolicies.MERGE)) {
          JsonObject union = entries.stream()
              .map(placed -> Events.SET.decode(placed.entry().payload()))
              .reduce(Events::union)
              .orElseThrow();
          byte[] payload = winner.payload();
          assertThat(payload).isNotNull();
          assertThat(Events.SET.decode(payload)).isEqualTo(union);
        }
      });
    }

    private static String text(byte[] utf8) {
      return new String(utf8, StandardCharsets.UTF_8);
    }
  }
}
