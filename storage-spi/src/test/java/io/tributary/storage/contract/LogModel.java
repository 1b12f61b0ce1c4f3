package io.tributary.storage.contract;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the log face promises, as plainly as it can be said. */
final class LogModel {
  private final Map<StoreKey, List<StoredRecord>> stores = new HashMap<>();

  List<AppendResult> append(List<Append> appends) {
    List<AppendResult> results = new ArrayList<>();
    for (Append append : appends) {
      long previousHead = head(append.store());
      List<Slot> slots = new ArrayList<>();
      for (NewRecord record : append.records()) {
        slots.add(append(append.store(), append.committedAt(), record));
      }
      results.add(new AppendResult(previousHead, head(append.store()), slots));
    }
    return results;
  }

  private Slot append(StoreKey store, long committedAt, NewRecord record) {
    long[] firsts =
        record.ids().stream().mapToLong(id -> firstSequence(store, id)).toArray();
    boolean known = true;
    for (long first : firsts) {
      known &= first > 0;
    }
    if (known) {
      return new Slot(false, firsts);
    }
    StoredRecord stored = new StoredRecord(head(store) + 1, committedAt, record);
    stores.computeIfAbsent(store, key -> new ArrayList<>()).add(stored);
    long[] sequences = new long[firsts.length];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = stored.firstSequence() + i;
    }
    return new Slot(true, sequences);
  }

  /** The sequence under which the id was first committed, or 0. */
  private long firstSequence(StoreKey store, EntryId id) {
    for (StoredRecord stored : records(store)) {
      int at = stored.record().ids().indexOf(id);
      if (at >= 0) {
        return stored.firstSequence() + at;
      }
    }
    return 0;
  }

  Page read(StoreKey store, long from, int maxRecords, long maxBytes) {
    List<StoredRecord> page = new ArrayList<>();
    long next = Math.max(1, from);
    long bytes = 0;
    for (StoredRecord stored : records(store)) {
      if (stored.lastSequence() < next) {
        continue;
      }
      bytes += stored.record().bytes();
      if (page.size() == maxRecords || (bytes > maxBytes && !page.isEmpty())) {
        break;
      }
      page.add(stored);
      next = stored.lastSequence() + 1;
    }
    return new Page(page, next, head(store));
  }

  long head(StoreKey store) {
    List<StoredRecord> records = records(store);
    return records.isEmpty() ? 0 : records.get(records.size() - 1).lastSequence();
  }

  private List<StoredRecord> records(StoreKey store) {
    return stores.getOrDefault(store, List.of());
  }
}
