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
   * It is given up: the storage refused it for good, or could not decide within {@code
   * limits.writeRetry}. Whether it was committed is unknown unless {@code rejected}.
   *
   * @param rejected nothing was committed, and trying again is pointless
   * @param reason for the log
   */
  record Failed(boolean rejected, String reason) implements Outcome {}
}
