package io.tributary.storage;

import org.jspecify.annotations.Nullable;

/** The registry's answer is no. */
public final class RegistryException extends RuntimeException {
  /** Why. */
  public enum Reason {
    /** The key is mapped to no store. */
    NOT_MAPPED,
    /** The key is mapped to another store. */
    ALREADY_ASSIGNED,
    /** The key's mapping was removed. */
    REMOVED,
    /** The registry can't be asked now; the same request may succeed later. */
    UNAVAILABLE
  }

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** A refusal for that reason; the message is for operators and names no secret. */
  public RegistryException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
