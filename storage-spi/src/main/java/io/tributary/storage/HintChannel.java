package io.tributary.storage;

import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;

/**
 * News of commits between nodes: wake-ups, never data, and free to get lost. Does nothing where only
 * one node can use the storage.
 */
public interface HintChannel {
  /** Tells the other nodes that {@code store} has reached {@code head}. */
  void publish(StoreKey store, long head);

  /**
   * Calls {@code listener} for the other nodes' news, on the context that subscribed.
   *
   * @return completes, once listening, with what ends it
   */
  Future<Subscription> subscribe(Listener listener);

  /** Gets the news. */
  @FunctionalInterface
  interface Listener {
    /** {@code store} has reached at least {@code head}. */
    void committed(StoreKey store, long head);
  }

  /** An ongoing subscription. */
  @FunctionalInterface
  interface Subscription {
    /** Ends it. Idempotent. */
    Future<Void> cancel();
  }
}
