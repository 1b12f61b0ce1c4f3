package io.tributary.server.cli;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads just as much of a hub's frame as a load generator needs, in one pass and without making
 * objects: the client must cost less than the hub it measures.
 *
 * <p>Confined to one thread; what it found is valid until the next {@link #scan}.
 */
final class BenchScanner {
  /** Told of each entry of a Changes frame, while it is scanned. */
  interface Entries {
    /** The entry's sequence and where its ciphertext is. */
    void entry(double sequence, byte[] frame, int from, int length);
  }

  /** What a frame turned out to be. */
  enum Kind {
    HELLO,
    ACK,
    CHANGES,
    PONG,
    CHUNK,
    OTHER
  }

  /** A frame that isn't MessagePack of the wire's shape. */
  static final class BadFrameException extends Exception {
    BadFrameException(String message) {
      super(message);
    }
  }

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private static final byte[] TAG = ascii("_tag");
  private static final byte[] ID = ascii("id");
  private static final byte[] SEQUENCE_NUMBERS = ascii("sequenceNumbers");
  private static final byte[] ENTRIES = ascii("entries");
  private static final byte[] SEQUENCE = ascii("sequence");
  private static final byte[] ENCRYPTED_ENTRY = ascii("encryptedEntry");
  private static final Kind[] KINDS = {
    Kind.HELLO, Kind.ACK, Kind.CHANGES, Kind.PONG, Kind.CHUNK,
  };
  private static final byte[][] KIND_TAGS = {
    ascii("Hello"), ascii("Ack"), ascii("Changes"), ascii("Pong"), ascii("ChunkedMessage"),
  };

  /** The message's id, if it has one. */
  double id;

  /** How many sequences an Ack has or how many entries a Changes. */
  int count;

  private byte[] frame = new byte[0];
  private int at;
  private int end;

  /**
   * Reads one message.
   *
   * @throws BadFrameException if it cannot be read
   */
  Kind scan(byte[] bytes, int from, int to, Entries entries) throws BadFrameException {
    frame = bytes;
    at = from;
    end = to;
    id = -1;
    count = 0;
    Kind kind = Kind.OTHER;
    try {
      for (int keys = mapHeader(); keys > 0; keys--) {
        int length = stringHeader();
        int key = at;
        at += length;
        if (is(key, length, TAG)) {
          kind = kind();
        } else if (is(key, length, ID)) {
          id = number();
        } else if (is(key, length, SEQUENCE_NUMBERS)) {
          count = arrayHeader();
          for (int i = count; i > 0; i--) {
            skip();
          }
        } else if (is(key, length, ENTRIES)) {
          count = arrayHeader();
          for (int i = count; i > 0; i--) {
            entry(entries);
          }
        } else {
          skip();
        }
      }
    } catch (IndexOutOfBoundsException e) {
      throw new BadFrameException("a cut frame of " + (to - from) + " bytes");
    }
    if (at != end) {
      throw new BadFrameException(
          "a frame of " + (to - from) + " bytes with " + (end - at) + " to spare");
    }
    return kind;
  }

  private void entry(Entries entries) throws BadFrameException {
    double sequence = -1;
    int from = 0;
    int length = 0;
    for (int keys = mapHeader(); keys > 0; keys--) {
      int keyLength = stringHeader();
      int key = at;
      at += keyLength;
      if (is(key, keyLength, SEQUENCE)) {
        sequence = number();
      } else if (is(key, keyLength, ENCRYPTED_ENTRY)) {
        length = binaryHeader();
        from = at;
        at += length;
      } else {
        skip();
      }
    }
    entries.entry(sequence, frame, from, length);
  }

  private Kind kind() throws BadFrameException {
    int length = stringHeader();
    int tag = at;
    at += length;
    for (int i = 0; i < KINDS.length; i++) {
      if (is(tag, length, KIND_TAGS[i])) {
        return KINDS[i];
      }
    }
    return Kind.OTHER;
  }

  private boolean is(int from, int length, byte[] text) {
    if (length != text.length || from + length > end) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (frame[from + i] != text[i]) {
        return false;
      }
    }
    return true;
  }

  private int mapHeader() throws BadFrameException {
    int head = u8();
    if ((head & 0xf0) == 0x80) {
      return head & 0x0f;
    }
    return switch (head) {
      case 0xde -> u16();
      case 0xdf -> length32();
      default -> throw unexpected(head, "a map");
    };
  }

  private int arrayHeader() throws BadFrameException {
    int head = u8();
    if ((head & 0xf0) == 0x90) {
      return head & 0x0f;
    }
    return switch (head) {
      case 0xdc -> u16();
      case 0xdd -> length32();
      default -> throw unexpected(head, "a list");
    };
  }

  private int stringHeader() throws BadFrameException {
    int head = u8();
    if ((head & 0xe0) == 0xa0) {
      return head & 0x1f;
    }
    return switch (head) {
      case 0xd9 -> u8();
      case 0xda -> u16();
      case 0xdb -> length32();
      default -> throw unexpected(head, "a string");
    };
  }

  private int binaryHeader() throws BadFrameException {
    int head = u8();
    return switch (head) {
      case 0xc4 -> u8();
      case 0xc5 -> u16();
      case 0xc6 -> length32();
      default -> throw unexpected(head, "bytes");
    };
  }

  private double number() throws BadFrameException {
    int head = u8();
    if (head < 0x80) {
      return head;
    }
    return switch (head) {
      case 0xcc -> u8();
      case 0xcd -> u16();
      case 0xce -> i32() & 0xffffffffL;
      case 0xca -> Float.intBitsToFloat(i32());
      case 0xcb -> Double.longBitsToDouble(i64());
      default -> throw unexpected(head, "a number");
    };
  }

  private void skip() throws BadFrameException {
    int head = u8();
    if (head < 0x80 || head >= 0xe0 || head == 0xc0 || head == 0xc2 || head == 0xc3) {
      return;
    }
    if (head < 0x90) {
      skip(2 * (head & 0x0f));
    } else if (head < 0xa0) {
      skip(head & 0x0f);
    } else if (head < 0xc0) {
      at += head & 0x1f;
    } else {
      switch (head) {
        case 0xc4, 0xd9 -> advance(u8());
        case 0xc5, 0xda -> advance(u16());
        case 0xc6, 0xdb -> advance(length32());
        case 0xcc, 0xd0 -> at += 1;
        case 0xcd, 0xd1 -> at += 2;
        case 0xca, 0xce, 0xd2 -> at += 4;
        case 0xcb, 0xcf, 0xd3 -> at += 8;
        case 0xdc -> skip(u16());
        case 0xdd -> skip(length32());
        case 0xde -> skip(2 * u16());
        case 0xdf -> skip(2 * length32());
        default -> throw unexpected(head, "a value of the wire");
      }
    }
  }

  private void skip(int values) throws BadFrameException {
    for (int i = 0; i < values; i++) {
      skip();
    }
  }

  /** Not {@code at += u8()}: that takes the value of {@code at} before the length is read. */
  private void advance(int bytes) {
    at += bytes;
  }

  private int u8() {
    return frame[at++] & 0xff;
  }

  private int u16() {
    int value = (short) SHORTS.get(frame, at) & 0xffff;
    at += 2;
    return value;
  }

  private int i32() {
    int value = (int) INTS.get(frame, at);
    at += 4;
    return value;
  }

  private int length32() throws BadFrameException {
    int value = i32();
    if (value < 0 || value > end - at) {
      throw new BadFrameException("a length beyond the frame");
    }
    return value;
  }

  private long i64() {
    long value = (long) LONGS.get(frame, at);
    at += 8;
    return value;
  }

  private static BadFrameException unexpected(int head, String expected) {
    return new BadFrameException(
        "0x" + Integer.toHexString(head) + " where " + expected + " was expected");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
