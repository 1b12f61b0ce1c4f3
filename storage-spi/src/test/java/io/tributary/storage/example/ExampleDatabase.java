package io.tributary.storage.example;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Stands for a database in another process and its blocking client. */
final class ExampleDatabase {
  private static final class Rows {
    private final List<StoredRecord> records = new ArrayList<>();
    private final Map<EntryId, Long> sequences = new HashMap<>();
    private long head;
  }

  private record Held(long epoch, long endsAt) {}

  final DataSetId dataSetId = DataSetId.random();
  private final Map<String, Rows> stores = new HashMap<>();
  private final Map<String, Held> leases = new HashMap<>();
  private long epoch;

  /** One transaction. */
  synchronized List<AppendResult> append(List<Append> appends) {
    List<AppendResult> results = new ArrayList<>();
    for (Append append : appends) {
      Rows rows = stores.computeIfAbsent(append.store().toString(), key -> new Rows());
      long previousHead = rows.head;
      List<Slot> slots = new ArrayList<>();
      for (NewRecord record : append.records()) {
        slots.add(insert(rows, append.committedAt(), record));
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
    rows.records.add(new StoredRecord(rows.head + 1, committedAt, record));
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = ++rows.head;
      rows.sequences.putIfAbsent(ids.get(i), sequences[i]);
    }
    return new Slot(true, sequences);
  }

  synchronized Page read(StoreKey store, long from, int maxRecords, long maxBytes) {
    Rows rows = stores.getOrDefault(store.toString(), new Rows());
    List<StoredRecord> page = new ArrayList<>();
    long next = Math.max(1, from);
    long bytes = 0;
    for (StoredRecord record : rows.records) {
      if (record.lastSequence() < next) {
        continue;
      }
      bytes += record.record().bytes();
      if (page.size() == maxRecords || (bytes > maxBytes && !page.isEmpty())) {
        break;
      }
      page.add(record);
      next = record.lastSequence() + 1;
    }
    return new Page(page, next, rows.head);
  }

  synchronized long head(StoreKey store) {
    return stores.getOrDefault(store.toString(), new Rows()).head;
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
    Held held = leases.get(lease.name());
    if (held == null || held.epoch != lease.epoch() || nowMs >= held.endsAt) {
      throw new FencedException(lease);
    }
    leases.put(lease.name(), new Held(lease.epoch(), nowMs + lease.ttl().toMillis()));
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
