package io.tributary.client.stores;

import io.tributary.core.model.EntryId;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives the things of one call their {@link DerivedId}s: such as differ in nothing but contents are told
 * apart by their order. Not thread-safe.
 */
public final class DerivedIds {
  private final Map<EntryId, Integer> given = new HashMap<>();

  /** The next one's. */
  public EntryId next(String tag, String primaryKey, long timestamp) {
    EntryId first = DerivedId.of(tag, primaryKey, timestamp);
    int before = given.merge(first, 1, Integer::sum) - 1;
    return before == 0 ? first : DerivedId.of(tag, primaryKey, timestamp, before);
  }
}
