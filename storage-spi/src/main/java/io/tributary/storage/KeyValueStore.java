package io.tributary.storage;

import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Spaces of keys in order, each with a value: what a replica derives from its journals, and what it
 * keeps without one. Spaces are independent of each other; one that nobody wrote to is empty. Names of
 * spaces are any text but none, equal text is the same space. Keys are ordered as unsigned bytes, a key
 * before all that it begins.
 *
 * <p>A space is one process's at a time: nothing here tells two writers apart.
 *
 * <p>No call costs more for a larger space, but for the depth of its index, and for {@link #destroy}.
 *
 * <p>Keys of no bytes or more than {@value #MAX_KEY}, values of more than {@value #MAX_VALUE}, names of
 * no text (which half a surrogate pair is, too) and calls with a {@code max} below 1 throw {@link
 * IllegalArgumentException}. Arrays that are handed in must stay as they are until the future completes,
 * and are not kept after that; those of an answer are the caller's.
 */
public interface KeyValueStore {
  /** Bytes a key may have. */
  int MAX_KEY = 512;

  /** Bytes a value may have. */
  int MAX_VALUE = 64 << 20;

  /** Changes a commit may have. */
  int MAX_CHANGES = 100_000;

  /** Bytes the keys and values of a commit may have together. */
  int MAX_COMMIT = 256 << 20;

  /**
   * Commits changes to one space together, durably as far as the storage is, all or nothing. Calls under
   * way at the same time take effect one after the other, in any order. Without changes nothing happens.
   *
   * @param changes of different keys, at most {@value #MAX_CHANGES} and of {@value #MAX_COMMIT} bytes
   * @return fails with {@link StorageException}, whose outcome says whether anything can have been
   *     committed: the same changes may then be committed again. Throws {@link
   *     IllegalArgumentException} if two are of one key, or they are too many
   */
  Future<Void> commit(String space, Collection<Change> changes);

  /** The value of a key, if it has one. */
  Future<Optional<byte[]>> get(String space, byte[] key);

  /**
   * Keys of a range with their values, in order; as of one moment.
   *
   * @param max at most this many, at least 1
   * @param maxBytes at most this many bytes of keys and values, but always at least one item if there
   *     is one
   */
  Future<List<Item>> range(String space, Range range, int max, long maxBytes);

  /**
   * The spaces that have keys, in the order of their names' UTF-8 bytes.
   *
   * @param after to go on after this one; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<String>> spaces(Optional<String> after, int max);

  /** Takes a space away with all that is in it, at once as all other calls see it. */
  Future<Void> destroy(String space);

  /**
   * What becomes of a key.
   *
   * @param key 1 to {@value #MAX_KEY} bytes
   * @param value 0 to {@value #MAX_VALUE} bytes; null takes the key away
   */
  record Change(byte[] key, byte @Nullable [] value) {
    /** Checks them. */
    public Change(byte[] key, byte @Nullable [] value) {
      requireKey(key);
      if (value != null && value.length > MAX_VALUE) {
        throw new IllegalArgumentException(
            "value: found " + value.length + " bytes, allowed are " + MAX_VALUE);
      }
      this.key = key;
      this.value = value;
    }

    /** The bytes of key and value. */
    public int bytes() {
      return key.length + (value == null ? 0 : value.length);
    }
  }

  /**
   * A key and its value.
   *
   * @param key its bytes
   * @param value its bytes
   */
  record Item(byte[] key, byte[] value) {
    /** The bytes of key and value. */
    public int bytes() {
      return key.length + value.length;
    }
  }

  /**
   * Some keys that follow each other.
   *
   * @param from the first key that may be in it; no bytes for the very first
   * @param to the first key that is beyond it; null for none
   * @param reverse whether the greatest comes first
   */
  record Range(byte[] from, byte @Nullable [] to, boolean reverse) {
    /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
    public Range(byte[] from, byte @Nullable [] to, boolean reverse) {
      this.from = from;
      this.to = to;
      this.reverse = reverse;
    }

    /** All keys that begin with these bytes. */
    public static Range prefix(byte[] prefix, boolean reverse) {
      byte[] to = prefix.clone();
      for (int i = to.length - 1; i >= 0; i--) {
        if (to[i] != (byte) 0xff) {
          to[i]++;
          return new Range(prefix, Arrays.copyOf(to, i + 1), reverse);
        }
      }
      return new Range(prefix, null, reverse);
    }
  }

  /** For implementations: throws what a call with such a name has to. */
  static void requireName(String space) {
    if (space.isEmpty() || !StandardCharsets.UTF_8.newEncoder().canEncode(space)) {
      throw new IllegalArgumentException(
          "space: found " + (space.isEmpty() ? "none" : "half a surrogate pair")
              + ", allowed is any text but none");
    }
  }

  /** For implementations: throws what a call with such a key has to. */
  static void requireKey(byte[] key) {
    if (key.length == 0 || key.length > MAX_KEY) {
      throw new IllegalArgumentException(
          "key: found " + key.length + " bytes, allowed are 1 to " + MAX_KEY);
    }
  }

  /** For implementations: throws what a call with such a limit has to. */
  static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max: found " + max + ", allowed is 1 or more");
    }
  }

  /** For implementations: throws what a commit of such changes has to. */
  static void requireChanges(Collection<Change> changes) {
    if (changes.size() > MAX_CHANGES) {
      throw new IllegalArgumentException(
          "changes: found " + changes.size() + ", allowed are " + MAX_CHANGES);
    }
    Set<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
    long bytes = 0;
    for (Change change : changes) {
      bytes += change.bytes();
      if (!keys.add(change.key())) {
        throw new IllegalArgumentException("changes: two are of one key");
      }
    }
    if (bytes > MAX_COMMIT) {
      throw new IllegalArgumentException(
          "changes: found " + bytes + " bytes together, allowed are " + MAX_COMMIT);
    }
  }
}
