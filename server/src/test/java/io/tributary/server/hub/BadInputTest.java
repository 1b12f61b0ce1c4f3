package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.metrics.HubMetrics.Held;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Peers that send what they must not: each is closed, with a reason in the log; what the hub holds
 * stays bounded; and two others write and read on meanwhile.
 */
class BadInputTest {
  private static final String KEY = "key";
  private static final String BAD_FRAME = "a bad frame";
  private static final LimitsConfig LIMITS = LimitsConfig.builder()
      .chunkBytes(8 << 20)
      .message(8 << 20)
      .chunkBytesTotal(20 << 20)
      .connections(2500)
      .handshakeTimeout(Duration.ofSeconds(3))
      .build();

  private static final AtomicReference<Instant> NOW =
      new AtomicReference<>(Instant.ofEpochMilli(1_800_000_000_000L));

  private static TestHub hub;

  /** The greatest sequence of the others' key. */
  private static long head;

  private RawClient writer;
  private RawClient reader;
  private int written;

  @BeforeAll
  static void startHub() {
    hub = TestHub.start(TestHub.config().limits(LIMITS), NOW::get);
  }

  @AfterAll
  static void stopHub() {
    hub.close();
  }

  @BeforeEach
  void others() {
    hub.awaitSessions(0);
    writer = hub.connect("bystanders");
    reader = hub.connect("bystanders");
    reader.subscribe("theirs", (double) (head + 1));
    othersGoOn();
  }

  @AfterEach
  void othersWereNotAffected() {
    othersGoOn();
    writer.close();
    reader.close();
    hub.awaitSessions(0);
    hub.awaitNothingHeld();
  }

  private void othersGoOn() {
    List<Long> sequences = writer.write("theirs", ++written, Entries.some(2));
    assertThat(reader.sequences("theirs", 2)).isEqualTo(sequences);
    head = sequences.get(1);
  }

  private void assertClosed(RawClient peer, int code, String reason) {
    RawClient.Closed closed = peer.awaitClosed();
    if (closed.code() != 1006 || !reason.equals(BAD_FRAME)) {
      // after a bad frame the connection ends at once, which may overtake the close frame
      assertThat(closed.code()).as(closed.reason()).isEqualTo(code);
    }
    hub.awaitLog("closed with " + code, reason);
    othersGoOn();
  }

  private static Arguments bad(String name, int code, String reason, Consumer<RawClient> act) {
    return Arguments.of(name, code, reason, act);
  }

  private static Arguments badMessage(String name, String reason, String hex) {
    return bad(name, 1007, reason, peer -> peer.sendBinary(HexFormat.of().parseHex(hex)));
  }

  private static Arguments badChunks(String name, String reason, double[]... chunks) {
    return bad(name, 1007, reason, peer -> {
      for (double[] chunk : chunks) {
        peer.send(chunk(chunk[0], chunk[1], chunk[2], 10));
      }
    });
  }

  private static ClientMessage chunk(double id, double index, double total, int bytes) {
    return new ClientMessage.Chunked(new Chunk(id, index, total, new byte[bytes]));
  }

  private static String text(String ascii) {
    return HexFormat.of().formatHex(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  static Stream<Arguments> badInput() {
    String tag = "a4" + text("_tag");
    String ping = tag + "a4" + text("Ping");
    String id = "a2" + text("id");
    String write = tag + "ac" + text("WriteEntries") + id + "00" + "a9" + text("publicKey") + "a1"
        + text("k") + "a2" + text("iv") + "c400" + "b0" + text("encryptedEntries");
    return Stream.of(
        badMessage("an empty frame", "closed with 1007", ""),
        badMessage("no map", "not a map", "c0"),
        badMessage("bytes that never are MessagePack", "byte 0xc1 is not MessagePack", "c1c1c1"),
        badMessage("a cut message", "cut short", "82" + id + "07" + tag),
        badMessage("two messages in a frame", "bytes follow", ("82" + id + "07" + ping).repeat(2)),
        badMessage("a byte too many", "bytes follow", "82" + id + "07" + ping + "00"),
        badMessage("no tag", "closed with 1007", "81" + id + "07"),
        badMessage(
            "an unknown tag", "unknown _tag Pung", "82" + id + "07" + tag + "a4" + text("Pung")),
        badMessage("a number for a tag", "_tag is not a string", "82" + id + "07" + tag + "07"),
        badMessage(
            "a hub's message",
            "Pong is no message of a client",
            "82" + id + "07" + tag + "a4" + text("Pong")),
        badMessage("a missing field", "closed with 1007", "81" + ping),
        badMessage("text for a number", "Ping.id is not a number", "82" + id + "a137" + ping),
        badMessage("nil for a number", "Ping.id is not a number", "82" + id + "c0" + ping),
        badMessage(
            "bytes for text",
            "publicKey is not a string",
            "82" + "a9" + text("publicKey") + "c4016b" + tag + "ab" + text("StopChanges")),
        badMessage("text for a list", "encryptedEntries is not a list", "85" + write + "a0"),
        badMessage("a list that its bytes cannot hold", "cut short", "85" + write + "ddffffffff"),
        badMessage("bytes longer than the frame", "cut short", "82" + id + "c6ffffffff"),
        badMessage("a map that its bytes cannot hold", "cut short", "dfffffffff" + id),
        badMessage("an entry that is no map", "closed with 1007", "85" + write + "91c0"),
        badMessage(
            "a million lists in each other",
            "closed with 1007",
            "82" + "a178" + "91".repeat(500_000) + id),
        badChunks("no parts at all", "ChunkedMessage.part", new double[] {0, 0, 0}),
        badChunks("a part beyond the last", "ChunkedMessage.part", new double[] {0, 2, 2}),
        badChunks("a negative part", "ChunkedMessage.part", new double[] {0, -1, 2}),
        badChunks("half a part", "ChunkedMessage.part", new double[] {0, 0.5, 2}),
        badChunks("more parts than could ever come", "cannot fit", new double[] {0, 0, 0x1p31 - 1}),
        badChunks("more parts than a number", "ChunkedMessage.part", new double[] {0, 0, 1e300}),
        badChunks("a part twice", "came twice", new double[] {0, 0, 3}, new double[] {0, 0, 3}),
        badChunks(
            "totals that differ", "an earlier one said", new double[] {0, 0, 3}, new double[] {
              0, 1, 4
            }),
        badChunks(
            "chunks of garbage", "closed with 1007", new double[] {0, 1, 2}, new double[] {0, 0, 2
            }),
        bad(
            "a chunk with nothing in it",
            1007,
            "without data",
            peer -> peer.send(chunk(0, 0, 2, 0))),
        bad("too many chunked messages at once", 1007, "chunked messages are under way", peer -> {
          for (int i = 0; i < 65; i++) {
            peer.send(chunk(i, 0, 2, 1));
          }
        }),
        bad("chunks of chunks of chunks", 1007, "nested", peer -> {
          byte[] message = V3Codec.encode(new ClientMessage.Ping(1));
          for (int i = 0; i < 10; i++) {
            message = V3Codec.encode(new ClientMessage.Chunked(new Chunk(i, 0, 1, message)));
          }
          peer.sendBinary(message);
        }),
        bad("more chunks than one peer may have", 1007, "hold more than 8388608 bytes", peer -> {
          for (int i = 0; i < 9; i++) {
            peer.send(chunk(0, i, 20, 1_000_000));
          }
        }),
        bad(
            "a text frame",
            1003,
            "a text frame",
            peer -> peer.sendFrame(RawClient.TEXT, "{}".getBytes(StandardCharsets.UTF_8))),
        bad(
            "a text frame in fragments",
            1003,
            "a text frame",
            peer -> peer.sendRaw(RawClient.frame(RawClient.TEXT, new byte[] {0x41}))),
        bad(
            "a frame longer than allowed",
            1009,
            BAD_FRAME,
            peer -> peer.sendRaw(header(0x82, LIMITS.frame() + 1))),
        bad("a frame of 2^62 bytes", 1009, BAD_FRAME, peer -> peer.sendRaw(header(0x82, 1L << 62))),
        bad("fragments longer than a frame", 1009, "a fragmented message is longer", peer -> {
          peer.sendRaw(RawClient.frame(RawClient.BINARY, new byte[600_000]));
          peer.sendRaw(RawClient.frame(RawClient.CONTINUATION, new byte[600_000]));
        }),
        bad(
            "a continuation of nothing",
            1002,
            BAD_FRAME,
            peer -> peer.sendFrame(RawClient.CONTINUATION, new byte[1])),
        bad("a message inside another's fragments", 1002, BAD_FRAME, peer -> {
          peer.sendRaw(RawClient.frame(RawClient.BINARY, new byte[1]));
          peer.sendBinary(new byte[1]);
        }),
        bad("an unknown opcode", 1002, BAD_FRAME, peer -> peer.sendFrame(3, new byte[1])),
        bad(
            "reserved bits",
            1002,
            BAD_FRAME,
            peer -> peer.sendRaw(RawClient.frame(0xc0 | RawClient.BINARY, new byte[1]))),
        bad(
            "a frame without a mask",
            1002,
            BAD_FRAME,
            peer -> peer.sendRaw(new byte[] {(byte) 0x82, 1, 0})),
        bad("a long ping", 1002, BAD_FRAME, peer -> peer.sendFrame(RawClient.PING, new byte[126])),
        bad(
            "a ping in fragments",
            1002,
            BAD_FRAME,
            peer -> peer.sendRaw(RawClient.frame(RawClient.PING, new byte[1]))));
  }

  private static byte[] header(int first, long length) {
    return ByteBuffer.allocate(14)
        .put((byte) first)
        .put((byte) (0x80 | 127))
        .putLong(length)
        .putInt(0)
        .array();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badInput")
  void isClosedWithAReason(String name, int code, String reason, Consumer<RawClient> act) {
    RawClient peer = hub.connect(name.replaceAll("[^a-z0-9]", "-"));
    // unfinished business that has to be cleaned up as well
    peer.subscribe(KEY, 0);
    peer.send(chunk(99, 0, 2, 1000));
    peer.pingPong(1);
    act.accept(peer);
    assertClosed(peer, code, reason);
  }

  @Test
  void garbageIsClosed() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      RawClient peer = hub.connect("garbage");
      byte[] garbage = new byte[random.nextInt(300)];
      random.nextBytes(garbage);
      if (i % 2 == 0) {
        peer.sendBinary(garbage);
      } else {
        peer.sendRaw(garbage);
        peer.sendRaw(new byte[200]);
      }
      try {
        peer.awaitClosed();
      } catch (AssertionError e) {
        throw new AssertionError("replay with -Dseed=" + seed, e);
      }
    }
    othersGoOn();
  }

  static Stream<Arguments> ids() {
    return Stream.of(
        Arguments.of("version 0", false, "0190000000000000a000000000000001"),
        Arguments.of("version 9", false, "0190000000009000a000000000000001"),
        Arguments.of("another variant", false, "01900000000070002000000000000001"),
        Arguments.of("variant of Microsoft", false, "0190000000007000c000000000000001"),
        Arguments.of("15 bytes", false, "0190000000007000a0000000000000"),
        Arguments.of("no bytes", false, ""),
        Arguments.of("version 1", true, "0190000000001000a000000000000001"),
        Arguments.of("version 4", true, "0190000000004000b000000000000001"),
        Arguments.of("version 7", true, "01900000000070008000000000000001"),
        Arguments.of("version 8", true, "0190000000008000a000000000000001"),
        Arguments.of("all zero", true, "00000000000000000000000000000000"),
        Arguments.of("all one", true, "ffffffffffffffffffffffffffffffff"),
        Arguments.of("17 bytes", true, "0190000000007000a00000000000000107"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ids")
  void entryIdHasToBeAUuidOrNothingOfTheBatchIsStored(String name, boolean valid, String hex) {
    String tenant = name.replace(' ', '-');
    RawClient witness = hub.connect(tenant);
    witness.subscribe(KEY, 0);
    RawClient peer = hub.connect(tenant);
    SealedItem item = new SealedItem(HexFormat.of().parseHex(hex), new byte[] {1});
    peer.send(Entries.write(KEY, 0, Entries.one(), item, Entries.one()));
    if (valid) {
      assertThat(peer.acked(0)).containsExactly(1L, 2L, 3L);
      ServerMessage.SealedChange change = witness.changes(KEY, 3).get(1);
      assertThat(change.entryId()).isEqualTo(Arrays.copyOf(item.entryId(), 16));
    } else {
      assertClosed(peer, 1008, "entryId of entry 1 is not a UUID");
      witness.expectNothing();
      assertThat(witness.write(KEY, 1, Entries.some(1))).containsExactly(1L);
    }
    peer.close();
    witness.close();
  }

  @Test
  void chunksThatAreNeverFinishedAreGivenUp() {
    RawClient idle = hub.connect("t");
    idle.send(chunk(0, 0, 2, 1_000_000));
    RawClient slow = hub.connect("t");
    byte[] message = V3Codec.encode(Entries.write(KEY, 0, Entries.one(3000)));
    slow.send(new ClientMessage.Chunked(new Chunk(0, 0, 3, Arrays.copyOfRange(message, 0, 1000))));
    slow.pingPong(1);
    idle.pingPong(1);
    assertThat(hub.metrics().held(Held.CHUNKS)).isBetween(1_000_000L, 1_010_000L);
    NOW.updateAndGet(now -> now.plusSeconds(90));
    // one goes on, if slowly
    slow.send(
        new ClientMessage.Chunked(new Chunk(0, 1, 3, Arrays.copyOfRange(message, 1000, 2000))));
    slow.pingPong(2);
    NOW.updateAndGet(now -> now.plusSeconds(90));
    assertClosed(idle, 1008, "a chunked message was begun and not finished");
    slow.send(new ClientMessage.Chunked(
        new Chunk(0, 2, 3, Arrays.copyOfRange(message, 2000, message.length))));
    assertThat(slow.acked(0)).hasSize(1);
    slow.close();
  }

  /** More than all may hold together: some are closed, and no more than the limit is ever held. */
  @Test
  void chunkFloodOfManyPeersIsBoundedForAllTogether() {
    List<RawClient> flood = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      RawClient peer = hub.connect("flood");
      flood.add(peer);
      for (int part = 0; part < 6; part++) {
        peer.send(chunk(0, part, 20, 1_000_000));
        assertThat(hub.metrics().held(Held.CHUNKS)).isLessThanOrEqualTo(LIMITS.chunkBytesTotal());
      }
      peer.ping(1);
      othersGoOn();
    }
    int closed = 0;
    for (RawClient peer : flood) {
      try {
        assertThat(peer.next()).isEqualTo(new ServerMessage.Pong(1));
      } catch (RawClient.ClosedException e) {
        assertThat(e.code).isEqualTo(1013);
        closed++;
      }
    }
    assertThat(closed).isPositive();
    hub.awaitLog("closed with 1013", "limits.chunkBytesTotal");
    assertThat(hub.metrics().held(Held.CHUNKS)).isLessThanOrEqualTo(LIMITS.chunkBytesTotal());
    flood.forEach(RawClient::close);
    await().until(() -> hub.metrics().held(Held.CHUNKS) == 0);
  }

  /** Sockets that never ask for anything, or never finish asking. */
  @Test
  void halfOpenSocketsAreClosed() {
    List<RawClient> sockets = new ArrayList<>();
    byte[] begun = RawClient.upgradeRequest("/event-log/t")
        .substring(0, 60)
        .getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 2000; i++) {
      RawClient socket = RawClient.silent(hub.port());
      if (i % 2 == 0) {
        socket.sendRaw(begun);
      }
      sockets.add(socket);
      if (i % 500 == 0) {
        othersGoOn();
      }
    }
    for (RawClient socket : sockets) {
      assertThat(socket.awaitClosed().code()).isEqualTo(1006);
    }
    hub.awaitLog("no WebSocket within limits.handshakeTimeout");
    sockets.forEach(RawClient::close);
  }

  @Test
  void pingFloodOfAPeerThatReadsNothingIsBounded() {
    RawClient peer = hub.connectNarrow("t");
    int pings = 100_000;
    ByteBuffer batch = ByteBuffer.allocate(1000 * 80);
    long most = 0;
    try {
      for (int i = 1; i <= pings; i++) {
        batch.put(
            RawClient.frame(0x80 | RawClient.BINARY, V3Codec.encode(new ClientMessage.Ping(i))));
        batch.put(RawClient.frame(0x80 | RawClient.PING, new byte[1]));
        if (i % 1000 == 0) {
          peer.sendRaw(Arrays.copyOf(batch.array(), batch.position()));
          batch.clear();
          most = Math.max(most, hub.metrics().held(Held.OUTBOUND));
        }
      }
    } catch (UncheckedIOException e) {
      throw new AssertionError("the hub gave up a peer that it should not", e);
    }
    othersGoOn();
    assertThat(most).isLessThanOrEqualTo(LIMITS.outboundBytes());
    // the newest is answered, whatever became of the others
    double newest = 0;
    while (newest < pings) {
      RawClient.Frame frame = frameOf(peer);
      if (frame.opcode() == RawClient.BINARY) {
        double id = pong(frame.payload());
        assertThat(id).isGreaterThan(newest);
        newest = id;
      } else {
        assertThat(frame.opcode()).isEqualTo(RawClient.PONG);
      }
    }
    peer.close();
  }

  private static RawClient.Frame frameOf(RawClient peer) {
    try {
      return peer.readFrame();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static double pong(byte[] message) {
    try {
      return ((ServerMessage.Pong) V3Codec.decodeServer(message)).id();
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void requestsThatAreNoHttpAreAnsweredOrClosed() {
    for (String request : List.of(
        "\u0016\u0003\u0001\u0002\u0000\r\n\r\n",
        "GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n",
        "GET /event-log/t HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + "y".repeat(100_000) + "\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        RawClient.upgradeRequest("/event-log/t").replace("Version: 13", "Version: 99"))) {
      RawClient peer = RawClient.asking(hub.port(), request);
      assertThat(peer.status()).as(request.strip()).isNotEqualTo(101);
      peer.close();
    }
    othersGoOn();
  }

  /** Peers that vanish in the middle of things leave nothing behind; see after each test. */
  @Test
  void peersThatVanishLeaveNothingBehind() {
    for (int i = 0; i < 30; i++) {
      RawClient peer = hub.connectNarrow("vanishing");
      peer.subscribe(KEY, 0);
      peer.send(chunk(7, 0, 2, 100_000));
      for (int j = 0; j < 20; j++) {
        peer.send(Entries.write(KEY, j, Entries.some(3, 3000)));
      }
      if (i % 3 == 0) {
        peer.pingPongEventually(1);
      }
      peer.close();
    }
    othersGoOn();
  }
}
