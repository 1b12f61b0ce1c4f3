package io.tributary.storage;

import io.vertx.core.Future;
import java.util.List;

/** The newest runs of scheduled retention, as opaque bytes. */
public interface CompactionHistory {
  /**
   * Adds a run and drops the oldest ones beyond {@code keep}.
   *
   * @param keep at least 1
   * @return the run's number, greater than all before
   */
  Future<Long> add(byte[] run, int keep);

  /**
   * Runs, newest first.
   *
   * @param below only those with a number below this
   * @param max at most this many, at least 1
   */
  Future<List<Run>> list(long below, int max);

  /**
   * A run.
   *
   * @param number greater for later runs
   * @param run what was added
   */
  record Run(long number, byte[] run) {}
}
