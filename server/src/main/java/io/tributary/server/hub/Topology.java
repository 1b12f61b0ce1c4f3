package io.tributary.server.hub;

import io.tributary.core.model.StoreKey;

/**
 * Who listens where. A store always belongs to the same store verticle.
 *
 * @param prefix of all addresses of one hub
 * @param stores how many store verticles there are
 * @param sockets how many socket verticles there are
 */
record Topology(String prefix, int stores, int sockets) {
  String store(int instance) {
    return prefix + ".store." + instance;
  }

  String store(StoreKey store) {
    return store(instanceOf(store));
  }

  String socket(int instance) {
    return prefix + ".socket." + instance;
  }

  /** Where a store verticle is told to begin no more appends; it replies once none is in flight. */
  String drain(int instance) {
    return prefix + ".drain." + instance;
  }

  /** Where a socket verticle is told to say goodbye to its peers. */
  String goodbye(int instance) {
    return prefix + ".goodbye." + instance;
  }

  /** Where the processing is told, by its key, that a store in the clear has grown. */
  String processing() {
    return prefix + ".processing";
  }

  int instanceOf(StoreKey store) {
    return Math.floorMod(store.hashCode(), stores);
  }
}
