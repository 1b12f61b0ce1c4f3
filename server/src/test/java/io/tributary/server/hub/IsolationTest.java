package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ClientMessage.RequestChanges;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ClientMessage.WriteEntriesUnencrypted;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tenants, identities and stores in the clear stay apart. */
class IsolationTest {
  private static final String KEY = "key";

  private TestHub hub;

  @BeforeEach
  void start() {
    hub = TestHub.start();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  /** Keys that differ in nothing that could be normalised away, in tenants of like names. */
  @Test
  void nobodySeesAnothersEntries() {
    List<String> tenants = List.of("t", "T", "t.t");
    List<String> keys =
        List.of("k", "K", "", " k", "k ", "k:k", "t/sealed:k", "\u00e9", "e\u0301", "k\u0000");
    Map<String, Set<ByteBuffer>> written = new HashMap<>();
    Map<String, RawClient> readers = new HashMap<>();
    for (String tenant : tenants) {
      RawClient reader = hub.connect(tenant);
      keys.forEach(key -> reader.subscribe(key, 0));
      readers.put(tenant, reader);
    }
    SealedItem same = Entries.one();
    for (String tenant : tenants) {
      RawClient writer = hub.connect(tenant);
      for (String key : keys) {
        List<SealedItem> entries = List.of(Entries.one(), same, Entries.one());
        // numbers of their own, and an id known to one store is new to the next
        assertThat(writer.write(key, 0, entries)).as(key).containsExactly(1L, 2L, 3L);
        Set<ByteBuffer> ids = new HashSet<>();
        entries.forEach(entry -> ids.add(Entries.key(entry.entryId())));
        written.put(tenant + "/" + key, ids);
      }
    }
    for (String tenant : tenants) {
      Map<String, Set<ByteBuffer>> read = new HashMap<>();
      int entries = 0;
      while (entries < 3 * keys.size()) {
        ServerMessage.Changes changes = readers.get(tenant).changes();
        for (ServerMessage.SealedChange change : changes.entries()) {
          assertThat(read.computeIfAbsent(changes.publicKey(), key -> new HashSet<>())
                  .add(Entries.key(change.entryId())))
              .isTrue();
          entries++;
        }
      }
      for (String key : keys) {
        assertThat(read.get(key)).as(key).isEqualTo(written.get(tenant + "/" + key));
      }
      readers.get(tenant).expectNothing();
    }
  }

  private static PlainItem plainEntry() {
    return new PlainItem(Entries.one().entryId(), new byte[] {1}, new byte[] {2}, new byte[] {1});
  }

  @Test
  void requestsOnStoresInTheClearAreRefusedAndTheSocketStays() {
    RawClient peer = hub.connect("t").speaksPlain();
    peer.send(new RequestChanges(KEY, 0, true));
    assertRefused(peer.expect(ServerMessage.Refusal.class), "RequestChanges", null);
    peer.send(new WriteEntriesUnencrypted(KEY, 7, List.of(plainEntry())));
    assertRefused(peer.expect(ServerMessage.Refusal.class), "WriteEntriesUnencrypted", 7d);
    // by now the key means a store in the clear on this socket, with or without the flag
    peer.send(new RequestChanges(KEY, 0, false));
    assertRefused(peer.expect(ServerMessage.Refusal.class), "RequestChanges", null);
    peer.send(new ClientMessage.StopChanges(KEY));
    // another key is what it was
    peer.subscribe("another key", 0);
    peer.expectNothing();
    RawClient writer = hub.connect("t");
    writer.write("another key", 0, Entries.some(1));
    assertThat(peer.sequences("another key", 1)).containsExactly(1L);
    peer.pingPong(1);
  }

  private static void assertRefused(ServerMessage.Refusal refusal, String tag, Double id) {
    assertThat(refusal.requestTag()).isEqualTo(tag);
    assertThat(refusal.id()).isEqualTo(id);
    assertThat(refusal.publicKey()).isEqualTo(KEY);
    assertThat(refusal.code()).isEqualTo(ErrorCode.InvalidRequest);
  }

  /** An error ends the process of a v3 peer: one that never spoke in the clear gets none. */
  @Test
  void aPeerThatNeverAskedForItGetsNoErrorWhateverOthersDo() {
    RawClient v3 = hub.connect("t");
    v3.subscribe(KEY, 0);
    RawClient plain = hub.connect("t").speaksPlain();
    for (int i = 0; i < 5; i++) {
      plain.send(
          new WriteEntriesUnencrypted(KEY, i, List.of(plainEntry())),
          new RequestChanges(KEY, 0, true));
      plain.expect(ServerMessage.Refusal.class);
      plain.expect(ServerMessage.Refusal.class);
    }
    v3.expectNothing();
    // nothing of it went into the encrypted store of that name
    assertThat(v3.write(KEY, 1, Entries.some(1))).containsExactly(1L);
    v3.expectNothing();
  }
}
