package io.tributary.client.sync;

/** A remote of that key is connected already. */
public final class RemoteExistsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RemoteExistsException(String key) {
    super("a remote is connected as " + key
        + " already: name this one otherwise, or disconnect that");
  }
}
