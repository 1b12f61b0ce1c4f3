package io.tributary.storage.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The log of one store. Writers hold its lock; readers see the records up to {@code committed},
 * which moves once per call, when all of the call's records are in place.
 */
final class StoreLog {
  /** Records per chunk: growing copies references to chunks only, never a long stall. */
  private static final int CHUNK = 128;

  @GuardedBy("this")
  private final IdIndex index = new IdIndex();

  @GuardedBy("this")
  private int count;

  @GuardedBy("this")
  private long head;

  /** Volatile, so that a reader who meets a grown array sees what was copied into it. */
  private volatile StoredRecord[][] chunks = new StoredRecord[1][];

  private volatile int committed;

  AppendResult[] append(List<Append> appends) {
    AppendResult[] results = new AppendResult[appends.size()];
    synchronized (this) {
      for (int i = 0; i < results.length; i++) {
        Append append = appends.get(i);
        long previousHead = head;
        List<NewRecord> records = append.records();
        Slot[] slots = new Slot[records.size()];
        for (int j = 0; j < slots.length; j++) {
          slots[j] = put(append.committedAt(), records.get(j));
        }
        results[i] = new AppendResult(previousHead, head, List.of(slots));
      }
      committed = count;
    }
    return results;
  }

  @GuardedBy("this")
  private Slot put(long committedAt, NewRecord record) {
    List<EntryId> ids = record.ids();
    long[] sequences = new long[ids.size()];
    boolean stored = false;
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = index.putIfAbsent(ids.get(i), head + 1 + i);
      stored |= sequences[i] == 0;
    }
    if (!stored) {
      return new Slot(false, sequences);
    }
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = head + 1 + i;
    }
    add(new StoredRecord(head + 1, committedAt, record));
    head += sequences.length;
    return new Slot(true, sequences);
  }

  @GuardedBy("this")
  private void add(StoredRecord record) {
    int chunk = count / CHUNK;
    if (chunk == chunks.length) {
      chunks = Arrays.copyOf(chunks, chunk * 2);
    }
    if (count % CHUNK == 0) {
      chunks[chunk] = new StoredRecord[CHUNK];
    }
    chunks[chunk][count % CHUNK] = record;
    count++;
  }

  long head() {
    int end = committed;
    return end == 0 ? 0 : record(end - 1).lastSequence();
  }

  Page read(long from, int maxRecords, long maxBytes) {
    int end = committed;
    int next = (int) Math.min(from - 1, end);
    // Each record has at least one sequence: none before from - 1 records can be too far.
    int low = 0;
    while (low < next) {
      int middle = (low + next) >>> 1;
      if (record(middle).lastSequence() < from) {
        low = middle + 1;
      } else {
        next = middle;
      }
    }
    List<StoredRecord> records = new ArrayList<>();
    long bytes = 0;
    while (next < end && records.size() < maxRecords) {
      StoredRecord record = record(next);
      bytes += record.record().bytes();
      if (bytes > maxBytes && !records.isEmpty()) {
        break;
      }
      records.add(record);
      next++;
    }
    long nextSequence =
        records.isEmpty() ? from : records.get(records.size() - 1).lastSequence() + 1;
    long head = end == 0 ? 0 : record(end - 1).lastSequence();
    return new Page(records, nextSequence, head);
  }

  private StoredRecord record(int position) {
    return chunks[position / CHUNK][position % CHUNK];
  }
}
