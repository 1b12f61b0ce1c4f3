package io.tributary.core.eventlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.tributary.core.wire.v3.Vectors;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PayloadCodecTest {
  record Keyed(String key, int value) {}

  record Nested(int x) {}

  record Rich(
      String s,
      @JsonProperty("long") String longText,
      int i,
      long big,
      short neg,
      double f,
      boolean b,
      @JsonInclude(JsonInclude.Include.ALWAYS) String n,
      List<Integer> arr,
      byte[] bytes,
      Instant when,
      Nested nested) {}

  record Sparse(Optional<Integer> a, Integer b, String c) {}

  record At(Date at) {}

  record Times(Instant at, Duration took) {}

  record Counted(BigInteger n) {}

  record Holder(JsonObject message, JsonArray list, Buffer bytes, Map<String, Object> any) {}

  enum Kind {
    ONE,
    TWO
  }

  record Typed(Kind kind, List<Keyed> items, long count) {}

  record Strict(String name) {
    Strict {
      if (name == null) {
        throw new IllegalArgumentException("secret word");
      }
    }
  }

  private static final PayloadCodec<JsonObject> JSON = PayloadCodec.json();

  private static byte[] vector(String name) {
    return Vectors.named("payload." + name).bytes();
  }

  private static <T> T both(Class<T> type, T value, byte[] bytes) {
    PayloadCodec<T> codec = PayloadCodec.record(type);
    assertThat(codec.encode(value)).isEqualTo(bytes);
    return codec.decode(bytes);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @Test
  void recordsAreWrittenAsJavaScriptWritesThem() {
    Keyed keyed = new Keyed("k1", 1);
    assertThat(both(Keyed.class, keyed, vector("struct"))).isEqualTo(keyed);

    PayloadCodec<Rich> codec = PayloadCodec.record(Rich.class);
    Rich rich = codec.decode(vector("rich-struct"));
    assertThat(rich.s).isEqualTo("é✓🔑");
    assertThat(rich.i).isEqualTo(200);
    assertThat(rich.big).isEqualTo(1_700_000_000_000L);
    assertThat(rich.neg).isEqualTo((short) -200);
    assertThat(rich.n).isNull();
    assertThat(rich.arr).containsExactly(0, -1, 65_536);
    assertThat(rich.bytes).containsExactly(1, 2, 3);
    assertThat(rich.when).isEqualTo("2023-11-14T22:13:20Z");
    assertThat(rich.nested.x).isEqualTo(1);
    assertThat(codec.encode(rich)).isEqualTo(vector("rich-struct"));

    Date date = Date.from(Instant.parse("2023-11-14T22:13:20.123Z"));
    assertThat(both(At.class, new At(date), vector("dateFromSelf")).at).isEqualTo(date);
    String text = "plain";
    assertThat(both(String.class, text, vector("string-top-level"))).isEqualTo(text);
  }

  @Test
  void jsonIsWrittenAsJavaScriptWritesIt() {
    for (String name : List.of("struct", "rich-struct", "dateFromSelf")) {
      JsonObject json = JSON.decode(vector(name));
      assertThat(JSON.encode(json)).as(name).isEqualTo(vector(name));
    }
    JsonObject rich = JSON.decode(vector("rich-struct"));
    assertThat(rich.getBinary("bytes")).containsExactly(1, 2, 3);
    assertThat(rich.getValue("n")).isNull();
    assertThat(rich.containsKey("n")).isTrue();
    assertThat(rich.getJsonObject("nested").getInteger("x")).isEqualTo(1);
    assertThat(JSON.decode(vector("dateFromSelf")).getInstant("at"))
        .isEqualTo("2023-11-14T22:13:20.123Z");
  }

  @Test
  void whatIsUndefinedIsAbsent() {
    assertThat(JSON.decode(vector("optional-present-undefined")))
        .isEqualTo(new JsonObject().put("b", 1));
    PayloadCodec<Sparse> codec = PayloadCodec.record(Sparse.class);
    Sparse sparse = codec.decode(vector("optional-present-undefined"));
    assertThat(sparse).isEqualTo(new Sparse(Optional.empty(), 1, null));
    assertThat(codec.encode(sparse)).isEqualTo(bytes("de0001a16201"));
    // in a list, there is no leaving out
    assertThat(JSON.decode(bytes("81a16192d4000001")).getJsonArray("a"))
        .isEqualTo(new JsonArray().addNull().add(1));
    // the last of a repeated key counts, also if it is undefined
    assertThat(JSON.decode(bytes("82a16101a161d40000"))).isEmpty();
  }

  @Test
  void eventsWithoutPayloadWriteUndefinedAndTakeNil() {
    assertThat(PayloadCodec.none().encode(NoPayload.NO_PAYLOAD)).isEqualTo(vector("void"));
    assertThat(PayloadCodec.none().decode(vector("void"))).isEqualTo(NoPayload.NO_PAYLOAD);
    assertThat(PayloadCodec.none().decode(bytes("c0"))).isEqualTo(NoPayload.NO_PAYLOAD);
    assertThatThrownBy(() -> PayloadCodec.none().decode(bytes("01")))
        .isInstanceOf(PayloadException.class);
    assertThatThrownBy(() -> JSON.decode(vector("void"))).isInstanceOf(PayloadException.class);
    assertThatThrownBy(() -> PayloadCodec.record(Keyed.class).decode(vector("void")))
        .isInstanceOf(PayloadException.class);
  }

  @Test
  void numbersAreIntegersOf32BitsOrFloats() {
    assertThat(JSON.encode(new JsonObject().put("n", 0xffff_ffffL)))
        .isEqualTo(bytes("de0001a16eceffffffff"));
    assertThat(JSON.encode(new JsonObject().put("n", 0x1_0000_0000L)))
        .isEqualTo(bytes("de0001a16ecb41f0000000000000"));
    assertThat(JSON.encode(new JsonObject().put("n", Integer.MIN_VALUE - 1L)))
        .isEqualTo(bytes("de0001a16ecbc1e0000000200000"));
    assertThat(JSON.encode(new JsonObject().put("n", -0.0)))
        .isEqualTo(bytes("de0001a16ecb8000000000000000"));
    assertThat(JSON.decode(bytes("81a16ecb41f0000000000000")).getValue("n"))
        .isEqualTo(0x1_0000_0000L);
    assertThat(JSON.decode(bytes("81a16eca40000000")).getValue("n")).isEqualTo(2);
    assertThat(JSON.decode(vector("bigintFromSelf")).getValue("n")).isEqualTo(5);
    assertThat(JSON.decode(bytes("81a16ecfffffffffffffffff")).getValue("n"))
        .isEqualTo(new BigInteger("18446744073709551615"));
    assertThat(PayloadCodec.record(Counted.class).decode(vector("bigintFromSelf")).n)
        .isEqualTo(BigInteger.valueOf(5));
    Counted power = new Counted(BigInteger.ONE.shiftLeft(80));
    assertThatThrownBy(() -> JSON.encode(new JsonObject().put("n", (1L << 53) + 1)))
        .hasMessage("payload at n: is a number that JavaScript can't hold exactly");
    assertThatThrownBy(() -> JSON.encode(new JsonObject().put("n", Long.MAX_VALUE)))
        .isInstanceOf(PayloadException.class);
    assertThatThrownBy(() ->
            PayloadCodec.record(Counted.class).encode(new Counted(power.n.add(BigInteger.ONE))))
        .isInstanceOf(PayloadException.class);
    assertThat(PayloadCodec.record(Counted.class).encode(power)).hasSize(14);
  }

  @Test
  void timesAreReadFromBothFormsAndKeepWhatJavaScriptHasNot() {
    PayloadCodec<Times> codec = PayloadCodec.record(Times.class);
    for (String time : List.of(
        "2023-11-14T22:13:20Z",
        "1969-12-31T23:59:59.500Z",
        "2286-11-20T17:46:40.123456789Z",
        "1970-01-01T00:00:00Z")) {
      Instant at = Instant.parse(time);
      Times times = new Times(at, Duration.ofMillis(1_500));
      assertThat(codec.decode(codec.encode(times))).isEqualTo(times);
      JsonObject stamped = new JsonObject().put("at", at).put("took", "PT1.5S");
      assertThat(codec.decode(JSON.encode(stamped))).isEqualTo(times);
      assertThat(JSON.decode(JSON.encode(stamped))).isEqualTo(stamped);
    }
    assertThat(
            JSON.decode(codec.encode(new Times(Instant.EPOCH, Duration.ZERO))).getString("at"))
        .isEqualTo("1970-01-01T00:00:00.000Z");
  }

  @Test
  void jsonAndBuffersMayBeComponents() {
    Holder holder = new Holder(
        new JsonObject().put("a", new JsonArray().add(1).addNull()).put("b", Buffer.buffer("x")),
        new JsonArray().add(new JsonObject().put("c", true)),
        Buffer.buffer("bytes"),
        Map.of("k", 1));
    PayloadCodec<Holder> codec = PayloadCodec.record(Holder.class);
    assertThat(codec.decode(codec.encode(holder))).isEqualTo(holder);
  }

  @Test
  void failuresNameEventAndFieldButNeverTheContent() {
    EventDefinition<Typed> event =
        EventDefinition.of("typed", PayloadCodec.record(Typed.class), typed -> "k");
    assertThatThrownBy(() -> event.decode(JSON.encode(new JsonObject()
            .put("kind", "ONE")
            .put(
                "items",
                new JsonArray()
                    .add(new JsonObject().put("key", "a").put("value", 1))
                    .add(new JsonObject().put("key", "a").put("value", "secret"))))))
        .isInstanceOfSatisfying(PayloadException.class, e -> {
          assertThat(e.event()).isEqualTo("typed");
          assertThat(e.path()).isEqualTo("items[1].value");
        })
        .hasMessage("payload of typed at items[1].value: is not of int")
        .hasNoCause();
    assertThatThrownBy(() -> event.decode(JSON.encode(new JsonObject().put("kind", "SECRET"))))
        .hasMessageContaining("payload of typed at kind:")
        .hasMessageNotContaining("SECRET")
        .hasNoCause();
    assertThatThrownBy(() -> event.decode(JSON.encode(new JsonObject().put("count", 1.5))))
        .hasMessageContaining(" at count:");
    // a primitive that is absent
    assertThatThrownBy(() -> event.decode(JSON.encode(new JsonObject().put("kind", "ONE"))))
        .hasMessageContaining(" at count:");
    assertThatThrownBy(() -> event.decode(bytes("a6736563726574")))
        .hasMessageStartingWith("payload of typed: ")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> PayloadCodec.record(Strict.class).decode(bytes("80")))
        .isInstanceOf(PayloadException.class)
        .hasMessageContaining("java.lang.IllegalArgumentException")
        .hasMessageNotContaining("secret")
        .hasNoCause();
    assertThatThrownBy(() -> JSON.encode(new JsonObject()
            .put("a", new JsonArray().add(new JsonObject().put("b", new Object())))))
        .hasMessage("payload at a[0].b: a java.lang.Object can't be in one");
    assertThatThrownBy(() -> JSON.decode(bytes("81a16192a0c1")))
        .hasMessage("payload at a[1]: is no MessagePack, before byte 6");
  }

  @Test
  void unknownFieldsAreIgnoredAndNothingIsCoerced() {
    PayloadCodec<Keyed> codec = PayloadCodec.record(Keyed.class);
    JsonObject json = new JsonObject().put("key", "k").put("value", 2).put("more", 1);
    assertThat(codec.decode(JSON.encode(json))).isEqualTo(new Keyed("k", 2));
    for (Object value : List.of("2", true, 2.5, new JsonArray(), 0x1_0000_0000L)) {
      assertThatThrownBy(() -> codec.decode(JSON.encode(json.copy().put("value", value))))
          .as("%s", value)
          .isInstanceOf(PayloadException.class);
    }
    assertThatThrownBy(() -> codec.decode(JSON.encode(json.copy().put("key", 1))))
        .isInstanceOf(PayloadException.class);
  }

  @Test
  void nothingNestsTooDeep() {
    JsonObject json = new JsonObject();
    for (int i = 0; i < PayloadReader.MAX_DEPTH; i++) {
      json = new JsonObject().put("x", json);
    }
    JsonObject deep = json;
    assertThatThrownBy(() -> JSON.encode(deep)).isInstanceOf(PayloadException.class);
    JsonObject fits = deep.getJsonObject("x");
    assertThat(JSON.decode(JSON.encode(fits))).isEqualTo(fits);
    byte[] lists = new byte[100_000];
    java.util.Arrays.fill(lists, (byte) 0x91);
    assertThatThrownBy(() -> JSON.decode(lists)).isInstanceOf(PayloadException.class);
  }

  @Test
  void bigMapsGetBigHeaders() {
    JsonObject json = new JsonObject();
    for (int i = 0; i < 70_000; i++) {
      json.put("k" + i, i);
    }
    assertThat(JSON.decode(JSON.encode(json))).isEqualTo(json);
  }
}
