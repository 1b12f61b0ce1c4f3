package io.tributary.core.log;

import io.tributary.core.model.StoreKey;

/**
 * What a store holds.
 *
 * @param store the store
 * @param head its highest committed sequence
 * @param records its records, without removed ones
 * @param entries the ids in those records
 * @param bytes the sum of those records' {@link NewRecord#bytes()}
 * @param tombstones how many ids it remembers of removed records
 */
public record StoreStats(
    StoreKey store, long head, long records, long entries, long bytes, long tombstones) {
  /** A store nobody wrote to. */
  public static StoreStats empty(StoreKey store) {
    return new StoreStats(store, 0, 0, 0, 0, 0);
  }
}
