package io.tributary.server.it;

import static io.tributary.server.it.Convergence.assertConverged;
import static io.tributary.server.it.Convergence.assertEachDeliveredOnce;
import static io.tributary.server.it.Convergence.assertEachHandledOnce;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.server.it.NpmClient.Journal;
import io.tributary.server.it.NpmClient.Seen;
import io.tributary.server.it.NpmClient.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Real clients through a hub that stays up. Each test has identities of its own, so that one hub serves all. */
@ExtendWith(HubLogs.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class NpmClientsIT {
  private static final Duration PACE = Duration.ofMillis(2);

  @BeforeAll
  static void needsNode() {
    NodeEnvironment.require();
  }

  static List<HubKind> hubs() {
    return HubKind.all();
  }

  static List<HubKind> localHubs() {
    return HubKind.local();
  }

  static Stream<Arguments> hubsAndJournals() {
    return hubs().stream()
        .flatMap(hub -> Stream.of(Journal.values()).map(journal -> Arguments.of(hub, journal)));
  }

  @ParameterizedTest
  @MethodSource("hubs")
  void entriesWrittenBeforeConnectingArrive(HubKind kind) {
    String url = HubKind.shared(kind).url("early");
    String identity = NpmClient.newIdentity();
    try (NpmClient writer = NpmClient.start("writer", Journal.MEMORY, identity);
        NpmClient reader = NpmClient.start("reader", Journal.INDEXEDDB, identity)) {
      writer.write("offline", 20, 200);
      reader.write("elsewhere", 10, 200);

      writer.connect(url);
      Status unused = writer.awaitAcked(20);
      reader.connect(url);

      unused = reader.awaitSynced(30, 10);
      unused = writer.awaitSynced(30, 20);
      assertConverged(30, writer, reader);
      assertEachHandledOnce(writer);
      assertEachHandledOnce(reader);
    }
  }

  @ParameterizedTest
  @MethodSource("hubsAndJournals")
  void concurrentWritersConverge(HubKind kind, Journal journal) {
    String url = HubKind.shared(kind).url("concurrent");
    String identity = NpmClient.newIdentity();
    int each = 500;
    try (NpmClient left = NpmClient.start("left", journal, identity);
        NpmClient right = NpmClient.start("right", journal, identity)) {
      left.connect(url);
      right.connect(url);
      CompletableFuture.allOf(
              left.write("left", each, 200, PACE), right.write("right", each, 300, PACE))
          .join();

      Status unused = left.awaitSynced(2 * each, each);
      unused = right.awaitSynced(2 * each, each);
      assertConverged(2 * each, left, right);
      assertEachHandledOnce(left);
      assertEachHandledOnce(right);
    }
  }

  @ParameterizedTest
  @MethodSource("hubsAndJournals")
  void aCutClientResumesByANewRegistrationOnItsJournal(HubKind kind, Journal journal) {
    String url = HubKind.shared(kind).url("cut");
    String identity = NpmClient.newIdentity();
    try (NpmClient steady = NpmClient.start("steady", Journal.MEMORY, identity);
        NpmClient cut = NpmClient.start("cut", journal, identity)) {
      steady.connect(url);
      cut.connect(url);
      steady.write("steady", 50, 200);
      cut.write("cut", 50, 200);
      Status unused = steady.awaitSynced(100, 50);
      unused = cut.awaitSynced(100, 50);

      // a batch is probably on its way, or stored without the acknowledgement having arrived
      CompletableFuture<?> writing = cut.write("cut-under-way", 300, 200, PACE);
      unused = cut.awaitAcked(100);
      cut.cut();
      unused = cut.awaitLost(1);
      steady.write("steady-meanwhile", 50, 200);
      writing.join();
      assertThat(cut.status().handled()).as("the cut client hears nothing").isLessThan(450);

      cut.register(url);

      unused = cut.awaitSynced(450, 350);
      unused = steady.awaitSynced(450, 100);
      assertConverged(450, steady, cut);
      assertEachHandledOnce(steady);
    }
  }

  @ParameterizedTest
  @MethodSource("hubs")
  void aKilledClientResumesInANewProcessOnItsJournal(HubKind kind, @TempDir Path directory) {
    String url = HubKind.shared(kind).url("killed");
    String identity = NpmClient.newIdentity();
    Path journal = directory.resolve("journal");
    try (NpmClient steady = NpmClient.start("steady", Journal.MEMORY, identity)) {
      steady.connect(url);
      try (NpmClient first = NpmClient.start("first", Journal.INDEXEDDB, identity)) {
        first.connect(url);
        first.write("first", 100, 200);
        steady.write("steady", 100, 200);
        Status unused = first.awaitSynced(200, 100);
        first.cut();
        unused = first.awaitLost(1);
        first.write("first-offline", 20, 200);
        first.dump(journal);
      }
      steady.write("steady-meanwhile", 30, 200);

      try (NpmClient second = NpmClient.load("second", identity, journal)) {
        second.connect(url);

        Status unused = second.awaitSynced(250, 120);
        unused = steady.awaitSynced(250, 130);
        assertConverged(250, steady, second);
        assertThat(second.list().stream().filter(entry -> entry.runs() > 0))
            .as("handlers run only for what is new to the journal")
            .hasSize(30);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("hubs")
  void aLateJoinerGetsTwentyThousandEntries(HubKind kind) {
    String url = HubKind.shared(kind).url("late");
    String identity = NpmClient.newIdentity();
    int total = 20_000;
    try (NpmClient writer = NpmClient.start("writer", Journal.MEMORY, identity)) {
      // the first half reaches the hub in one message, in chunks, the rest as it is written
      writer.write("bulk", total / 2, 200);
      writer.connect(url);
      Status unused = writer.awaitAcked(total / 2);
      writer.write("more", total / 2, 200);
      unused = writer.awaitAcked(total);

      try (NpmClient late = NpmClient.start("late", Journal.MEMORY, identity)) {
        late.connect(url);

        unused = late.awaitHandled(total);
        assertConverged(total, writer, late);
        assertEachHandledOnce(late);
        assertEachDeliveredOnce(late);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("localHubs")
  void anEventOfFiveMegabytesTravelsInChunksBothWays(HubKind kind) {
    String url = HubKind.shared(kind).url("large");
    String identity = NpmClient.newIdentity();
    int size = 5_000_000;
    try (NpmClient left = NpmClient.start("left", Journal.MEMORY, identity);
        NpmClient right = NpmClient.start("right", Journal.MEMORY, identity)) {
      left.connect(url);
      right.connect(url);

      left.write("from-left", 1, size);
      right.write("from-right", 1, size);

      Status status = left.awaitSynced(2, 1);
      assertThat(status.largestFrameOut()).isBetween(512_000, 513_000);
      assertThat(status.framesIn()).as("Hello, acks and the chunks").isGreaterThan(9);
      assertThat(status.largestFrameIn()).isLessThan(600_000);
      status = right.awaitSynced(2, 1);
      assertThat(status.largestFrameIn()).isLessThan(600_000);
      assertConverged(2, left, right);
      assertThat(left.list()).extracting(Seen::size).containsOnly(size);
    }
  }

  @ParameterizedTest
  @MethodSource("hubs")
  void identitiesAndTenantsNeverMeet(HubKind kind) {
    Hub hub = HubKind.shared(kind);
    String identity = NpmClient.newIdentity();
    int n = 50;
    try (NpmClient alice = NpmClient.start("alice", Journal.MEMORY, identity);
        NpmClient alice2 = NpmClient.start("alice2", Journal.MEMORY, identity);
        NpmClient bob = NpmClient.start("bob", Journal.MEMORY, NpmClient.newIdentity());
        NpmClient elsewhere = NpmClient.start("alice elsewhere", Journal.MEMORY, identity)) {
      alice.connect(hub.url("shared"));
      alice2.connect(hub.url("shared"));
      bob.connect(hub.url("shared"));
      elsewhere.connect(hub.url("apart"));
      List<NpmClient> all = List.of(alice, bob, elsewhere);

      // rounds, so that everybody listens while the others write
      for (int round = 1; round <= 2; round++) {
        List<CompletableFuture<?>> writes = new ArrayList<>();
        writes.add(alice.write("alice" + round, n, 100, PACE));
        writes.add(bob.write("bob" + round, n, 100, PACE));
        writes.add(elsewhere.write("elsewhere" + round, n, 100, PACE));
        CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new)).join();
        for (NpmClient client : all) {
          Status unused = client.awaitAcked(round * n);
        }
        Status unused = alice2.awaitHandled(round * n);
      }

      assertConverged(2 * n, alice, alice2);
      assertConverged(2 * n, bob);
      assertConverged(2 * n, elsewhere);
      assertKeysStartWith("alice", alice, alice2);
      assertKeysStartWith("bob", bob);
      assertKeysStartWith("elsewhere", elsewhere);
      for (NpmClient client : all) {
        assertThat(client.status().open()).isTrue();
      }
    }
  }

  private static void assertKeysStartWith(String prefix, NpmClient... clients) {
    for (NpmClient client : clients) {
      assertThat(client.list())
          .extracting(Seen::key)
          .allMatch(key -> key != null && key.startsWith(prefix));
    }
  }

  @Test
  void anIdleClientStaysConnected() {
    List<NpmClient> clients = new ArrayList<>();
    try {
      for (HubKind kind : localHubs()) {
        String url = HubKind.shared(kind).url("idle");
        String identity = NpmClient.newIdentity();
        NpmClient idle = NpmClient.start("idle " + kind, Journal.MEMORY, identity);
        clients.add(idle);
        NpmClient writer = NpmClient.start("writer " + kind, Journal.MEMORY, identity);
        clients.add(writer);
        idle.connect(url);
        writer.connect(url);
      }

      RealTimeWaits.pass(RealTimeWaits.IDLE_CLIENT);

      for (int i = 0; i < clients.size(); i += 2) {
        clients.get(i + 1).write("after", 1, 100);
        Status idle = clients.get(i).awaitHandled(1);
        assertThat(idle.open()).isTrue();
        assertThat(idle.opens()).isEqualTo(1);
        assertThat(idle.closeCodes()).isEmpty();
      }
    } finally {
      clients.forEach(NpmClient::close);
    }
  }
}
