package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.Hello;
import io.tributary.core.wire.v3.ServerMessage.SealedChange;
import io.tributary.core.wire.v3.V3Codec;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.config.StorageConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

/** What a v3 server must guarantee, seen from raw sockets that write, follow and misuse keys. */
class WireGuaranteesTest {
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

  @Test
  void everyFrameIsBinaryAndHoldsOneMessage() {
    RawClient reader = hub.connect("t");
    RawClient writer = hub.connect("t");
    reader.subscribe(KEY, 0);
    for (int i = 0; i < 10; i++) {
      // the client checks the frames
      writer.write(KEY, i, Entries.some(i));
      writer.pingPong(i);
    }
    writer.write(KEY, 10, Entries.some(1, 1_300_000));
    assertThat(reader.sequences(KEY, 46)).isEqualTo(range(1, 46));
    assertThat(reader.frames()).isGreaterThan(3);
  }

  @Test
  void helloComesFirstAndOnceAndIsTheSameForAllPeersOfATenant() {
    List<UUID> ids = new ArrayList<>();
    for (String tenant : List.of("t", "t", "other")) {
      RawClient peer = hub.tryConnect(TestHub.path(tenant));
      byte[] remoteId = peer.expect(Hello.class).remoteId();
      assertThat(remoteId).hasSize(16);
      ByteBuffer bits = ByteBuffer.wrap(remoteId);
      ids.add(new UUID(bits.getLong(), bits.getLong()));
      peer.subscribe(KEY, 0);
      peer.pingPong(1);
      peer.write(KEY, 0, List.of());
      peer.expectNothing();
    }
    assertThat(ids).allSatisfy(id -> {
      assertThat(id.version()).isEqualTo(4);
      assertThat(id.variant()).isEqualTo(2);
    });
    assertThat(ids.get(0)).isEqualTo(ids.get(1)).isNotEqualTo(ids.get(2));
  }

  @Test
  void helloIsTheSameAfterARestart(@TempDir Path data) {
    HubConfig.Builder config = TestHub.config().storage(StorageConfig.file(data));
    List<byte[]> ids = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (TestHub durable = TestHub.start(config)) {
        RawClient peer = durable.tryConnect(TestHub.path("t"));
        ids.add(peer.expect(Hello.class).remoteId());
        // and so are the numbers
        assertThat(peer.write(KEY, 0, Entries.some(2))).isEqualTo(range(2 * i + 1, 2 * i + 2));
      }
    }
    assertThat(ids.get(0)).isEqualTo(ids.get(1));
  }

  @Test
  void numbersBeyond32BitsAreFloats() {
    RawClient peer = hub.connect("t");
    for (double id : new double[] {0x1p32, 9_007_199_254_740_991d, -0x1p31 - 1, 0.5, -1}) {
      peer.ping(id);
      byte[] frame = peer.nextFrame();
      String hex = HexFormat.of().formatHex(frame);
      if (id != -1) {
        assertThat(hex).contains("cb" + HexFormat.of().toHexDigits(Double.doubleToLongBits(id)));
      }
      assertThat(decoded(frame)).isEqualTo(new ServerMessage.Pong(id));
      assertThat(peer.write(KEY, id, List.of())).isEmpty();
    }
    peer.pingPong(4_294_967_295d);
    peer.pingPong(Double.NaN);
  }

  private static ServerMessage decoded(byte[] frame) {
    try {
      return V3Codec.decodeServer(frame);
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  /** The number in every form that peers may choose, in maps of every width, keys in any order. */
  @Test
  void everyFormOfAMessageIsRead() throws IOException {
    RawClient peer = hub.connect("t");
    String tag = "a45f746167a450696e67"; // _tag: Ping
    String id = "a26964"; // id:
    String longId = "d9026964";
    for (String form : List.of(
        "07",
        "cc07",
        "cd0007",
        "ce00000007",
        "cf0000000000000007",
        "d007",
        "d10007",
        "d200000007",
        "d30000000000000007",
        "ca40e00000",
        "cb401c000000000000")) {
      for (String message : List.of(
          "82" + id + form + tag,
          "82" + tag + id + form,
          "de0002" + id + form + tag,
          "df00000002" + longId + form + tag,
          // unknown keys with anything in them, and a repeated key, of which the last counts
          "86" + id + "63" + "a178c0" + "a17981a17a93c3d40000ff" + tag + "a177c403010203" + id
              + form)) {
        peer.sendBinary(HexFormat.of().parseHex(message));
        assertThat(peer.next()).as(message).isEqualTo(new ServerMessage.Pong(7));
      }
    }
    SealedItem entry = Entries.one();
    MessageBufferPacker write = MessagePack.newDefaultBufferPacker();
    write.packMapHeader(5).packString("_tag").packString("WriteEntries");
    write.packString("encryptedEntries");
    write.addPayload(HexFormat.of().parseHex("dd00000001df00000003"));
    write.packString("unknown").packNil();
    write.packString("encryptedEntry");
    write.addPayload(HexFormat.of().parseHex("c60000000201ff"));
    write.packString("entryId");
    write.addPayload(new byte[] {(byte) 0xc5, 0, 16}).addPayload(entry.entryId());
    write.packString("iv").addPayload(new byte[] {(byte) 0xc4, 0});
    write.packString("publicKey").addPayload(HexFormat.of().parseHex("db000000036b6579"));
    write.packString("id").packDouble(3);
    peer.sendBinary(write.toByteArray());
    assertThat(peer.acked(3)).containsExactly(1L);
    MessageBufferPacker request = MessagePack.newDefaultBufferPacker();
    request.packMapHeader(3).packString("startSequence").packDouble(1);
    request.packString("publicKey").packString(KEY);
    request.packString("_tag").packString("RequestChanges");
    peer.sendBinary(request.toByteArray());
    SealedChange change = peer.changes(KEY, 1).get(0);
    assertThat(change.entryId()).isEqualTo(entry.entryId());
    assertThat(change.iv()).isEmpty();
    assertThat(change.ciphertext()).containsExactly(1, 0xff);
  }

  @Test
  void everyWriteGetsOneAckWithANumberPerSlot() {
    RawClient peer = hub.connect("t");
    List<SealedItem> old = Entries.some(2);
    assertThat(peer.write(KEY, 0, List.of())).isEmpty();
    assertThat(peer.write(KEY, 1, old)).containsExactly(1L, 2L);
    SealedItem fresh = Entries.one();
    // new, known, new, known, and new again in the same batch
    assertThat(peer.write(
            KEY, 7, List.of(fresh, old.get(1), Entries.one(), old.get(0), fresh, old.get(1))))
        .containsExactly(3L, 2L, 4L, 1L, 3L, 2L);
    // ids are echoed, never looked at
    assertThat(peer.write(KEY, 7, Entries.some(1))).containsExactly(5L);
    assertThat(peer.write(KEY, -3.5, Entries.some(1))).containsExactly(6L);
    assertThat(peer.write(KEY, 0, List.of())).isEmpty();
    peer.expectNothing();
  }

  @Test
  void manyWritesAtOnceAreAckedOnceEach() {
    RawClient peer = hub.connect("t");
    ClientMessage[] writes = new ClientMessage[200];
    for (int i = 0; i < writes.length; i++) {
      writes[i] = Entries.write(KEY, i, Entries.some(i % 3 == 0 ? 0 : 2));
    }
    peer.send(writes);
    Set<Double> ids = new HashSet<>();
    Set<Long> sequences = new HashSet<>();
    for (int i = 0; i < writes.length; i++) {
      ServerMessage.Ack ack = peer.ack();
      assertThat(ids.add(ack.id())).isTrue();
      assertThat(ack.sequenceNumbers()).hasSize(ack.id() % 3 == 0 ? 0 : 2);
      Arrays.stream(ack.sequenceNumbers()).forEach(n -> sequences.add((long) n));
    }
    assertThat(sequences).containsExactlyInAnyOrderElementsOf(range(1, 266));
    peer.expectNothing();
  }

  @Test
  void batchOfDuplicatesIsAckedAndAppendsNothing() {
    RawClient reader = hub.connect("t");
    RawClient writer = hub.connect("t");
    reader.subscribe(KEY, 0);
    List<SealedItem> entries = Entries.some(3);
    writer.write(KEY, 0, entries);
    assertThat(reader.sequences(KEY, 3)).isEqualTo(range(1, 3));
    assertThat(writer.write(KEY, 1, entries)).isEqualTo(range(1, 3));
    assertThat(hub.connect("t").write(KEY, 0, entries.subList(1, 2))).containsExactly(2L);
    assertThat(writer.write(KEY, 2, Entries.some(1))).containsExactly(4L);
    assertThat(reader.sequences(KEY, 1)).containsExactly(4L);
  }

  @Test
  void duplicatesAreFoundPerKeyAndTheFirstVersionStays() {
    RawClient peer = hub.connect("t");
    SealedItem first = Entries.one();
    SealedItem second = new SealedItem(first.entryId(), new byte[] {9});
    assertThat(peer.write(KEY, 0, List.of(first, second))).containsExactly(1L, 1L);
    assertThat(peer.write(OTHER, 1, List.of(second, first))).containsExactly(1L, 1L);
    // only 16 bytes of an id count
    assertThat(peer.write(
            KEY, 2, List.of(new SealedItem(Arrays.copyOf(first.entryId(), 20), new byte[] {8}))))
        .containsExactly(1L);
    peer.subscribe(KEY, 0);
    assertThat(peer.changes(KEY, 1).get(0).ciphertext()).isEqualTo(first.ciphertext());
    peer.subscribe(OTHER, 0);
    assertThat(peer.changes(OTHER, 1).get(0).ciphertext()).isEqualTo(second.ciphertext());
    peer.expectNothing();
  }

  @Test
  void numbersStartAtOneAndAreNeverReusedOverManyWriters() {
    List<RawClient> writers =
        IntStream.range(0, 8).mapToObj(i -> hub.connect("t")).toList();
    Set<Long> sequences = new HashSet<>();
    for (int round = 0; round < 20; round++) {
      for (RawClient writer : writers) {
        writer.send(Entries.write(KEY, round, Entries.some(3)));
      }
      for (RawClient writer : writers) {
        List<Long> acked = writer.acked(round);
        assertThat(acked).isSorted();
        sequences.addAll(acked);
      }
    }
    assertThat(sequences).containsExactlyInAnyOrderElementsOf(range(1, 480));
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 1);
    assertThat(reader.sequences(KEY, 480)).isEqualTo(range(1, 480));
  }

  @Test
  void requestGetsEverythingFromItsStartOn() {
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(5));
    double[] starts = {-1, 0, 1, 1.5, 3, 5, 6, Double.NaN};
    long[] firsts = {1, 1, 1, 2, 3, 5, 6, 1};
    List<RawClient> readers = new ArrayList<>();
    for (double start : starts) {
      RawClient reader = hub.connect("t");
      reader.subscribe(KEY, start);
      readers.add(reader);
    }
    for (int i = 0; i < starts.length; i++) {
      int backlog = (int) (6 - firsts[i]);
      assertThat(readers.get(i).sequences(KEY, backlog))
          .as("%s", starts[i])
          .isEqualTo(range(firsts[i], 5));
    }
    writer.write(KEY, 1, Entries.some(2));
    for (RawClient reader : readers) {
      assertThat(reader.sequences(KEY, 2)).containsExactly(6L, 7L);
    }
  }

  @Test
  void requestFromBeyondTheEndGetsWhatComesAndIsLogged() {
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(5));
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 100);
    hub.awaitLog("WARN", "100", "ends at 5");
    writer.write(KEY, 1, Entries.some(2));
    assertThat(reader.sequences(KEY, 2)).containsExactly(6L, 7L);
  }

  @Test
  void nothingIsMissedOrRepeatedWhereBacklogMeetsLive() {
    RawClient writer = hub.connect("t");
    List<RawClient> readers = new ArrayList<>();
    int acked = 0;
    for (int i = 0; i < 60; i++) {
      writer.send(Entries.write(KEY, i, Entries.some(5)));
      if (i % 10 == 5) {
        // the store has what the reader asks for, and more is on its way
        while (acked < i - 2) {
          assertThat(writer.acked(acked++)).hasSize(5);
        }
        RawClient reader = hub.connect("t");
        reader.subscribe(KEY, i);
        readers.add(reader);
      }
    }
    while (acked < 60) {
      assertThat(writer.acked(acked++)).hasSize(5);
    }
    for (int i = 0; i < readers.size(); i++) {
      long start = 10L * i + 5;
      assertThat(readers.get(i).sequences(KEY, (int) (301 - start))).isEqualTo(range(start, 300));
      readers.get(i).expectNothing();
    }
  }

  @Test
  void newRequestReplacesTheOld() {
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(4));
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 3);
    assertThat(reader.sequences(KEY, 2)).containsExactly(3L, 4L);
    reader.subscribe(KEY, 1);
    assertThat(reader.sequences(KEY, 4)).isEqualTo(range(1, 4));
    reader.subscribe(KEY, 4);
    assertThat(reader.sequences(KEY, 1)).containsExactly(4L);
    writer.write(KEY, 1, Entries.some(1));
    assertThat(reader.sequences(KEY, 1)).containsExactly(5L);
    reader.expectNothing();
  }

  @Test
  void keysOnOneSocketAreIndependent() {
    RawClient peer = hub.connect("t");
    RawClient writer = hub.connect("t");
    writer.write(KEY, 0, Entries.some(5));
    writer.write(OTHER, 1, Entries.some(3));
    peer.subscribe(KEY, 0);
    assertThat(peer.sequences(KEY, 5)).isEqualTo(range(1, 5));
    // the numbers of one key say nothing about the other's
    peer.write(KEY, 0, Entries.some(6));
    peer.subscribe(OTHER, 0);
    assertThat(peer.sequences(OTHER, 3)).isEqualTo(range(1, 3));
    writer.write(OTHER, 2, Entries.some(1));
    assertThat(peer.sequences(OTHER, 1)).containsExactly(4L);
    peer.send(new ClientMessage.StopChanges(KEY));
    peer.expectNothing();
    writer.write(KEY, 3, Entries.some(1));
    writer.write(OTHER, 4, Entries.some(1));
    assertThat(peer.sequences(OTHER, 1)).containsExactly(5L);
    peer.expectNothing();
  }

  @Test
  void noChangesBeforeTheRequestNorAfterTheStop() {
    RawClient peer = hub.connect("t");
    RawClient witness = hub.connect("t");
    RawClient writer = hub.connect("t");
    witness.subscribe(KEY, 0);
    peer.write(KEY, 0, Entries.some(2));
    writer.write(KEY, 0, Entries.some(1));
    assertThat(witness.sequences(KEY, 3)).isEqualTo(range(1, 3));
    peer.expectNothing();
    peer.subscribe(KEY, 3);
    assertThat(peer.sequences(KEY, 1)).containsExactly(3L);
    peer.send(new ClientMessage.StopChanges(KEY), new ClientMessage.StopChanges("never asked for"));
    peer.expectNothing();
    writer.write(KEY, 1, Entries.some(2));
    assertThat(witness.sequences(KEY, 2)).containsExactly(4L, 5L);
    peer.expectNothing();
    // an empty backlog is no message either
    peer.subscribe("nothing was ever written to this", 0);
    peer.expectNothing();
  }

  /**
   * Peers that follow and write at once: each gets what is not its own exactly once in order, and
   * when an ack comes, nothing foreign below its numbers is still to come.
   */
  @Test
  void anAckComesAfterEverythingForeignBelowIt() {
    int rounds = 40;
    List<RawClient> peers =
        IntStream.range(0, 4).mapToObj(i -> hub.connect("t")).toList();
    peers.forEach(peer -> peer.subscribe(KEY, 0));
    for (int round = 0; round < rounds; round++) {
      for (RawClient peer : peers) {
        peer.send(Entries.write(KEY, round, Entries.some(2)));
      }
    }
    int total = rounds * peers.size() * 2;
    for (RawClient peer : peers) {
      List<Long> foreign = new ArrayList<>();
      Set<Long> own = new HashSet<>();
      List<Long> greatestAcked = new ArrayList<>();
      List<Integer> foreignThen = new ArrayList<>();
      int acks = 0;
      while (own.size() + foreign.size() < total || acks < rounds) {
        ServerMessage message = peer.next();
        if (message instanceof ServerMessage.Ack ack) {
          acks++;
          Arrays.stream(ack.sequenceNumbers()).forEach(n -> own.add((long) n));
          greatestAcked.add((long) Arrays.stream(ack.sequenceNumbers()).max().orElseThrow());
          foreignThen.add(foreign.size());
        } else if (message instanceof ServerMessage.Changes changes) {
          changes.entries().forEach(entry -> foreign.add((long) entry.sequence()));
        }
      }
      assertThat(foreign).isSorted().doesNotHaveDuplicates();
      assertThat(foreign).doesNotContainAnyElementsOf(own);
      assertThat(foreign.size() + own.size()).isEqualTo(total);
      for (int i = 0; i < greatestAcked.size(); i++) {
        long greatest = greatestAcked.get(i);
        assertThat(foreign.stream().filter(n -> n < greatest).count())
            .as("foreign entries below %s", greatest)
            .isLessThanOrEqualTo(foreignThen.get(i));
      }
    }
  }

  @Test
  void pingsAreAnsweredDuringALargeWriteAndALargeBacklog() {
    RawClient writer = hub.connect("t");
    byte[] write = V3Codec.encode(Entries.write(KEY, 0, Entries.some(20, 1_000_000)));
    int total = (write.length + 499_999) / 500_000;
    for (int i = 0; i < total; i++) {
      writer.send(new ClientMessage.Chunked(new Chunk(
          0,
          i,
          total,
          Arrays.copyOfRange(write, i * 500_000, Math.min(write.length, (i + 1) * 500_000)))));
      if (i < total - 1) {
        writer.pingPong(i);
      }
    }
    writer.ping(-1);
    List<ServerMessage> two = List.of(writer.next(), writer.next());
    assertThat(two).anyMatch(new ServerMessage.Pong(-1)::equals);
    assertThat(two).anyMatch(ServerMessage.Ack.class::isInstance);

    RawClient reader = hub.connectNarrow("t");
    reader.subscribe(KEY, 0);
    assertThat(reader.sequences(KEY, 1)).containsExactly(1L);
    for (int i = 0; i < 3; i++) {
      reader.ping(i);
    }
    int entries = 1;
    double pong = -1;
    while (pong < 2) {
      ServerMessage message = reader.next();
      if (message instanceof ServerMessage.Pong answer) {
        assertThat(answer.id()).isGreaterThan(pong);
        pong = answer.id();
      } else {
        entries++;
      }
    }
    assertThat(entries).as("of 20 before the pong").isLessThan(18);
    assertThat(reader.sequences(KEY, 20 - entries)).endsWith(20L);
    reader.expectNothing();
  }

  @Test
  void longChangesComeInOrderedChunks() throws MalformedMessageException {
    RawClient writer = hub.connect("t");
    SealedItem entry = Entries.one(1_400_000);
    writer.write(KEY, 0, List.of(entry));
    writer.write(KEY, 1, List.of(Entries.one(Chunk.SIZE - 1000), Entries.one(2000)));
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 0);
    Set<Double> ids = new HashSet<>();
    int part = 0;
    double id = -1;
    int total = 0;
    byte[] whole = {};
    do {
      Chunk chunk = ((ServerMessage.Chunked) V3Codec.decodeServer(reader.nextFrame())).chunk();
      if (part == 0) {
        id = chunk.id();
        total = (int) chunk.total();
        assertThat(ids.add(id)).isTrue();
      }
      assertThat(chunk.id()).isEqualTo(id);
      assertThat(chunk.index()).isEqualTo(part);
      assertThat(chunk.total()).isEqualTo(total);
      part++;
      if (part < total) {
        assertThat(chunk.data()).hasSize(Chunk.SIZE);
      }
      byte[] joined = Arrays.copyOf(whole, whole.length + chunk.data().length);
      System.arraycopy(chunk.data(), 0, joined, whole.length, chunk.data().length);
      whole = joined;
    } while (part < total);
    assertThat(total).isEqualTo(3);
    ServerMessage.Changes changes = (ServerMessage.Changes) V3Codec.decodeServer(whole);
    assertThat(changes.entries().get(0).ciphertext()).isEqualTo(entry.ciphertext());
    assertThat(reader.sequences(KEY, 2)).containsExactly(2L, 3L);
    assertThat(reader.longest()).isLessThanOrEqualTo(Chunk.SIZE + 64);
  }

  @Test
  void ivAndCiphertextComeBackByteForByte() {
    RawClient peer = hub.connect("t");
    int[] sizes = {0, 1, 12, 16, 255, 256, 300, 65_535, 70_000};
    List<byte[]> ivs = new ArrayList<>();
    List<SealedItem> entries = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      byte[] iv = Entries.one(sizes[i] % 301).ciphertext();
      SealedItem entry = Entries.one(sizes[sizes.length - 1 - i]);
      ivs.add(iv);
      entries.add(entry);
      peer.send(new ClientMessage.WriteEntries(KEY, i, iv, List.of(entry, Entries.one())));
      assertThat(peer.acked(i)).hasSize(2);
    }
    peer.subscribe(KEY, 0);
    List<SealedChange> changes = peer.changes(KEY, 2 * sizes.length);
    for (int i = 0; i < sizes.length; i++) {
      assertThat(changes.get(2 * i).iv()).isEqualTo(ivs.get(i));
      assertThat(changes.get(2 * i + 1).iv()).isEqualTo(ivs.get(i));
      assertThat(changes.get(2 * i).entryId()).isEqualTo(entries.get(i).entryId());
      assertThat(changes.get(2 * i).ciphertext()).isEqualTo(entries.get(i).ciphertext());
    }
  }

  @Test
  void aFrameMayHoldMoreThanAChunkAndComeInFragments() {
    RawClient peer = hub.connect("t");
    SealedItem large = Entries.one(900_000);
    peer.sendBinary(V3Codec.encode(Entries.write(KEY, 0, large)));
    assertThat(peer.acked(0)).containsExactly(1L);
    byte[] write = V3Codec.encode(Entries.write(KEY, 1, Entries.one(5000)));
    peer.sendRaw(RawClient.frame(RawClient.BINARY, Arrays.copyOf(write, 100)));
    // control frames may come between
    peer.sendFrame(RawClient.PING, new byte[] {1});
    peer.sendRaw(RawClient.frame(RawClient.CONTINUATION, Arrays.copyOfRange(write, 100, 100)));
    peer.sendRaw(RawClient.frame(RawClient.CONTINUATION, Arrays.copyOfRange(write, 100, 3000)));
    peer.sendFrame(RawClient.CONTINUATION, Arrays.copyOfRange(write, 3000, write.length));
    assertThat(frameOf(peer).opcode()).isEqualTo(RawClient.PONG);
    assertThat(peer.acked(1)).containsExactly(2L);
    assertThat(LimitsConfig.defaults().frame()).isGreaterThan(900_100);
  }

  private static RawClient.Frame frameOf(RawClient peer) {
    try {
      return peer.readFrame();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
