package io.tributary.core.eventlog;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one MessagePack value as plain Java: maps, lists, strings, {@code Boolean}, {@code Integer},
 * {@code Long}, {@code BigInteger}, {@code Double}, {@code byte[]}, {@code Instant} and null. Takes
 * every form that a JavaScript peer takes, and allocates for a length or count only after checking it
 * against the bytes that are left.
 */
final class PayloadReader {
  /** Maps and lists within each other. */
  static final int MAX_DEPTH = 256;

  // msgpackr's extensions: undefined, and typed arrays, whose first byte is the element type.
  private static final byte UNDEFINED = 0;
  private static final byte TYPED_ARRAY = 0x74;
  // Int8Array, Uint8Array and Uint8ClampedArray are 0 to 2: the types of one byte per element.
  private static final int MAX_BYTE_ELEMENT_TYPE = 2;
  private static final byte TIMESTAMP = -1;

  /** Stands for {@code undefined} until its holder leaves it out. */
  private static final Object ABSENT = new Object();

  private final ByteBuffer in;

  private PayloadReader(byte[] bytes) {
    in = ByteBuffer.wrap(bytes);
  }

  /**
   * The value; null also for {@code undefined}.
   *
   * @throws PayloadException if the bytes are not exactly one value
   */
  static @Nullable Object read(byte[] bytes) {
    PayloadReader reader = new PayloadReader(bytes);
    Object value;
    try {
      value = reader.value(0);
    } catch (BufferUnderflowException e) {
      throw cutShort();
    }
    if (reader.in.hasRemaining()) {
      throw new PayloadException(reader.in.remaining() + " bytes follow it");
    }
    return present(value);
  }

  private static @Nullable Object present(@Nullable Object value) {
    return value == ABSENT ? null : value;
  }

  private @Nullable Object value(int depth) {
    int format = in.get() & 0xff;
    if (format < 0x80) {
      return format;
    }
    if (format < 0x90) {
      return map(format & 0x0f, depth);
    }
    if (format < 0xa0) {
      return list(format & 0x0f, depth);
    }
    if (format < 0xc0) {
      return text(format & 0x1f);
    }
    if (format >= 0xe0) {
      return (int) (byte) format;
    }
    return switch (format) {
      case 0xc0 -> null;
      case 0xc2 -> false;
      case 0xc3 -> true;
      case 0xc4 -> bytes(in.get() & 0xff);
      case 0xc5 -> bytes(in.getShort() & 0xffff);
      case 0xc6 -> bytes(in.getInt() & 0xffff_ffffL);
      case 0xc7 -> extension(in.get() & 0xff);
      case 0xc8 -> extension(in.getShort() & 0xffff);
      case 0xc9 -> extension(in.getInt() & 0xffff_ffffL);
      case 0xca -> number(in.getFloat());
      case 0xcb -> number(in.getDouble());
      case 0xcc -> in.get() & 0xff;
      case 0xcd -> in.getShort() & 0xffff;
      case 0xce -> integer(in.getInt() & 0xffff_ffffL);
      case 0xcf -> unsigned(in.getLong());
      case 0xd0 -> (int) in.get();
      case 0xd1 -> (int) in.getShort();
      case 0xd2 -> in.getInt();
      case 0xd3 -> integer(in.getLong());
      case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8 -> extension(1L << (format - 0xd4));
      case 0xd9 -> text(in.get() & 0xff);
      case 0xda -> text(in.getShort() & 0xffff);
      case 0xdb -> text(in.getInt() & 0xffff_ffffL);
      case 0xdc -> list(in.getShort() & 0xffff, depth);
      case 0xdd -> list(in.getInt() & 0xffff_ffffL, depth);
      case 0xde -> map(in.getShort() & 0xffff, depth);
      case 0xdf -> map(in.getInt() & 0xffff_ffffL, depth);
      default -> throw malformed("is no MessagePack");
    };
  }

  private Map<String, @Nullable Object> map(long pairs, int depth) {
    checkDepth(depth);
    checkRemaining(2 * pairs);
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (long i = 0; i < pairs; i++) {
      Object key = value(depth + 1);
      // JavaScript makes numbers strings where they are keys.
      if (!(key instanceof String) && !(key instanceof Integer) && !(key instanceof Long)) {
        throw malformed("has a key that is no string");
      }
      String name = key.toString();
      Object field;
      try {
        field = value(depth + 1);
      } catch (PayloadException e) {
        throw e.under(name);
      }
      // The last one counts, also over what an earlier one was.
      if (field == ABSENT) {
        map.remove(name);
      } else {
        map.put(name, field);
      }
    }
    return map;
  }

  private List<@Nullable Object> list(long count, int depth) {
    checkDepth(depth);
    checkRemaining(count);
    List<@Nullable Object> list = new ArrayList<>((int) Math.min(count, 16));
    for (int i = 0; i < count; i++) {
      try {
        list.add(present(value(depth + 1)));
      } catch (PayloadException e) {
        throw e.under(i);
      }
    }
    return list;
  }

  /** Malformed UTF-8 becomes U+FFFD, as in JavaScript. */
  private String text(long length) {
    return new String(bytes(length), StandardCharsets.UTF_8);
  }

  private byte[] bytes(long length) {
    checkRemaining(length);
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return bytes;
  }

  private static Object number(double value) {
    // 2^63 is the first that a long can't hold; -0.0 is no integer.
    boolean whole = value == Math.rint(value)
        && value >= Long.MIN_VALUE
        && value < 0x1p63
        && Double.doubleToRawLongBits(value) != Long.MIN_VALUE;
    return whole ? integer((long) value) : (Object) value;
  }

  private static Object integer(long value) {
    return value == (int) value ? (Object) (int) value : (Object) value;
  }

  private static Object unsigned(long value) {
    return value >= 0 ? integer(value) : new BigInteger(Long.toUnsignedString(value));
  }

  private @Nullable Object extension(long length) {
    byte type = in.get();
    checkRemaining(length);
    if (type == UNDEFINED && length == 1) {
      in.get();
      return ABSENT;
    }
    if (type == TIMESTAMP && (length == 4 || length == 8 || length == 12)) {
      return timestamp((int) length);
    }
    if (type == TYPED_ARRAY && length > 0) {
      int element = in.get();
      if (element >= 0 && element <= MAX_BYTE_ELEMENT_TYPE) {
        return bytes(length - 1);
      }
    }
    throw malformed("is of an unknown type (extension " + type + ")");
  }

  private Instant timestamp(int length) {
    long nanos = 0;
    long seconds;
    if (length == 4) {
      seconds = in.getInt() & 0xffff_ffffL;
    } else if (length == 8) {
      long both = in.getLong();
      nanos = both >>> 34;
      seconds = both & 0x3_ffff_ffffL;
    } else {
      nanos = in.getInt() & 0xffff_ffffL;
      seconds = in.getLong();
    }
    try {
      return Instant.ofEpochSecond(seconds, nanos);
    } catch (DateTimeException | ArithmeticException e) {
      throw malformed("is a time that is out of range");
    }
  }

  private void checkDepth(int depth) {
    if (depth >= MAX_DEPTH) {
      throw malformed("nests deeper than " + MAX_DEPTH);
    }
  }

  private void checkRemaining(long bytes) {
    if (bytes > in.remaining()) {
      throw cutShort();
    }
  }

  private PayloadException malformed(String problem) {
    return new PayloadException(problem + ", before byte " + in.position());
  }

  private static PayloadException cutShort() {
    return new PayloadException("is cut short");
  }
}
