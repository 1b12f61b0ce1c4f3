package io.tributary.core.wire.v3;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Optional;
import org.msgpack.core.MessageFormat;

/**
 * Cuts a stream of MessagePack values, such as a TCP connection, into its values. Every byte is
 * looked at once, however the stream is cut into reads. Not thread-safe.
 */
public final class MessageSplitter {
  private static final int INITIAL_CAPACITY = 4096;

  private final int maxBytes;
  private byte[] buffer = new byte[INITIAL_CAPACITY];
  // The bytes start to end are not handed out yet.
  private int start;
  private int end;
  // Where the scan of the first of their values stands; behind the end while content is missing.
  private long scan;
  // How many values, that one included, the scan has still to pass.
  private long pending = 1;

  /**
   * @param maxBytes the largest value taken
   */
  public MessageSplitter(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Takes what was read. Call {@link #next} until it is empty before feeding more. */
  public void feed(Buffer read) {
    makeRoom(read.length());
    read.getBytes(buffer, end);
    end += read.length();
  }

  private void makeRoom(int more) {
    int held = end - start;
    int needed = Math.addExact(held, more);
    if (held == 0 && buffer.length > INITIAL_CAPACITY && more <= INITIAL_CAPACITY) {
      buffer = new byte[INITIAL_CAPACITY];
    } else if (needed > buffer.length) {
      int capacity = (int) Math.max(needed, Math.min(2L * buffer.length, maxBytes));
      byte[] larger = new byte[capacity];
      System.arraycopy(buffer, start, larger, 0, held);
      buffer = larger;
    } else if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, held);
    }
    scan -= start;
    start = 0;
    end = held;
  }

  /**
   * The next whole value; empty if it is not complete yet.
   *
   * @throws MalformedMessageException if it is no MessagePack or longer than the limit; the stream
   *     cannot be read on then
   */
  public Optional<byte[]> next() throws MalformedMessageException {
    while (pending > 0 && scan < end) {
      if (!scanOne()) {
        break;
      }
      if (scan - start + pending > maxBytes) {
        throw new MalformedMessageException("a message of more than " + maxBytes + " bytes");
      }
    }
    if (pending > 0 || scan > end) {
      return Optional.empty();
    }
    byte[] value = Arrays.copyOfRange(buffer, start, (int) scan);
    start = (int) scan;
    pending = 1;
    return Optional.of(value);
  }

  /** Bytes fed and not handed out. */
  public int bytesHeld() {
    return end - start;
  }

  /** Passes one header with its content; false if the header is not complete. */
  private boolean scanOne() throws MalformedMessageException {
    int at = (int) scan;
    byte first = buffer[at];
    MessageFormat format = MessageFormat.valueOf(first);
    switch (format) {
      case POSFIXINT:
      case NEGFIXINT:
      case NIL:
      case BOOLEAN:
        return passed(1);
      case INT8:
      case UINT8:
        return passed(2);
      case INT16:
      case UINT16:
        return passed(3);
      case INT32:
      case UINT32:
      case FLOAT32:
        return passed(5);
      case INT64:
      case UINT64:
      case FLOAT64:
        return passed(9);
      case FIXSTR:
        return passed(1 + (first & 0x1f));
      case STR8:
      case BIN8:
        return content(1, 0);
      case STR16:
      case BIN16:
        return content(2, 0);
      case STR32:
      case BIN32:
        return content(4, 0);
      case FIXEXT1:
        return passed(3);
      case FIXEXT2:
        return passed(4);
      case FIXEXT4:
        return passed(6);
      case FIXEXT8:
        return passed(10);
      case FIXEXT16:
        return passed(18);
      case EXT8:
        return content(1, 1);
      case EXT16:
        return content(2, 1);
      case EXT32:
        return content(4, 1);
      case FIXARRAY:
        return nested(0, first & 0xf, 1);
      case ARRAY16:
        return nested(2, 0, 1);
      case ARRAY32:
        return nested(4, 0, 1);
      case FIXMAP:
        return nested(0, first & 0xf, 2);
      case MAP16:
        return nested(2, 0, 2);
      case MAP32:
        return nested(4, 0, 2);
      case NEVER_USED:
      default:
        throw MessageReader.neverUsed();
    }
  }

  private boolean passed(long bytes) {
    scan += bytes;
    pending--;
    return true;
  }

  /** A value of a length that is given in {@code width} bytes, and {@code extra} bytes. */
  private boolean content(int width, int extra) {
    if (scan + 1 + width > end) {
      return false;
    }
    return passed(1 + width + extra + unsigned(width));
  }

  /** A list or map whose count is {@code count} or given in {@code width} bytes. */
  private boolean nested(int width, int count, int valuesPerElement) {
    if (scan + 1 + width > end) {
      return false;
    }
    long elements = width == 0 ? count : unsigned(width);
    pending += elements * valuesPerElement;
    return passed(1 + width);
  }

  /** The big-endian number behind the byte that the scan stands on. */
  private long unsigned(int width) {
    long value = 0;
    for (int i = 1; i <= width; i++) {
      value = value << 8 | (buffer[(int) scan + i] & 0xff);
    }
    return value;
  }
}
