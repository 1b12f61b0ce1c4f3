package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.V3Codec;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.metrics.HubMetrics.Held;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code limits} bounds beside bytes of one peer. */
class LimitsTest {
  private static final String KEY = "key";

  private static TestHub start(LimitsConfig limits) {
    return TestHub.start(TestHub.config().limits(limits));
  }

  @Test
  void connectionsInAll() {
    try (TestHub hub = start(LimitsConfig.builder().connections(3).build())) {
      for (int round = 0; round < 5; round++) {
        RawClient one = hub.connect("a");
        RawClient two = hub.connect("b");
        // a connection counts from its first moment
        RawClient silent = RawClient.silent(hub.port());
        hub.awaitConnections(3);
        RawClient fourth = hub.tryConnect(TestHub.path("c"));
        assertThat(fourth.status()).isNotEqualTo(101);
        hub.awaitLog("limits.connections is reached");
        one.pingPong(1);
        two.pingPong(1);
        one.close();
        two.close();
        silent.close();
        fourth.close();
        hub.awaitConnections(0);
      }
      // refused requests and pages give their place back too
      for (int i = 0; i < 10; i++) {
        RawClient refused = hub.tryConnect("/nowhere");
        assertThat(refused.status()).isEqualTo(404);
        refused.close();
        RawClient page =
            RawClient.asking(hub.port(), "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        assertThat(page.status()).isEqualTo(200);
        page.close();
        hub.awaitConnections(0);
      }
    }
  }

  @Test
  void connectionsOfATenant() {
    try (TestHub hub = start(LimitsConfig.builder().connectionsPerTenant(2).build())) {
      for (int round = 0; round < 3; round++) {
        RawClient one = hub.connect("a");
        RawClient two = hub.connect("a");
        RawClient third = hub.tryConnect(TestHub.path("a"));
        assertThat(third.status()).isEqualTo(503);
        assertThat(third.header("Retry-After")).isPresent();
        hub.awaitLog("refused with 503", "limits.connectionsPerTenant is reached");
        RawClient other = hub.connect("b");
        other.pingPong(1);
        one.close();
        other.close();
        hub.awaitSessions(1);
        two.pingPong(1);
        hub.connect("a").close();
        two.close();
        hub.awaitSessions(0);
      }
    }
  }

  @Test
  void subscriptionsOfAPeer() {
    try (TestHub hub = start(LimitsConfig.builder().subscriptions(3).build())) {
      RawClient peer = hub.connect("t");
      for (int i = 0; i < 3; i++) {
        peer.subscribe("key " + i, 0);
      }
      // the same again is no more, and one that is given up makes room
      peer.subscribe("key 0", 0);
      peer.send(new ClientMessage.StopChanges("key 1"));
      peer.subscribe("key 3", 0);
      peer.expectNothing();
      peer.subscribe("key 4", 0);
      assertThat(peer.awaitClosed().code()).isEqualTo(1008);
      hub.awaitLog("closed with 1008", "limits.subscriptions allows: 3");
    }
  }

  @Test
  void bytesOfAnEntry() {
    try (TestHub hub = start(LimitsConfig.builder().payload(1000).build())) {
      RawClient peer = hub.connect("t");
      assertThat(peer.write(KEY, 0, Entries.some(1, 1000))).containsExactly(1L);
      peer.send(Entries.write(KEY, 1, Entries.one(), Entries.one(1001)));
      assertThat(peer.awaitClosed().code()).isEqualTo(1009);
      hub.awaitLog("closed with 1009", "entry 1 has 1001 bytes, limits.payload allows 1000");
      // nothing of it was stored
      assertThat(hub.connect("t").write(KEY, 0, Entries.some(1))).containsExactly(2L);
    }
  }

  /** What doesn't fit is closed; what came before is finished. */
  @Test
  void bytesOfWritesInAll() {
    TroubledStorage storage = TroubledStorage.prepare("in-all");
    try (TestHub hub = TestHub.start(TestHub.config()
        .storage(storage.config())
        .limits(LimitsConfig.builder().inFlightBytesTotal(3_000_000).build()))) {
      storage.hang();
      RawClient first = hub.connect("t");
      first.send(Entries.write(KEY, 0, Entries.one(900_000)));
      first.pingPong(1);
      RawClient second = hub.connect("t");
      second.send(Entries.write(KEY, 0, Entries.one(900_000)));
      second.pingPong(1);
      RawClient third = hub.connect("t");
      third.send(Entries.write(KEY, 0, Entries.one(900_000)));
      third.pingPong(1);
      RawClient fourth = hub.connect("t");
      // in one frame: as a write, not as chunks, it has no room
      fourth.sendBinary(V3Codec.encode(Entries.write(KEY, 0, Entries.one(900_000))));
      assertThat(fourth.awaitClosed().code()).isEqualTo(1013);
      hub.awaitLog("closed with 1013", "no room for a write: limits.inFlightBytesTotal");
      assertThat(hub.metrics().held(Held.WRITES)).isBetween(2_700_000L, 3_000_000L);
      // what fits is still taken
      RawClient small = hub.connect("t");
      small.send(Entries.write(KEY, 0, Entries.some(2)));
      small.pingPong(1);
      storage.recover();
      List<Long> sequences = new ArrayList<>();
      for (RawClient peer : List.of(first, second, third, small)) {
        sequences.addAll(peer.acked(0));
      }
      assertThat(sequences).containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L);
      hub.awaitNothingHeld();
      assertThat(hub.connect("t").write(KEY, 0, Entries.some(1, 900_000))).containsExactly(6L);
    }
  }

  /** Reading from a peer pauses when its writes hold more than a peer may; with one write, never. */
  @Test
  void bytesOfWritesOfAPeerHoldItUpButNotItsPingsWithOneWrite() {
    TroubledStorage storage = TroubledStorage.prepare("of-a-peer");
    try (TestHub hub = TestHub.start(TestHub.config()
        .storage(storage.config())
        .limits(LimitsConfig.builder().inFlightBytes(100_000).build()))) {
      storage.hang();
      RawClient peer = hub.connect("t");
      SealedItem large = Entries.one(900_000);
      peer.send(Entries.write(KEY, 0, large));
      for (int i = 1; i <= 5; i++) {
        peer.pingPong(i);
      }
      Thread sender = new Thread(() -> {
        for (int i = 1; i < 40; i++) {
          peer.send(Entries.write(KEY, i, Entries.one(500_000)));
        }
      });
      sender.start();
      await().until(() -> hub.metrics().held(Held.WRITES) > 1_400_000);
      hub.connect("t").pingPong(1);
      assertThat(hub.metrics().held(Held.WRITES)).isLessThan(2_100_000);
      storage.recover();
      for (int i = 0; i < 40; i++) {
        assertThat(peer.acked(i)).containsExactly(i + 1L);
      }
    }
  }
}
