package io.tributary.storage;

import org.jspecify.annotations.Nullable;

/** A storage did not do what it was asked. */
public class StorageException extends RuntimeException {
  /** What can have become of the request. */
  public enum Outcome {
    /** Nothing was committed; the same request may succeed later. */
    NOT_COMMITTED,
    /** Nothing was committed, and the same request will never succeed. */
    REJECTED,
    /** It may or may not have been committed: ask again with the same ids. */
    UNKNOWN
  }

  private final Outcome outcome;

  /** With what became of the request, what went wrong, and why if known. */
  public StorageException(Outcome outcome, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.outcome = outcome;
  }

  /** What can have become of the request. */
  public Outcome outcome() {
    return outcome;
  }
}
