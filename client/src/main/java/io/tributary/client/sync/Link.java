package io.tributary.client.sync;

/** An open connection: one whole message per frame, both ways. Confined to its listener's context. */
public interface Link {
  /** Sends a frame, after those before it. Ignored once it is closed. */
  void send(byte[] frame);

  /** Whether frames pile up; {@link LinkListener#drained} follows. Those sent anyway are kept. */
  boolean isFull();

  /** Delivers no frames until {@link #resume}; a few that are under way may still come. */
  void pause();

  /** Delivers frames again. */
  void resume();

  /**
   * Closes it; {@link LinkListener#closed} follows. Closing twice does nothing.
   *
   * @param code a WebSocket close code; carriers without such codes leave it out
   * @param reason for the other side's log, short
   */
  void close(int code, String reason);
}
