package io.tributary.storage.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Restoration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of one store: a row per record, in sequence order. A removed record leaves its row empty,
 * a restored tombstone or a gap before the head takes an empty row of its own.
 *
 * <p>Writers hold the log's lock; readers see the rows up to {@code committed}, which moves once per
 * call, when all of the call's rows are in place. A row that is being emptied they find as it was or
 * empty.
 */
final class StoreLog {
  /** Rows per chunk: growing copies references to chunks only, never a long stall. */
  private static final int CHUNK = 128;

  private static final class Chunk {
    /** The last sequence of each row. The rows' sequences increase; not all belong to a row. */
    final long[] lasts = new long[CHUNK];

    final @Nullable StoredRecord[] records = new StoredRecord[CHUNK];

    /** How many rows have a record, so that readers pass over chunks that have none. */
    int live;

    /** Per row what remains of removed entries; guarded by the log's lock. */
    @Nullable
    Grave @Nullable [] graves;
  }

  /**
   * What remains of removed entries.
   *
   * @param removedAt Unix milliseconds
   * @param tombstones in sequence order, three numbers each: sequence, and the id's high and low half
   */
  private record Grave(long removedAt, long[] tombstones) {
    static final int WIDTH = 3;

    int size() {
      return tombstones.length / WIDTH;
    }
  }

  @GuardedBy("this")
  private final IdIndex index = new IdIndex();

  @GuardedBy("this")
  private int count;

  @GuardedBy("this")
  private long head;

  @GuardedBy("this")
  private long records;

  @GuardedBy("this")
  private long entries;

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private long tombstones;

  /** Volatile, so that a reader who meets a grown array sees what was copied into it. */
  private volatile Chunk[] chunks = new Chunk[1];

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
    return new Slot(true, sequences);
  }

  @GuardedBy("this")
  private void add(StoredRecord record) {
    Chunk chunk = addRow(record.lastSequence());
    chunk.records[(count - 1) % CHUNK] = record;
    chunk.live++;
    records++;
    entries += record.record().ids().size();
    bytes += record.record().bytes();
  }

  /** Adds an empty row. */
  @GuardedBy("this")
  private Chunk addRow(long last) {
    int at = count / CHUNK;
    if (at == chunks.length) {
      chunks = Arrays.copyOf(chunks, at * 2);
    }
    if (count % CHUNK == 0) {
      chunks[at] = new Chunk();
    }
    Chunk chunk = chunks[at];
    chunk.lasts[count % CHUNK] = last;
    count++;
    head = last;
    return chunk;
  }

  synchronized void restore(Restoration restoration) {
    restoration.requireAbove(head);
    for (LogItem item : restoration.items()) {
      if (item instanceof StoredRecord record) {
        List<EntryId> ids = record.record().ids();
        for (int i = 0; i < ids.size(); i++) {
          long unused = index.putIfAbsent(ids.get(i), record.firstSequence() + i);
        }
        add(record);
      } else if (item instanceof Tombstone tombstone
          && index.putIfAbsent(tombstone.id(), tombstone.sequence()) == 0) {
        EntryId id = tombstone.id();
        Chunk chunk = addRow(tombstone.sequence());
        long[] one = {tombstone.sequence(), id.high(), id.low()};
        bury(chunk, (count - 1) % CHUNK, new Grave(restoration.restoredAt(), one));
      }
    }
    if (restoration.head() > head) {
      Chunk unused = addRow(restoration.head());
    }
    committed = count;
  }

  synchronized Removed remove(List<Long> sequences, long removedAt) {
    Removed removed = Removed.NOTHING;
    for (long sequence : sequences) {
      int at = find(chunks, count, sequence);
      StoredRecord record = at == count ? null : chunks[at / CHUNK].records[at % CHUNK];
      if (record != null && record.firstSequence() <= sequence) {
        removed = removed.plus(empty(at, record, removedAt));
      }
    }
    // Whoever reads this sees the rows as they are now.
    committed = count;
    return removed;
  }

  @GuardedBy("this")
  private Removed empty(int at, StoredRecord record, long removedAt) {
    Chunk chunk = chunks[at / CHUNK];
    chunk.records[at % CHUNK] = null;
    chunk.live--;
    List<EntryId> ids = record.record().ids();
    long[] remains = new long[ids.size() * Grave.WIDTH];
    int length = 0;
    for (int i = 0; i < ids.size(); i++) {
      EntryId id = ids.get(i);
      // One that was known before belongs to an earlier record.
      if (index.get(id) == record.firstSequence() + i) {
        remains[length] = record.firstSequence() + i;
        remains[length + 1] = id.high();
        remains[length + 2] = id.low();
        length += Grave.WIDTH;
      }
    }
    if (length > 0) {
      bury(chunk, at % CHUNK, new Grave(removedAt, Arrays.copyOf(remains, length)));
    }
    Removed removed = new Removed(1, ids.size(), record.record().bytes());
    records -= removed.records();
    entries -= removed.entries();
    bytes -= removed.bytes();
    return removed;
  }

  @GuardedBy("this")
  private void bury(Chunk chunk, int row, Grave grave) {
    @Nullable Grave[] graves = chunk.graves;
    if (graves == null) {
      graves = new Grave[CHUNK];
      chunk.graves = graves;
    }
    graves[row] = grave;
    tombstones += grave.size();
  }

  synchronized int forget(long removedBefore, int max) {
    int forgotten = 0;
    for (int i = 0; i < chunks.length && forgotten < max && tombstones > 0; i++) {
      Chunk chunk = chunks[i];
      @Nullable Grave[] graves = chunk == null ? null : chunk.graves;
      if (graves == null) {
        continue;
      }
      boolean empty = true;
      for (int row = 0; row < CHUNK; row++) {
        Grave grave = graves[row];
        if (grave != null
            && (grave.removedAt() < removedBefore || removedBefore == Long.MAX_VALUE)) {
          int some = Math.min(grave.size(), max - forgotten);
          grave = forget(grave, some);
          graves[row] = grave;
          forgotten += some;
        }
        empty &= grave == null;
      }
      if (empty) {
        chunk.graves = null;
      }
    }
    return forgotten;
  }

  /** Makes the first ids of a grave unknown and returns what is left of it. */
  @GuardedBy("this")
  private @Nullable Grave forget(Grave grave, int some) {
    long[] all = grave.tombstones();
    int end = some * Grave.WIDTH;
    for (int i = 0; i < end; i += Grave.WIDTH) {
      index.remove(all[i + 1], all[i + 2]);
    }
    tombstones -= some;
    return end == all.length
        ? null
        : new Grave(grave.removedAt(), Arrays.copyOfRange(all, end, all.length));
  }

  synchronized Tombstones tombstones(long from, int max) {
    List<Tombstone> some = new ArrayList<>();
    for (int i = find(chunks, count, from) / CHUNK; i < chunks.length; i++) {
      Chunk chunk = chunks[i];
      @Nullable Grave[] graves = chunk == null ? null : chunk.graves;
      if (graves == null) {
        continue;
      }
      for (Grave grave : graves) {
        long[] all = grave == null ? new long[0] : grave.tombstones();
        for (int at = 0; at < all.length; at += Grave.WIDTH) {
          if (all[at] < from) {
            continue;
          }
          if (some.size() == max) {
            return new Tombstones(some, all[at]);
          }
          some.add(new Tombstone(all[at], new EntryId(all[at + 1], all[at + 2])));
        }
      }
    }
    return new Tombstones(some, 0);
  }

  synchronized StoreStats stats(StoreKey store) {
    return new StoreStats(store, head, records, entries, bytes, tombstones);
  }

  long head() {
    return head(committed);
  }

  private long head(int end) {
    return end == 0 ? 0 : chunks[(end - 1) / CHUNK].lasts[(end - 1) % CHUNK];
  }

  Page read(long from, int maxRecords, long maxBytes) {
    Walk walk = new Walk(from);
    List<StoredRecord> page = new ArrayList<>();
    long size = 0;
    long next = from;
    while (page.size() < maxRecords) {
      StoredRecord record = walk.next();
      if (record == null) {
        next = walk.nextAtTheEnd();
        break;
      }
      size += record.record().bytes();
      if (size > maxBytes && !page.isEmpty()) {
        break;
      }
      page.add(record);
      next = record.lastSequence() + 1;
    }
    return new Page(page, next, walk.head);
  }

  Outlines scan(long from, int max) {
    Walk walk = new Walk(from);
    List<Outline> page = new ArrayList<>();
    long next = from;
    while (page.size() < max) {
      StoredRecord record = walk.next();
      if (record == null) {
        next = walk.nextAtTheEnd();
        break;
      }
      NewRecord content = record.record();
      page.add(new Outline(
          record.firstSequence(),
          content.ids().size(),
          record.committedAt(),
          content.bytes(),
          content.event()));
      next = record.lastSequence() + 1;
    }
    return new Outlines(page, next, walk.head);
  }

  /** Goes over the records that were committed when it was made. */
  private final class Walk {
    final long head;
    private final long from;
    private final int end = committed;
    private final Chunk[] all = chunks;
    private int at;

    Walk(long from) {
      this.from = from;
      head = head(end);
      at = find(all, end, from);
    }

    @Nullable
    StoredRecord next() {
      while (at < end) {
        Chunk chunk = all[at / CHUNK];
        if (chunk.live == 0) {
          at = (at / CHUNK + 1) * CHUNK;
          continue;
        }
        StoredRecord record = chunk.records[at % CHUNK];
        at++;
        if (record != null) {
          return record;
        }
      }
      return null;
    }

    long nextAtTheEnd() {
      return Math.max(from, head + 1);
    }
  }

  /** The first row whose last sequence is at or above {@code from}; {@code end} if there is none. */
  private static int find(Chunk[] chunks, int end, long from) {
    int low = 0;
    // Each row has at least one sequence: none before from - 1 rows can be too far.
    int high = (int) Math.max(0, Math.min(from - 1, end));
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (chunks[middle / CHUNK].lasts[middle % CHUNK] < from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
