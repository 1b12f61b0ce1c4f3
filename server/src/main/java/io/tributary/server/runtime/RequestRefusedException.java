package io.tributary.server.runtime;

import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import org.jspecify.annotations.Nullable;

/** A client's request was refused, and nothing was done. */
public final class RequestRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /**
   * A refusal.
   *
   * @param message goes to the client and into the log: no secrets, no payloads, nothing of the hub's
   *     inside
   * @param cause what only the log may see
   */
  public RequestRefusedException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** Why, in the words of the wire. */
  public ErrorCode code() {
    return code;
  }
}
