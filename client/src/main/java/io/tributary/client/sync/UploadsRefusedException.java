package io.tributary.client.sync;

/** The hub takes no writes from this replica. Entries stay pending; what the hub has still comes. */
public final class UploadsRefusedException extends SyncException {
  UploadsRefusedException(String message) {
    super(message);
  }
}
