package io.tributary.client.sync;

/** No remote of that key is connected, or it doesn't sync that event log. */
public final class UnknownRemoteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnknownRemoteException(String message) {
    super(message);
  }
}
