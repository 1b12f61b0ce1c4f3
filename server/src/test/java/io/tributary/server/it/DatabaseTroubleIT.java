package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.tributary.server.it.NpmClient.Journal;
import io.tributary.server.it.NpmClient.Status;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A hub whose database server stops, or is killed, and comes back on its data. */
@ExtendWith(HubLogs.class)
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class DatabaseTroubleIT {
  private static final Duration PACE = Duration.ofMillis(2);
  private static final int KILLS = Boolean.getBoolean("tributary.long") ? 20 : 3;

  static List<HubKind> hubs() {
    return HubKind.withServer();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("hubs")
  void clientsWaitForADatabaseThatIsAway(HubKind kind) {
    NodeEnvironment.require();
    String identity = NpmClient.newIdentity();
    try (Database database = Database.of(kind);
        HubProcess hub = HubProcess.start(database.hub());
        NpmClient left = NpmClient.start("left", Journal.MEMORY, identity);
        NpmClient right = NpmClient.start("right", Journal.INDEXEDDB, identity)) {
      String url = hub.url("away");
      left.connect(url);
      right.connect(url);
      CompletableFuture<?> writing = CompletableFuture.allOf(
          left.write("left", 500, 200, PACE), right.write("right", 500, 200, PACE));
      Status unused = left.awaitAcked(50);
      unused = right.awaitAcked(50);
      database.stop();
      RealTimeWaits.pass(RealTimeWaits.DATABASE_AWAY);
      database.start();
      writing.join();

      Status atLeft = left.awaitSynced(1000, 500);
      Status atRight = right.awaitSynced(1000, 500);
      Convergence.assertConverged(1000, left, right);
      assertThat(atLeft.lost() + atRight.lost()).as("sockets closed").isZero();
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("hubs")
  void killingTheDatabaseUnderLoadLosesNothingAckedAndStoresNothingTwice(HubKind kind) {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("DatabaseTroubleIT: " + kind + " -Dseed=" + seed);
    Random random = new Random(seed);
    Vertx vertx = Vertx.vertx();
    List<Replica> writers = new ArrayList<>();
    try (Database database = Database.of(kind);
        HubProcess hub = HubProcess.start(database.hub())) {
      String url = hub.url("kill");
      String store = "store-" + seed;
      for (int i = 0; i < 3; i++) {
        Replica writer = new Replica(vertx, "writer " + i, store, 16, 200);
        writer.connectAndSubscribe(url);
        writer.writeEndlessly(true);
        writers.add(writer);
      }
      for (int round = 0; round < KILLS; round++) {
        int more = 1 + random.nextInt(500);
        for (Replica writer : writers) {
          writer.awaitAcks(writer.acks() + more);
        }
        database.kill();
        database.start();
      }
      for (Replica writer : writers) {
        writer.awaitAcks(writer.acks() + 1);
        writer.writeEndlessly(false);
      }
      writers.forEach(Replica::awaitAllAcked);
      NavigableMap<Long, EntryId> all = Replica.readAll(vertx, url, store);
      Replica.assertContiguous(all);
      assertThat(all.values()).doesNotHaveDuplicates();
      for (Replica writer : writers) {
        assertThat(writer.faults()).isEmpty();
        assertThat(writer.closeCode()).as("the socket stayed open").isNull();
        Replica.assertHolds(all, writer.acked());
        assertThat(all.values()).containsAll(writer.journal());
      }
    } finally {
      writers.forEach(Replica::close);
      vertx.close().await();
    }
  }
}
