package io.tributary.storage;

import io.vertx.core.Future;

/**
 * News between the nodes of one hub. Does nothing where only one node can use the storage.
 * Thread-safe.
 */
public interface HintChannel {
  /**
   * Tells the other nodes, soon and in no order; never waits and never fails. What can't be sent now
   * is sent later. What can't be told any more, the others hear of as {@link Listener#missed}, unless
   * it is a {@link Hint.Committed}. {@link Storage#close()} sends what was published before, if the
   * other nodes can be reached; a process that ends without it may take its last hints along.
   */
  void publish(Hint hint);

  /**
   * Calls {@code listener} for the other nodes' news, on the context that subscribed.
   *
   * @return completes, once listening, with what ends it
   */
  Future<Subscription> subscribe(Listener listener);

  /** Gets the news. */
  interface Listener {
    /** A node said so. Hints may come more than once. */
    void on(Hint hint);

    /**
     * Hints may have been lost since the subscription began or since this was last called. Comes when
     * hints come again: what was published before may be lost, what is published from now on will
     * come.
     */
    void missed();
  }

  /** An ongoing subscription. */
  @FunctionalInterface
  interface Subscription {
    /** Ends it. Idempotent. */
    Future<Void> cancel();
  }
}
