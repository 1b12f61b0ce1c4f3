package io.tributary.server.config;

/**
 * The TCP listener: the v3 wire without WebSocket, without tokens.
 *
 * @param enabled whether it listens
 * @param host address to bind to
 * @param port 0 = any free one
 * @param tenant the tenant every connection belongs to
 */
public record TcpConfig(boolean enabled, String host, int port, String tenant) {
  /** Off; 127.0.0.1:8788 for tenant {@code default}. */
  public static TcpConfig defaults() {
    return new TcpConfig(false, "127.0.0.1", 8788, "default");
  }
}
