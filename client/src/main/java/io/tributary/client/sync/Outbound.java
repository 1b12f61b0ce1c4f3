package io.tributary.client.sync;

import io.vertx.core.Future;

/**
 * Counts what a connection has been given to send and the kernel has not taken yet. Confined to the
 * connection's context.
 */
final class Outbound {
  private static final int FULL = 1 << 20;
  private static final int ROOM = FULL / 2;

  private final Runnable onRoom;
  private long waiting;
  private boolean full;
  private boolean ended;

  /** @param onRoom is called when there is room after it was full */
  Outbound(Runnable onRoom) {
    this.onRoom = onRoom;
  }

  /** A frame is on its way. */
  void sending(int bytes, Future<Void> written) {
    waiting += bytes;
    full |= waiting >= FULL;
    written.onComplete(done -> {
      waiting -= bytes;
      if (full && waiting <= ROOM) {
        full = false;
        if (!ended) {
          onRoom.run();
        }
      }
    });
  }

  boolean isFull() {
    return full;
  }

  /** Nobody waits for room any more. */
  void end() {
    ended = true;
  }
}
