package io.tributary.server.it;

/** A server that clients connect to, in a process of its own. */
interface Hub extends AutoCloseable {
  /** Where clients of a tenant connect. */
  String url(String tenant);

  /** Kills the process; temporary data goes with it. */
  @Override
  void close();
}
