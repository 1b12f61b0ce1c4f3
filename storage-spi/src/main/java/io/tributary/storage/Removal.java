package io.tributary.storage;

import io.tributary.core.model.StoreKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be removed from a store.
 *
 * @param store where
 * @param sequences each names the record that holds it, which goes whole; those that no record holds
 *     (any more) are passed over
 * @param removedAt Unix milliseconds, for {@link LogStore#forget}
 * @param fence the lease under which this is done; null if it needs none
 */
public record Removal(
    StoreKey store,
    List<Long> sequences,
    long removedAt,
    @Nullable Lease fence) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public Removal(StoreKey store, List<Long> sequences, long removedAt, @Nullable Lease fence) {
    this.store = store;
    this.sequences = sequences;
    this.removedAt = removedAt;
    this.fence = fence;
  }
}
