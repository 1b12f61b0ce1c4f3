package io.tributary.core.model;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Makes version 7 ids that never go backwards, also when the clock does.
 *
 * <p>Within one millisecond (or while the clock is behind) the 74 random bits step up by a random
 * 2<sup>51</sup> to 2<sup>56</sup>, never by 1, so that ids computed from another id by a small
 * offset (compaction outputs) never meet a generated one. Thread-safe.
 */
public final class EntryIdGenerator {
  private static final long LOW_BITS = 62;
  private static final long LOW_MASK = (1L << LOW_BITS) - 1;
  private static final long STEP_MIN = 1L << 51;
  private static final long STEP_MAX = 1L << 56;

  private final InstantSource clock;
  private final RandomGenerator random;

  @GuardedBy("this")
  private long millis = -1;

  @GuardedBy("this")
  private long randA;

  @GuardedBy("this")
  private long randB;

  /** A generator on {@code clock} with a cryptographically strong random source. */
  public EntryIdGenerator(InstantSource clock) {
    this(clock, new SecureRandom());
  }

  /** A generator with its own random source, for runs that must repeat exactly. */
  public EntryIdGenerator(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  /** The next id, greater than every earlier one of this generator. */
  public synchronized EntryId next() {
    long now = clock.millis();
    if (now > millis) {
      millis = now;
      // The top bit starts at 0: room for 2^17 steps within the millisecond.
      randA = random.nextLong() & 0x7ff;
      randB = random.nextLong() & LOW_MASK;
    } else {
      randB += random.nextLong(STEP_MIN, STEP_MAX);
      randA += randB >>> LOW_BITS;
      randB &= LOW_MASK;
      if (randA > 0xfff) {
        millis++;
        randA = random.nextLong() & 0x7ff;
      }
    }
    return new EntryId(millis << 16 | 0x7000 | randA, 0x8000000000000000L | randB);
  }
}
