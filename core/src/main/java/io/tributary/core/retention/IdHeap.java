package io.tributary.core.retention;

import io.tributary.core.model.EntryId;
import java.util.Arrays;

/** Ids with their entries' sizes, the least id first: a binary heap in arrays, 24 bytes for each. */
final class IdHeap {
  private static final int FIRST_CAPACITY = 16;

  private long[] high = new long[0];
  private long[] low = new long[0];
  private long[] sizes = new long[0];
  private int size;
  private long bytes;

  /** How many there are. */
  int size() {
    return size;
  }

  /** The sum of the sizes. */
  long bytes() {
    return bytes;
  }

  void add(EntryId id, long entryBytes) {
    if (size == high.length) {
      grow();
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (compare(parent, id.high(), id.low()) <= 0) {
        break;
      }
      move(parent, at);
      at = parent;
    }
    set(at, id.high(), id.low(), entryBytes);
    bytes += entryBytes;
  }

  /** The least, which is taken out; there must be one. */
  EntryId removeLeast() {
    EntryId least = new EntryId(high[0], low[0]);
    bytes -= sizes[0];
    size--;
    long lastHigh = high[size];
    long lastLow = low[size];
    int at = 0;
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && compare(child + 1, high[child], low[child]) < 0) {
        child++;
      }
      if (compare(child, lastHigh, lastLow) >= 0) {
        break;
      }
      move(child, at);
      at = child;
    }
    set(at, lastHigh, lastLow, sizes[size]);
    return least;
  }

  private int compare(int at, long otherHigh, long otherLow) {
    int byHigh = Long.compareUnsigned(high[at], otherHigh);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low[at], otherLow);
  }

  private void move(int from, int to) {
    set(to, high[from], low[from], sizes[from]);
  }

  private void set(int at, long newHigh, long newLow, long entryBytes) {
    high[at] = newHigh;
    low[at] = newLow;
    sizes[at] = entryBytes;
  }

  private void grow() {
    int capacity = Math.max(FIRST_CAPACITY, Math.addExact(size, size >>> 1));
    high = Arrays.copyOf(high, capacity);
    low = Arrays.copyOf(low, capacity);
    sizes = Arrays.copyOf(sizes, capacity);
  }
}
