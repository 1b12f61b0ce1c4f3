package io.tributary.server.it;

import static io.tributary.server.it.PlainClient.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.client.ReplicaOptions;
import io.tributary.client.Tributary;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EntryPage;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.model.EntryId;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.it.HandlerCalls.Call;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Storage;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A replica is killed while it writes and syncs, again and again on the same data. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class ReplicaKillIT {
  private static final int KILLS = Boolean.getBoolean("tributary.long") ? 20 : 3;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What the other replica may write in each life of the one that is killed. */
  private static final int LEAD = 400;

  /** The bytes of a line about a call: process, id, attempt. */
  private static final int LINE = 46;

  private final Vertx vertx = Vertx.vertx();

  @TempDir
  Path dir;

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  /** Writes without end at another replica, one write after the other. */
  private final class Writer {
    final io.tributary.client.Replica replica;
    final Random random;
    final Set<EntryId> written = ConcurrentHashMap.newKeySet();
    final Promise<Void> ended = Promise.promise();
    /** How many it may have written by now. */
    volatile int allowed;

    volatile boolean ending;

    Writer(io.tributary.client.Replica replica, Random random) {
      this.replica = replica;
      this.random = random;
    }

    void write() {
      if (ending) {
        ended.complete();
        return;
      }
      if (written.size() >= allowed) {
        vertx.setTimer(5, id -> write());
        return;
      }
      replica
          .eventLog()
          .write(HandlingHub.KEYED, KeyedReplica.payload(random))
          .onSuccess(done -> {
            written.add(done.id());
            vertx.setTimer(5, id -> write());
          })
          .onFailure(ended::tryFail);
    }
  }

  /** What is recorded in a journal when nobody has it open. */
  private record Recorded(
      Optional<RemoteProgress> progress,
      Map<EntryId, JournalEntry> entries,
      Map<EntryId, EntryOutcome> outcomes) {
    /** The attempt in which a handler is called for this entry of the hub, in the next life. */
    int attempt(long sequence) {
      return progress
          .filter(its -> its.next() <= sequence && sequence <= its.begun())
          .map(its -> Math.max(1, its.attempt()) + 1)
          .orElse(1);
    }
  }

  @Test
  void killingAReplicaDuringSyncLosesNothingAndRecordsOneOutcomeEach() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("ReplicaKillIT: -Dseed=" + seed);
    Random random = new Random(seed);
    Identity identity = Identity.random();
    Path data = dir.resolve("data");
    Path calls = Files.createFile(dir.resolve("calls"));
    Path writes = Files.createFile(dir.resolve("writes"));
    List<Path> files = List.of(
        data, Files.writeString(dir.resolve("identity"), identity.encodeString()), calls, writes);
    // By its process id, as calls are noted, what each life began with.
    Map<String, Recorded> lives = new LinkedHashMap<>();
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file"));
        ReplicaProcess replica = new ReplicaProcess(files)) {
      String url = hub.url(KeyedReplica.TENANT);
      Writer other = new Writer(open(identity, url), random);
      other.write();
      for (int round = 0; round <= KILLS; round++) {
        Recorded before = recorded(data);
        int callsBefore = HandlerCalls.read(calls).size();
        other.allowed = other.written.size() + LEAD;
        replica.start();
        lives.put(Long.toString(replica.pid()), before);
        replica.ask("connect " + url);
        replica.ask("write");
        awaitCalls(calls, 1 + random.nextInt(300));
        if (round < KILLS) {
          replica.kill9();
          assertNotCalled(before, HandlerCalls.read(calls), callsBefore);
          System.out.println("ReplicaKillIT: kill " + (round + 1) + " after "
              + HandlerCalls.read(calls).size() + " calls, " + other.written.size()
              + " written elsewhere");
          continue;
        }
        other.ending = true;
        get(other.ended.future());
        replica.ask("stop");
        get(other.replica.sync().syncNow());
        replica.ask("sync");
        get(other.replica.sync().syncNow());
        replica.terminate();
        assertNotCalled(before, HandlerCalls.read(calls), callsBefore);
      }

      Set<EntryId> mine = new HashSet<>();
      HandlerCalls.read(writes).forEach(write -> mine.add(write.id()));
      Recorded recorded = recorded(data);
      Set<EntryId> elsewhere = journal(other.replica);
      get(other.replica.close());
      NavigableMap<Long, EntryId> store = Replica.readAll(vertx, url, identity.publicKey());
      Replica.assertContiguous(store);
      // The reader's own.
      store.remove(store.lastKey());
      assertThat(mine).isNotEmpty();
      assertThat(recorded.entries.keySet())
          .containsAll(mine)
          .containsAll(other.written)
          .containsExactlyInAnyOrderElementsOf(store.values())
          .containsExactlyInAnyOrderElementsOf(elsewhere);
      assertThat(recorded.outcomes.keySet())
          .containsExactlyInAnyOrderElementsOf(recorded.entries.keySet());
      long repeated = assertCalls(recorded, lives, HandlerCalls.read(calls));
      assertNewestStands(data, recorded);
      System.out.println("ReplicaKillIT: " + mine.size() + " written, " + other.written.size()
          + " elsewhere, " + repeated + " repeated calls");
    }
  }

  private io.tributary.client.Replica open(Identity identity, String url) {
    return get(Tributary.replica(
        vertx,
        ReplicaOptions.builder()
            .name("other")
            .storage("memory", new JsonObject())
            .identity(identity)
            .eventLog(KeyedReplica::events)
            .remote(KeyedReplica.remote(url))
            .build()));
  }

  /** Until there were so many more calls. */
  private static void awaitCalls(Path file, int more) throws IOException {
    long enough = Files.size(file) + (long) more * LINE;
    await(more + " calls")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> Files.size(file) >= enough);
  }

  private static void assertNotCalled(Recorded recorded, List<Call> calls, int from) {
    assertThat(calls.subList(from, calls.size()))
        .as("calls for entries with a recorded outcome")
        .noneMatch(call -> recorded.outcomes.containsKey(call.id()));
  }

  /**
   * That each handler was called once for its entry, but for those that were in flight at a kill, and
   * that it was told.
   *
   * @return how many calls were repeated
   */
  private static long assertCalls(
      Recorded recorded, Map<String, Recorded> lives, List<Call> calls) {
    Map<EntryId, Integer> attempts = new HashMap<>();
    Set<Call> inLife = new HashSet<>();
    long repeated = 0;
    for (Call call : calls) {
      assertThat(inLife.add(new Call(call.life(), call.id(), 0)))
          .as("%s: called twice in a life", call)
          .isTrue();
      JournalEntry entry = recorded.entries.get(call.id());
      // What isn't there was written here, and its commit was not.
      long sequence = entry == null ? 0 : entry.sequence();
      assertThat(call.attempt())
          .as("%s at sequence %s", call, sequence)
          .isEqualTo(sequence == 0 ? 1 : lives.get(call.life()).attempt(sequence));
      Integer before = attempts.put(call.id(), call.attempt());
      if (before != null) {
        assertThat(call.attempt()).as("%s after attempt %s", call, before).isGreaterThan(before);
        repeated++;
      }
    }
    recorded.outcomes.forEach((id, outcome) -> {
      assertThat(outcome.state())
          .as("%s", id)
          .isIn(EntryOutcome.State.HANDLED, EntryOutcome.State.SUPERSEDED);
      if (outcome.state() == EntryOutcome.State.HANDLED) {
        assertThat(outcome.attempts()).as("attempts of %s", id).isEqualTo(attempts.get(id));
      }
    });
    return repeated;
  }

  /** That of each key the greatest id stands. */
  private void assertNewestStands(Path data, Recorded recorded) {
    Map<String, EntryId> newest = new HashMap<>();
    recorded
        .entries
        .values()
        .forEach(entry -> newest.merge(
            new String(entry.primaryKey(), StandardCharsets.UTF_8),
            entry.id(),
            (one, two) -> one.compareTo(two) > 0 ? one : two));
    Storage storage = get(StorageConfig.file(data).open(vertx));
    newest.forEach((key, id) -> assertThat(get(storage
            .journals()
            .winner(
                KeyedReplica.JOURNAL,
                HandlingHub.KEYED.tag().getBytes(StandardCharsets.UTF_8),
                key.getBytes(StandardCharsets.UTF_8))))
        .as("what stands for %s", key)
        .hasValueSatisfying(winner -> assertThat(winner.id()).isEqualTo(id)));
    get(storage.close());
  }

  private static Set<EntryId> journal(io.tributary.client.Replica replica) {
    Set<EntryId> all = new HashSet<>();
    OptionalLong after = OptionalLong.of(0);
    while (after.isPresent()) {
      EntryPage page = get(replica.eventLog().entries(EntryFilter.ALL, after.getAsLong(), 1_000));
      page.items().forEach(item -> all.add(item.entry().id()));
      after = page.next();
    }
    return all;
  }

  private Recorded recorded(Path data) {
    Storage storage = get(StorageConfig.file(data).open(vertx));
    JournalStore journals = storage.journals();
    List<RemoteProgress> progress = get(journals.progress(KeyedReplica.JOURNAL));
    assertThat(progress).hasSizeLessThanOrEqualTo(1);
    Recorded recorded =
        new Recorded(progress.stream().findFirst(), entries(journals), outcomes(journals));
    get(storage.close());
    return recorded;
  }

  private static Map<EntryId, JournalEntry> entries(JournalStore journals) {
    Map<EntryId, JournalEntry> all = new LinkedHashMap<>();
    long after = 0;
    while (true) {
      List<PlacedEntry> some = get(journals.entries(KeyedReplica.JOURNAL, after, 1_000, 1 << 20));
      if (some.isEmpty()) {
        return all;
      }
      for (PlacedEntry placed : some) {
        assertThat(all.put(placed.entry().id(), placed.entry()))
            .as("an entry twice")
            .isNull();
        after = placed.position();
      }
    }
  }

  private static Map<EntryId, EntryOutcome> outcomes(JournalStore journals) {
    Map<EntryId, EntryOutcome> all = new HashMap<>();
    Optional<EntryId> after = Optional.empty();
    while (true) {
      List<EntryOutcome> some =
          get(journals.outcomes(KeyedReplica.JOURNAL, Optional.empty(), after, 1_000));
      if (some.isEmpty()) {
        return all;
      }
      for (EntryOutcome outcome : some) {
        assertThat(all.put(outcome.id(), outcome))
            .as("two outcomes of an entry")
            .isNull();
      }
      after = Optional.of(some.get(some.size() - 1).id());
    }
  }
}
