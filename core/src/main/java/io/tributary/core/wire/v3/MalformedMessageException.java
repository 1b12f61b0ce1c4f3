package io.tributary.core.wire.v3;

/** Bytes that are no message of this wire, or one of the other direction. */
public final class MalformedMessageException extends Exception {
  /** With what was found and where, in words for a log line; never with payload bytes. */
  public MalformedMessageException(String message) {
    super(message);
  }
}
