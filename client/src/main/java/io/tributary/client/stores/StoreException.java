package io.tributary.client.stores;

/** A store can't do what it was asked to; the message says why. */
public class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a message for people, without contents of the store. */
  public StoreException(String message) {
    super(message, null, false, false);
  }
}
