package io.tributary.storage.memory;

import io.tributary.core.model.EntryId;
import java.security.SecureRandom;

/**
 * The sequence that each id of a store was first committed under.
 *
 * <p>Open addressing in arrays of numbers: no object per id, one place in memory to look at. A big
 * index is many small tables, so that no single append pays for rehashing millions of ids. The hash
 * is keyed, so that nobody can choose ids that collide.
 */
final class IdIndex {
  private static final int SPLIT_AT = 4096;
  private static final int SHARD_BITS = 8;
  private static final long KEY_HIGH;
  private static final long KEY_LOW;

  static {
    SecureRandom random = new SecureRandom();
    KEY_HIGH = random.nextLong() | 1;
    KEY_LOW = random.nextLong() | 1;
  }

  private Table[] shards = {new Table(Table.LEAST)};

  /** The sequence the id has, or 0 if it had none and now has {@code sequence}. */
  long putIfAbsent(EntryId id, long sequence) {
    long hash = hash(id.high(), id.low());
    Table shard = shard(hash);
    long before = shard.putIfAbsent(hash, id.high(), id.low(), sequence);
    if (before == 0 && shards.length == 1 && shard.size == SPLIT_AT) {
      split(shard);
    }
    return before;
  }

  /** The sequence the id has, or 0 if it has none. */
  long get(EntryId id) {
    long hash = hash(id.high(), id.low());
    return shard(hash).get(hash, id.high(), id.low());
  }

  /** Makes the index not know the id. */
  void remove(long high, long low) {
    long hash = hash(high, low);
    shard(hash).remove(hash, high, low);
  }

  private Table shard(long hash) {
    return shards.length == 1 ? shards[0] : shards[(int) (hash >>> (Long.SIZE - SHARD_BITS))];
  }

  private void split(Table all) {
    Table[] many = new Table[1 << SHARD_BITS];
    for (int i = 0; i < many.length; i++) {
      many[i] = new Table(32);
    }
    shards = many;
    for (int at = 0; at < all.slots.length; at += Table.WIDTH) {
      if (all.slots[at + 2] != 0) {
        long hash = hash(all.slots[at], all.slots[at + 1]);
        long unused =
            shard(hash).putIfAbsent(hash, all.slots[at], all.slots[at + 1], all.slots[at + 2]);
      }
    }
  }

  private static long hash(long high, long low) {
    long x = (high ^ KEY_HIGH) * 0x9E3779B97F4A7C15L;
    x = (x ^ (x >>> 32) ^ low ^ KEY_LOW) * KEY_LOW;
    x = (x ^ (x >>> 29)) * KEY_HIGH;
    return x ^ (x >>> 32);
  }

  /** Slots of id and sequence; sequence 0 = free. At most two thirds full, at least a tenth. */
  private static final class Table {
    static final int WIDTH = 3;
    private static final int LEAST = 16;

    long[] slots;
    int size;

    Table(int capacity) {
      slots = new long[capacity * WIDTH];
    }

    long putIfAbsent(long hash, long high, long low, long sequence) {
      int at = find(slots, hash, high, low);
      if (slots[at + 2] != 0) {
        return slots[at + 2];
      }
      slots[at] = high;
      slots[at + 1] = low;
      slots[at + 2] = sequence;
      size++;
      if (3 * size * WIDTH > 2 * slots.length) {
        resize(slots.length * 2);
      }
      return 0;
    }

    long get(long hash, long high, long low) {
      return slots[find(slots, hash, high, low) + 2];
    }

    void remove(long hash, long high, long low) {
      int free = find(slots, hash, high, low);
      if (slots[free + 2] == 0) {
        return;
      }
      size--;
      // What was put behind it because it was there moves up: a free slot ends every search.
      int at = free;
      while (true) {
        at = at + WIDTH == slots.length ? 0 : at + WIDTH;
        if (slots[at + 2] == 0) {
          break;
        }
        int mask = slots.length / WIDTH - 1;
        int wanted = (int) hash(slots[at], slots[at + 1]) & mask;
        int fromWanted = (at / WIDTH - wanted) & mask;
        int fromFree = (at / WIDTH - free / WIDTH) & mask;
        if (fromWanted >= fromFree) {
          System.arraycopy(slots, at, slots, free, WIDTH);
          free = at;
        }
      }
      slots[free + 2] = 0;
      if (slots.length > LEAST * WIDTH && 10 * size * WIDTH < slots.length) {
        resize(slots.length / 2);
      }
    }

    private void resize(int length) {
      long[] other = new long[length];
      for (int at = 0; at < slots.length; at += WIDTH) {
        if (slots[at + 2] != 0) {
          int to = find(other, hash(slots[at], slots[at + 1]), slots[at], slots[at + 1]);
          System.arraycopy(slots, at, other, to, WIDTH);
        }
      }
      slots = other;
    }

    /** Where the id is, or the free slot where it goes. */
    private static int find(long[] slots, long hash, long high, long low) {
      int mask = slots.length / WIDTH - 1;
      int slot = (int) hash & mask;
      while (slots[slot * WIDTH + 2] != 0
          && (slots[slot * WIDTH] != high || slots[slot * WIDTH + 1] != low)) {
        slot = (slot + 1) & mask;
      }
      return slot * WIDTH;
    }
  }
}
