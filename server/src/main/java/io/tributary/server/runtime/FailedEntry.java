package io.tributary.server.runtime;

import io.tributary.core.model.EntryId;
import org.jspecify.annotations.Nullable;

/**
 * An entry whose handler failed.
 *
 * @param id the entry's
 * @param sequence its sequence in the store
 * @param event its tag
 * @param primaryKey what it is about
 * @param attempts how often its handler may have been called
 * @param at Unix milliseconds of the last failure
 * @param reason the exception's class and message; null if none was kept
 */
public record FailedEntry(
    EntryId id,
    long sequence,
    String event,
    String primaryKey,
    int attempts,
    long at,
    @Nullable String reason) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public FailedEntry(
      EntryId id,
      long sequence,
      String event,
      String primaryKey,
      int attempts,
      long at,
      @Nullable String reason) {
    this.id = id;
    this.sequence = sequence;
    this.event = event;
    this.primaryKey = primaryKey;
    this.attempts = attempts;
    this.at = at;
    this.reason = reason;
  }
}
