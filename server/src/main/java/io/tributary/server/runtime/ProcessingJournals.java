package io.tributary.server.runtime;

import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;

/**
 * Where the hub records what its handlers did: one journal per store in the clear, with one remote,
 * the store itself. Its entries have no payload, the store's log has it under their sequence.
 */
public final class ProcessingJournals {
  private static final String PREFIX = "processing:";

  private ProcessingJournals() {}

  /** The name of a store's journal. */
  public static String name(StoreKey.Plain store) {
    return PREFIX + store;
  }

  /** The store as a remote of its journal. */
  public static RemoteId remote(StoreKey.Plain store) {
    return RemoteId.ofStore(store);
  }

  /** Which of that remote's stores. */
  public static String storeOf(StoreKey.Plain store) {
    return store.toString();
  }
}
