package io.tributary.core.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tributary.core.wire.v3.Vectors;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What must hold for any bytes: a payload or a {@link PayloadException}, and never much allocated. */
class PayloadMutationTest {
  private static final int ROUNDS = Boolean.getBoolean("tributary.long") ? 5_000_000 : 100_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  record Anything(
      String s, Integer i, Long big, List<Object> arr, byte[] bytes, Instant when, Object nested) {}

  private static final List<PayloadCodec<?>> CODECS = List.of(
      PayloadCodec.json(),
      PayloadCodec.record(Anything.class),
      PayloadCodec.record(Object.class),
      PayloadCodec.record(JsonArray.class),
      PayloadCodec.none());

  @Test
  void mutatedPayloadsDecodeOrFailTyped() {
    List<byte[]> seeds = Vectors.all().stream()
        .filter(vector -> vector.name().startsWith("payload."))
        .map(Vectors.Vector::bytes)
        .toList();
    for (long seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      byte[] data = seeds.get(random.nextInt(seeds.size())).clone();
      for (int n = random.nextInt(4); n >= 0 && data.length > 0; n--) {
        int at = random.nextInt(data.length);
        switch (random.nextInt(4)) {
          case 0 -> data[at] = (byte) random.nextInt();
          case 1 -> data[at] ^= (byte) (1 << random.nextInt(8));
          case 2 -> data = Arrays.copyOf(data, at);
          default -> data[at] = (byte) (0xc0 + random.nextInt(0x20));
        }
      }
      try {
        check(data);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void whatIsWrittenIsReadBack() {
    for (long seed = 0; seed < ROUNDS / 20; seed++) {
      JsonObject json = object(new Random(seed), 3);
      byte[] bytes = PayloadCodec.json().encode(json);
      assertThat(PayloadCodec.json().decode(bytes)).as("seed %d", seed).isEqualTo(json);
      // Jackson's way gives the same bytes, but for times, which it writes as text.
      JsonObject timeless = PayloadCodec.json().decode(bytes);
      assertThat(PayloadCodec.record(JsonObject.class).decode(bytes)).isEqualTo(timeless);
    }
  }

  private static JsonObject object(Random random, int depth) {
    JsonObject json = new JsonObject();
    for (int n = random.nextInt(5); n > 0; n--) {
      json.put("k" + random.nextInt(50), value(random, depth - 1));
    }
    return json;
  }

  private static Object value(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 10 : 8)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> random.nextInt() >> random.nextInt(32);
      case 3 -> (long) Integer.MAX_VALUE + 1 + random.nextInt(Integer.MAX_VALUE);
      case 4 -> random.nextGaussian() * 1e6 + 0.5;
      case 5 -> "é".repeat(random.nextInt(200));
      case 6 -> Buffer.buffer(new byte[random.nextInt(400)]);
      case 7 -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
      case 8 -> object(random, depth);
      default -> {
        JsonArray array = new JsonArray();
        for (int n = random.nextInt(20); n > 0; n--) {
          array.add(value(random, depth - 1));
        }
        yield array;
      }
    };
  }

  static void check(byte[] data) {
    for (PayloadCodec<?> codec : CODECS) {
      check(codec, data);
    }
  }

  private static <P> void check(PayloadCodec<P> codec, byte[] data) {
    long budget = (1L << 20) + 400L * data.length;
    // What runs for the first time also loads classes: only a second excess counts.
    if (allocated(codec, data) > budget) {
      assertThat(allocated(codec, data)).isLessThanOrEqualTo(budget);
    }
  }

  private static <P> long allocated(PayloadCodec<P> codec, byte[] data) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    P payload;
    try {
      payload = codec.decode(data);
    } catch (PayloadException e) {
      assertThat(e.getMessage()).isNotBlank();
      return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    byte[] encoded;
    try {
      encoded = codec.encode(payload);
    } catch (PayloadException e) {
      // a 64-bit integer of another writer
      assertThat(e).hasMessageContaining("exactly");
      return allocated;
    }
    assertThat(codec.encode(codec.decode(encoded))).isEqualTo(encoded);
    return allocated;
  }
}
