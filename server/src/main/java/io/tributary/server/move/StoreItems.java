package io.tributary.server.move;

import io.tributary.core.log.LogItem;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.LogStore;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A store's records and tombstones up to a head, in sequence order, page by page.
 *
 * <p>Entries may be removed meanwhile: each comes as a record or as a tombstone, never as both and
 * never as nothing, unless its tombstone is dropped, too. A page of tombstones that was listed before
 * a page of records was read may lack what was removed in between, so it is listed again if anything
 * was: {@code head - entries} grows with every removal and with nothing else that happens to a store
 * that isn't being restored.
 */
final class StoreItems {
  private static final int PAGE_RECORDS = 1000;
  private static final long PAGE_BYTES = 4 << 20;
  private static final int PAGE_TOMBSTONES = 1 << 16;

  private final LogStore log;
  private final StoreKey store;
  private final long head;
  private final ArrayDeque<LogItem> items = new ArrayDeque<>();
  private final ArrayDeque<Tombstone> tombstones = new ArrayDeque<>();

  /** The sequence to read records from next. */
  private long from = 1;

  /** The sequence to list tombstones from next; 0 if there are no more. */
  private long moreTombstones = 1;

  /** What had been removed when the tombstones at hand were listed. */
  private long removedWhenListed = -1;

  StoreItems(LogStore log, StoreKey store, long head) {
    this.log = log;
    this.store = store;
    this.head = head;
  }

  /** The next item without taking it; null at the end. */
  @Nullable
  LogItem peek() throws InterruptedIOException {
    while (items.isEmpty() && from <= head) {
      fill();
    }
    return items.peek();
  }

  /** Takes the next item; null at the end. */
  @Nullable
  LogItem next() throws InterruptedIOException {
    LogItem next = peek();
    return next == null ? null : items.poll();
  }

  /** Up to this sequence everything has been fetched. */
  long fetchedTo() {
    return Math.min(from - 1, head);
  }

  private void fill() throws InterruptedIOException {
    Page page = Waiting.on(log.read(store, from, PAGE_RECORDS, PAGE_BYTES));
    long end = Math.min(page.next() - 1, head);
    if (hasHole(page.records(), end)) {
      long removed = removed();
      if (removed != removedWhenListed) {
        tombstones.clear();
        moreTombstones = from;
        removedWhenListed = removed;
      }
    }
    Iterator<StoredRecord> records = page.records().iterator();
    StoredRecord record = records.hasNext() ? records.next() : null;
    Tombstone tombstone = nextTombstone(end);
    long done = from - 1;
    while (tombstone != null || (record != null && record.firstSequence() <= head)) {
      if (tombstone != null && (record == null || tombstone.sequence() < record.firstSequence())) {
        // One of a record that has been read is of a later removal.
        if (tombstone.sequence() > done) {
          items.add(tombstone);
          done = tombstone.sequence();
        }
        tombstone = nextTombstone(end);
      } else if (record != null) {
        items.add(record);
        done = record.lastSequence();
        record = records.hasNext() ? records.next() : null;
      }
    }
    from = end + 1;
  }

  private boolean hasHole(List<StoredRecord> records, long end) {
    long next = from;
    for (StoredRecord record : records) {
      if (record.firstSequence() > next) {
        return true;
      }
      next = record.lastSequence() + 1;
    }
    return next <= end;
  }

  private long removed() throws InterruptedIOException {
    StoreStats stats = Waiting.on(log.stats(store));
    return stats.head() - stats.entries();
  }

  private @Nullable Tombstone nextTombstone(long end) throws InterruptedIOException {
    if (removedWhenListed < 0) {
      return null; // no page has had a hole yet
    }
    if (tombstones.isEmpty() && moreTombstones != 0 && moreTombstones <= end) {
      Tombstones page = Waiting.on(log.tombstones(store, moreTombstones, PAGE_TOMBSTONES));
      tombstones.addAll(page.tombstones());
      moreTombstones = page.next();
    }
    Tombstone next = tombstones.peek();
    return next != null && next.sequence() <= end ? tombstones.poll() : null;
  }
}
