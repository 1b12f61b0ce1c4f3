package io.tributary.storage;

import io.tributary.core.log.LogItem;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StorageException.Outcome;
import java.util.List;

/**
 * What is to be put into a store under the sequences it had elsewhere.
 *
 * @param store where
 * @param items in sequence order, all above the store's head; sequences between them stay empty
 * @param head the store's head afterwards, at least the last item's last sequence
 * @param restoredAt Unix milliseconds, which count as the time of removal for tombstones
 */
public record Restoration(StoreKey store, List<LogItem> items, long head, long restoredAt) {
  /**
   * Checks, for a storage, what {@link LogStore#restore} asks of items and head.
   *
   * @param storeHead the store's head now
   * @throws StorageException with outcome {@code REJECTED}, saying which sequence is wrong
   */
  public void requireAbove(long storeHead) {
    long before = storeHead;
    for (LogItem item : items) {
      if (item.firstSequence() <= before || item.lastSequence() < item.firstSequence()) {
        throw rejected("sequence " + item.firstSequence() + " does not come after " + before);
      }
      before = item.lastSequence();
    }
    if (head < before) {
      throw rejected("the head " + head + " is below sequence " + before);
    }
  }

  private static StorageException rejected(String why) {
    return new StorageException(Outcome.REJECTED, "can't be restored: " + why, null);
  }
}
