package io.tributary.core.log;

import java.util.List;

/**
 * What became of an {@link Append}.
 *
 * @param previousHead the store's head just before it
 * @param head the store's head just after it; equal to {@code previousHead} if nothing was new
 * @param slots one per record, in the append's order
 */
public record AppendResult(long previousHead, long head, List<Slot> slots) {
  /**
   * What became of one record.
   *
   * @param stored whether it was stored: at least one of its ids was unknown
   * @param sequences one per id of the record, in order: its position in the stored record, or for
   *     a record that was not stored, the sequence the id has had since it was first committed
   */
  public record Slot(boolean stored, long[] sequences) {}
}
