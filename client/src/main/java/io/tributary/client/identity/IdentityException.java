package io.tributary.client.identity;

import org.jspecify.annotations.Nullable;

/** There is no way to an identity. The message says why, and shows nothing of a secret. */
public final class IdentityException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  IdentityException(String message) {
    this(message, null);
  }

  IdentityException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
