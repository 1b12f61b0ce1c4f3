package io.tributary.client.stores.migration;

import java.util.List;
import java.util.Map;

/**
 * What became of the npm SDK's stores.
 *
 * @param stores counts by the name of the event log they went to, in the order these were given
 * @param ignored how many entries and rows are for no event log: of an event that none of them knows, or
 *     of a store that there is none for
 * @param purged how many messages are of sessions that were purged there: its journal has them, and its
 *     store doesn't show them
 * @param damaged how many journals and entries in them can't be read, so that nobody knows whose they are
 * @param unreadable where the first of those are that can't be read, by their keys
 * @param identities the keys of the identities that are there
 */
public record AgentSdkReport(
    Map<String, MigrationCounts> stores,
    long ignored,
    long purged,
    long damaged,
    List<String> unreadable,
    List<String> identities) {
  /** All stores together. */
  public MigrationCounts total() {
    return stores.values().stream().reduce(MigrationCounts.NONE, MigrationCounts::plus);
  }
}
