package io.tributary.server.it;

import static io.tributary.server.it.Convergence.assertConverged;
import static io.tributary.server.it.Convergence.assertEachDeliveredOnce;
import static io.tributary.server.it.Convergence.assertEachHandledOnce;
import static io.tributary.server.it.Convergence.sequences;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.server.it.NpmClient.Journal;
import io.tributary.server.it.NpmClient.Seen;
import io.tributary.server.it.NpmClient.Status;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real clients through a hub that stops, or is killed, and comes back on its data. */
@ExtendWith(HubLogs.class)
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class HubRestartIT {
  private static final String TENANT = "restart";
  private static final Duration PACE = Duration.ofMillis(2);
  private static final int KILLS = Boolean.getBoolean("tributary.long") ? 20 : 3;

  @BeforeAll
  static void needsNode() {
    NodeEnvironment.require();
  }

  static List<HubKind> durableHubs() {
    return HubKind.durable();
  }

  static List<HubKind> forgetfulHubs() {
    return HubKind.forgetful();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("durableHubs")
  void aRestartBetweenWritesLosesNothing(HubKind kind) {
    String identity = NpmClient.newIdentity();
    try (HubProcess hub = HubProcess.start(kind.options());
        NpmClient left = NpmClient.start("left", Journal.MEMORY, identity);
        NpmClient right = NpmClient.start("right", Journal.INDEXEDDB, identity)) {
      String url = hub.url(TENANT);
      left.connect(url);
      right.connect(url);
      left.write("before", 100, 200);
      Status unused = left.awaitAcked(100);
      unused = right.awaitHandled(100);
      Map<String, Long> before = sequences(left.list());

      assertThat(hub.terminate()).as("exit code").isIn(0, 143);
      unused = left.awaitLost(1);
      unused = right.awaitLost(1);
      assertThat(left.status().closeCodes())
          .as("a hub that stops says so")
          .allMatch(code -> code == 1001 || code == 1012);
      right.write("meanwhile", 50, 200);
      hub.start();
      left.register(url);
      right.register(url);
      left.write("after", 50, 200);

      Status atLeft = left.awaitSynced(200, 150);
      Status atRight = right.awaitSynced(200, 50);
      assertConverged(200, left, right);
      assertThat(atLeft.remoteIds())
          .as("the data set is the same")
          .hasSize(1)
          .isEqualTo(atRight.remoteIds());
      assertThat(sequences(left.list())).containsAllEntriesOf(before);
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("forgetfulHubs")
  void clientsBringBackWhatAForgetfulHubLost(HubKind kind) {
    String identity = NpmClient.newIdentity();
    try (HubProcess hub = HubProcess.start(kind.options());
        NpmClient left = NpmClient.start("left", Journal.MEMORY, identity);
        NpmClient right = NpmClient.start("right", Journal.INDEXEDDB, identity)) {
      String url = hub.url(TENANT);
      left.connect(url);
      right.connect(url);
      left.write("left", 100, 200);
      right.write("right", 100, 200);
      Status unused = left.awaitSynced(200, 100);
      Status before = right.awaitSynced(200, 100);

      hub.kill9();
      unused = right.awaitLost(1);
      left.kill();
      hub.start();
      // only one of the writers comes back: it has the other's entries too
      right.register(url);

      try (NpmClient late = NpmClient.start("late", Journal.MEMORY, identity)) {
        late.connect(url);
        Status after = late.awaitHandled(200);
        assertConverged(200, late);
        assertEachDeliveredOnce(late);
        assertThat(after.remoteIds())
            .as("another data set")
            .doesNotContainAnyElementsOf(before.remoteIds());
      }
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("durableHubs")
  void aKilledHubKeepsWhatItAcknowledgedAndNothingTwice(HubKind kind) {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("kill -9 rounds with -Dseed=" + seed);
    Random random = new Random(seed);
    Map<String, Long> acknowledged = new HashMap<>();
    int perRound = 300;
    int each = perRound * KILLS;
    String identity = NpmClient.newIdentity();
    try (HubProcess hub = HubProcess.start(kind.options());
        NpmClient left = NpmClient.start("left", Journal.MEMORY, identity);
        NpmClient right = NpmClient.start("right", Journal.MEMORY, identity)) {
      String url = hub.url(TENANT);
      List<NpmClient> writers = List.of(left, right);
      for (NpmClient writer : writers) {
        writer.connect(url);
      }
      for (int round = 0; round < KILLS; round++) {
        var writingLeft = left.write("left-" + round, perRound, 500, PACE);
        var writingRight = right.write("right-" + round, perRound, 500, PACE);
        // both have entries of this round in the hub, and mostly go on writing
        int some = round * perRound + 1 + random.nextInt(perRound / 2);
        for (NpmClient writer : writers) {
          Status unused = writer.awaitAcked(some);
        }
        hub.kill9();
        CompletableFuture.allOf(writingLeft, writingRight).join();
        for (NpmClient writer : writers) {
          Status unused = writer.awaitLost(round + 1);
          for (Seen entry : writer.list()) {
            if (entry.sequence() != null) {
              acknowledged.put(entry.id(), entry.sequence());
            }
          }
        }
        hub.start();
        for (NpmClient writer : writers) {
          writer.register(url);
        }
      }

      try (NpmClient late = NpmClient.start("late", Journal.MEMORY, identity)) {
        for (NpmClient writer : writers) {
          Status status = writer.awaitSynced(2 * each, each);
          assertThat(status.remoteIds()).as("the data set is the same").hasSize(1);
        }
        late.connect(url);
        Status unused = late.awaitHandled(2 * each);

        // sequences are those of the first acknowledgement: a client notes a fault if one ever
        // changes
        assertConverged(2 * each, left, right, late);
        assertThat(sequences(late.list())).containsAllEntriesOf(acknowledged);
        assertEachDeliveredOnce(late);
        assertEachHandledOnce(late);
      }
    }
  }
}
