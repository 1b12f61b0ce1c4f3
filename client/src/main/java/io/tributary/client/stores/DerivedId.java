package io.tributary.client.stores;

import io.tributary.core.model.EntryId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Ids for what had none: the same for the same thing, whoever migrates it, wherever and how often. They
 * are UUIDs of version 7 whose time is the thing's and whose other bits are of the SHA-256 of what it is.
 */
public final class DerivedId {
  private static final long MAX_TIME = (1L << 48) - 1;

  private DerivedId() {}

  /**
   * The id of an event.
   *
   * @param tag the event's
   * @param primaryKey what it is about
   * @param timestamp when it was, Unix milliseconds; the id's time is at least 0 and at most what fits
   */
  public static EntryId of(String tag, String primaryKey, long timestamp) {
    return of(tag, primaryKey, timestamp, 0);
  }

  /**
   * The id of one of several events that differ in nothing of that.
   *
   * @param ordinal its place among them, from 0
   */
  public static EntryId of(String tag, String primaryKey, long timestamp, int ordinal) {
    byte[] event = tag.getBytes(StandardCharsets.UTF_8);
    byte[] key = primaryKey.getBytes(StandardCharsets.UTF_8);
    // Lengths first, so that nothing can be mistaken for a part of another.
    ByteBuffer whole = ByteBuffer.allocate(
        Integer.BYTES + event.length + Integer.BYTES + key.length + Long.BYTES + Integer.BYTES);
    whole.putInt(event.length).put(event).putInt(key.length).put(key);
    whole.putLong(timestamp).putInt(ordinal);
    ByteBuffer hash = ByteBuffer.wrap(sha256(whole.array()));
    long time = Math.max(0, Math.min(timestamp, MAX_TIME));
    long high = (time << 16) | 0x7000 | (hash.getLong() & 0x0fff);
    long low = (hash.getLong() & 0x3fff_ffff_ffff_ffffL) | (1L << 63);
    return new EntryId(high, low);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
