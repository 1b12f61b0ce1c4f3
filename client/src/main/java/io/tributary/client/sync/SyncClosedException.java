package io.tributary.client.sync;

/** The sync service is closed. */
public final class SyncClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SyncClosedException() {
    super("the sync service is closed");
  }
}
