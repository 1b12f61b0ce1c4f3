package io.tributary.server.runtime;

import org.jspecify.annotations.Nullable;

/** A module that can't be used; the message says which, why, and what helps. */
public final class HubModuleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HubModuleException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
