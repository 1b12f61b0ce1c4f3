package io.tributary.core.conflict;

import io.tributary.core.model.EntryId;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The id of an entry that is written here. It is made greater than the one that stands for its key, or
 * a replica whose clock is behind could never replace what one with a fast clock wrote. The step is as
 * large as {@link io.tributary.core.model.EntryIdGenerator}'s, which knows nothing of it: one foreign
 * clock must not carry away the ids of all other keys.
 *
 * @param id the entry's
 * @param tooFarAhead whether what stands is so far ahead of the clock that it was not followed: the
 *     write may then lose against it, and operators should know
 */
public record LocalId(EntryId id, boolean tooFarAhead) {
  /** How far ahead of the clock the id of what stands is followed. */
  public static final Duration MAX_AHEAD = Duration.ofHours(24);

  private static final int LOW_BITS = 62;
  private static final long LOW_MASK = (1L << LOW_BITS) - 1;
  private static final long STEP_MIN = 1L << 51;
  private static final long STEP_MAX = 1L << 56;

  /**
   * The id for a write.
   *
   * @param generated what the generator gave for it
   * @param above what it is to be greater than, usually what stands for its event and key
   * @param nowMs the clock, Unix milliseconds
   */
  public static LocalId of(
      EntryId generated, Optional<EntryId> above, long nowMs, RandomGenerator random) {
    EntryId standing = above.orElse(generated);
    if (generated.compareTo(standing) > 0 || above.isEmpty()) {
      return new LocalId(generated, false);
    }
    if (standing.millis() - nowMs > MAX_AHEAD.toMillis()) {
      return new LocalId(generated, true);
    }
    return new LocalId(above(standing, random.nextLong(STEP_MIN, STEP_MAX)), false);
  }

  /** The 122 bits without version and variant as one number, plus the step. */
  private static EntryId above(EntryId id, long step) {
    long low = (id.low() & LOW_MASK) + step;
    long high = (id.millis() << 12 | (id.high() & 0xfff)) + (low >>> LOW_BITS);
    return new EntryId(
        (high >>> 12) << 16 | 0x7000 | (high & 0xfff), 0x8000000000000000L | (low & LOW_MASK));
  }
}
