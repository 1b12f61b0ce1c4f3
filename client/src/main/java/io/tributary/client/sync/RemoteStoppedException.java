package io.tributary.client.sync;

/** The sync with the remote is stopped: it was told to, or the hub refused who asked. */
public final class RemoteStoppedException extends SyncException {
  RemoteStoppedException(String message) {
    super(message);
  }
}
