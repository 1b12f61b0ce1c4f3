package io.tributary.core.wire.v3;

import java.util.Random;

/** Randomness of tests: each run has its own seed, {@code -Dseed=} repeats one. */
public final class Seeds {
  /** Whether to spend minutes where seconds are usual. */
  public static final boolean LONG = Boolean.getBoolean("tributary.long");

  private Seeds() {}

  /** A random source whose seed is printed beside the test's name. */
  public static Random random(String test) {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println(test + ": -Dseed=" + seed);
    return new Random(seed);
  }
}
