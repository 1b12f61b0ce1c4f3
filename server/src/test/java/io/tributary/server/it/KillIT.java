package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The hub is killed while many writes are in flight, again and again on the same data. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class KillIT {
  private static final int KILLS = Boolean.getBoolean("tributary.long") ? 20 : 3;
  private static final int WINDOW = 32;

  private final Vertx vertx = Vertx.vertx();
  private final Map<String, NavigableMap<Long, EntryId>> seen = new HashMap<>();

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void killingTheHubUnderLoadLosesNothingAckedAndStoresNothingTwice() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KillIT: -Dseed=" + seed);
    Random random = new Random(seed);
    List<String> stores = List.of("store-" + seed + "-a", "store-" + seed + "-b");
    List<Replica> writers = new ArrayList<>();
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file"))) {
      String url = hub.url("kill");
      // Two to a store; one of them follows it, so that its acks wait for the other's entries.
      for (int i = 0; i < 4; i++) {
        Replica writer = new Replica(vertx, "writer " + i, stores.get(i / 2), WINDOW, 200);
        writer.resendAcked(20);
        writers.add(writer);
      }
      for (int round = 0; round < KILLS; round++) {
        for (int i = 0; i < writers.size(); i++) {
          Replica writer = writers.get(i);
          if (i % 2 == 0) {
            writer.connect(url);
          } else {
            writer.connectAndSubscribe(url);
          }
          writer.writeEndlessly(true);
        }
        int more = 1 + random.nextInt(500);
        for (Replica writer : writers) {
          writer.awaitAcks(writer.acks() + more);
        }
        hub.kill9();
        for (Replica writer : writers) {
          writer.awaitClosed();
          writer.writeEndlessly(false);
        }
        hub.start();
        // Before anybody can bring anything back.
        check(url, stores, writers, "after kill " + (round + 1));
      }

      // What was in doubt goes out again. Each got the sequence it has, or the writer knows of a
      // fault.
      for (Replica writer : writers) {
        writer.connect(url);
      }
      writers.forEach(Replica::awaitAllAcked);
      check(url, stores, writers, "at the end");
      for (String store : stores) {
        Set<EntryId> all = new HashSet<>();
        for (int i = 0; i < writers.size(); i++) {
          if (stores.get(i / 2).equals(store)) {
            all.addAll(writers.get(i).journal());
          }
        }
        assertThat(seen.get(store).values()).containsAll(all);
      }
    } finally {
      writers.forEach(Replica::close);
    }
  }

  private void check(String url, List<String> stores, List<Replica> writers, String when) {
    for (String store : stores) {
      NavigableMap<Long, EntryId> all = Replica.readAll(vertx, url, store);
      Replica.assertContiguous(all);
      assertThat(all).as(when).containsAllEntriesOf(seen.getOrDefault(store, all));
      seen.put(store, all);
    }
    int acked = 0;
    for (int i = 0; i < writers.size(); i++) {
      Replica writer = writers.get(i);
      assertThat(writer.faults()).as(when).isEmpty();
      Replica.assertHolds(seen.get(stores.get(i / 2)), writer.acked());
      acked += writer.acked().size();
    }
    int stored = seen.values().stream().mapToInt(Map::size).sum();
    System.out.println("KillIT: " + when + " " + acked + " acked, " + stored + " stored");
  }
}
