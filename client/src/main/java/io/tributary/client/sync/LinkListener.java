package io.tributary.client.sync;

/** Is told what becomes of a connection. */
public interface LinkListener {
  /** It is open. */
  void opened(Link link);

  /** A message has come. */
  void frame(byte[] frame);

  /** There is room again after {@link Link#isFull}. */
  void drained();

  /**
   * It is over, by either side. The last call.
   *
   * @param code the WebSocket close code; 1006 if there was none, or the carrier has none
   * @param reason the other side's words, or what went wrong
   */
  void closed(int code, String reason);

  /**
   * It could not be opened. The only call.
   *
   * @param unauthorized whether the hub refused who asks (401, 403): trying again alone won't help
   * @param reason for people, without credentials
   */
  void failed(boolean unauthorized, String reason);
}
