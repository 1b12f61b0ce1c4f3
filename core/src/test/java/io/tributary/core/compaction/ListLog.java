package io.tributary.core.compaction;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A store's log as the storage's contract says. */
final class ListLog {
  static final StoreKey STORE = new StoreKey.Plain("t", "s");

  final List<StoredRecord> records = new ArrayList<>();
  long head;

  StoredRecord append(EntryId id, String event, String primaryKey, String payload) {
    StoredRecord stored = new StoredRecord(
        ++head,
        1_000_000 + head,
        NewRecord.plain(id, utf8(event), utf8(primaryKey), utf8(payload), head % 3 != 0, null));
    records.add(stored);
    return stored;
  }

  void remove(long sequence) {
    records.removeIf(record -> record.firstSequence() == sequence);
  }

  void removeThrough(long sequence) {
    records.removeIf(record -> record.firstSequence() <= sequence);
  }

  Page read(long from, int maxRecords, long maxBytes) {
    List<StoredRecord> page = new ArrayList<>();
    long bytes = 0;
    for (StoredRecord record : records) {
      if (record.firstSequence() < from) {
        continue;
      }
      bytes += record.record().bytes();
      if (page.size() == maxRecords || (!page.isEmpty() && bytes > maxBytes)) {
        return new Page(page, record.firstSequence(), head);
      }
      page.add(record);
    }
    return new Page(page, Math.max(from, head + 1), head);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static EntryId id(StoredRecord record) {
    return record.record().ids().get(0);
  }

  static String event(StoredRecord record) {
    return new String(record.record().event(), StandardCharsets.UTF_8);
  }

  static String primaryKey(StoredRecord record) {
    return new String(record.record().primaryKey(), StandardCharsets.UTF_8);
  }

  static String payload(StoredRecord record) {
    return new String(record.record().body(), StandardCharsets.UTF_8);
  }

  /** All of it, for comparing. */
  static String show(StoredRecord record) {
    return record.firstSequence()
        + " "
        + id(record)
        + " "
        + event(record)
        + "/"
        + primaryKey(record)
        + "="
        + payload(record).strip();
  }
}
