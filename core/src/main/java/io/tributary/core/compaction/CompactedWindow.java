package io.tributary.core.compaction;

import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A window as readers get it. Immutable.
 *
 * @param first the window's first sequence
 * @param next the first sequence that is not in it: that after its end, or after the pinned head, or
 *     where it became too large to be held
 * @param records in sequence order; a bucket's outputs share their sequence
 * @param raw the buckets that are in {@code records} as they were, because they couldn't be compacted
 * @param dueAt from which {@code now} on it is the same for all readers whose head is at or above its
 *     end; {@link Long#MAX_VALUE} if it isn't
 */
record CompactedWindow(
    long first, long next, List<StoredRecord> records, List<List<StoredRecord>> raw, long dueAt) {
  private static final long PER_RECORD = 96;

  /** Whether it is the same for all readers, once they are late enough. */
  boolean forAll() {
    return dueAt != Long.MAX_VALUE;
  }

  /** What it holds in memory. */
  long bytes() {
    long bytes = 256;
    for (StoredRecord record : records) {
      bytes += PER_RECORD + record.record().bytes();
    }
    for (List<StoredRecord> bucket : raw) {
      bytes += 64 + 8L * bucket.size();
    }
    return bytes;
  }

  /**
   * A part of it. Records that share a sequence are never parted, so there may be more than asked
   * for.
   *
   * @param from the cursor
   * @param start where the reader began: see {@link #forReaderFrom}
   * @param head told in the page
   */
  Page page(long from, long start, int maxRecords, long maxBytes, long head) {
    List<StoredRecord> all = forReaderFrom(start);
    List<StoredRecord> taken = new ArrayList<>();
    long bytes = 0;
    int i = 0;
    while (i < all.size() && all.get(i).lastSequence() < from) {
      i++;
    }
    while (i < all.size()) {
      long sequence = all.get(i).firstSequence();
      long more = 0;
      int end = i;
      while (end < all.size() && all.get(end).firstSequence() == sequence) {
        more += all.get(end).record().bytes();
        end++;
      }
      if (!taken.isEmpty() && (taken.size() + end - i > maxRecords || bytes + more > maxBytes)) {
        return new Page(taken, sequence, head);
      }
      taken.addAll(all.subList(i, end));
      bytes += more;
      i = end;
    }
    return new Page(taken, next, head);
  }

  /**
   * The records, made whole for who begins within the window. A bucket that goes as it is may have
   * been compacted when that reader was here before: then it waits for an output at the bucket's end,
   * and does not have what is below its cursor. That goes with the bucket's first record from the
   * cursor on, under its sequence; who does have it knows it by its id.
   */
  private List<StoredRecord> forReaderFrom(long start) {
    if (start <= first || start >= next || raw.isEmpty()) {
      return records;
    }
    Map<Long, List<StoredRecord>> before = new HashMap<>();
    for (List<StoredRecord> bucket : raw) {
      int below = 0;
      while (below < bucket.size() && bucket.get(below).firstSequence() < start) {
        below++;
      }
      if (below > 0 && below < bucket.size()) {
        long sequence = bucket.get(below).firstSequence();
        List<StoredRecord> moved = new ArrayList<>(below);
        for (StoredRecord record : bucket.subList(0, below)) {
          moved.add(new StoredRecord(sequence, record.committedAt(), record.record()));
        }
        before.put(sequence, moved);
      }
    }
    if (before.isEmpty()) {
      return records;
    }
    List<StoredRecord> whole = new ArrayList<>(records.size());
    for (StoredRecord record : records) {
      List<StoredRecord> moved = before.get(record.firstSequence());
      if (moved != null) {
        whole.addAll(moved);
      }
      whole.add(record);
    }
    return whole;
  }
}
