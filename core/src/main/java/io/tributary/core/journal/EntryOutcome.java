package io.tributary.core.journal;

import io.tributary.core.model.EntryId;
import org.jspecify.annotations.Nullable;

/**
 * What became of an entry. There is at most one per id and journal.
 *
 * @param id the entry's
 * @param state what became of it
 * @param attempts how often its handler may have been called
 * @param at Unix milliseconds
 * @param reason why it failed, for operators; null otherwise
 */
public record EntryOutcome(
    EntryId id,
    State state,
    int attempts,
    long at,
    @Nullable String reason) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public EntryOutcome(EntryId id, State state, int attempts, long at, @Nullable String reason) {
    this.id = id;
    this.state = state;
    this.attempts = attempts;
    this.at = at;
    this.reason = reason;
  }

  /** What became of an entry. The code is what storages keep; codes are never reused. */
  public enum State {
    /** Its handler succeeded. */
    HANDLED(1),
    /** No handler is registered for its event. */
    UNHANDLED(2),
    /** Its payload could not be decoded or its handler failed; to be retried or discarded. */
    FAILED(3),
    /** It had failed, and an operator has let it be. */
    DISCARDED(4),
    /** It was erased. Final: no later outcome replaces it. */
    REMOVED(5),
    /** It was stored, but another entry of its event and key stands: its handler was not called. */
    SUPERSEDED(6),
    /** It went into a registered compaction, whose result was handled instead. */
    COMPACTED(7);

    private final int code;

    State(int code) {
      this.code = code;
    }

    /** The number storages keep. */
    public int code() {
      return code;
    }

    /**
     * The state with that code.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static State of(int code) {
      for (State state : values()) {
        if (state.code == code) {
          return state;
        }
      }
      throw new IllegalArgumentException("no outcome has code " + code);
    }
  }
}
