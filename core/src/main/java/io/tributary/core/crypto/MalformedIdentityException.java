package io.tributary.core.crypto;

/** Text that is no identity. The message shows nothing of the text, which may hold a secret. */
public final class MalformedIdentityException extends Exception {
  MalformedIdentityException(String message) {
    super(message);
  }
}
