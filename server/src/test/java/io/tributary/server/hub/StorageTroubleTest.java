package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.server.config.LimitsConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A storage that fails: v3 peers cannot be told, so their writes wait, and their sockets stay. */
class StorageTroubleTest {
  private static final String KEY = "key";

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
  private final TroubledStorage storage = TroubledStorage.prepare("troubled");
  private TestHub hub;

  @BeforeEach
  void start() {
    hub = TestHub.start(
        TestHub.config()
            .storage(storage.config())
            .limits(LimitsConfig.builder().writeRetry(Duration.ofMinutes(5)).build()),
        now::get);
  }

  @AfterEach
  void stop() {
    storage.recover();
    hub.close();
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  /** Passes more time than any pause between attempts, until there was another attempt. */
  private void awaitAttempts(int more) {
    int goal = storage.attempts() + more;
    await().atMost(Duration.ofSeconds(60)).until(() -> {
      now.updateAndGet(instant -> instant.plusMillis(500));
      return storage.attempts() >= goal;
    });
  }

  private void begin(String trouble) {
    switch (trouble) {
      case "failing" -> storage.failAppends();
      case "failing after the commit" -> storage.failAppendsAfterCommit();
      default -> storage.hang();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"failing", "failing after the commit", "hanging"})
  void writesWaitAndAreAckedOnceWhenItRecovers(String trouble) {
    RawClient follower = hub.connect("t");
    follower.subscribe(KEY, 0);
    RawClient writer = hub.connect("t");
    List<SealedItem> first = Entries.some(3);
    writer.write(KEY, 0, first);
    assertThat(follower.sequences(KEY, 3)).isEqualTo(range(1, 3));
    begin(trouble);
    List<SealedItem> second = Entries.some(2);
    writer.send(Entries.write(KEY, 1, second), Entries.write(KEY, 2, first));
    writer.send(Entries.write("another key", 3, Entries.some(1)));
    if (!trouble.equals("hanging")) {
      awaitAttempts(8);
      hub.awaitLog("WARN", "append failed", "out of luck");
    }
    // meanwhile: pings, empty writes and reads
    writer.pingPong(1);
    assertThat(writer.write(KEY, 4, List.of())).isEmpty();
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 2);
    assertThat(reader.sequences(KEY, 2)).startsWith(2L, 3L);
    reader.pingPong(1);
    storage.recover();
    if (!trouble.equals("hanging")) {
      awaitAttempts(2);
    }
    List<List<Long>> acks = Arrays.asList(null, null, null, null);
    for (int i = 0; i < 3; i++) {
      ServerMessage.Ack ack = writer.ack();
      assertThat(acks.get((int) ack.id())).isNull();
      acks.set(
          (int) ack.id(),
          Arrays.stream(ack.sequenceNumbers()).mapToObj(n -> (long) n).toList());
    }
    assertThat(acks.get(1)).containsExactly(4L, 5L);
    assertThat(acks.get(2)).isEqualTo(range(1, 3));
    assertThat(acks.get(3)).containsExactly(1L);
    assertThat(follower.sequences(KEY, 2)).containsExactly(4L, 5L);
    writer.expectNothing();
    follower.expectNothing();
  }

  @Test
  void nobodyIsClosedBeforeWriteRetryAndWritersAreAfterIt() {
    RawClient follower = hub.connect("t");
    follower.subscribe(KEY, 0);
    RawClient writer = hub.connect("t");
    storage.failAppends();
    writer.send(Entries.write(KEY, 0, Entries.some(3)));
    awaitAttempts(5);
    now.updateAndGet(instant -> instant.plus(Duration.ofMinutes(2)));
    awaitAttempts(2);
    RawClient later = hub.connect("t");
    later.send(Entries.write(KEY, 0, Entries.some(1)));
    later.pingPong(1);
    writer.pingPong(1);
    now.updateAndGet(instant -> instant.plus(Duration.ofMinutes(3)));
    awaitAttempts(2);
    RawClient.Closed closed = writer.awaitClosed();
    assertThat(closed.code()).isEqualTo(1011);
    hub.awaitLog("closed with 1011", "undecided for too long", "out of luck");
    later.pingPong(2);
    follower.pingPong(1);
    storage.recover();
    awaitAttempts(1);
    assertThat(later.acked(0)).containsExactly(1L);
    assertThat(follower.sequences(KEY, 1)).containsExactly(1L);
    hub.awaitNothingHeld();
  }

  /** One that the storage will never take is closed; those that came with it are not. */
  @Test
  void aRefusedWriteClosesItsWriterAlone() {
    RawClient good = hub.connect("t");
    RawClient bad = hub.connect("t");
    RawClient alsoGood = hub.connect("t");
    storage.hang();
    good.send(Entries.write(KEY, 0, Entries.some(1)));
    good.pingPong(1);
    await().until(() -> storage.attempts() == 1);
    // these go into the next append together
    good.send(Entries.write(KEY, 1, Entries.some(1)));
    good.pingPong(2);
    bad.send(Entries.write(KEY, 0, Entries.some(7)));
    bad.pingPong(1);
    alsoGood.send(Entries.write(KEY, 0, Entries.some(2)));
    alsoGood.pingPong(1);
    storage.recoverAndReject(append -> append.records().size() == 7);
    assertThat(good.acked(0)).containsExactly(1L);
    assertThat(good.acked(1)).containsExactly(2L);
    assertThat(alsoGood.acked(0)).containsExactly(3L, 4L);
    assertThat(bad.awaitClosed().code()).isEqualTo(1008);
    hub.awaitLog("closed with 1008", "out of luck");
    hub.awaitNothingHeld();
    good.pingPong(3);
  }

  @Test
  void aWriterThatLeavesMeanwhileLeavesNothingBehindAndIsNotForgotten() {
    storage.failAppends();
    RawClient writer = hub.connect("t");
    List<SealedItem> entries = Entries.some(3);
    writer.send(Entries.write(KEY, 0, entries));
    awaitAttempts(3);
    writer.close();
    hub.awaitSessions(0);
    storage.recover();
    awaitAttempts(1);
    hub.awaitNothingHeld();
    RawClient again = hub.connect("t");
    assertThat(again.write(KEY, 0, entries)).isEqualTo(range(1, 3));
  }

  @Test
  void readsThatFailAreDoneAgain() {
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(3));
    storage.failReads();
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 0);
    hub.awaitLog("WARN", "could not be read, trying again: out of luck");
    reader.pingPong(1);
    writer.write(KEY, 1, Entries.some(1));
    storage.recover();
    assertThat(reader.sequences(KEY, 4)).isEqualTo(range(1, 4));
    // with the head known, but not what is below it
    storage.failReads();
    reader.subscribe(KEY, 1);
    RawClient other = hub.connect("t");
    other.subscribe(KEY, 2);
    other.pingPong(1);
    writer.write(KEY, 2, Entries.some(1));
    storage.recover();
    assertThat(reader.sequences(KEY, 5)).isEqualTo(range(1, 5));
    assertThat(other.sequences(KEY, 4)).isEqualTo(range(2, 5));
    reader.expectNothing();
  }
}
