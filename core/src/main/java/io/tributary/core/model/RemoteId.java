package io.tributary.core.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * The 16 bytes a journal knows the other side by. Clients key their cursor and what they have
 * already pushed by it, so it is the same for the life of a data set, on every node.
 *
 * @param high the first 8 bytes, big-endian
 * @param low the last 8 bytes, big-endian
 */
public record RemoteId(long high, long low) {
  /**
   * The id a hub tells a session: SHA-256 over data set, tenant, a zero byte and the wire's name,
   * its first 16 bytes shaped as a version 4 UUID.
   *
   * @param wire {@code v3} or {@code v4}
   */
  public static RemoteId of(DataSetId dataSet, String tenant, String wire) {
    MessageDigest sha256 = sha256();
    sha256.update(dataSet.toBytes());
    sha256.update(tenant.getBytes(StandardCharsets.UTF_8));
    sha256.update((byte) 0);
    byte[] digest = sha256.digest(wire.getBytes(StandardCharsets.UTF_8));
    long high = (Longs.get(digest, 0) & ~0xf000L) | 0x4000L;
    long low = (Longs.get(digest, 8) & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new RemoteId(high, low);
  }

  /**
   * The id by which a hub's own processing journal knows one of its stores: the first 16 bytes of
   * SHA-256 over the store key's text, as they are.
   */
  public static RemoteId ofStore(StoreKey store) {
    return of(sha256().digest(store.toString().getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Reads the first 16 bytes, as clients do.
   *
   * @throws IllegalArgumentException if there are fewer than 16 bytes
   */
  public static RemoteId of(byte[] bytes) {
    if (bytes.length < 16) {
      throw new IllegalArgumentException("a remote id has 16 bytes, this one has " + bytes.length);
    }
    return new RemoteId(Longs.get(bytes, 0), Longs.get(bytes, 8));
  }

  /** The 16 bytes, a fresh array. */
  public byte[] toBytes() {
    byte[] bytes = new byte[16];
    Longs.put(bytes, 0, high);
    Longs.put(bytes, 8, low);
    return bytes;
  }

  /** The canonical UUID form. */
  @Override
  public String toString() {
    return new UUID(high, low).toString();
  }
}
