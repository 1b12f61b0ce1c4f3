package io.tributary.storage;

import io.tributary.core.model.DataSetId;
import io.vertx.core.Future;

/** An open storage: one data set. */
public interface Storage {
  /** The identity of the data in it, fixed while it is open. */
  DataSetId dataSetId();

  /** Whether an acked entry survives the machine's sudden end; the hub says so at start if not. */
  boolean durable();

  /** The shared logs of all stores. */
  LogStore log();

  /** Who may run what only one node may run. */
  LeaseStore leases();

  /** News of commits between the nodes of one hub. */
  HintChannel hints();

  /** Asks the storage how it is. Never fails: trouble is an answer. */
  Future<Health> check();

  /**
   * Finishes what is under way and lets go of everything. Idempotent. Afterwards {@link
   * #dataSetId()} and {@link #durable()} answer as before, {@link #check()} answers {@code DOWN}, and
   * all else fails.
   */
  Future<Void> close();
}
