package io.tributary.core.wire.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vertx.core.buffer.Buffer;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What must hold for any bytes: a value or a {@link MalformedMessageException}, never anything else
 * thrown, and never much allocated for few bytes. Values that come out are sound.
 */
final class FuzzTargets {
  private static final int LIMIT = 4 << 20;
  // Beside what is in proportion to the input: readers, exceptions with their traces, classes.
  private static final long FIXED_ALLOCATION = 1 << 20;
  private static final int ALLOCATION_PER_BYTE = 200;
  private static final int MAX_NESTING = 4;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private FuzzTargets() {}

  private interface Target {
    void run(byte[] data) throws MalformedMessageException;
  }

  /** Any of the targets below. */
  static void all(byte[] data) {
    decodeClient(data);
    decodeServer(data);
    decodeEntry(data);
    split(data);
    join(data);
  }

  static void decodeClient(byte[] data) {
    check(data, bytes -> {
      ClientMessage message = V3Codec.decodeClient(bytes);
      byte[] encoded = V3Codec.encode(message);
      assertThat(V3Codec.encode(V3Codec.decodeClient(halves(encoded)))).isEqualTo(encoded);
    });
  }

  static void decodeServer(byte[] data) {
    check(data, bytes -> {
      ServerMessage message = V3Codec.decodeServer(bytes);
      byte[] encoded = V3Codec.encode(message);
      assertThat(V3Codec.encode(V3Codec.decodeServer(halves(encoded)))).isEqualTo(encoded);
    });
  }

  static void decodeEntry(byte[] data) {
    check(data, bytes -> {
      byte[] encoded = V3Codec.encodeEntry(V3Codec.decodeEntry(bytes));
      assertThat(V3Codec.encodeEntry(V3Codec.decodeEntry(encoded))).isEqualTo(encoded);
    });
  }

  private static List<byte[]> halves(byte[] bytes) {
    int middle = bytes.length / 2;
    return List.of(Arrays.copyOf(bytes, middle), Arrays.copyOfRange(bytes, middle, bytes.length));
  }

  /** A stream, read in pieces of a size that its first byte says. */
  static void split(byte[] data) {
    check(data, bytes -> {
      int piece = bytes.length == 0 ? 1 : 1 + (bytes[0] & 0xff);
      MessageSplitter splitter = new MessageSplitter(LIMIT);
      int out = 0;
      for (int at = 0; at < bytes.length; at += piece) {
        splitter.feed(
            Buffer.buffer(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + piece))));
        for (Optional<byte[]> next = splitter.next(); next.isPresent(); next = splitter.next()) {
          byte[] value = next.get();
          assertThat(value).isNotEmpty();
          assertThat(Arrays.equals(value, 0, value.length, bytes, out, out + value.length))
              .isTrue();
          out += value.length;
        }
      }
      assertThat(out + splitter.bytesHeld()).isEqualTo(bytes.length);
    });
  }

  /** A stream of frames of which the chunks are joined. */
  static void join(byte[] data) {
    check(data, bytes -> {
      MessageSplitter splitter = new MessageSplitter(LIMIT);
      splitter.feed(Buffer.buffer(bytes));
      ChunkAssembler assembler = new ChunkAssembler(LIMIT);
      for (Optional<byte[]> next = splitter.next(); next.isPresent(); next = splitter.next()) {
        ClientMessage message = V3Codec.decodeClient(next.get());
        for (int depth = 0;
            depth < MAX_NESTING && message instanceof ClientMessage.Chunked chunked;
            depth++) {
          Optional<List<byte[]>> parts = assembler.add(chunked.chunk(), 1);
          if (parts.isEmpty()) {
            break;
          }
          assertThat(parts.get()).doesNotContainNull().hasSize((int)
              chunked.chunk().total());
          message = V3Codec.decodeClient(parts.get());
        }
        assertThat(assembler.bytesHeld()).isBetween(0L, (long) LIMIT);
        assertThat(assembler.oldestMs().isEmpty()).isEqualTo(assembler.bytesHeld() == 0);
      }
    });
  }

  private static void check(byte[] data, Target target) {
    // What runs for the first time also loads classes: only a second excess counts.
    if (allocated(data, target) > budget(data)) {
      assertThat(allocated(data, target))
          .as("bytes allocated for %d bytes of input", data.length)
          .isLessThanOrEqualTo(budget(data));
    }
  }

  private static long budget(byte[] data) {
    return FIXED_ALLOCATION + (long) ALLOCATION_PER_BYTE * data.length;
  }

  private static long allocated(byte[] data, Target target) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      target.run(data);
    } catch (MalformedMessageException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
