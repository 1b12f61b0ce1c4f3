package io.tributary.core.wire.v3;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes values exactly as the JavaScript peers do: maps with a two-byte count, however few, integers of
 * 32 bits in their shortest form, every other number as float64, never a 64-bit integer. (The
 * library's packer always writes the shortest map header and 64-bit integers.)
 *
 * <p>Public for the payloads within entries, which are of the same dialect. Not thread-safe.
 */
public final class MessageWriter {
  private static final double MIN_INTEGER = Integer.MIN_VALUE;
  private static final double MAX_INTEGER = 0xffff_ffffL;

  private byte[] buffer;
  private int size;

  /**
   * An empty one.
   *
   * @param expectedSize in bytes, at least 1; more is no error, but costs copying
   */
  public MessageWriter(int expectedSize) {
    buffer = new byte[expectedSize];
  }

  /** What was written; afterwards this one is not used any more. */
  public byte[] toBytes() {
    return size == buffer.length ? buffer : Arrays.copyOf(buffer, size);
  }

  /** The header of a map, whose keys and values follow in turn. */
  @CanIgnoreReturnValue
  public MessageWriter map(int pairs) {
    if (pairs < 0x1_0000) {
      put(0xde, pairs, 2);
    } else {
      put(0xdf, pairs, 4);
    }
    return this;
  }

  /** The header of a list, whose values follow. */
  @CanIgnoreReturnValue
  public MessageWriter list(int count) {
    if (count < 16) {
      put(0x90 | count);
    } else if (count < 0x1_0000) {
      put(0xdc, count, 2);
    } else {
      put(0xdd, count, 4);
    }
    return this;
  }

  @CanIgnoreReturnValue
  MessageWriter key(Field field) {
    raw(field.encoded);
    return this;
  }

  /** The pair that ends every message. */
  @CanIgnoreReturnValue
  MessageWriter tag(Tag tag) {
    raw(Field.TAG.encoded);
    raw(tag.encoded);
    return this;
  }

  /** A number, as an integer if it is one of 32 bits. */
  @CanIgnoreReturnValue
  public MessageWriter number(double value) {
    // The comparison of bits tells -0.0 from 0.
    if (value >= MIN_INTEGER
        && value <= MAX_INTEGER
        && Double.doubleToRawLongBits((double) (long) value) == Double.doubleToRawLongBits(value)) {
      integer((long) value);
    } else {
      put(0xcb, Double.doubleToLongBits(value), 8);
    }
    return this;
  }

  private void integer(long value) {
    if (value >= 0) {
      if (value < 0x80) {
        put((int) value);
      } else if (value < 0x100) {
        put(0xcc, value, 1);
      } else if (value < 0x1_0000) {
        put(0xcd, value, 2);
      } else {
        put(0xce, value, 4);
      }
    } else if (value >= -32) {
      put((int) value);
    } else if (value >= Byte.MIN_VALUE) {
      put(0xd0, value, 1);
    } else if (value >= Short.MIN_VALUE) {
      put(0xd1, value, 2);
    } else {
      put(0xd2, value, 4);
    }
  }

  /** A string. */
  @CanIgnoreReturnValue
  public MessageWriter text(String value) {
    return text(value.getBytes(StandardCharsets.UTF_8));
  }

  @CanIgnoreReturnValue
  MessageWriter text(byte[] utf8) {
    if (utf8.length < 32) {
      put(0xa0 | utf8.length);
    } else if (utf8.length < 0x100) {
      put(0xd9, utf8.length, 1);
    } else if (utf8.length < 0x1_0000) {
      put(0xda, utf8.length, 2);
    } else {
      put(0xdb, utf8.length, 4);
    }
    raw(utf8);
    return this;
  }

  /** A byte string. */
  @CanIgnoreReturnValue
  public MessageWriter bytes(byte[] value) {
    bytesHeader(value.length);
    raw(value);
    return this;
  }

  /** The header of a byte string whose content follows from elsewhere. */
  @CanIgnoreReturnValue
  MessageWriter bytesHeader(int length) {
    if (length < 0x100) {
      put(0xc4, length, 1);
    } else if (length < 0x1_0000) {
      put(0xc5, length, 2);
    } else {
      put(0xc6, length, 4);
    }
    return this;
  }

  /** Null. */
  @CanIgnoreReturnValue
  public MessageWriter nil() {
    put(0xc0);
    return this;
  }

  /** An extension of 4, 8 or 12 bytes. */
  @CanIgnoreReturnValue
  public MessageWriter extension(int type, byte[] value) {
    switch (value.length) {
      case 4 -> put(0xd6);
      case 8 -> put(0xd7);
      case 12 -> put(0xc7, 12, 1);
      default -> throw new IllegalArgumentException("an extension of " + value.length + " bytes");
    }
    put(type);
    raw(value);
    return this;
  }

  /** True or false. */
  @CanIgnoreReturnValue
  public MessageWriter bool(boolean value) {
    put(value ? 0xc3 : 0xc2);
    return this;
  }

  private void put(int b) {
    ensure(1);
    buffer[size++] = (byte) b;
  }

  private void put(int format, long value, int width) {
    ensure(1 + width);
    buffer[size++] = (byte) format;
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
      buffer[size++] = (byte) (value >>> shift);
    }
  }

  private void raw(byte[] bytes) {
    ensure(bytes.length);
    System.arraycopy(bytes, 0, buffer, size, bytes.length);
    size += bytes.length;
  }

  private void ensure(int more) {
    int needed = Math.addExact(size, more);
    if (needed > buffer.length) {
      buffer =
          Arrays.copyOf(buffer, (int) Math.max(needed, Math.min(2L * buffer.length, MAX_SIZE)));
    }
  }

  // The largest array that every virtual machine can make.
  private static final int MAX_SIZE = Integer.MAX_VALUE - 8;
}
