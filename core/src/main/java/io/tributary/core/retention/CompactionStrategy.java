package io.tributary.core.retention;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.model.EntryId;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * How much of a journal's entries is kept: always the newest, by their ids, and of the others none. A
 * limit of zero or less keeps nothing.
 */
public sealed interface CompactionStrategy {
  /**
   * Keeps what is younger than {@code age}, counted from the time in the id's first 48 bits; a time in
   * the future counts as now.
   */
  record ByAge(Duration age) implements CompactionStrategy {}

  /** Keeps that many entries. */
  record ByCount(long count) implements CompactionStrategy {}

  /** Keeps entries of that many bytes, by {@link #size}, up to the first that is too many. */
  record BySize(long bytes) implements CompactionStrategy {}

  /** Each is applied to what the ones before it keep; without any, everything is kept. */
  record Composite(List<CompactionStrategy> strategies) implements CompactionStrategy {
    /** Copies the list. */
    public Composite {
      strategies = List.copyOf(strategies);
    }
  }

  /** Keeps what is younger than {@code age}. */
  static CompactionStrategy byAge(Duration age) {
    return new ByAge(age);
  }

  /** Keeps the newest {@code count} entries. */
  static CompactionStrategy byCount(long count) {
    return new ByCount(count);
  }

  /** Keeps the newest entries as long as they have no more than that many bytes, by {@link #size}. */
  static CompactionStrategy bySize(long bytes) {
    return new BySize(bytes);
  }

  /** Keeps what every one of them keeps. */
  static CompactionStrategy composite(CompactionStrategy... strategies) {
    return new Composite(Arrays.asList(strategies));
  }

  /** The bytes an entry counts: payload, event and primary key in UTF-8, and its id. */
  static long size(JournalEntry entry) {
    return entry.bytes() + EntryId.SIZE;
  }
}
