package io.tributary.server.runtime;

import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Outcome;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;
import java.util.List;

/** How the runtime reaches the hub's stores. Callable from any thread; completes on its context. */
public interface StoreAccess {
  /** Gets records into a store as any session's are, at least one. Never fails. */
  Future<Outcome> append(StoreKey.Plain store, List<NewRecord> records);

  /**
   * Follows a store.
   *
   * @param advanced called on the caller's context when the feed has more
   * @return completes once the feed knows its head
   */
  Future<Following> follow(StoreKey.Plain store, Runnable advanced);

  /** A store that is followed. */
  interface Following {
    /** Its feed, readable from any thread. */
    Feed feed();

    /** Follows it no more. Idempotent. */
    void end();
  }
}
