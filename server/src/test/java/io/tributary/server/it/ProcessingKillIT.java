package io.tributary.server.it;

import static io.tributary.server.it.PlainClient.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.it.HandlerCalls.Call;
import io.tributary.storage.Storage;
import io.tributary.storage.postgres.PostgresServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application is killed while its handlers run: each entry gets one outcome all the same. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class ProcessingKillIT {
  private static final int KILLS = Boolean.getBoolean("tributary.long") ? 20 : 3;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> KEYS = List.of("alice", "bob");
  /** Entries that writers may be ahead of the handlers. */
  private static final int LEAD = 400;

  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());

  private final Vertx vertx = Vertx.vertx();

  @TempDir
  Path dir;

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  /** Writes without end, one write after the other; what it doesn't know to be stored it writes again. */
  private final class Writer {
    final String key;
    final Random random;
    final AtomicInteger ahead;
    final Map<EntryId, Long> acked = new ConcurrentHashMap<>();
    List<Entry> inDoubt = List.of();
    volatile boolean ending;

    Writer(String key, long seed, AtomicInteger ahead) {
      this.key = key;
      this.random = new Random(seed);
      this.ahead = ahead;
    }

    /** Completes when the connection has, or everything is acked and {@link #ending} set. */
    Future<Void> write(String url) {
      Promise<Void> done = Promise.promise();
      PlainClient client = PlainClient.connect(vertx, url, key);
      var unused = done.future().onComplete(v -> client.close());
      more(client, done);
      return done.future();
    }

    private void more(PlainClient client, Promise<Void> done) {
      if (inDoubt.isEmpty() && !ending && ahead.get() < LEAD) {
        inDoubt = some();
        ahead.addAndGet(inDoubt.size());
      }
      if (client.closed().isComplete() || (inDoubt.isEmpty() && ending)) {
        done.complete();
      } else if (inDoubt.isEmpty()) {
        vertx.setTimer(5, id -> more(client, done));
      } else {
        client
            .write(inDoubt)
            .onSuccess(sequences -> {
              for (int i = 0; i < sequences.size(); i++) {
                acked.put(inDoubt.get(i).id(), sequences.get(i));
              }
              inDoubt = List.of();
              more(client, done);
            })
            .onFailure(lost -> done.complete());
      }
    }

    private List<Entry> some() {
      List<Entry> entries = new ArrayList<>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        HandlingHub.Keyed payload =
            new HandlingHub.Keyed("k" + random.nextInt(20), random.nextInt());
        entries.add(new Entry(
            IDS.next(), HandlingHub.KEYED.tag(), payload.key(), HandlingHub.KEYED.encode(payload)));
      }
      return entries;
    }
  }

  @Test
  void onFile() throws Exception {
    killUnderLoad(StorageConfig.file(dir.resolve("data")));
  }

  @Test
  void onPostgres() throws Exception {
    try (PostgresServer server = PostgresServer.start(PostgresServer.Version.NEWEST)) {
      killUnderLoad(new StorageConfig(
          "postgres", new JsonObject().put("uri", server.uri()).put("poolSize", 4)));
    }
  }

  private void killUnderLoad(StorageConfig config) throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("ProcessingKillIT: " + config.provider() + ": -Dseed=" + seed);
    Random random = new Random(seed);
    Path file = Files.createFile(dir.resolve("calls"));
    AtomicInteger ahead = new AtomicInteger();
    AtomicInteger counted = new AtomicInteger();
    // Two to a store.
    List<Writer> writers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      writers.add(new Writer(KEYS.get(i / 2), random.nextLong(), ahead));
    }
    Set<EntryId> recorded = new HashSet<>();
    int callsBefore = 0;
    try (HandlingProcess hub = new HandlingProcess(config, file, KEYS)) {
      for (int round = 0; round < KILLS; round++) {
        hub.start();
        List<Future<Void>> writing = start(writers, hub.url());
        awaitCalls(file, ahead, counted, callsBefore + 1 + random.nextInt(300));
        hub.kill9();
        get(Future.join(writing));

        List<Call> calls = HandlerCalls.read(file);
        assertNotCalled(recorded, calls.subList(callsBefore, calls.size()));
        callsBefore = calls.size();
        Storage storage = get(config.open(vertx));
        for (String key : KEYS) {
          recorded.addAll(HandlerCalls.assertSound(storage, HandlingHub.store(key), calls));
        }
        get(storage.close());
        System.out.println("ProcessingKillIT: kill " + (round + 1) + " after " + calls.size()
            + " calls, " + recorded.size() + " recorded");
      }

      hub.start();
      writers.forEach(writer -> writer.ending = true);
      get(Future.join(start(writers, hub.url())));
      Set<EntryId> acked = new HashSet<>();
      writers.forEach(writer -> acked.addAll(writer.acked.keySet()));
      Callable<Boolean> allCalled = () -> {
        Set<EntryId> called = new HashSet<>();
        HandlerCalls.read(file).forEach(call -> called.add(call.id()));
        return called.containsAll(acked);
      };
      await("all called").atMost(PATIENCE).until(allCalled);
      hub.terminate();
      List<Call> calls = HandlerCalls.read(file);
      assertNotCalled(recorded, calls.subList(callsBefore, calls.size()));
      Storage storage = get(config.open(vertx));
      for (String key : KEYS) {
        Map<EntryId, Long> mine = new ConcurrentHashMap<>();
        writers.stream()
            .filter(writer -> writer.key.equals(key))
            .forEach(writer -> mine.putAll(writer.acked));
        long repeated =
            HandlerCalls.assertEachHandledOnce(storage, HandlingHub.store(key), mine, calls, KILLS);
        System.out.println("ProcessingKillIT: " + config.provider() + ": " + mine.size()
            + " entries of " + key + ", " + repeated + " repeated calls");
      }
      get(storage.close());
    }
  }

  private static List<Future<Void>> start(List<Writer> writers, String url) {
    return writers.stream().map(writer -> writer.write(url)).toList();
  }

  /** Until there were so many calls in all; meanwhile the writers go on as the handlers do. */
  private static void awaitCalls(
      Path file, AtomicInteger ahead, AtomicInteger counted, int atLeast) {
    await(atLeast + " calls")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> {
          int now = HandlerCalls.read(file).size();
          // Also those that came between the last look and the kill.
          ahead.addAndGet(counted.getAndSet(now) - now);
          return now >= atLeast;
        });
  }

  private static void assertNotCalled(Set<EntryId> recorded, List<Call> calls) {
    assertThat(calls)
        .as("calls for entries with a recorded outcome")
        .noneMatch(call -> recorded.contains(call.id()));
  }
}
