package io.tributary.core.model;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * What a data set is known by: 16 random bytes made with it. A restored backup or an import that is
 * not a move gets a new one, so that replicas ask from 0 and push again.
 *
 * @param high the first 8 bytes, big-endian
 * @param low the last 8 bytes, big-endian
 */
public record DataSetId(long high, long low) {
  /** A fresh one. */
  public static DataSetId random() {
    SecureRandom random = new SecureRandom();
    return new DataSetId(random.nextLong(), random.nextLong());
  }

  /**
   * Reads 32 hexadecimal digits.
   *
   * @throws IllegalArgumentException if {@code hex} is anything else
   */
  public static DataSetId parse(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    if (bytes.length != 16) {
      throw new IllegalArgumentException("a data set id has 32 hexadecimal digits: " + hex);
    }
    return new DataSetId(Longs.get(bytes, 0), Longs.get(bytes, 8));
  }

  /** The 16 bytes, a fresh array. */
  public byte[] toBytes() {
    byte[] bytes = new byte[16];
    Longs.put(bytes, 0, high);
    Longs.put(bytes, 8, low);
    return bytes;
  }

  /** 32 hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
  }
}
