package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.wire.v3.ServerMessage;
import io.vertx.core.Future;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A hub that is stopped: what runs is finished and acked, nothing new begins, peers are told. */
class ShutdownTest {
  private static final String KEY = "key";

  private static String ready(TestHub hub) {
    RawClient page =
        RawClient.asking(hub.port(), "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    String status = Integer.toString(page.status());
    page.close();
    return status;
  }

  @Test
  void runningAppendsAreAckedThenPeersAreClosed() {
    for (int round = 0; round < 5; round++) {
      TroubledStorage storage = TroubledStorage.prepare("stopping");
      TestHub hub = TestHub.start(TestHub.config().storage(storage.config()));
      try {
        assertThat(ready(hub)).isEqualTo("200");
        RawClient idle = hub.connect("t");
        RawClient writer = hub.connect("t");
        RawClient following = hub.connect("t");
        following.subscribe(KEY, 0);
        following.subscribe("own key", 0);
        following.write("own key", 0, Entries.some(1));
        storage.hang();
        int before = storage.attempts();
        writer.send(Entries.write(KEY, 0, Entries.some(2)));
        following.send(Entries.write("own key", 1, Entries.some(2)));
        await().until(() -> storage.attempts() == before + 2);
        Future<Void> stopped = hub.hub().stop();
        await().until(() -> ready(hub).equals("503"));
        // not begun any more: neither acked nor refused
        writer.send(Entries.write(KEY, 1, Entries.some(1)));
        writer.pingPong(1);
        RawClient late = hub.tryConnect(TestHub.path("t"));
        assertThat(late.status()).as("an upgrade while stopping").isEqualTo(503);
        assertThat(stopped.isComplete()).isFalse();
        storage.recover();
        assertThat(writer.acked(0)).containsExactly(1L, 2L);
        assertThat(writer.awaitClosed().code()).isEqualTo(1001);
        // its ack waits for its own subscription
        List<Long> seen = new ArrayList<>();
        List<Double> acks = new ArrayList<>();
        try {
          while (true) {
            ServerMessage message = following.next();
            if (message instanceof ServerMessage.Ack ack) {
              acks.add(ack.id());
            } else if (message instanceof ServerMessage.Changes changes) {
              changes.entries().forEach(entry -> seen.add((long) entry.sequence()));
            }
          }
        } catch (RawClient.ClosedException closed) {
          assertThat(closed.code).isEqualTo(1001);
        }
        assertThat(acks).containsExactly(1d);
        assertThat(seen).containsExactly(1L, 2L);
        assertThat(idle.awaitClosed().code()).isEqualTo(1001);
        TestHub.get(stopped);
        hub.awaitLog("closed with 1001: the hub is shutting down");
      } finally {
        hub.discard();
      }
    }
  }

  @Test
  void appendsThatDoNotFinishHoldItUpOnlyForTheGrace() {
    TroubledStorage storage = TroubledStorage.prepare("never");
    TestHub hub = TestHub.start(
        TestHub.config().storage(storage.config()).shutdownGrace(Duration.ofMillis(300)));
    try {
      storage.hang();
      RawClient writer = hub.connect("t");
      writer.send(Entries.write(KEY, 0, Entries.some(2)));
      await().until(() -> storage.attempts() == 1);
      TestHub.get(hub.hub().stop());
      assertThat(writer.awaitClosed().code()).isEqualTo(1001);
      hub.awaitLog("WARN", "appends were still in flight after shutdown.grace");
    } finally {
      hub.discard();
    }
  }

  @Test
  void nothingListensAfterwards() {
    TestHub hub = TestHub.start();
    try {
      RawClient peer = hub.connect("t");
      int port = hub.port();
      TestHub.get(hub.hub().stop());
      assertThat(peer.awaitClosed().code()).isEqualTo(1001);
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> RawClient.silent(port)))
          .isInstanceOf(UncheckedIOException.class);
    } finally {
      hub.discard();
    }
  }
}
