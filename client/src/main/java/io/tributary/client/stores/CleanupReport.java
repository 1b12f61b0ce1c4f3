package io.tributary.client.stores;

/**
 * What a cleanup did.
 *
 * @param before how many items there were
 * @param removed how many of them went; remotes keep theirs, and never bring them back
 * @param pending entries of removed items, superseded and deleted ones included, that stay in the journal
 *     until all remotes they are meant for have them; shown to nobody. 0 for a plain store
 */
public record CleanupReport(long before, long removed, long pending) {
  /** Nothing was there to do. */
  public static final CleanupReport NOTHING = new CleanupReport(0, 0, 0);
}
