package io.tributary.storage.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tributary.core.journal.JournalCommit;
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
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Stands for a database in another process and its blocking client. */
final class ExampleDatabase {
  final ExampleMappings mappings = new ExampleMappings();
  final ExampleSpaces spaces = new ExampleSpaces();

  private static final class Rows {
    private final TreeMap<Long, StoredRecord> records = new TreeMap<>();
    private final Map<EntryId, Long> sequences = new HashMap<>();
    private final TreeMap<Long, Grave> tombstones = new TreeMap<>();
    private long head;
    private Removed held = Removed.NOTHING;

    private void insert(StoredRecord stored) {
      NewRecord record = stored.record();
      records.put(stored.lastSequence(), stored);
      for (int i = 0; i < record.ids().size(); i++) {
        sequences.putIfAbsent(record.ids().get(i), stored.firstSequence() + i);
      }
      head = stored.lastSequence();
      held = held.plus(new Removed(1, record.ids().size(), record.bytes()));
    }
  }

  private record Grave(EntryId id, long removedAt) {}

  private record Held(long epoch, long endsAt) {}

  private final Map<String, Rows> stores = new HashMap<>();
  private final TreeSet<StoreKey> names = new TreeSet<>(Comparator.comparing(StoreKey::toString));
  private final Map<String, Held> leases = new HashMap<>();
  private final TreeMap<Long, byte[]> runs = new TreeMap<>();

  /** By UTF-8 bytes, as the database compares text. */
  private final NavigableMap<String, ExampleJournalRows> journals =
      new TreeMap<>(Comparator.comparing(name -> HexFormat.of().formatHex(name.getBytes(UTF_8))));

  private long run;
  private long epoch;
  private DataSetId dataSetId = DataSetId.random();

  /** One transaction. */
  synchronized List<AppendResult> append(List<Append> appends) {
    List<AppendResult> results = new ArrayList<>();
    for (Append append : appends) {
      Rows rows = rows(append.store());
      long previousHead = rows.head;
      List<Slot> slots = new ArrayList<>();
      for (NewRecord record : append.records()) {
        slots.add(insert(rows, append.committedAt(), record));
        names.add(append.store());
      }
      results.add(new AppendResult(previousHead, rows.head, slots));
    }
    return results;
  }

  private static Slot insert(Rows rows, long committedAt, NewRecord record) {
    List<EntryId> ids = record.ids();
    long[] sequences = new long[ids.size()];
    if (rows.sequences.keySet().containsAll(ids)) {
      for (int i = 0; i < sequences.length; i++) {
        sequences[i] = rows.sequences.getOrDefault(ids.get(i), 0L);
      }
      return new Slot(false, sequences);
    }
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = rows.head + 1 + i;
    }
    rows.insert(new StoredRecord(rows.head + 1, committedAt, record));
    return new Slot(true, sequences);
  }

  synchronized Page read(StoreKey store, long from, int maxRecords, long maxBytes) {
    Rows rows = rows(store);
    List<StoredRecord> page = new ArrayList<>();
    long bytes = 0;
    for (StoredRecord record : rows.records.tailMap(from).values()) {
      bytes += record.record().bytes();
      if (page.size() == maxRecords || (bytes > maxBytes && !page.isEmpty())) {
        return new Page(page, page.get(page.size() - 1).lastSequence() + 1, rows.head);
      }
      page.add(record);
    }
    return new Page(page, Math.max(Math.max(1, from), rows.head + 1), rows.head);
  }

  synchronized long head(StoreKey store) {
    return rows(store).head;
  }

  synchronized Outlines scan(StoreKey store, long from, int max) {
    Page page = read(store, from, max, Long.MAX_VALUE);
    List<Outline> outlines = page.records().stream()
        .map(record -> new Outline(
            record.firstSequence(),
            record.record().ids().size(),
            record.committedAt(),
            record.record().bytes(),
            record.record().event()))
        .toList();
    return new Outlines(outlines, page.next(), page.head());
  }

  /** One transaction, which looks at the lease, too. */
  synchronized Removed remove(Removal removal, long nowMs) {
    if (removal.fence() != null) {
      requireHeld(removal.fence(), nowMs);
    }
    Rows rows = rows(removal.store());
    Removed removed = Removed.NOTHING;
    for (long sequence : removal.sequences()) {
      Map.Entry<Long, StoredRecord> row = rows.records.ceilingEntry(sequence);
      if (row != null && row.getValue().firstSequence() <= sequence) {
        rows.records.remove(row.getKey());
        removed = removed.plus(bury(rows, row.getValue(), removal.removedAt()));
      }
    }
    return removed;
  }

  private static Removed bury(Rows rows, StoredRecord stored, long removedAt) {
    List<EntryId> ids = stored.record().ids();
    for (int i = 0; i < ids.size(); i++) {
      long sequence = stored.firstSequence() + i;
      // One that was known before belongs to an earlier record.
      if (rows.sequences.getOrDefault(ids.get(i), 0L) == sequence) {
        rows.tombstones.put(sequence, new Grave(ids.get(i), removedAt));
      }
    }
    Removed removed = new Removed(1, ids.size(), stored.record().bytes());
    rows.held = new Removed(
        rows.held.records() - removed.records(),
        rows.held.entries() - removed.entries(),
        rows.held.bytes() - removed.bytes());
    return removed;
  }

  synchronized int forget(StoreKey store, long removedBefore, int max) {
    Rows rows = rows(store);
    List<Long> due = rows.tombstones.entrySet().stream()
        .filter(row -> row.getValue().removedAt < removedBefore || removedBefore == Long.MAX_VALUE)
        .map(Map.Entry::getKey)
        .limit(max)
        .toList();
    for (long sequence : due) {
      rows.sequences.remove(rows.tombstones.remove(sequence).id);
    }
    return due.size();
  }

  synchronized Tombstones tombstones(StoreKey store, long from, int max) {
    List<Tombstone> some = new ArrayList<>();
    for (Map.Entry<Long, Grave> row : rows(store).tombstones.tailMap(from).entrySet()) {
      if (some.size() == max) {
        return new Tombstones(some, row.getKey());
      }
      some.add(new Tombstone(row.getKey(), row.getValue().id));
    }
    return new Tombstones(some, 0);
  }

  /** One transaction. */
  synchronized void restore(Restoration restoration) {
    Rows rows = rows(restoration.store());
    restoration.requireAbove(rows.head);
    for (LogItem item : restoration.items()) {
      if (item instanceof StoredRecord record) {
        rows.insert(record);
      } else if (item instanceof Tombstone tombstone
          && rows.sequences.putIfAbsent(tombstone.id(), tombstone.sequence()) == null) {
        rows.tombstones.put(
            tombstone.sequence(), new Grave(tombstone.id(), restoration.restoredAt()));
      }
    }
    rows.head = restoration.head();
    if (rows.head > 0) {
      names.add(restoration.store());
    }
  }

  synchronized List<StoreKey> stores(Optional<StoreKey> after, int max) {
    return after.map(key -> names.tailSet(key, false)).orElse(names).stream()
        .limit(max)
        .toList();
  }

  synchronized StoreStats stats(StoreKey store) {
    Rows rows = rows(store);
    return new StoreStats(
        store,
        rows.head,
        rows.held.records(),
        rows.held.entries(),
        rows.held.bytes(),
        rows.tombstones.size());
  }

  private Rows rows(StoreKey store) {
    return stores.computeIfAbsent(store.toString(), key -> new Rows());
  }

  /** One transaction, which looks at the lease, too. */
  synchronized List<Long> commit(
      String journal, JournalCommit changes, Optional<Lease> fence, long nowMs) {
    fence.ifPresent(lease -> requireHeld(lease, nowMs));
    return changes.isEmpty()
        ? List.of()
        : journals.computeIfAbsent(journal, name -> new ExampleJournalRows()).commit(changes);
  }

  synchronized <T> T ask(String journal, Function<ExampleJournalRows, T> question) {
    return question.apply(journals.getOrDefault(journal, new ExampleJournalRows()));
  }

  synchronized List<String> journals(Optional<String> after, int max) {
    return after.map(name -> journals.tailMap(name, false)).orElse(journals).keySet().stream()
        .limit(max)
        .toList();
  }

  synchronized void destroy(String journal) {
    journals.remove(journal);
  }

  synchronized long addRun(byte[] bytes, int keep) {
    run++;
    runs.put(run, bytes);
    while (runs.size() > keep) {
      runs.pollFirstEntry();
    }
    return run;
  }

  synchronized List<CompactionHistory.Run> runs(long below, int max) {
    return runs.headMap(below, false).descendingMap().entrySet().stream()
        .limit(max)
        .map(row -> new CompactionHistory.Run(row.getKey(), row.getValue()))
        .toList();
  }

  synchronized DataSetId dataSetId() {
    return dataSetId;
  }

  synchronized void reseed(DataSetId id) {
    dataSetId = id;
  }

  synchronized Optional<Lease> acquire(String name, Duration ttl, long nowMs) {
    Held held = leases.get(name);
    if (held != null && nowMs < held.endsAt) {
      return Optional.empty();
    }
    leases.put(name, new Held(++epoch, nowMs + ttl.toMillis()));
    return Optional.of(new Lease(name, epoch, ttl));
  }

  synchronized void renew(Lease lease, long nowMs) {
    requireHeld(lease, nowMs);
    leases.put(lease.name(), new Held(lease.epoch(), nowMs + lease.ttl().toMillis()));
  }

  private void requireHeld(Lease lease, long nowMs) {
    Held held = leases.get(lease.name());
    if (held == null || held.epoch != lease.epoch() || nowMs >= held.endsAt) {
      throw new FencedException(lease);
    }
  }

  synchronized void release(Lease lease) {
    Held held = leases.get(lease.name());
    if (held != null && held.epoch == lease.epoch()) {
      leases.remove(lease.name());
    }
  }

  synchronized void endLeases() {
    leases.clear();
  }
}
