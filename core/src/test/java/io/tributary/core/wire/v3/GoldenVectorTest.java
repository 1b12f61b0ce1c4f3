package io.tributary.core.wire.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.wire.v3.Vectors.Vector;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages as the JavaScript packages encode them, value for value and byte for byte. */
class GoldenVectorTest {
  private static final String CLIENT = "client->server";
  private static final String SERVER = "server->client";

  private static boolean isMessage(Vector vector) {
    return vector.direction().equals(CLIENT) || vector.direction().equals(SERVER);
  }

  static Stream<Vector> emitted() {
    return Vectors.all().stream()
        .filter(v -> isMessage(v) && v.expect() == null && v.hex() != null);
  }

  static Stream<Vector> accepted() {
    return Vectors.all().stream().filter(v -> "accept".equals(v.expect()));
  }

  static Stream<Vector> rejected() {
    return Vectors.all().stream().filter(v -> "reject".equals(v.expect()));
  }

  private static Message decode(Vector vector) throws MalformedMessageException {
    return vector.direction().equals(CLIENT)
        ? V3Codec.decodeClient(vector.bytes())
        : V3Codec.decodeServer(vector.bytes());
  }

  @Test
  void everyVectorIsTestedHereOrWithEntriesAndIdentities() {
    Set<String> elsewhere = Set.of("entry", "identity", "entryId", "payload");
    for (Vector vector : Vectors.all()) {
      String kind = vector.name().split("\\.", 2)[0];
      assertThat(isMessage(vector) || elsewhere.contains(kind))
          .as(vector.name())
          .isTrue();
    }
    assertThat(emitted().count()).isEqualTo(46);
    assertThat(accepted().count()).isEqualTo(21);
    assertThat(rejected().count()).isEqualTo(14);
  }

  @ParameterizedTest
  @MethodSource("emitted")
  void readsWhatPeersEmit(Vector vector) throws Exception {
    assertThat(MessageJson.of(decode(vector))).isEqualTo(vector.object());
  }

  @ParameterizedTest
  @MethodSource("emitted")
  void emitsTheSameBytes(Vector vector) throws Exception {
    byte[] encoded = V3Codec.encode(decode(vector));

    assertThat(HexFormat.of().formatHex(encoded)).isEqualTo(vector.hex());
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void readsTheAlternatesThatPeersTake(Vector vector) throws Exception {
    if (vector.name().equals("decode.records-extension")) {
      // No peer of this wire emits it.
      assertThatThrownBy(() -> decode(vector)).isInstanceOf(MalformedMessageException.class);
      return;
    }
    assertThat(MessageJson.of(decode(vector))).isEqualTo(vector.object());
  }

  @ParameterizedTest
  @MethodSource("rejected")
  void refusesWhatPeersRefuseBut64BitIntegers(Vector vector) throws Exception {
    if (vector.name().equals("decode.number-as-uint64")
        || vector.name().equals("decode.number-as-int64")) {
      assertThat(decode(vector)).isEqualTo(new ClientMessage.Ping(5));
      return;
    }
    assertThatThrownBy(() -> decode(vector)).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void smallChunksJoinToTheirMessage() throws Exception {
    ChunkAssembler assembler = new ChunkAssembler(100_000);
    List<Optional<List<byte[]>>> results = new ArrayList<>();
    for (Vector vector : Vectors.all()) {
      if (vector.name().startsWith("chunked.small.part")) {
        Chunk chunk = ((ClientMessage.Chunked) decode(vector)).chunk();
        results.add(assembler.add(chunk, 0));
      }
    }

    assertThat(results).hasSize(3);
    assertThat(results.subList(0, 2)).containsOnly(Optional.empty());
    Message joined = V3Codec.decodeClient(results.get(2).orElseThrow());
    JsonObject expected = new JsonObject(
            MessageJson.of(decode(Vectors.named("writeEntries.one"))).encode())
        .put("id", 7);
    assertThat(MessageJson.of(joined)).isEqualTo(expected);
  }

  @Test
  void aSinglePartWrapsAWholeMessage() throws Exception {
    Vector vector = Vectors.all().stream()
        .filter(v -> v.name().startsWith("chunked.single-part"))
        .findFirst()
        .orElseThrow();
    Chunk chunk = ((ServerMessage.Chunked) decode(vector)).chunk();

    List<byte[]> parts = new ChunkAssembler(10_000).add(chunk, 0).orElseThrow();

    assertThat(V3Codec.decodeServer(parts)).isEqualTo(new ServerMessage.Pong(1));
  }

  @Test
  void aBigMessageIsCutAsThePeersCutIt() throws Exception {
    Vector whole = Vectors.named("chunked.big.whole-message");
    byte[] message = concat(whole, bigData(600_000));
    assertMatches(message, whole);
    assertThat(V3Codec.encode(V3Codec.decodeClient(message))).isEqualTo(message);

    List<Buffer> frames = ChangesEncoder.chunk(42, message);

    assertThat(frames).hasSize(2);
    ChunkAssembler assembler = new ChunkAssembler(1_000_000);
    Optional<List<byte[]>> parts = Optional.empty();
    for (int i = 0; i < 2; i++) {
      Vector vector = Vectors.named("chunked.big.part" + i);
      JsonArray slice = vector.object().getJsonObject("data").getJsonArray("$slice");
      byte[] data = Arrays.copyOfRange(message, slice.getInteger(0), slice.getInteger(1));
      assertMatches(concat(vector, data), vector);
      byte[] frame = frames.get(i).getBytes();
      assertMatches(frame, vector);
      ClientMessage.Chunked chunked = (ClientMessage.Chunked) V3Codec.decodeClient(frame);
      assertThat(V3Codec.encode(chunked)).isEqualTo(frame);
      parts = assembler.add(chunked.chunk(), 0);
    }
    assertThat(V3Codec.encode(V3Codec.decodeClient(parts.orElseThrow()))).isEqualTo(message);
  }

  private static byte[] bigData(int length) throws Exception {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    for (int k = 0; data.size() < length; k++) {
      data.writeBytes(sha256.digest(("effect-v3-chunk:" + k).getBytes(StandardCharsets.UTF_8)));
    }
    return Arrays.copyOf(data.toByteArray(), length);
  }

  private static byte[] concat(Vector vector, byte[] data) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.writeBytes(HexFormat.of().parseHex(vector.all().getString("hexBefore")));
    frame.writeBytes(data);
    frame.writeBytes(HexFormat.of().parseHex(vector.all().getString("hexAfter")));
    return frame.toByteArray();
  }

  private static void assertMatches(byte[] frame, Vector vector) throws Exception {
    assertThat(frame.length).isEqualTo(Objects.requireNonNull(vector.all().getInteger("length")));
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(frame)))
        .isEqualTo(vector.all().getString("sha256"));
  }
}
