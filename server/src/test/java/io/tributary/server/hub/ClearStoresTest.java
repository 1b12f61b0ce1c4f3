package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ClientMessage.StopChanges;
import io.tributary.core.wire.v3.ClientMessage.WriteEntriesUnencrypted;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.tributary.storage.StoreRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stores in the clear on the wire, where no handler and no storage matters. */
class ClearStoresTest {
  private static final String KEY = "key-of-alice";
  private static final String OTHER = "key-of-bob";
  private static final StoreKey.Plain STORE = new StoreKey.Plain("t", "todos");

  private final TestHub hub = TestHub.start();

  @BeforeEach
  void map() {
    map(KEY, STORE);
    map(OTHER, STORE);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private void map(String publicKey, StoreKey.Plain store) {
    TestHub.get(hub.hub()
        .runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping(
                store.tenant(), publicKey, StoreRegistry.DEFAULT_STORE, store.storeId()),
            true));
  }

  private RawClient connect() {
    return hub.connect("t").speaksPlain();
  }

  @Test
  void whatIsWrittenInTheClearIsReadAsItWas() {
    RawClient writer = connect();
    List<Entry> entries = PlainEntries.some(5);
    assertThat(writer.writePlain(KEY, 0, entries)).containsExactly(1L, 2L, 3L, 4L, 5L);
    RawClient reader = connect();
    reader.subscribePlain(KEY, 0);
    List<PlainChange> read = reader.plainChanges(KEY, 5);
    for (int i = 0; i < 5; i++) {
      assertThat(read.get(i).remoteSequence()).isEqualTo(i + 1);
      assertThat(read.get(i).entry()).usingRecursiveComparison().isEqualTo(entries.get(i));
    }
    reader.expectNothing();
  }

  @Test
  void aSubscriberGetsWhatComesButNotItsOwn() {
    RawClient alice = connect();
    RawClient bob = connect();
    alice.subscribePlain(KEY, 0);
    bob.subscribePlain(OTHER, 0);
    alice.expectNothing();
    bob.expectNothing();
    for (int i = 0; i < 10; i++) {
      alice.writePlain(KEY, i, PlainEntries.some(2));
    }
    assertThat(bob.plainSequences(OTHER, 20))
        .isEqualTo(LongStream.rangeClosed(1, 20).boxed().toList());
    // the same connection under another key of the store: that is another subscription
    alice.subscribePlain(OTHER, 0);
    assertThat(alice.plainSequences(OTHER, 20)).hasSize(20);
    alice.expectNothing();
  }

  @Test
  void anAckNeverOvertakesWhatItsCursorCovers() {
    RawClient alice = connect();
    RawClient bob = connect();
    alice.subscribePlain(KEY, 0);
    alice.expectNothing();
    for (int i = 0; i < 20; i++) {
      bob.send(PlainEntries.write(OTHER, i, PlainEntries.some(3)));
      alice.send(PlainEntries.write(KEY, i, PlainEntries.some(1)));
    }
    List<Long> foreign = new ArrayList<>();
    Map<Long, Integer> foreignBeforeAck = new TreeMap<>();
    while (foreignBeforeAck.size() < 20 || foreign.size() < 60) {
      ServerMessage message = alice.next();
      if (message instanceof ServerMessage.Ack ack) {
        foreignBeforeAck.put((long) ack.sequenceNumbers()[0], foreign.size());
      } else {
        for (PlainChange change : ((ServerMessage.ChangesUnencrypted) message).entries()) {
          foreign.add((long) change.remoteSequence());
        }
      }
    }
    assertThat(foreign)
        .isSorted()
        .doesNotHaveDuplicates()
        .doesNotContainAnyElementsOf(foreignBeforeAck.keySet());
    foreignBeforeAck.forEach(
        (acked, before) -> assertThat(foreign.stream().filter(sequence -> sequence < acked))
            .as("foreign entries below %d, which came before its ack", acked)
            .hasSizeLessThanOrEqualTo(before));
    for (int i = 0; i < 20; i++) {
      assertThat(bob.acked(i)).hasSize(3);
    }
  }

  @Test
  void writesOfOneKeyAreStoredInTheOrderTheyCame() {
    RawClient writer = connect();
    WriteEntriesUnencrypted[] writes = new WriteEntriesUnencrypted[50];
    for (int i = 0; i < writes.length; i++) {
      writes[i] = PlainEntries.write(KEY, i, PlainEntries.one());
    }
    writer.send(writes);
    for (int i = 0; i < writes.length; i++) {
      assertThat(writer.acked(i)).containsExactly(i + 1L);
    }
  }

  @Test
  void anInvalidEntryRefusesItsWholeWriteAndSaysWhich() {
    RawClient peer = connect();
    Entry good = PlainEntries.one();
    assertInvalid(peer, good, new Entry(new EntryId(7, 7), "e", "k", new byte[0]), "id");
    assertInvalid(peer, good, new Entry(PlainEntries.one().id(), "", "k", new byte[0]), "event");
    assertInvalid(
        peer, good, new Entry(PlainEntries.one().id(), "e", "", new byte[0]), "primaryKey");
    assertInvalid(
        peer,
        good,
        new Entry(PlainEntries.one().id(), "e", "k".repeat(4097), new byte[0]),
        "primaryKey has 4097 bytes");
    // nothing of them was stored
    assertThat(peer.writePlain(KEY, 9, List.of(good))).containsExactly(1L);
    hub.awaitLog("tenant=t", "publicKey=key-of-a", "InvalidRequest", "entry 1: the event");
    assertThat(hub.log()).noneMatch(line -> line.contains(KEY));
  }

  private static void assertInvalid(RawClient peer, Entry good, Entry bad, String what) {
    peer.send(PlainEntries.write(KEY, 5, good, bad));
    ServerMessage.Refusal refusal = peer.refusal();
    assertThat(refusal.code()).isEqualTo(ErrorCode.InvalidRequest);
    assertThat(refusal.requestTag()).isEqualTo("WriteEntriesUnencrypted");
    assertThat(refusal.id()).isEqualTo(5d);
    assertThat(refusal.publicKey()).isEqualTo(KEY);
    assertThat(refusal.message()).contains("entry 1").contains(what);
  }

  @Test
  void textThatIsNotUtf8ComesBackAsItWas() {
    byte[] lone = {(byte) 0xed, (byte) 0xa0, (byte) 0x80};
    byte[] nul = {'a', 0, 'b'};
    RawClient peer = connect();
    Entry entry = PlainEntries.one();
    peer.send(new WriteEntriesUnencrypted(
        KEY, 0, List.of(new PlainItem(entry.id().toBytes(), nul, lone, new byte[0]))));
    assertThat(peer.acked(0)).containsExactly(1L);
    RawClient reader = connect();
    reader.subscribePlain(OTHER, 0);
    byte[] frame = reader.nextFrame();
    assertThat(new String(frame, StandardCharsets.ISO_8859_1))
        .contains(new String(lone, StandardCharsets.ISO_8859_1))
        .contains("a\0b");
  }

  @Test
  void anEmptyWriteIsAckedIfTheKeyIsMapped() {
    RawClient peer = connect();
    peer.send(PlainEntries.write(KEY, 3));
    assertThat(peer.acked(3)).isEmpty();
    peer.send(PlainEntries.write("nobody", 4));
    assertThat(peer.refusal().code()).isEqualTo(ErrorCode.InvalidRequest);
  }

  @Test
  void aReplacingRequestBeginsAnew() {
    RawClient writer = connect();
    writer.writePlain(KEY, 0, PlainEntries.some(10));
    RawClient reader = connect();
    reader.subscribePlain(OTHER, 0);
    assertThat(reader.plainSequences(OTHER, 10)).hasSize(10);
    reader.subscribePlain(OTHER, 8);
    assertThat(reader.plainSequences(OTHER, 3)).containsExactly(8L, 9L, 10L);
    reader.send(new StopChanges(OTHER));
    reader.expectNothing();
    writer.writePlain(KEY, 1, PlainEntries.some(1));
    reader.expectNothing();
    reader.subscribePlain(OTHER, 11);
    assertThat(reader.plainSequences(OTHER, 1)).containsExactly(11L);
  }

  @Test
  void aSubscriptionEndsWhenItsKeyIsNoLongerMapped() {
    RawClient reader = connect();
    reader.subscribePlain(KEY, 0);
    RawClient writer = connect();
    writer.writePlain(OTHER, 0, PlainEntries.some(1));
    assertThat(reader.plainSequences(KEY, 1)).containsExactly(1L);
    assertThat(TestHub.get(hub.hub().runtime().registry().remove("t", KEY))).isEqualTo(1);
    ServerMessage.Refusal refusal = reader.refusal();
    assertThat(refusal.requestTag()).isEqualTo("RequestChanges");
    assertThat(refusal.code()).isEqualTo(ErrorCode.InvalidRequest);
    assertThat(refusal.publicKey()).isEqualTo(KEY);
    writer.writePlain(OTHER, 1, PlainEntries.some(1));
    reader.expectNothing();
    // mapped to another store, it leads there
    map(KEY, new StoreKey.Plain("t", "elsewhere"));
    reader.send(PlainEntries.write(KEY, 7, PlainEntries.one()));
    assertThat(reader.acked(7)).containsExactly(1L);
  }

  @Test
  void aBoundKeyIsRefused() {
    byte[] signingKey = {1, 2, 3};
    assertThat(TestHub.get(
            hub.hub().runtime().registry().bind(new StoreRegistry.Binding("t", KEY, signingKey))))
        .isEqualTo(signingKey);
    RawClient peer = connect();
    peer.subscribePlain(KEY, 0);
    assertThat(peer.refusal().code()).isEqualTo(ErrorCode.Unauthorized);
    peer.send(PlainEntries.write(KEY, 1, PlainEntries.one()));
    assertThat(peer.refusal().code()).isEqualTo(ErrorCode.Unauthorized);
  }

  @Test
  void thePlainAndTheEncryptedStoreOfOneNameNeverMeet() {
    map("same", new StoreKey.Plain("t", "same"));
    RawClient sealed = hub.connect("t");
    sealed.subscribe("same", 0);
    sealed.expectNothing();
    RawClient plain = connect();
    plain.subscribePlain("same", 0);
    plain.expectNothing();
    RawClient writer = connect();
    writer.write("same", 0, Entries.some(2));
    assertThat(sealed.sequences("same", 2)).containsExactly(1L, 2L);
    plain.expectNothing();
    writer.writePlain("same", 1, PlainEntries.some(3));
    assertThat(plain.plainSequences("same", 3)).containsExactly(1L, 2L, 3L);
    sealed.expectNothing();
    // the same ids in both
    Entry entry = PlainEntries.one();
    writer.writePlain("same", 2, List.of(entry));
    writer.write(
        "same",
        3,
        List.of(new io.tributary.core.wire.v3.ClientMessage.SealedItem(
            entry.id().toBytes(), new byte[] {1})));
    assertThat(plain.plainSequences("same", 1)).containsExactly(4L);
    assertThat(sealed.sequences("same", 1)).containsExactly(3L);
  }
}
