package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.server.config.FeedConfig;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.metrics.HubMetrics.Held;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Subscribers that stop reading: they cost a bounded number of bytes, and nobody else anything. */
class SlowReaderTest {
  private static final String KEY = "key";
  private static final int OUTBOUND = 600_000;
  private static final int TAIL = 2 << 20;

  private TestHub hub;

  @BeforeEach
  void start() {
    hub = TestHub.start(TestHub.config()
        .limits(LimitsConfig.builder().outboundBytes(OUTBOUND).build())
        .feed(new FeedConfig(TAIL, 2 * TAIL, Duration.ofSeconds(1))));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  private long outbound() {
    return hub.metrics().held(Held.OUTBOUND);
  }

  /** Writes 30 MB in 100 batches, which another subscriber reads as they come. */
  private long writeALot(RawClient writer, RawClient reader, long head) {
    long last = head;
    for (int i = 0; i < 100; i++) {
      List<Long> sequences = writer.write(KEY, i, Entries.some(30, 10_000));
      assertThat(reader.sequences(KEY, 30)).isEqualTo(sequences);
      last = sequences.get(29);
      assertThat(outbound()).isLessThanOrEqualTo(3L * OUTBOUND);
      assertThat(hub.metrics().held(Held.TAIL)).isLessThanOrEqualTo(2L * TAIL + 700_000);
    }
    return last;
  }

  @Test
  void goesOnFromItsCursorWhenItReadsAgain() {
    RawClient writer = hub.connect("t");
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 0);
    RawClient stuck = hub.connectNarrow("t");
    stuck.subscribe(KEY, 0);
    stuck.pingPong(0);
    long last = writeALot(writer, reader, 0);
    // far behind the tail, and full
    await().until(() -> outbound() > 0);
    long held = outbound();
    assertThat(held).isLessThanOrEqualTo(OUTBOUND);
    assertThat(stuck.sequences(KEY, (int) last)).isEqualTo(range(1, last));
    writer.write(KEY, 0, Entries.some(1));
    assertThat(stuck.sequences(KEY, 1)).containsExactly(last + 1);
    stuck.expectNothing();
    assertThat(reader.sequences(KEY, 1)).containsExactly(last + 1);
  }

  @Test
  void getsItsNewestPongBeforeWhatElseWaits() {
    RawClient writer = hub.connect("t");
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 0);
    RawClient stuck = hub.connectNarrow("t");
    stuck.subscribe(KEY, 0);
    stuck.pingPong(0);
    long last = writeALot(writer, reader, 0);
    for (int i = 1; i <= 50; i++) {
      stuck.ping(i);
    }
    // its pings are read although it doesn't read, and so are its writes
    stuck.send(Entries.write("another key", 1, Entries.some(1)));
    RawClient witness = hub.connect("t");
    witness.subscribe("another key", 0);
    assertThat(witness.sequences("another key", 1)).containsExactly(1L);
    List<Double> pongs = new ArrayList<>();
    List<Long> seen = new ArrayList<>();
    int before = -1;
    boolean acked = false;
    while (seen.size() < last) {
      ServerMessage message = stuck.next();
      if (message instanceof ServerMessage.Pong pong) {
        pongs.add(pong.id());
        before = seen.size();
      } else if (message instanceof ServerMessage.Ack) {
        acked = true;
      } else if (message instanceof ServerMessage.Changes changes) {
        changes.entries().forEach(entry -> seen.add((long) entry.sequence()));
      }
    }
    assertThat(pongs).containsExactly(50d);
    assertThat(acked).isTrue();
    assertThat(before).as("entries before the pong").isLessThan((int) last / 2);
    assertThat(seen).isEqualTo(range(1, last));
  }

  @Test
  void manyOfThemAreBoundedEachAndDelayNobody() {
    RawClient writer = hub.connect("t");
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 0);
    List<RawClient> stuck = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      RawClient peer = hub.connectNarrow("t");
      peer.subscribe(KEY, 0);
      stuck.add(peer);
    }
    for (int i = 0; i < 40; i++) {
      List<Long> sequences = writer.write(KEY, i, Entries.some(10, 30_000));
      assertThat(reader.sequences(KEY, 10)).isEqualTo(sequences);
      assertThat(outbound()).isLessThanOrEqualTo(22L * OUTBOUND);
    }
    await().until(() -> outbound() > 0);
    // half of them go, the others read
    for (int i = 0; i < 20; i++) {
      if (i % 2 == 0) {
        stuck.get(i).close();
      }
    }
    for (int i = 1; i < 20; i += 2) {
      assertThat(stuck.get(i).sequences(KEY, 400)).isEqualTo(range(1, 400));
    }
    await().until(() -> outbound() == 0);
  }

  /** Acks wait like everything else, and no more of them than the hub reads writes. */
  @Test
  void writerThatReadsNothingIsHeldUpNotClosed() {
    RawClient writer = hub.connectNarrow("t");
    RawClient witness = hub.connect("t");
    witness.subscribe(KEY, 0);
    int writes = 60;
    Thread sender = new Thread(() -> {
      for (int i = 0; i < writes; i++) {
        writer.send(Entries.write(KEY, i, Entries.some(5000, 1)));
      }
    });
    sender.start();
    for (int i = 0; i < writes; i++) {
      assertThat(writer.acked(i)).isEqualTo(range(5000L * i + 1, 5000L * i + 5000));
    }
    assertThat(witness.sequences(KEY, 5000 * writes)).hasSize(5000 * writes);
  }

  @Test
  void stopWhileStuckEndsDeliveryAtTheNextMessage() {
    RawClient writer = hub.connect("t");
    for (int i = 0; i < 20; i++) {
      writer.write(KEY, i, Entries.some(1, 1_000_000));
    }
    RawClient stuck = hub.connectNarrow("t");
    stuck.subscribe(KEY, 0);
    await().until(() -> outbound() > 0);
    stuck.send(
        new ClientMessage.StopChanges(KEY), new ClientMessage.RequestChanges("other", 0, false));
    writer.write("other", 20, Entries.some(1));
    // what was begun is finished or cut off, then only the other key's
    int before = 0;
    while (true) {
      byte[] frame = stuck.nextFrame();
      if (frame.length < 1000) {
        break;
      }
      before++;
    }
    assertThat(before).isLessThan(30);
    stuck.expectNothing();
  }
}
