package io.tributary.core.compaction;

import io.tributary.core.eventlog.Compactor;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.RecordKind;
import io.tributary.core.model.EntryId;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is compacted, and how. Immutable, safe for use by any number of threads. A plan is equal to
 * itself only; readers share what they computed if they share their plan.
 *
 * <p>Changing the window, or what a compactor gives or from which age on, is safe for readers that
 * had all up to the head, or begin at the start of a window; others may miss what the old plan would
 * have sent them later.
 */
public final class CompactionPlan {
  /** Sequences in a window unless configured. */
  public static final int DEFAULT_WINDOW = 16_384;

  /** Bytes in a window that is compacted unless configured. */
  public static final long DEFAULT_MAX_BYTES = 8L * 1024 * 1024;

  /** The greatest window: how many entries went into an output has 20 bits in its id. */
  public static final int GREATEST_WINDOW = (1 << SyntheticIds.COUNT_BITS) - 1;

  /**
   * A compactor and from which age on it applies.
   *
   * @param compactor what to do
   * @param olderThanMs milliseconds since an entry was created by its id, at least 0
   */
  public record Registration(Compactor compactor, long olderThanMs) {
    /** Beyond it sums with an id's time might not fit. */
    private static final long GREATEST_AGE_MS = 1L << 48;

    /** Checks the age. */
    public Registration {
      if (olderThanMs < 0 || olderThanMs > GREATEST_AGE_MS) {
        throw new IllegalArgumentException("compactor "
            + compactor.name()
            + ": olderThan must be from 0 to "
            + GREATEST_AGE_MS
            + " ms, not "
            + olderThanMs);
      }
    }

    /** From which time on an entry is old enough, Unix milliseconds. */
    long dueAt(NewRecord record) {
      return record.ids().get(0).millis() + olderThanMs;
    }
  }

  private final int window;
  private final long maxBytes;
  private final int maxOutputs;
  private final Map<String, Registration> byEvent = new HashMap<>();

  /**
   * A plan.
   *
   * @param window sequences in a window, from 1 to {@link #GREATEST_WINDOW}
   * @param maxBytes a window with more, by {@link NewRecord#bytes()}, is not compacted
   * @param registrations in any order
   * @throws IllegalArgumentException if a number is out of range, two compactors have one name, or an
   *     event is covered by two of them
   */
  public CompactionPlan(int window, long maxBytes, List<Registration> registrations) {
    this(window, maxBytes, SyntheticIds.MAX_OUTPUTS, registrations);
  }

  /** For tests: with fewer outputs than would be allowed. */
  CompactionPlan(int window, long maxBytes, int maxOutputs, List<Registration> registrations) {
    if (window < 1 || window > GREATEST_WINDOW) {
      throw new IllegalArgumentException(
          "compaction.window must be from 1 to " + GREATEST_WINDOW + ", not " + window);
    }
    if (maxBytes < 0) {
      throw new IllegalArgumentException("compaction.maxBytes must be at least 0, not " + maxBytes);
    }
    this.window = window;
    this.maxBytes = maxBytes;
    this.maxOutputs = maxOutputs;
    Set<String> names = new HashSet<>();
    for (Registration registration : registrations) {
      Compactor compactor = registration.compactor();
      if (!names.add(compactor.name())) {
        throw new IllegalArgumentException("two compactors are named " + compactor.name());
      }
      for (String event : compactor.events()) {
        Registration other = byEvent.put(event, registration);
        if (other != null) {
          throw new IllegalArgumentException("event "
              + event
              + " is covered by the compactors "
              + other.compactor().name()
              + " and "
              + compactor.name());
        }
      }
    }
  }

  /** Whether nothing is compacted: the storage may as well be read directly. */
  public boolean isEmpty() {
    return byEvent.isEmpty();
  }

  /** Bytes a window may have to be compacted: what a reader holds while it gathers one. */
  public long maxBytes() {
    return maxBytes;
  }

  /** Outputs a bucket may have. */
  int maxOutputs() {
    return maxOutputs;
  }

  /** The first sequence of the window a sequence is in. */
  long windowStart(long sequence) {
    return sequence - (sequence - 1) % window;
  }

  /** The last sequence of the window a sequence is in. */
  long windowEnd(long sequence) {
    return windowStart(sequence) + window - 1;
  }

  /** Who compacts such a record once it is old enough; null if nobody does. */
  @Nullable
  Registration covering(NewRecord record) {
    byte[] event = record.event();
    if (event == null
        || record.primaryKey() == null
        || record.kind() != RecordKind.PLAIN
        || record.ids().size() != 1) {
      return null;
    }
    EntryId id = record.ids().get(0);
    return id.version() == 7 && id.isValid()
        ? byEvent.get(new String(event, StandardCharsets.UTF_8))
        : null;
  }

  /** Whether a record is to be compacted by now. */
  boolean isDue(NewRecord record, long now) {
    Registration registration = covering(record);
    return registration != null && registration.dueAt(record) <= now;
  }
}
