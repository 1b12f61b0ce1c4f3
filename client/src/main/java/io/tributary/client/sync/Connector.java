package io.tributary.client.sync;

/** Makes connections to one hub: over WebSocket, TCP, or within the process. */
public interface Connector {
  /** Where it leads, without credentials, for logs and status. */
  String url();

  /**
   * Tries to connect, once. Everything that becomes of it is told to the listener, on the context of
   * the caller: either {@link LinkListener#opened} and some time later {@link LinkListener#closed}, or
   * {@link LinkListener#failed}.
   */
  void connect(LinkListener listener);
}
