package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;

/**
 * What a v3 peer can read: one MessagePack value in a frame, a map with a known tag, no value that a
 * JavaScript decoder takes for a BigInt, and nothing undefined.
 */
final class Dialect {
  private static final Set<String> V3 = Set.of("Hello", "Ack", "Changes", "ChunkedMessage", "Pong");
  private static final Set<String> PLAIN = Set.of("Error", "ChangesUnencrypted");
  private static final double GREATEST = 9_007_199_254_740_991d;

  private Dialect() {}

  static void check(byte[] message, boolean plain) {
    try (MessageUnpacker in = MessagePack.newDefaultUnpacker(message)) {
      Set<String> keys = new HashSet<>();
      String tag = "";
      for (int pairs = in.unpackMapHeader(); pairs > 0; pairs--) {
        String key = in.unpackString();
        assertThat(keys.add(key)).as("%s is there once", key).isTrue();
        if (key.equals("_tag")) {
          tag = in.unpackString();
        } else {
          value(in);
        }
      }
      assertThat(in.hasNext()).as("one value in a frame").isFalse();
      assertThat(V3.contains(tag) || (plain && PLAIN.contains(tag)))
          .as("a tag that this peer knows: '%s'", tag)
          .isTrue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void value(MessageUnpacker in) throws IOException {
    MessageFormat format = in.getNextFormat();
    switch (format.getValueType()) {
      case MAP -> {
        for (int pairs = in.unpackMapHeader(); pairs > 0; pairs--) {
          assertThat(in.getNextFormat().getValueType().isStringType()).isTrue();
          String unused = in.unpackString();
          value(in);
        }
      }
      case ARRAY -> {
        for (int n = in.unpackArrayHeader(); n > 0; n--) {
          value(in);
        }
      }
      case INTEGER -> {
        assertThat(format).isNotIn(MessageFormat.UINT64, MessageFormat.INT64);
        long unused = in.unpackLong();
      }
      case FLOAT -> {
        double number = in.unpackDouble();
        assertThat(
                Double.isNaN(number) || number != Math.rint(number) || Math.abs(number) <= GREATEST)
            .as("%s is a safe integer", number)
            .isTrue();
      }
      case STRING, BINARY -> in.skipValue();
      default -> throw new AssertionError("a v3 peer does not expect " + format);
    }
  }
}
