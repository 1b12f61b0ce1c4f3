package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.RequestChanges;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other v3 servers do wrong. */
class WireTrapsTest {
  private static final String KEY = "key";
  private static final String OTHER = "other key";

  private TestHub hub;

  @BeforeEach
  void start() {
    hub = TestHub.start();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {199, 200, 201, 400, 1000, 8192, 8193})
  void batchesOfAnySizeAreAcked(int size) {
    RawClient peer = hub.connect("t");
    List<SealedItem> entries = Entries.some(size);
    assertThat(peer.write(KEY, 0, entries)).isEqualTo(range(1, size));
    // slot by slot, not in the order of the numbers
    List<SealedItem> reversed = new ArrayList<>(entries);
    Collections.reverse(reversed);
    reversed.add(0, Entries.one());
    List<Long> numbers = new ArrayList<>(range(1, size + 1));
    Collections.reverse(numbers);
    assertThat(peer.write(KEY, 1, reversed)).isEqualTo(numbers);
  }

  @Test
  void writeThenRequestGetsTheLowerNumbers() {
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(5));
    RawClient peer = hub.connect("t");
    assertThat(peer.write(KEY, 0, Entries.some(1))).containsExactly(6L);
    peer.subscribe(KEY, 0);
    assertThat(peer.sequences(KEY, 6)).isEqualTo(range(1, 6));
  }

  @Test
  void requestAndWriteInOneSegmentLoseNothing() {
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(5));
    for (int i = 0; i < 20; i++) {
      RawClient peer = hub.connect("t");
      peer.send(
          new RequestChanges(KEY, 0, false),
          Entries.write(KEY, 0, Entries.some(1)),
          Entries.write(KEY, 1, List.of()));
      List<Long> seen = new ArrayList<>();
      List<Double> acks = new ArrayList<>();
      while (seen.size() < 5 + i || acks.size() < 2) {
        ServerMessage message = peer.next();
        if (message instanceof ServerMessage.Ack ack) {
          acks.add(ack.id());
          if (ack.id() == 0) {
            assertThat(seen).as("all below %s", 6 + i).hasSize(5 + i);
            assertThat(ack.sequenceNumbers()).containsExactly(6 + i);
          }
        } else if (message instanceof ServerMessage.Changes changes) {
          changes.entries().forEach(entry -> seen.add((long) entry.sequence()));
        }
      }
      assertThat(seen).isEqualTo(range(1, 5 + i));
      peer.close();
    }
  }

  @Test
  void requestGoesBackAsFarAsItAsks() {
    RawClient peer = hub.connect("t");
    peer.subscribe(KEY, 0);
    peer.write(KEY, 0, Entries.some(3));
    peer.expectNothing();
    peer.subscribe(KEY, 2);
    assertThat(peer.sequences(KEY, 2)).containsExactly(2L, 3L);
    peer.subscribe(KEY, 1);
    assertThat(peer.sequences(KEY, 3)).isEqualTo(range(1, 3));
  }

  /** A client restarted over its journal asks from its own last number and pushes everything again. */
  @Test
  void everythingPushedAgainIsNeitherLostNorStoredTwice() {
    List<SealedItem> journal = Entries.some(300);
    RawClient first = hub.connect("t");
    first.write(KEY, 0, journal.subList(0, 250));
    first.close();
    RawClient second = hub.connect("t");
    second.subscribe(KEY, 250);
    assertThat(second.sequences(KEY, 1)).containsExactly(250L);
    assertThat(second.write(KEY, 0, journal)).isEqualTo(range(1, 300));
    second.expectNothing();
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 0);
    assertThat(reader.sequences(KEY, 300)).isEqualTo(range(1, 300));
    reader.expectNothing();
  }

  /** Entries keep the order of their commits, whatever their ids say. */
  @Test
  void orderIsThatOfCommitsNotOfIds() {
    List<SealedItem> entries = new ArrayList<>(Entries.some(50));
    Collections.reverse(entries);
    RawClient peer = hub.connect("t");
    assertThat(peer.write(KEY, 0, entries)).isEqualTo(range(1, 50));
    peer.subscribe(KEY, 0);
    List<ServerMessage.SealedChange> changes = peer.changes(KEY, 50);
    for (int i = 0; i < 50; i++) {
      assertThat(changes.get(i).entryId()).isEqualTo(entries.get(i).entryId());
      assertThat(changes.get(i).sequence()).isEqualTo(i + 1);
    }
  }

  /** Ids of writes restart on each connection, and chunk ids are the same numbers. */
  @Test
  void equalIdsOnManySocketsDoNotMeet() {
    int peers = 4;
    List<RawClient> clients = new ArrayList<>();
    List<byte[]> messages = new ArrayList<>();
    for (int i = 0; i < peers; i++) {
      clients.add(hub.connect("t"));
      messages.add(V3Codec.encode(Entries.write("key " + i, 0, Entries.some(3 + i, 1000))));
    }
    for (int part = 0; part < 4; part++) {
      for (int i = 0; i < peers; i++) {
        int size = (messages.get(i).length + 3) / 4;
        clients
            .get(i)
            .send(new ClientMessage.Chunked(new Chunk(
                0,
                part,
                4,
                Arrays.copyOfRange(
                    messages.get(i),
                    part * size,
                    Math.min(messages.get(i).length, (part + 1) * size)))));
      }
    }
    for (int i = 0; i < peers; i++) {
      assertThat(clients.get(i).acked(0)).isEqualTo(range(1, 3 + i));
    }
  }

  /** Any cut, any order, several at once, other messages between, ids used again. */
  @Test
  void chunksMayComeInAnyOrderAndInterleaved() {
    RawClient peer = hub.connect("t");
    List<ClientMessage> parts = new ArrayList<>();
    for (int id = 0; id < 3; id++) {
      byte[] message = V3Codec.encode(Entries.write(KEY, id, Entries.one(100)));
      for (int i = 0; i < 10; i++) {
        parts.add(new ClientMessage.Chunked(new Chunk(
            id,
            i,
            10,
            Arrays.copyOfRange(message, i * message.length / 10, (i + 1) * message.length / 10))));
      }
    }
    parts.add(new ClientMessage.Ping(5));
    long seed = Long.getLong("seed", System.nanoTime());
    Collections.shuffle(parts, new java.util.Random(seed));
    peer.send(parts.toArray(ClientMessage[]::new));
    List<Double> acks = new ArrayList<>();
    boolean pong = false;
    while (acks.size() < 3 || !pong) {
      ServerMessage message = peer.next();
      if (message instanceof ServerMessage.Ack ack) {
        assertThat(ack.sequenceNumbers()).as("-Dseed=%s", seed).hasSize(1);
        acks.add(ack.id());
      } else {
        assertThat(message).as("-Dseed=%s", seed).isEqualTo(new ServerMessage.Pong(5));
        pong = true;
      }
    }
    assertThat(acks).as("-Dseed=%s", seed).containsExactlyInAnyOrder(0d, 1d, 2d);
    // a chunked chunk, a single part, an id used again, and a message that need not be chunked
    byte[] ping = V3Codec.encode(new ClientMessage.Ping(6));
    byte[] inner = V3Codec.encode(new ClientMessage.Chunked(new Chunk(1, 0, 1, ping)));
    peer.send(new ClientMessage.Chunked(new Chunk(1, 0, 1, inner)));
    assertThat(peer.next()).isEqualTo(new ServerMessage.Pong(6));
  }

  /** A client's first push keeps it from noticing local events until the ack is there. */
  @Test
  void firstAckDoesNotWaitForTheBacklog() {
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(16, 1_000_000));
    RawClient peer = hub.connectNarrow("t");
    peer.send(new RequestChanges(KEY, 0, false), Entries.write(KEY, 0, List.of()));
    int before = 0;
    while (!(peer.next() instanceof ServerMessage.Ack)) {
      before++;
    }
    assertThat(before).isLessThan(8);
    assertThat(peer.sequences(KEY, 16 - before)).endsWith(16L);
  }

  /** Every client connects, writes an empty batch and follows its own key. */
  @Test
  void peersWithOtherKeysHearNothingOfANewOne() {
    RawClient follower = hub.connect("t");
    follower.subscribe(OTHER, 0);
    RawClient idle = hub.connect("t");
    for (int i = 0; i < 5; i++) {
      RawClient peer = hub.connect("t");
      peer.subscribe(KEY, 0);
      peer.write(KEY, 0, List.of());
      peer.send(Entries.write(KEY, 1, Entries.some(1)));
    }
    idle.expectNothing();
    follower.expectNothing();
    assertThat(follower.write(OTHER, 1, Entries.some(1))).containsExactly(1L);
  }

  @Test
  void everyPingGetsItsPongAndNothingElseDoes() {
    RawClient peer = hub.connect("t");
    for (int id : new int[] {1, 2, 3, 3, 0, -7}) {
      peer.pingPong(id);
    }
    peer.subscribe(KEY, 0);
    peer.write(KEY, 0, Entries.some(3));
    peer.expectNothing();
  }

  /** Acks that nobody waits for are not sent: npm clients stop only after their last ack. */
  @Test
  void stopAfterTheLastAckLeavesNothingBehind() {
    RawClient peer = hub.connect("t");
    peer.subscribe(KEY, 0);
    peer.write(KEY, 0, Entries.some(3));
    peer.send(Entries.write(KEY, 1, List.of()), new ClientMessage.StopChanges(KEY));
    assertThat(peer.acked(1)).isEmpty();
    peer.expectNothing();
    // the socket is as good as new
    peer.subscribe(KEY, 3);
    assertThat(peer.sequences(KEY, 1)).containsExactly(3L);
  }
}
