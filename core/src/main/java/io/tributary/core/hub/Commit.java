package io.tributary.core.hub;

import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.StoreKey;
import java.util.List;

/**
 * What an append added to a store, for its feed.
 *
 * @param store where
 * @param previousHead the head before
 * @param head the head after; equal to {@code previousHead} if nothing was new
 * @param records what is new, in sequence order, covering {@code previousHead + 1} to {@code head}
 */
public record Commit(StoreKey store, long previousHead, long head, List<StoredRecord> records) {}
