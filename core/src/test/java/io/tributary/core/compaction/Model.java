package io.tributary.core.compaction;

import io.tributary.core.compaction.CompactionPlan.Registration;
import io.tributary.core.eventlog.Replacement;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** What readers are to get, the simple way: all of the log at once, nothing shared with the reader. */
final class Model {
  final int window;
  final long maxBytes;
  final int maxOutputs;
  final List<Registration> registrations;

  /** What each id that was ever made up stands for. */
  final Map<EntryId, Set<EntryId>> standsFor = new HashMap<>();

  private final Map<EntryId, String> madeUp = new HashMap<>();

  Model(int window, long maxBytes, int maxOutputs, List<Registration> registrations) {
    this.window = window;
    this.maxBytes = maxBytes;
    this.maxOutputs = maxOutputs;
    this.registrations = registrations;
  }

  /** What a subscription gets up to the pinned head. */
  List<StoredRecord> expected(List<StoredRecord> log, long now, long head, long start) {
    List<StoredRecord> all = new ArrayList<>();
    for (long first = 1; first <= head; first += window) {
      long last = Math.min(head, first + window - 1);
      long from = first;
      all.addAll(window(
          log.stream()
              .filter(r -> r.firstSequence() >= from && r.firstSequence() <= last)
              .toList(),
          now,
          start));
    }
    return all;
  }

  private List<StoredRecord> window(List<StoredRecord> records, long now, long start) {
    // what fits is looked at; what is beyond is raw
    List<StoredRecord> fits = new ArrayList<>();
    long bytes = 0;
    for (StoredRecord record : records) {
      bytes += record.record().bytes();
      if (bytes <= maxBytes) {
        fits.add(record);
      }
    }
    TreeMap<Long, List<StoredRecord>> out = new TreeMap<>();
    records.forEach(record -> out.put(record.firstSequence(), List.of(record)));
    Map<String, List<StoredRecord>> buckets = new HashMap<>();
    for (StoredRecord record : fits) {
      for (Registration registration : registrations) {
        EntryId id = ListLog.id(record);
        if (registration.compactor().events().contains(ListLog.event(record))
            && id.toUuid().version() == 7
            && (id.high() >>> 16) + registration.olderThanMs() <= now) {
          buckets
              .computeIfAbsent(
                  registration.compactor().name() + " " + ListLog.primaryKey(record),
                  key -> new ArrayList<>())
              .add(record);
        }
      }
    }
    buckets.forEach((key, bucket) -> {
      List<StoredRecord> outputs = bytesOf(records) > maxBytes ? null : outputs(bucket);
      StoredRecord greatest = bucket.get(bucket.size() - 1);
      if (outputs != null) {
        bucket.forEach(record -> out.remove(record.firstSequence()));
        out.put(greatest.firstSequence(), outputs);
        return;
      }
      // raw; what may have waited for an output above the cursor comes with the first above it
      List<StoredRecord> below = new ArrayList<>();
      for (StoredRecord record : bucket) {
        if (record.firstSequence() < start) {
          below.add(record);
        } else {
          List<StoredRecord> together = new ArrayList<>();
          below.forEach(b ->
              together.add(new StoredRecord(record.firstSequence(), b.committedAt(), b.record())));
          together.add(record);
          out.put(record.firstSequence(), together);
          break;
        }
      }
    });
    return out.tailMap(start, true).values().stream().flatMap(List::stream).toList();
  }

  private static long bytesOf(List<StoredRecord> records) {
    return records.stream().mapToLong(record -> record.record().bytes()).sum();
  }

  private List<StoredRecord> outputs(List<StoredRecord> bucket) {
    StoredRecord last = bucket.get(bucket.size() - 1);
    Registration registration = registrations.stream()
        .filter(r -> r.compactor().events().contains(ListLog.event(last)))
        .findFirst()
        .orElseThrow();
    List<Entry> entries = bucket.stream()
        .map(r -> new Entry(
            ListLog.id(r), ListLog.event(r), ListLog.primaryKey(r), r.record().body()))
        .toList();
    List<Replacement> replacements;
    try {
      replacements = registration.compactor().compact(ListLog.primaryKey(last), entries);
    } catch (Exception e) {
      return null;
    }
    if (replacements.size() > maxOutputs
        || replacements.stream()
            .anyMatch(r -> !registration.compactor().events().contains(r.event()))) {
      return null;
    }
    Set<EntryId> consumed = new HashSet<>();
    entries.forEach(entry -> consumed.add(entry.id()));
    List<StoredRecord> outputs = new ArrayList<>();
    for (int i = 0; i < replacements.size(); i++) {
      EntryId id = outputId(registration.compactor().name(), entries, i);
      StoredRecord output = new StoredRecord(
          last.firstSequence(),
          last.committedAt(),
          NewRecord.plain(
              id,
              ListLog.utf8(replacements.get(i).event()),
              ListLog.utf8(replacements.get(i).primaryKey()),
              replacements.get(i).payload(),
              false,
              null));
      String before = madeUp.put(id, ListLog.show(output));
      Set<EntryId> stoodFor = standsFor.put(id, consumed);
      if (before != null && (!before.equals(ListLog.show(output)) || !stoodFor.equals(consumed))) {
        throw new AssertionError("one id for two outputs: " + before);
      }
      outputs.add(output);
    }
    return outputs;
  }

  /** By the letter, with big numbers. */
  static EntryId outputId(String compactor, List<Entry> consumed, int index) {
    try {
      ByteArrayOutputStream hashed = new ByteArrayOutputStream();
      hashed.write(ListLog.utf8(compactor));
      BigInteger greatest = BigInteger.ZERO;
      for (Entry entry : consumed) {
        hashed.write(entry.id().toBytes());
        greatest = greatest.max(new BigInteger(1, entry.id().toBytes()));
      }
      String bits = bits(greatest, 128);
      BigInteger number =
          new BigInteger(bits.substring(0, 48) + bits.substring(52, 64) + bits.substring(66), 2);
      String hash = bits(
          new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(hashed.toByteArray())),
          256);
      String offset = bits(BigInteger.valueOf(consumed.size()), 20)
          + hash.substring(0, 20)
          + bits(BigInteger.valueOf(index), 10);
      String sum = bits(number.add(BigInteger.ONE).add(new BigInteger(offset, 2)), 122);
      String uuid =
          sum.substring(0, 48) + "0111" + sum.substring(48, 60) + "10" + sum.substring(60);
      return EntryId.of(new UUID(
          Long.parseUnsignedLong(uuid.substring(0, 64), 2),
          Long.parseUnsignedLong(uuid.substring(64), 2)));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static String bits(BigInteger number, int width) {
    String text = number.toString(2);
    return "0".repeat(width - text.length()) + text;
  }
}
