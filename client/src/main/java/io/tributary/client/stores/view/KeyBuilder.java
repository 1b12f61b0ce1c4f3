package io.tributary.client.stores.view;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.EntryId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Makes a space's keys out of parts of fixed lengths, so that no text can be mistaken for a part of
 * another: a letter for the kind of row first. Not thread-safe.
 */
public final class KeyBuilder {
  /** Bytes of a name. */
  public static final int NAME = 32;

  /** Bytes of a number. */
  public static final int NUMBER = Long.BYTES;

  private static final int ROOM = 160;

  private final ByteBuffer bytes = ByteBuffer.allocate(ROOM);

  private KeyBuilder(char kind) {
    bytes.put((byte) kind);
  }

  /** Begins a key of a kind of rows. */
  public static KeyBuilder of(char kind) {
    return new KeyBuilder(kind);
  }

  /** Adds a name of any length, by its SHA-256. */
  @CanIgnoreReturnValue
  public KeyBuilder name(String name) {
    return name(hash(name));
  }

  /** Adds a name by its {@link #hash}. */
  @CanIgnoreReturnValue
  public KeyBuilder name(byte[] hash) {
    bytes.put(hash);
    return this;
  }

  /** Adds a number: smaller ones come first, negative ones included. */
  @CanIgnoreReturnValue
  public KeyBuilder number(long number) {
    bytes.putLong(number ^ Long.MIN_VALUE);
    return this;
  }

  /** Adds an id. */
  @CanIgnoreReturnValue
  public KeyBuilder id(EntryId id) {
    bytes.put(id.toBytes());
    return this;
  }

  /** The key. */
  public byte[] build() {
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /** What stands for a name in keys: its UTF-16 is hashed, so that unlike texts are never alike. */
  public static byte[] hash(String name) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_16BE));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The number in a key at that place. */
  public static long numberAt(byte[] key, int offset) {
    return ByteBuffer.wrap(key).getLong(offset) ^ Long.MIN_VALUE;
  }

  /** The id in a key at that place. */
  public static EntryId idAt(byte[] key, int offset) {
    return EntryId.of(Arrays.copyOfRange(key, offset, offset + EntryId.SIZE));
  }

  /** The hash of a name in a key at that place. */
  public static byte[] nameAt(byte[] key, int offset) {
    return Arrays.copyOfRange(key, offset, offset + NAME);
  }
}
