package io.tributary.core.wire.v3;

import io.tributary.core.wire.v3.Vectors.Vector;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Golden vectors and chunk streams, damaged at random, given to the fuzz targets. */
class MutationTest {
  private static final int ROUNDS = Seeds.LONG ? 10_000_000 : 100_000;
  private static final int MAX_LENGTH = 20_000;
  // Headers that declare much, and the byte that is none.
  private static final String[] HEADERS = {
    "c1",
    "c6ffffffff",
    "c67fffffff",
    "c600100000",
    "db7fffffff",
    "dbffffffff",
    "c9ffffffff74",
    "c97fffffff74",
    "dd7fffffff",
    "ddffffffff",
    "dd00100000",
    "df7fffffff",
    "dfffffffff",
    "df3fffffff",
    "dcffff",
    "deffff",
    "daffff",
    "c5ffff",
    "d40000",
    "cb7ff8000000000000",
    "cbffefffffffffffff",
    "d38000000000000000",
    "cfffffffffffffffff",
    "c0",
    "c2"
  };

  /** What is damaged: all vectors, and streams of several frames. */
  static List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    Buffer chunks = Buffer.buffer();
    for (Vector vector : Vectors.all()) {
      if (vector.hex() != null) {
        seeds.add(vector.bytes());
        if (vector.name().startsWith("chunked.small")) {
          chunks.appendBytes(vector.bytes());
        }
      }
    }
    seeds.add(chunks.getBytes());
    byte[] nested = V3Codec.encode(new ClientMessage.Ping(1));
    for (int i = 0; i < 3; i++) {
      nested = V3Codec.encode(new ClientMessage.Chunked(new Chunk(i, 0, 1, nested)));
    }
    seeds.add(nested);
    return seeds;
  }

  @Test
  void damagedMessagesGiveAValueOrATypedError() {
    Random random = Seeds.random("damagedMessagesGiveAValueOrATypedError");
    List<byte[]> seeds = seeds();
    RandomMessages messages = new RandomMessages(random);
    for (int i = 0; i < 100; i++) {
      byte[] message = V3Codec.encode(messages.next());
      if (message.length < 2_000) {
        seeds.add(message);
      }
    }
    for (int i = 0; i < ROUNDS; i++) {
      byte[] data = seeds.get(random.nextInt(seeds.size()));
      for (int damage = random.nextInt(4); damage >= 0; damage--) {
        data = damage(data, seeds, random);
      }
      try {
        FuzzTargets.all(data);
      } catch (Throwable e) {
        throw new AssertionError("round " + i + " with " + HexFormat.of().formatHex(data), e);
      }
    }
  }

  private static byte[] damage(byte[] data, List<byte[]> seeds, Random random) {
    if (data.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(data.length);
    int to = at + random.nextInt(Math.min(64, data.length - at) + 1);
    byte[] changed = data.clone();
    switch (random.nextInt(8)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[at] = (byte) random.nextInt();
      case 2 -> changed = replace(data, at, to, new byte[0]);
      case 3 -> changed = replace(data, at, at, Arrays.copyOfRange(data, at, to));
      case 4 -> changed = Arrays.copyOf(data, at);
      case 5 -> {
        byte[] header = HexFormat.of().parseHex(HEADERS[random.nextInt(HEADERS.length)]);
        changed = replace(data, at, random.nextBoolean() ? at : to, header);
      }
      case 6 -> {
        byte[] nesting = new byte[random.nextInt(2_000)];
        Arrays.fill(nesting, (byte) (random.nextBoolean() ? 0x91 : 0x81));
        changed = replace(data, at, at, nesting);
      }
      default -> changed = replace(data, at, to, seeds.get(random.nextInt(seeds.size())));
    }
    return changed.length > MAX_LENGTH ? Arrays.copyOf(changed, MAX_LENGTH) : changed;
  }

  private static byte[] replace(byte[] data, int from, int to, byte[] with) {
    return Buffer.buffer()
        .appendBytes(data, 0, from)
        .appendBytes(with)
        .appendBytes(data, to, data.length - to)
        .getBytes();
  }
}
