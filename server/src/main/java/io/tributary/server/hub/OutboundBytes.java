package io.tributary.server.hub;

import io.tributary.core.wire.v3.Chunk;
import io.tributary.server.metrics.HubMetrics;
import io.tributary.server.metrics.HubMetrics.Held;
import io.vertx.core.Future;

/**
 * Counts what one connection has been given to send and the kernel has not taken yet. Vert.x's own
 * mark counts messages beyond a number of bytes, which bounds neither. Confined to the connection's
 * context.
 */
final class OutboundBytes {
  /** The longest frame a session sends: a full chunk with its envelope. */
  private static final int LONGEST_FRAME = Chunk.SIZE + 128;

  private final HubMetrics metrics;
  private final int mark;
  private final Runnable onWritable;
  private int waiting;
  private boolean ended;

  /**
   * Nothing waits.
   *
   * @param limit {@code limits.outboundBytes}; a frame is begun only while there is room for the
   *     longest one
   * @param onWritable is called when there is room again
   */
  OutboundBytes(HubMetrics metrics, int limit, Runnable onWritable) {
    this.metrics = metrics;
    this.mark = Math.max(0, limit - LONGEST_FRAME);
    this.onWritable = onWritable;
  }

  boolean writable() {
    return !ended && waiting <= mark;
  }

  /** A frame is on its way. */
  void sending(int bytes, Future<Void> written) {
    waiting += bytes;
    metrics.held(Held.OUTBOUND, bytes);
    written.onComplete(done -> sent(bytes));
  }

  /** The connection is closed or closing: what waits is no longer counted. */
  void end() {
    ended = true;
    metrics.held(Held.OUTBOUND, -waiting);
    waiting = 0;
  }

  boolean ended() {
    return ended;
  }

  private void sent(int bytes) {
    if (ended) {
      return;
    }
    boolean wasFull = waiting > mark;
    waiting -= bytes;
    metrics.held(Held.OUTBOUND, -bytes);
    if (wasFull && waiting <= mark) {
      onWritable.run();
    }
  }
}
