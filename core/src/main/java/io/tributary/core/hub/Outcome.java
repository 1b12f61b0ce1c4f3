package io.tributary.core.hub;

/** What became of a {@link Submission}. */
public sealed interface Outcome {
  /**
   * It is durable.
   *
   * @param sequences one per id, over all records in order
   */
  record Committed(long[] sequences) implements Outcome {}

  /**
   * It is given up.
   *
   * @param why what is known of it
   * @param reason for the log
   */
  record Failed(Why why, String reason) implements Outcome {}

  /** What is known of a write that is given up. */
  enum Why {
    /** Nothing was committed, and trying again is pointless. */
    REJECTED,
    /** Nothing was committed; the same write may succeed later. */
    NOT_COMMITTED,
    /** The storage could not decide within {@code limits.writeRetry}: it may be committed yet. */
    UNDECIDED
  }
}
