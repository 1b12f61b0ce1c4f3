package io.tributary.client.sync;

/** Why something about a remote could not be done. Local writes never fail with it. */
public abstract class SyncException extends RuntimeException {
  SyncException(String message) {
    super(message);
  }
}
