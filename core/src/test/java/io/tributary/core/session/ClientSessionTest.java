package io.tributary.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ChunkAssembler;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.Ack;
import io.tributary.core.wire.v3.ServerMessage.Changes;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.core.wire.v3.ServerMessage.Pong;
import io.tributary.core.wire.v3.ServerMessage.Refusal;
import io.tributary.core.wire.v3.ServerMessage.SealedChange;
import io.tributary.core.wire.v3.V3Codec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientSessionTest {
  private static final RemoteId REMOTE = new RemoteId(0x0102030405064708L, 0x8102030405060708L);
  private static final EntryId ID = new EntryId(0x0192030405067708L, 0x8102030405060708L);
  private static final byte[] IV = new byte[12];

  private final ClientSession session = new ClientSession(ClientSession.Options.DEFAULT, 0);

  private static SealedItem item(int size) {
    byte[] ciphertext = new byte[size];
    new Random(size).nextBytes(ciphertext);
    return new SealedItem(ID.toBytes(), ciphertext);
  }

  private static SealedChange change(double sequence) {
    return new SealedChange(sequence, IV, ID.toBytes(), new byte[] {1, 2, 3});
  }

  private void receive(ServerMessage message) {
    session.receive(V3Codec.encode(message), 0);
  }

  private void connect() {
    receive(new ServerMessage.Hello(REMOTE.toBytes()));
    assertThat(events()).containsExactly(new ClientEvent.Connected(REMOTE));
  }

  private List<ClientEvent> events() {
    List<ClientEvent> events = new ArrayList<>();
    ClientEvent event;
    while ((event = session.pollEvent()) != null) {
      events.add(event);
    }
    return events;
  }

  private ClientEvent event() {
    List<ClientEvent> events = events();
    assertThat(events).hasSize(1);
    return events.get(0);
  }

  private List<ClientMessage> sent() throws MalformedMessageException {
    List<ClientMessage> sent = new ArrayList<>();
    byte[] frame;
    while ((frame = session.pollFrame()) != null) {
      sent.add(V3Codec.decodeClient(frame));
    }
    return sent;
  }

  private void assertFailed(int closeCode, String words) {
    assertThat(event()).isInstanceOfSatisfying(ClientEvent.Failed.class, failed -> {
      assertThat(failed.closeCode()).isEqualTo(closeCode);
      assertThat(failed.reason()).contains(words);
    });
    assertThat(session.pollFrame()).isNull();
    assertThat(session.nextTickMs()).isEqualTo(Long.MAX_VALUE);
    assertThat(session.canWrite()).isFalse();
    // over is over
    receive(new Pong(0));
    session.tick(1_000_000);
    assertThat(events()).isEmpty();
    assertThat(session.pollFrame()).isNull();
  }

  @Nested
  class Hello {
    @Test
    void opensTheSession() {
      assertThat(session.canWrite()).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(() -> session.subscribe("key", false, 0))
          .withMessageContaining("CONNECTING");

      connect();

      assertThat(session.canWrite()).isTrue();
    }

    @Test
    void isTheFirstMessage() {
      receive(new Ack(0, new double[0]));

      assertFailed(1002, "Ack before Hello");
    }

    @Test
    void comesOnce() {
      connect();

      receive(new ServerMessage.Hello(REMOTE.toBytes()));

      assertFailed(1002, "second Hello");
    }

    @Test
    void tellsAUuid() {
      byte[] noUuid = new byte[16];
      Arrays.fill(noUuid, (byte) 7);

      receive(new ServerMessage.Hello(noUuid));

      assertFailed(1002, "no UUID");
    }

    @Test
    void tellsSixteenBytes() {
      receive(new ServerMessage.Hello(new byte[15]));

      assertFailed(1002, "no UUID");
    }
  }

  @Nested
  class Writes {
    @Test
    void areNumberedFromZeroOverBothVariantsAndEachIsAckedOnItsOwn() throws Exception {
      connect();

      long first = session.write("key", IV, List.of(item(3)));
      long second = session.writeUnencrypted(
          "key", List.of(PlainItem.of(new Entry(ID, "event", "pk", new byte[] {5}))));

      assertThat(List.of(first, second)).containsExactly(0L, 1L);
      List<ClientMessage> sent = sent();
      assertThat(sent).hasSize(2);
      assertThat(sent.get(0)).isInstanceOfSatisfying(ClientMessage.WriteEntries.class, write -> {
        assertThat(write.publicKey()).isEqualTo("key");
        assertThat(write.id()).isZero();
        assertThat(write.iv()).isEqualTo(IV);
        assertThat(write.entries().get(0).ciphertext()).isEqualTo(item(3).ciphertext());
      });
      assertThat(sent.get(1))
          .isInstanceOfSatisfying(
              ClientMessage.WriteEntriesUnencrypted.class,
              write -> assertThat(write.id()).isEqualTo(1));

      receive(new Ack(1, new double[] {7}));
      assertThat(event()).isInstanceOfSatisfying(ClientEvent.Acked.class, acked -> {
        assertThat(acked.write()).isEqualTo(1);
        assertThat(acked.sequences()).containsExactly(7);
      });
      assertThat(session.inFlight()).isEqualTo(1);
    }

    @Test
    void mayBeEmpty() {
      connect();
      long write = session.write("key", IV, List.of());

      receive(new Ack(write, new double[0]));

      assertThat(event()).isInstanceOf(ClientEvent.Acked.class);
    }

    @Test
    void stopAtTheWindow() {
      connect();
      for (int i = 0; i < ClientSession.Options.DEFAULT.window(); i++) {
        assertThat(session.canWrite()).isTrue();
        assertThat(session.write("key", IV, List.of())).isEqualTo(i);
      }

      assertThat(session.canWrite()).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(() -> {
            long unused = session.write("key", IV, List.of());
          })
          .withMessageContaining("window is full: 64 writes");

      receive(new Ack(3, new double[0]));
      assertThat(session.canWrite()).isTrue();
      assertThat(session.write("key", IV, List.of())).isEqualTo(64);
    }

    @Test
    void stopAtTheBytesButALargeOneGoesAlone() {
      ClientSession small =
          new ClientSession(new ClientSession.Options(64, 1000, 10_000, 1 << 20), 0);
      small.receive(V3Codec.encode(new ServerMessage.Hello(REMOTE.toBytes())), 0);

      long write = small.write("key", IV, List.of(item(5000)));
      assertThat(small.canWrite()).isFalse();

      small.receive(V3Codec.encode(new Ack(write, new double[] {1})), 0);
      assertThat(small.canWrite()).isTrue();
    }

    @Test
    void areCutAboveTheChunkSizeUnderTheirOwnId() throws Exception {
      connect();
      long ignored = session.write("key", IV, List.of());
      assertThat(sent()).hasSize(1);

      long write = session.write("key", IV, List.of(item(3 * Chunk.SIZE)));

      ChunkAssembler assembler = new ChunkAssembler(10_000_000);
      Optional<List<byte[]>> whole = Optional.empty();
      List<ClientMessage> sent = sent();
      assertThat(sent).hasSize(4);
      for (ClientMessage message : sent) {
        assertThat(whole).isEmpty();
        Chunk chunk = ((ClientMessage.Chunked) message).chunk();
        assertThat(chunk.id()).isEqualTo((double) write);
        assertThat(chunk.data().length).isLessThanOrEqualTo(Chunk.SIZE);
        whole = assembler.add(chunk, 0);
      }
      ClientMessage.WriteEntries joined =
          (ClientMessage.WriteEntries) V3Codec.decodeClient(whole.orElseThrow());
      assertThat(joined.entries().get(0).ciphertext())
          .isEqualTo(item(3 * Chunk.SIZE).ciphertext());
    }

    @Test
    void areNotCutAtTheChunkSize() throws Exception {
      connect();
      long ignored = session.write("key", IV, List.of(item(Chunk.SIZE - 500)));
      byte[] probe = session.pollFrame();
      assertThat(probe).isNotNull();
      int rest = Chunk.SIZE - probe.length;

      ignored = session.write("key", IV, List.of(item(Chunk.SIZE - 500 + rest)));
      assertThat(session.pollFrame()).hasSize(Chunk.SIZE);
      assertThat(session.pollFrame()).isNull();

      ignored = session.write("key", IV, List.of(item(Chunk.SIZE - 500 + rest + 1)));
      assertThat(sent()).hasSize(2).allMatch(m -> m instanceof ClientMessage.Chunked);
    }

    @ParameterizedTest
    @ValueSource(doubles = {5, -1, 0.5, Double.NaN, 1e300})
    void acksOfUnknownWritesAreIgnored(double id) {
      connect();
      long ignored = session.write("key", IV, List.of(item(1)));

      receive(new Ack(id, new double[] {1, 2, 3}));

      assertThat(events()).isEmpty();
      assertThat(session.inFlight()).isEqualTo(1);
    }

    @Test
    void aSecondAckIsIgnored() {
      connect();
      long write = session.write("key", IV, List.of(item(1)));
      receive(new Ack(write, new double[] {1}));
      assertThat(event()).isInstanceOf(ClientEvent.Acked.class);

      receive(new Ack(write, new double[] {1}));

      assertThat(events()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void anAckOfAnotherLengthFailsTheSession(int length) {
      connect();
      long write = session.write("key", IV, List.of(item(1), item(1)));

      receive(new Ack(write, new double[length]));

      assertFailed(1002, "ack with " + length + " sequences for a write of 2 entries");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 1.5, Double.NaN, Double.POSITIVE_INFINITY, 9007199254740994.0})
    void anAckWithoutASequenceFailsTheSession(double sequence) {
      connect();
      long write = session.write("key", IV, List.of(item(1)));

      receive(new Ack(write, new double[] {sequence}));

      assertFailed(1002, "ack with sequence");
    }

    @Test
    void aRefusalSettlesTheWriteAndTheSessionGoesOn() {
      connect();
      long write = session.writeUnencrypted("key", List.of());

      receive(new Refusal(
          "WriteEntriesUnencrypted",
          (double) write,
          "key",
          ErrorCode.InvalidRequest,
          "not mapped"));

      assertThat(event())
          .isEqualTo(new ClientEvent.WriteRefused(write, ErrorCode.InvalidRequest, "not mapped"));
      assertThat(session.inFlight()).isZero();
      assertThat(session.canWrite()).isTrue();
      receive(new Refusal("WriteEntriesUnencrypted", 9.0, "key", ErrorCode.InvalidRequest, "late"));
      assertThat(events()).isEmpty();
    }
  }

  @Nested
  class Marks {
    @Test
    void areWritesOfNothingThatAskForTheirAckInOrder() throws Exception {
      connect();

      assertThat(session.mark("key", false)).isEqualTo(0);
      assertThat(session.mark("key", true)).isEqualTo(1);

      assertThat(sent())
          .satisfiesExactly(
              first -> assertThat(first)
                  .isInstanceOfSatisfying(ClientMessage.WriteEntries.class, write -> {
                    assertThat(write.inOrder()).isTrue();
                    assertThat(write.entries()).isEmpty();
                  }),
              second -> assertThat(second)
                  .isEqualTo(new ClientMessage.WriteEntriesUnencrypted("key", 1, List.of(), true)));
      receive(new Ack(1, new double[0]));
      assertThat(event())
          .isInstanceOfSatisfying(
              ClientEvent.Acked.class, acked -> assertThat(acked.write()).isEqualTo(1));
    }

    @Test
    void takeNoRoomInTheWindow() {
      ClientSession small = new ClientSession(new ClientSession.Options(1, 1, 0, 1000), 0);
      small.receive(V3Codec.encode(new ServerMessage.Hello(REMOTE.toBytes())), 0);
      long write = small.write("key", IV, List.of(item(5)));
      assertThat(small.canWrite()).isFalse();

      assertThat(small.mark("key", false)).isEqualTo(write + 1);
      assertThat(small.inFlight()).isEqualTo(1);
      small.receive(V3Codec.encode(new Ack(write, new double[] {1})), 0);

      assertThat(small.canWrite()).isTrue();
      small.receive(V3Codec.encode(new Ack(write + 1, new double[0])), 0);
      assertThat(small.inFlight()).isZero();
    }

    @Test
    void areNotMadeBeforeHello() {
      assertThatIllegalStateException().isThrownBy(() -> session.mark("key", false));
    }
  }

  @Nested
  class Subscriptions {
    @Test
    void beginAtTheCursor() throws Exception {
      connect();

      session.subscribe("key", false, 5_000_000_000L);
      session.subscribe("key", true, 0);

      assertThat(sent())
          .containsExactly(
              new ClientMessage.RequestChanges("key", 5e9, false),
              new ClientMessage.RequestChanges("key", 0, true));
      assertThatIllegalArgumentException().isThrownBy(() -> session.subscribe("key", false, -1));
    }

    @Test
    void handOverWhatTheyAskedFor() {
      connect();
      session.subscribe("key", false, 0);

      receive(new Changes("key", List.of(change(1), change(4294967296.0))));

      assertThat(event()).isInstanceOfSatisfying(ClientEvent.Received.class, received -> {
        assertThat(received.publicKey()).isEqualTo("key");
        assertThat(received.entries())
            .extracting(SealedChange::sequence)
            .containsExactly(1.0, 4294967296.0);
      });
    }

    @Test
    void handOverEntriesInTheClear() {
      connect();
      session.subscribe("key", true, 0);
      Entry entry = new Entry(ID, "event", "pk", new byte[] {9});

      receive(new ServerMessage.ChangesUnencrypted(
          "key", List.of(new ServerMessage.PlainChange(3, entry))));

      assertThat(event())
          .isInstanceOfSatisfying(ClientEvent.ReceivedUnencrypted.class, received -> {
            assertThat(received.entries().get(0).remoteSequence()).isEqualTo(3);
            assertThat(received.entries().get(0).entry().event()).isEqualTo("event");
          });
    }

    @Test
    void handOverChunkedChanges() {
      connect();
      session.subscribe("key", false, 0);
      byte[] whole = V3Codec.encode(new Changes("key", List.of(change(1), change(2))));
      byte[] head = Arrays.copyOf(whole, 10);
      byte[] tail = Arrays.copyOfRange(whole, 10, whole.length);

      receive(new ServerMessage.Chunked(new Chunk(7, 1, 2, tail)));
      assertThat(events()).isEmpty();
      receive(new ServerMessage.Chunked(new Chunk(7, 0, 2, head)));

      assertThat(event())
          .isInstanceOfSatisfying(
              ClientEvent.Received.class,
              received -> assertThat(received.entries()).hasSize(2));
    }

    @Test
    void emptyChangesAreNoNews() {
      connect();
      session.subscribe("key", false, 0);

      receive(new Changes("key", List.of()));

      assertThat(events()).isEmpty();
    }

    @Test
    void changesForAnotherKeyFailTheSession() {
      connect();
      session.subscribe("key", false, 0);

      receive(new Changes("a-foreign-public-key", List.of(change(1))));

      assertFailed(1002, "changes for a-foreig, which this session never subscribed");
    }

    @Test
    void changesOfTheOtherVariantFailTheSession() {
      connect();
      session.subscribe("key", true, 0);

      receive(new Changes("key", List.of()));

      assertFailed(1002, "never subscribed");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 0.5, Double.NaN})
    void changesWithoutASequenceFailTheSession(double sequence) {
      connect();
      session.subscribe("key", false, 0);

      receive(new Changes("key", List.of(change(1), change(sequence))));

      assertFailed(1002, "changes with sequence");
    }

    @Test
    void whatWasUnderWayWhenTheyEndedIsDropped() throws Exception {
      connect();
      session.subscribe("key", false, 0);
      assertThat(sent()).hasSize(1);

      session.stop("key");
      receive(new Changes("key", List.of(change(1))));

      assertThat(sent()).containsExactly(new ClientMessage.StopChanges("key"));
      assertThat(events()).isEmpty();
    }

    @Test
    void canBeginAgain() {
      connect();
      session.subscribe("key", false, 0);
      session.stop("key");
      session.subscribe("key", false, 8);

      receive(new Changes("key", List.of(change(8))));

      assertThat(event()).isInstanceOf(ClientEvent.Received.class);
    }

    @Test
    void aRefusalEndsThem() {
      connect();
      session.subscribe("key", true, 0);

      receive(new Refusal("RequestChanges", null, "key", ErrorCode.Unauthorized, "no"));

      assertThat(event())
          .isEqualTo(new ClientEvent.SubscriptionRefused("key", ErrorCode.Unauthorized, "no"));
      receive(new ServerMessage.ChangesUnencrypted(
          "key", List.of(new ServerMessage.PlainChange(3, new Entry(ID, "e", "k", new byte[0])))));
      assertThat(events()).isEmpty();
    }
  }

  @Nested
  class Pings {
    @Test
    void goOutEveryTenSecondsAlsoBeforeHello() throws Exception {
      session.tick(9_999);
      assertThat(sent()).isEmpty();

      session.tick(10_000);

      assertThat(sent()).containsExactly(new ClientMessage.Ping(1));
      assertThat(session.nextTickMs()).isEqualTo(20_000);
      session.tick(10_000);
      assertThat(sent()).isEmpty();
    }

    @Test
    void answeredByTheNextOneKeepTheSession() throws Exception {
      connect();
      session.tick(10_000);
      assertThat(sent()).containsExactly(new ClientMessage.Ping(1));
      session.receive(V3Codec.encode(new Pong(1)), 19_999);

      session.tick(20_000);

      assertThat(events()).containsExactly(new ClientEvent.Ponged(9_999));
      assertThat(sent()).containsExactly(new ClientMessage.Ping(2));
    }

    @Test
    void unansweredByTheNextOneFailTheSession() {
      connect();
      session.tick(10_000);

      session.tick(20_000);

      assertFailed(1001, "no pong for ping 1 within 10000 ms");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 2, Double.NaN})
    void answeredByAnotherIdFailTheSession(double id) {
      connect();
      session.tick(10_000);

      receive(new Pong(id));

      assertFailed(1002, "where 1 was expected");
    }

    @Test
    void restWhileFramesAreNotRead() throws Exception {
      connect();
      session.tick(10_000);
      assertThat(sent()).hasSize(1);

      session.pause();
      session.tick(60_000);
      assertThat(events()).as("the pong may be among what is not read").isEmpty();
      assertThat(session.nextTickMs()).isEqualTo(Long.MAX_VALUE);
      session.resume(61_000);
      session.resume(69_000);

      assertThat(session.nextTickMs()).isEqualTo(71_000);
      session.receive(V3Codec.encode(new Pong(1)), 70_000);
      session.tick(71_000);
      assertThat(events()).hasSize(1);
      assertThat(sent()).containsExactly(new ClientMessage.Ping(2));
      session.pause();
      session.resume(72_000);
      session.tick(82_000);
      assertFailed(1001, "no pong for ping 2");
    }

    @Test
    void mayBeAnsweredTwice() {
      connect();
      receive(new Pong(0));
      session.tick(10_000);
      receive(new Pong(1));
      receive(new Pong(1));

      assertThat(events()).hasSize(1);
    }

    @Test
    void passBeforeWhatWaits() throws Exception {
      connect();
      long ignored = session.write("key", IV, List.of(item(3 * Chunk.SIZE)));

      session.tick(10_000);

      assertThat(sent().get(0)).isEqualTo(new ClientMessage.Ping(1));
    }

    @Test
    void canBeAskedForOneAtATime() throws Exception {
      connect();

      assertThat(session.ping(4_000)).isTrue();
      assertThat(session.ping(4_001)).isFalse();

      assertThat(sent()).containsExactly(new ClientMessage.Ping(1));
      assertThat(session.nextTickMs()).isEqualTo(14_000);
    }

    @Test
    void canBeSwitchedOff() {
      ClientSession silent = new ClientSession(new ClientSession.Options(1, 1, 0, 1), 0);

      silent.tick(1_000_000);

      assertThat(silent.pollFrame()).isNull();
      assertThat(silent.nextTickMs()).isEqualTo(Long.MAX_VALUE);
    }
  }

  @Nested
  class BadFrames {
    @Test
    void failTheSession() {
      connect();

      session.receive(new byte[] {(byte) 0xc1}, 0);

      assertFailed(1007, "malformed frame");
    }

    @Test
    void areThoseOfAClientToo() {
      connect();

      session.receive(V3Codec.encode(new ClientMessage.Ping(1)), 0);

      assertFailed(1007, "Ping");
    }

    @Test
    void areChunksThatContradictThemselves() {
      connect();

      receive(new ServerMessage.Chunked(new Chunk(1, 2, 2, new byte[] {1})));

      assertFailed(1007, "malformed frame");
    }

    @Test
    void areMoreChunksThanMayBeHeld() {
      ClientSession small = new ClientSession(new ClientSession.Options(1, 1, 0, 1000), 0);
      small.receive(V3Codec.encode(new ServerMessage.Hello(REMOTE.toBytes())), 0);

      small.receive(
          V3Codec.encode(new ServerMessage.Chunked(new Chunk(1, 0, 2, new byte[2000]))), 0);

      assertThat(small.pollEvent()).isInstanceOf(ClientEvent.Connected.class);
      assertThat(small.pollEvent()).isInstanceOf(ClientEvent.Failed.class);
    }

    @Test
    void areChunksNestedTooDeep() {
      connect();
      byte[] nested = V3Codec.encode(new Pong(0));
      for (int i = 0; i <= ClientSession.MAX_NESTED_CHUNKS; i++) {
        nested = V3Codec.encode(new ServerMessage.Chunked(new Chunk(1, 0, 1, nested)));
      }

      session.receive(nested, 0);

      assertFailed(1007, "chunks of chunks");
    }
  }
}
