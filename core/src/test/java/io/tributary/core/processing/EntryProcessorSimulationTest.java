package io.tributary.core.processing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The machine under seeded schedules, storage failures, crashes, stops and operators. */
class EntryProcessorSimulationTest {
  private static final int SEEDS = Boolean.getBoolean("tributary.long") ? 200_000 : 1_000;

  @Test
  void everyEntryGetsOneOutcomeWhateverHappens() {
    Long only = Long.getLong("seed");
    int crashes = 0;
    int attempts = 0;
    int jobs = 0;
    int conflicts = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      Simulation simulation = new Simulation(only == null ? seed : only, true);
      try {
        simulation.run();
      } catch (Throwable e) {
        throw new AssertionError("-Dseed=" + (only == null ? seed : only), e);
      }
      crashes += simulation.crashes;
      attempts += simulation.repeatedCalls;
      jobs += simulation.jobsDone;
      conflicts += simulation.conflictsSeen;
      if (only != null) {
        return;
      }
    }
    // The schedules get where they should.
    assertThat(crashes).isGreaterThan(SEEDS / 2);
    assertThat(attempts).isGreaterThan(SEEDS / 10);
    assertThat(jobs).isGreaterThan(SEEDS / 20);
    assertThat(conflicts).isGreaterThan(SEEDS);
  }

  @Test
  void withoutCrashesEveryHandlerIsCalledOnceAndNoInvalidationIsLost() {
    for (long seed = 0; seed < SEEDS / 3; seed++) {
      Simulation simulation = new Simulation(seed, false);
      try {
        simulation.run();
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed, e);
      }
      assertThat(simulation.repeatedCalls).isZero();
      assertThat(simulation.lost).isEmpty();
    }
  }
}
