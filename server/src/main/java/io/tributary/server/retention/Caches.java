package io.tributary.server.retention;

import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;

/** Who keeps copies of a store's entries in memory. */
@FunctionalInterface
public interface Caches {
  /** Nobody does. */
  Caches NONE = (store, through) -> Future.succeededFuture();

  /**
   * Entries up to a sequence were removed from a store.
   *
   * @return completes once no new reader gets them; never fails
   */
  Future<Void> removed(StoreKey store, long through);
}
