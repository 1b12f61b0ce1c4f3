package io.tributary.core.journal;

import io.tributary.core.model.RemoteId;
import org.jspecify.annotations.Nullable;

/**
 * Why one entry above {@link RemoteProgress#uploaded()} is not pending for a remote.
 *
 * @param remote the remote
 * @param store which of its stores
 * @param position the entry's
 * @param state why
 * @param reason why it was refused, for people; null otherwise
 */
public record UploadMark(
    RemoteId remote,
    String store,
    long position,
    State state,
    @Nullable String reason) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public UploadMark(
      RemoteId remote, String store, long position, State state, @Nullable String reason) {
    this.remote = remote;
    this.store = store;
    this.position = position;
    this.state = state;
    this.reason = reason;
  }

  /** Why an entry is not pending. The code is what storages keep; codes are never reused. */
  public enum State {
    /** The remote has it. */
    KNOWN(1),
    /** The remote refuses it; to be retried or discarded. Kept also below {@code uploaded}. */
    REFUSED(2),
    /** It is not to go there: redacted, or refused and discarded. */
    DROPPED(3);

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
      throw new IllegalArgumentException("no upload mark has code " + code);
    }
  }
}
