package io.tributary.core.crypto;

/** A sealed entry that does not open: another key, changed bytes, or no entry inside. */
public final class UnreadableEntryException extends Exception {
  UnreadableEntryException(String message, Throwable cause) {
    super(message, cause);
  }
}
