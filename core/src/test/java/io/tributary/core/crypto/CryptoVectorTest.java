package io.tributary.core.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.tributary.core.wire.v3.V3Codec;
import io.tributary.core.wire.v3.Vectors;
import io.tributary.core.wire.v3.Vectors.Vector;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Entries, identities and ids as the JavaScript packages make them. */
class CryptoVectorTest {
  private static Stream<Vector> starting(String prefix) {
    return Vectors.all().stream().filter(v -> v.name().startsWith(prefix));
  }

  static Stream<Vector> identities() {
    return starting("identity.");
  }

  static Stream<Vector> payloads() {
    return starting("payload.");
  }

  private static void assertIs(Entry entry, JsonObject json) {
    assertThat(entry.id().toBytes()).isEqualTo(Vectors.hex(json.getJsonObject("id")));
    assertThat(entry.event()).isEqualTo(json.getString("event"));
    assertThat(entry.primaryKey()).isEqualTo(json.getString("primaryKey"));
    assertThat(entry.payload()).isEqualTo(Vectors.hex(json.getJsonObject("payload")));
  }

  private static JsonObject plaintext() {
    return starting("entry.plaintext").findFirst().orElseThrow().object();
  }

  @Test
  void readsAndWritesThePlaintextOfAnEntry() throws Exception {
    byte[] bytes = starting("entry.plaintext").findFirst().orElseThrow().bytes();

    Entry entry = V3Codec.decodeEntry(bytes);

    assertIs(entry, plaintext());
    assertThat(V3Codec.encodeEntry(entry)).isEqualTo(bytes);
  }

  @Test
  void opensWhatPeersSeal() throws Exception {
    Vector vector = Vectors.named("entry.encrypted");
    JsonObject json = vector.object();
    EntryCipher cipher = new EntryCipher(new Identity("k", Vectors.hex(json.getJsonObject("key"))));
    SealedEntry sealed =
        new SealedEntry(new EntryId(0, 0), Vectors.hex(json.getJsonObject("iv")), vector.bytes());

    Entry entry = cipher.open(sealed);

    assertIs(entry, plaintext());
    assertThat(V3Codec.encodeEntry(entry)).isEqualTo(Vectors.hex(json.getJsonObject("plaintext")));
  }

  @Test
  void opensABatchUnderOneIv() throws Exception {
    JsonObject json =
        starting("entry.encrypted.batch").findFirst().orElseThrow().object();
    EntryCipher cipher = new EntryCipher(new Identity("k", Vectors.hex(json.getJsonObject("key"))));
    byte[] iv = Vectors.hex(json.getJsonObject("iv"));
    JsonArray ciphertexts = json.getJsonArray("ciphertexts");
    assertThat(ciphertexts).hasSize(2);
    for (int i = 0; i < 2; i++) {
      byte[] ciphertext = Vectors.hex(ciphertexts.getJsonObject(i));

      Entry entry = cipher.open(new SealedEntry(new EntryId(0, 0), iv, ciphertext));

      assertThat(V3Codec.encodeEntry(entry))
          .isEqualTo(Vectors.hex(json.getJsonArray("plaintexts").getJsonObject(i)));
    }
  }

  @Test
  void opensTheEntriesOfRealMessages() throws Exception {
    JsonObject json = Vectors.named("entry.encrypted").object();
    EntryCipher cipher =
        new EntryCipher(new Identity("enc-key", Vectors.hex(json.getJsonObject("key"))));
    ClientMessage.WriteEntries write = (ClientMessage.WriteEntries)
        V3Codec.decodeClient(Vectors.named("writeEntries.real-ciphertext").bytes());
    ServerMessage.Changes changes = (ServerMessage.Changes)
        V3Codec.decodeServer(Vectors.named("changes.real-ciphertext").bytes());
    ClientMessage.SealedItem item = write.entries().get(0);
    ServerMessage.SealedChange change = changes.entries().get(0);

    assertIs(
        cipher.open(new SealedEntry(EntryId.of(item.entryId()), write.iv(), item.ciphertext())),
        plaintext());
    assertIs(
        cipher.open(
            new SealedEntry(EntryId.of(change.entryId()), change.iv(), change.ciphertext())),
        plaintext());
  }

  @ParameterizedTest
  @MethodSource("identities")
  void readsAndWritesIdentities(Vector vector) throws Exception {
    JsonObject json = vector.object();
    String text = json.getString("string");
    assertThat(text.getBytes(StandardCharsets.UTF_8)).isEqualTo(vector.bytes());

    Identity identity = Identity.decodeString(text);

    assertThat(identity.publicKey()).isEqualTo(json.getString("publicKey"));
    assertThat(identity.privateKey()).isEqualTo(Vectors.hex(json.getJsonObject("privateKey")));
    assertThat(identity.encodeString()).isEqualTo(text);
  }

  @Test
  void readsTheMillisecondsOfAnId() {
    Vector vector = Vectors.named("entryId.millis");
    EntryId id = EntryId.of(vector.bytes());

    assertThat(id.millis()).isEqualTo(vector.object().getLong("entryIdMillis"));
    assertThat(id.toString()).isEqualTo(vector.object().getString("uuid"));
    assertThat(EntryId.of(UUID.fromString(vector.object().getString("uuid")))).isEqualTo(id);
    assertThat(id.isValid()).isTrue();
    assertThat(id.version()).isEqualTo(7);
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void carriesPayloadsUntouched(Vector vector) throws Exception {
    byte[] payload = vector.bytes();
    Entry entry = new Entry(new EntryId(1, 2), "E", "k", payload);
    EntryCipher cipher = new EntryCipher(Identity.random());

    assertThat(cipher.open(cipher.seal(entry)).payload()).isEqualTo(payload);
    ClientMessage.WriteEntriesUnencrypted write = (ClientMessage.WriteEntriesUnencrypted)
        V3Codec.decodeClient(V3Codec.encode(new ClientMessage.WriteEntriesUnencrypted(
            "p",
            1,
            List.of(PlainItem.of(new Entry(EntryId.of(new byte[16]), "E", "k", payload))))));
    assertThat(write.entries().get(0).payload()).isEqualTo(payload);
    ServerMessage.ChangesUnencrypted changes =
        (ServerMessage.ChangesUnencrypted) V3Codec.decodeServer(V3Codec.encode(
            new ServerMessage.ChangesUnencrypted("p", List.of(new PlainChange(1, entry)))));
    assertThat(changes.entries().get(0).entry().payload()).isEqualTo(payload);
  }
}
