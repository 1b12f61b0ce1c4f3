package io.tributary.core.model;

import java.util.HexFormat;
import java.util.UUID;

/**
 * The 16-byte id of an entry: a UUID. Our own are version 7; on the wire any UUID that {@link
 * #isValid} accepts is taken (v3 wire, "Entry id and remote id").
 *
 * <p>Ids are compared as unsigned 128-bit numbers, which for version 7 is creation order.
 *
 * @param high the first 8 bytes, big-endian
 * @param low the last 8 bytes, big-endian
 */
public record EntryId(long high, long low) implements Comparable<EntryId> {
  /** Bytes in an id. */
  public static final int SIZE = 16;

  /**
   * Reads the first 16 bytes.
   *
   * @throws IllegalArgumentException if there are fewer than 16 bytes
   */
  public static EntryId of(byte[] bytes) {
    if (bytes.length < SIZE) {
      throw new IllegalArgumentException("an entry id has 16 bytes, this one has " + bytes.length);
    }
    return new EntryId(Longs.get(bytes, 0), Longs.get(bytes, 8));
  }

  /** The id with the bits of {@code uuid}. */
  public static EntryId of(UUID uuid) {
    return new EntryId(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
  }

  /** The 16 bytes, a fresh array. */
  public byte[] toBytes() {
    byte[] bytes = new byte[SIZE];
    Longs.put(bytes, 0, high);
    Longs.put(bytes, 8, low);
    return bytes;
  }

  /** The same bits as a {@link UUID}. */
  public UUID toUuid() {
    return new UUID(high, low);
  }

  /**
   * Whether peers accept the id: version 1 to 8 with the RFC 9562 variant, or all zero, or all one.
   */
  public boolean isValid() {
    int version = version();
    if (version >= 1 && version <= 8 && low >>> 62 == 0b10) {
      return true;
    }
    return (high == 0 && low == 0) || (high == -1 && low == -1);
  }

  /** The UUID's version field, 0 to 15. */
  public int version() {
    return (int) (high >>> 12) & 0xf;
  }

  /** The creation time, Unix milliseconds: the first 48 bits. Means something for version 7 only. */
  public long millis() {
    return high >>> 16;
  }

  @Override
  public int compareTo(EntryId other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  /** The canonical form, 36 characters in lower case. */
  @Override
  public String toString() {
    return toUuid().toString();
  }

  /** 32 hexadecimal digits. */
  public String toHex() {
    return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
  }
}
