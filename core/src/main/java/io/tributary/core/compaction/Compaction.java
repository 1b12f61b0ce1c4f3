package io.tributary.core.compaction;

import io.tributary.core.compaction.CompactionPlan.Registration;
import io.tributary.core.eventlog.Compactor;
import io.tributary.core.eventlog.Replacement;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One window to be compacted: calls the application's compactors, so rather not on an event loop. Run
 * once, on any thread; then handed back to {@link CompactedReader#onCompacted}.
 */
public final class Compaction implements Runnable {
  private record BucketKey(Registration registration, String primaryKey) {}

  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }
  }

  private final CompactionPlan plan;
  private final long now;
  private final long first;
  private final long next;
  private final boolean closed;
  private final List<StoredRecord> records;
  private final List<StoredRecord> output;
  private final List<List<StoredRecord>> raw = new ArrayList<>();
  private @Nullable String reason;
  private @Nullable Throwable cause;
  private volatile @Nullable CompactedWindow result;

  /**
   * A window.
   *
   * @param first its first sequence
   * @param next the first sequence that is not in {@code records}
   * @param closed whether nothing can come into it any more
   */
  Compaction(
      CompactionPlan plan,
      long now,
      long first,
      long next,
      boolean closed,
      List<StoredRecord> records) {
    this.plan = plan;
    this.now = now;
    this.first = first;
    this.next = next;
    this.closed = closed;
    this.records = records;
    this.output = new ArrayList<>(records.size());
  }

  /** Does it. Throws nothing that a compactor throws. */
  @Override
  public void run() {
    Map<BucketKey, List<StoredRecord>> buckets = new LinkedHashMap<>();
    long dueAt = gather(buckets);
    buckets.forEach((key, bucket) -> {
      try {
        output.addAll(compact(key, bucket));
      } catch (Throwable e) {
        // Whatever the application's code threw: its entries pass as they are.
        output.addAll(bucket);
        raw.add(bucket);
        if (reason == null) {
          reason = "compactor " + key.registration.compactor().name();
          cause = e;
        }
      }
    });
    // Stable: a bucket's outputs stay in their order, and nothing else has their sequence.
    output.sort(Comparator.comparingLong(StoredRecord::firstSequence));
    result = new CompactedWindow(first, next, output, raw, closed ? dueAt : Long.MAX_VALUE);
  }

  /** In place of {@link #run}: what there is of a window that is too large to be compacted. */
  void leaveRaw() {
    Map<BucketKey, List<StoredRecord>> buckets = new LinkedHashMap<>();
    long unused = gather(buckets);
    raw.addAll(buckets.values());
    result = new CompactedWindow(first, next, records, raw, Long.MAX_VALUE);
  }

  /** What came of it. */
  CompactedWindow result() {
    CompactedWindow window = result;
    if (window == null) {
      throw new IllegalStateException("it was not run");
    }
    return window;
  }

  /** Who could not compact a bucket, the first if several; null if none. Once it was run. */
  @Nullable
  String reason() {
    return reason;
  }

  /** What was thrown there. */
  @Nullable
  Throwable cause() {
    return cause;
  }

  /**
   * Fills the buckets; the rest is output.
   *
   * @return since when all that is covered is old enough; {@link Long#MAX_VALUE} if some isn't
   */
  private long gather(Map<BucketKey, List<StoredRecord>> buckets) {
    long dueAt = 0;
    for (StoredRecord stored : records) {
      NewRecord record = stored.record();
      Registration registration = plan.covering(record);
      long due = registration == null ? 0 : registration.dueAt(record);
      dueAt = Math.max(dueAt, due <= now ? due : Long.MAX_VALUE);
      if (registration != null && due <= now) {
        buckets
            .computeIfAbsent(
                new BucketKey(registration, text(record.primaryKey())), key -> new ArrayList<>())
            .add(stored);
      } else {
        output.add(stored);
      }
    }
    return dueAt;
  }

  private List<StoredRecord> compact(BucketKey key, List<StoredRecord> bucket) throws Exception {
    Compactor compactor = key.registration.compactor();
    List<Entry> entries = new ArrayList<>(bucket.size());
    List<EntryId> ids = new ArrayList<>(bucket.size());
    for (StoredRecord stored : bucket) {
      NewRecord record = stored.record();
      EntryId id = record.ids().get(0);
      ids.add(id);
      entries.add(new Entry(id, text(record.event()), key.primaryKey, record.body()));
    }
    List<Replacement> replacements = compactor.compact(key.primaryKey, List.copyOf(entries));
    if (replacements.size() > plan.maxOutputs()) {
      throw new RefusedException("it gave " + replacements.size() + " entries for one bucket");
    }
    SyntheticIds synthetic = new SyntheticIds(compactor.name(), ids);
    StoredRecord greatest = bucket.get(bucket.size() - 1);
    List<StoredRecord> replaced = new ArrayList<>(replacements.size());
    for (Replacement replacement : replacements) {
      if (!compactor.events().contains(replacement.event())) {
        throw new RefusedException("it gave an event that is none of its own");
      }
      EntryId id = synthetic
          .at(replaced.size())
          .orElseThrow(() -> new RefusedException("no id is left above " + ids));
      replaced.add(new StoredRecord(
          greatest.firstSequence(),
          greatest.committedAt(),
          NewRecord.plain(
              id,
              replacement.event().getBytes(StandardCharsets.UTF_8),
              replacement.primaryKey().getBytes(StandardCharsets.UTF_8),
              Objects.requireNonNull(replacement.payload()),
              false,
              null)));
    }
    return replaced;
  }

  private static String text(byte @Nullable [] utf8) {
    return new String(Objects.requireNonNull(utf8), StandardCharsets.UTF_8);
  }
}
