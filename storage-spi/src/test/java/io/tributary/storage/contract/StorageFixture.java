package io.tributary.storage.contract;

import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * How the contract kit gets at a provider. Used from one thread; one storage is
 * open at a time, or two where more than one node can use it.
 */
public interface StorageFixture {
  /** What the data in a storage survives. */
  enum Survives {
    /** Nothing: each storage that is opened is a new data set. */
    NOTHING,
    /** {@link Storage#close()}. */
    CLOSE,
    /** The sudden end of the process, too. */
    CRASH
  }

  /** What the data survives. */
  Survives survives();

  /** Whether only one node can use the storage, so that opening it ends earlier leases. */
  boolean singleNode();

  /**
   * Opens the storage under test: always the same one, as far as it survived the end of the one
   * opened before.
   */
  Future<Storage> open(Vertx vertx);

  /**
   * Ends an open storage as the sudden end of its process would, so that {@link #open} finds what
   * that leaves. Called with nothing under way, for fixtures with {@link Survives#CRASH} only.
   *
   * <p>A provider that keeps files may copy them as they are, then close the storage and have {@code
   * open} use the copy.
   *
   * @throws Exception fails the test
   */
  default void crash(Storage storage) throws Exception {
    throw new UnsupportedOperationException("survives a crash, but does not say how to make one");
  }

  /**
   * Returns when that much time has passed by the clock that leases end by.
   *
   * @throws Exception fails the test
   */
  void passTime(Duration time) throws Exception;

  /**
   * Removes what the tests left. Called once, after the last storage was closed.
   *
   * @throws Exception fails the test
   */
  void close() throws Exception;
}
