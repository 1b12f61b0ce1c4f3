package io.tributary.core.retention;

import io.tributary.core.model.EntryId;
import io.tributary.core.retention.CompactionStrategy.ByAge;
import io.tributary.core.retention.CompactionStrategy.ByCount;
import io.tributary.core.retention.CompactionStrategy.BySize;
import io.tributary.core.retention.CompactionStrategy.Composite;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries that a strategy keeps. Whatever it is composed of, what exceeds it is all up to
 * some id, which only rises as entries are added; so the least limit of each kind decides.
 */
final class Quota {
  private static final EntryId GREATEST = new EntryId(-1, -1);
  private static final long MILLIS = 1L << 48;

  private final long nowMs;
  private long count = Long.MAX_VALUE;
  private long bytes = Long.MAX_VALUE;

  /** Exceeds, with all below it; null if nothing does. */
  private @Nullable EntryId greatestGone;

  /** What is kept so far. */
  private IdHeap kept = new IdHeap();

  Quota(CompactionStrategy strategy, long nowMs) {
    this.nowMs = nowMs;
    limit(strategy);
    if (count <= 0 || bytes <= 0) {
      greatestGone = GREATEST;
    }
  }

  private void limit(CompactionStrategy strategy) {
    if (strategy instanceof ByAge byAge) {
      limitAge(byAge.age());
    } else if (strategy instanceof ByCount byCount) {
      count = Math.min(count, byCount.count());
    } else if (strategy instanceof BySize bySize) {
      bytes = Math.min(bytes, bySize.bytes());
    } else {
      ((Composite) strategy).strategies().forEach(this::limit);
    }
  }

  private void limitAge(Duration age) {
    if (age.isZero() || age.isNegative()) {
      gone(GREATEST); // a time in the future counts as now, and is no younger than this
      return;
    }
    long ageMs = age.compareTo(Duration.ofMillis(MILLIS)) > 0
        ? MILLIS
        : age.plusNanos(999_999).toMillis();
    long lastGoneMs = nowMs - ageMs;
    if (lastGoneMs >= MILLIS) {
      gone(GREATEST);
    } else if (lastGoneMs >= 0) {
      gone(new EntryId(lastGoneMs << 16 | 0xffff, -1));
    }
  }

  private void gone(EntryId id) {
    if (!exceeds(id)) {
      greatestGone = id;
    }
  }

  /** Whether it has to know all entries to tell what exceeds it. */
  boolean counts() {
    return (count != Long.MAX_VALUE || bytes != Long.MAX_VALUE) && !exceeds(GREATEST);
  }

  /** Adds an entry that no other rule has let go. */
  void add(EntryId id, long size) {
    if (!counts() || exceeds(id)) {
      return;
    }
    kept.add(id, size);
    while (kept.size() > count || kept.bytes() > bytes) {
      greatestGone = kept.removeLeast();
    }
  }

  /** Says that there are no more entries. */
  void end() {
    kept = new IdHeap();
  }

  /** Whether an entry is not among those that are kept. */
  boolean exceeds(EntryId id) {
    return greatestGone != null && id.compareTo(greatestGone) <= 0;
  }
}
