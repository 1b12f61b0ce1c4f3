package io.tributary.storage.contract;

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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the log face promises, as plainly as it can be said. */
final class LogModel {
  private static final class Store {
    /** Without removed ones. */
    final List<StoredRecord> records = new ArrayList<>();

    /** The sequence under which each id was first committed. */
    final Map<EntryId, Long> known = new HashMap<>();

    final TreeMap<Long, Grave> tombstones = new TreeMap<>();
    long head;

    void put(StoredRecord stored) {
      records.add(stored);
      for (int i = 0; i < stored.record().ids().size(); i++) {
        known.putIfAbsent(stored.record().ids().get(i), stored.firstSequence() + i);
      }
      head = stored.lastSequence();
    }
  }

  private record Grave(EntryId id, long removedAt) {}

  private final Map<StoreKey, Store> stores = new HashMap<>();

  List<AppendResult> append(List<Append> appends) {
    List<AppendResult> results = new ArrayList<>();
    for (Append append : appends) {
      long previousHead = head(append.store());
      List<Slot> slots = new ArrayList<>();
      for (NewRecord record : append.records()) {
        slots.add(append(store(append.store()), append.committedAt(), record));
      }
      results.add(new AppendResult(previousHead, head(append.store()), slots));
    }
    return results;
  }

  private static Slot append(Store store, long committedAt, NewRecord record) {
    if (store.known.keySet().containsAll(record.ids())) {
      return new Slot(
          false,
          record.ids().stream()
              .mapToLong(id -> store.known.getOrDefault(id, 0L))
              .toArray());
    }
    StoredRecord stored = new StoredRecord(store.head + 1, committedAt, record);
    store.put(stored);
    long[] sequences = new long[record.ids().size()];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = stored.firstSequence() + i;
    }
    return new Slot(true, sequences);
  }

  /** With the least {@code next} there can be. */
  Page read(StoreKey key, long from, int maxRecords, long maxBytes) {
    Store store = store(key);
    List<StoredRecord> page = new ArrayList<>();
    long bytes = 0;
    for (StoredRecord stored : store.records) {
      if (stored.lastSequence() < from) {
        continue;
      }
      bytes += stored.record().bytes();
      if (page.size() == maxRecords || (bytes > maxBytes && !page.isEmpty())) {
        return new Page(page, page.get(page.size() - 1).lastSequence() + 1, store.head);
      }
      page.add(stored);
    }
    long next = page.size() == maxRecords
        ? page.get(page.size() - 1).lastSequence() + 1
        : Math.max(Math.max(1, from), store.head + 1);
    return new Page(page, next, store.head);
  }

  Outlines scan(StoreKey key, long from, int max) {
    Page page = read(key, from, max, Long.MAX_VALUE);
    List<Outline> outlines = page.records().stream()
        .map(stored -> new Outline(
            stored.firstSequence(),
            stored.record().ids().size(),
            stored.committedAt(),
            stored.record().bytes(),
            stored.record().event()))
        .toList();
    return new Outlines(outlines, page.next(), page.head());
  }

  /** The greatest {@code next} there can be where {@code least} is the least. */
  long greatestNext(StoreKey key, long least) {
    Store store = store(key);
    return store.records.stream()
        .mapToLong(StoredRecord::firstSequence)
        .filter(first -> first >= least)
        .findFirst()
        .orElse(Math.max(least, store.head + 1));
  }

  Removed remove(StoreKey key, List<Long> sequences, long removedAt) {
    Store store = store(key);
    Removed removed = Removed.NOTHING;
    for (StoredRecord stored : List.copyOf(store.records)) {
      long first = stored.firstSequence();
      if (sequences.stream().noneMatch(s -> first <= s && s <= stored.lastSequence())) {
        continue;
      }
      store.records.remove(stored);
      List<EntryId> ids = stored.record().ids();
      for (int i = 0; i < ids.size(); i++) {
        if (store.known.getOrDefault(ids.get(i), 0L) == first + i) {
          store.tombstones.put(first + i, new Grave(ids.get(i), removedAt));
        }
      }
      removed = removed.plus(new Removed(1, ids.size(), stored.record().bytes()));
    }
    return removed;
  }

  /** All that are due. */
  int forget(StoreKey key, long removedBefore) {
    Store store = store(key);
    List<Long> due = store.tombstones.entrySet().stream()
        .filter(e -> e.getValue().removedAt < removedBefore || removedBefore == Long.MAX_VALUE)
        .map(Map.Entry::getKey)
        .toList();
    for (long sequence : due) {
      store.known.remove(store.tombstones.remove(sequence).id);
    }
    return due.size();
  }

  Tombstones tombstones(StoreKey key, long from, int max) {
    List<Tombstone> some = new ArrayList<>();
    for (Map.Entry<Long, Grave> entry : store(key).tombstones.tailMap(from).entrySet()) {
      if (some.size() == max) {
        return new Tombstones(some, entry.getKey());
      }
      some.add(new Tombstone(entry.getKey(), entry.getValue().id));
    }
    return new Tombstones(some, 0);
  }

  /** Whether it was not refused. */
  boolean restore(Restoration restoration) {
    Store store = store(restoration.store());
    long last = store.head;
    for (LogItem item : restoration.items()) {
      if (item.firstSequence() <= last) {
        return false;
      }
      last = item.lastSequence();
    }
    if (restoration.head() < last) {
      return false;
    }
    for (LogItem item : restoration.items()) {
      if (item instanceof StoredRecord stored) {
        store.put(stored);
      } else if (item instanceof Tombstone tombstone
          && store.known.putIfAbsent(tombstone.id(), tombstone.sequence()) == null) {
        store.tombstones.put(
            tombstone.sequence(), new Grave(tombstone.id(), restoration.restoredAt()));
      }
    }
    store.head = restoration.head();
    return true;
  }

  /** Those that were ever written to. */
  List<StoreKey> stores() {
    return stores.keySet().stream()
        .filter(key -> head(key) > 0)
        .sorted(Comparator.comparing(StoreKey::toString))
        .toList();
  }

  StoreStats stats(StoreKey key) {
    Store store = store(key);
    return new StoreStats(
        key,
        store.head,
        store.records.size(),
        store.records.stream().mapToLong(r -> r.record().ids().size()).sum(),
        store.records.stream().mapToLong(r -> r.record().bytes()).sum(),
        store.tombstones.size());
  }

  long head(StoreKey key) {
    return store(key).head;
  }

  private Store store(StoreKey key) {
    return stores.computeIfAbsent(key, absent -> new Store());
  }
}
