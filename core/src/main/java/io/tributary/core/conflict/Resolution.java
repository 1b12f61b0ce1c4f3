package io.tributary.core.conflict;

/** What a {@link ConflictPolicy} decided about an entry. */
public sealed interface Resolution {
  /** It is handled, and stands from now on. */
  record Accept() implements Resolution {}

  /**
   * It is handled with another payload, which stands from now on under the greater of the two ids. What
   * was merged is never itself written or sent.
   *
   * @param payload as an entry's: MessagePack of the event's payload; handed over
   */
  record Merge(byte[] payload) implements Resolution {}

  /**
   * It is not handled: from a remote it is stored, written here it is refused.
   *
   * @param reason for people
   */
  record Reject(String reason) implements Resolution {}
}
