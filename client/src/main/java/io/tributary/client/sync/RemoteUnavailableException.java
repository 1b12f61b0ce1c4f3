package io.tributary.client.sync;

/** The remote can't be reached, was lost, or didn't answer in time; it is tried again. */
public final class RemoteUnavailableException extends SyncException {
  RemoteUnavailableException(String message) {
    super(message);
  }
}
