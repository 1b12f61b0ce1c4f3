package io.tributary.server.runtime;

/** Processing can't do now what it was asked; the same request may succeed later, or elsewhere. */
public final class ProcessingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ProcessingException(String message) {
    super(message);
  }
}
