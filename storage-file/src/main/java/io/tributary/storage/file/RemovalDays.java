package io.tributary.storage.file;

import java.util.Map;
import java.util.TreeMap;

/**
 * On which days the tombstones among {@value #SEQUENCES} sequences were made. A day holds from one
 * sequence to the next that has one; it means nothing for records that are still there, so that a
 * removal of every second record is one day, not hundreds.
 *
 * <p>As bytes: per change five, two for where and three for the day. Mutable.
 */
final class RemovalDays {
  /** So many sequences share a row; a power of two. */
  static final int SEQUENCES = 1024;

  /** Bytes of one change. */
  static final int WIDTH = 5;

  private static final long DAY_MS = 24L * 60 * 60 * 1000;
  private static final int LAST_DAY = (1 << 24) - 1;

  private final TreeMap<Integer, Integer> changes = new TreeMap<>();

  /** The row that holds a sequence, within its store. */
  static long row(long sequence) {
    return sequence / SEQUENCES;
  }

  /** The day, since 1970, that a moment belongs to. */
  static int day(long millis) {
    return (int) Math.max(0, Math.min(LAST_DAY, Math.floorDiv(millis, DAY_MS)));
  }

  /** The first day that tombstones are kept of, if those made before a moment are not. */
  static int firstKept(long removedBefore) {
    return removedBefore == Long.MAX_VALUE ? LAST_DAY + 1 : day(removedBefore);
  }

  /** For a row there isn't. */
  static RemovalDays none() {
    return new RemovalDays();
  }

  static RemovalDays of(byte[] bytes) {
    RemovalDays days = new RemovalDays();
    for (int i = 0; i + WIDTH <= bytes.length; i += WIDTH) {
      int at = Byte.toUnsignedInt(bytes[i]) << 8 | Byte.toUnsignedInt(bytes[i + 1]);
      int day = Byte.toUnsignedInt(bytes[i + 2]) << 16
          | Byte.toUnsignedInt(bytes[i + 3]) << 8
          | Byte.toUnsignedInt(bytes[i + 4]);
      days.changes.put(at, day);
    }
    return days;
  }

  byte[] toBytes() {
    byte[] bytes = new byte[changes.size() * WIDTH];
    int i = 0;
    for (Map.Entry<Integer, Integer> change : changes.entrySet()) {
      int at = change.getKey();
      int day = change.getValue();
      bytes[i] = (byte) (at >> 8);
      bytes[i + 1] = (byte) at;
      bytes[i + 2] = (byte) (day >> 16);
      bytes[i + 3] = (byte) (day >> 8);
      bytes[i + 4] = (byte) day;
      i += WIDTH;
    }
    return bytes;
  }

  boolean isEmpty() {
    return changes.isEmpty();
  }

  /**
   * Notes that what was there was removed on that day.
   *
   * @param first of the row's sequences, from 0
   * @param last of the row's sequences
   */
  void note(int first, int last, int day) {
    Map.Entry<Integer, Integer> after = changes.floorEntry(last + 1);
    if (after != null && last + 1 < SEQUENCES) {
      changes.put(last + 1, after.getValue());
    }
    changes.subMap(first, true, last, true).clear();
    changes.put(first, day);
    // A change to the same day is none.
    changes.remove(last + 1, day);
    Map.Entry<Integer, Integer> before = changes.lowerEntry(first);
    if (before != null && before.getValue() == day) {
      changes.remove(first);
    }
  }

  /** Forgets days whose tombstones are gone; their places count to the day before. */
  void dropBefore(int firstKept) {
    int before = -1;
    for (var change = changes.values().iterator(); change.hasNext(); ) {
      int day = change.next();
      if (day < firstKept || day == before) {
        change.remove();
      } else {
        before = day;
      }
    }
  }

  /** Whether a tombstone at one of the row's sequences was made before that day. */
  boolean isBefore(int at, int firstKept) {
    Map.Entry<Integer, Integer> change = changes.floorEntry(at);
    return change != null && change.getValue() < firstKept;
  }
}
