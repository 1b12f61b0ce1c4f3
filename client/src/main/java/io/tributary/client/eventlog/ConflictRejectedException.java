package io.tributary.client.eventlog;

import io.tributary.core.model.EntryId;

/** A local write lost against what stands for its event and primary key; nothing was stored. */
public final class ConflictRejectedException extends RuntimeException {
  private final String event;
  private final String primaryKey;
  private final EntryId winner;
  private final String reason;

  ConflictRejectedException(String event, String primaryKey, EntryId winner, String reason) {
    super("a write of " + event + " was rejected: " + reason + " (" + winner + ")");
    this.event = event;
    this.primaryKey = primaryKey;
    this.winner = winner;
    this.reason = reason;
  }

  /** The event's tag. */
  public String event() {
    return event;
  }

  /** What it was about. */
  public String primaryKey() {
    return primaryKey;
  }

  /** The entry that stands. */
  public EntryId winner() {
    return winner;
  }

  /** The policy's words. */
  public String reason() {
    return reason;
  }
}
