package io.tributary.storage;

import io.tributary.core.model.DataSetId;
import io.vertx.core.Future;
import java.nio.file.Path;

/** An open storage: one data set. */
public interface Storage {
  /** The identity of the data in it; changes only by {@link #reseed}. */
  DataSetId dataSetId();

  /** Whether an acked entry survives the machine's sudden end; the hub says so at start if not. */
  boolean durable();

  /**
   * Whether other nodes can use the storage at the same time. The hub then listens to {@link
   * #hints()} and asks for heads from time to time.
   */
  default boolean shared() {
    return false;
  }

  /** The shared logs of all stores. */
  LogStore log();

  /** Who may run what only one node may run. */
  LeaseStore leases();

  /** News between the nodes of one hub. */
  HintChannel hints();

  /** Which identity uses which store in the clear. */
  StoreRegistry registry();

  /** Journals of replicas and of the hub's processing. */
  JournalStore journals();

  /** What replicas derive from their journals, and what they keep without one. */
  KeyValueStore keyValues();

  /** What scheduled retention did. */
  CompactionHistory compactions();

  /**
   * Gives the data another identity, durably: replicas that come back see a remote they don't know,
   * ask for everything and push again. On this node {@link #dataSetId()} tells it from the future's
   * completion on; other nodes have to open the storage anew, and their {@link #check()} says so.
   */
  Future<Void> reseed(DataSetId id);

  /**
   * Gives back the room of what was removed, beside live traffic. Once complete, what was removed
   * before the call is in none of the storage's files, where the storage can see to that; its page
   * in the documentation says what is left to the operator.
   */
  Future<Void> reclaim();

  /**
   * Copies the whole data set, as of one moment, into a new or empty directory, beside live traffic,
   * for the provider's own restore.
   *
   * @return fails with {@link StorageException}, outcome {@code REJECTED}, if the storage leaves that
   *     to its own tools, which the message names
   */
  Future<Void> backup(Path directory);

  /** Asks the storage how it is. Never fails: trouble is an answer. */
  Future<Health> check();

  /**
   * Finishes what is under way, tells the other nodes what was published, and lets go of everything.
   * Idempotent. Afterwards {@link
   * #dataSetId()} and {@link #durable()} answer as before, {@link #check()} answers {@code DOWN}, and
   * all else fails.
   */
  Future<Void> close();
}
