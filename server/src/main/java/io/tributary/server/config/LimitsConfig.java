package io.tributary.server.config;

import java.time.Duration;

/**
 * What a peer, a tenant and all together may take up.
 *
 * @param connections open connections in all
 * @param connectionsPerTenant open connections of one tenant
 * @param handshakeTimeout how long a connection may take to become a session
 * @param frame bytes of one WebSocket frame
 * @param message bytes of one WebSocket message; a fresh npm v3 client pushes its whole history in one
 * @param chunkBytes bytes of unfinished chunked messages of one session
 * @param chunkBytesTotal bytes of unfinished chunked messages of all sessions
 * @param inFlightBytes bytes of writes not yet acked of one session
 * @param inFlightBytesTotal bytes of writes not yet acked and of unfinished chunked messages of all sessions
 * @param outboundBytes bytes waiting to be sent to one session
 * @param writeRetry how long a write is retried before its connection is closed
 * @param subscriptions subscriptions of one session
 * @param payload bytes of one entry's payload, sealed or plain
 */
public record LimitsConfig(
    int connections,
    int connectionsPerTenant,
    Duration handshakeTimeout,
    int frame,
    int message,
    long chunkBytes,
    long chunkBytesTotal,
    long inFlightBytes,
    long inFlightBytesTotal,
    int outboundBytes,
    Duration writeRetry,
    int subscriptions,
    int payload) {
  private static final int MIB = 1 << 20;

  /** The defaults; {@code inFlightBytesTotal} is a quarter of the largest heap this JVM may have. */
  public static LimitsConfig defaults() {
    return new LimitsConfig(
        20_000,
        10_000,
        Duration.ofSeconds(10),
        MIB,
        256 * MIB,
        256L * MIB,
        512L * MIB,
        16L * MIB,
        Runtime.getRuntime().maxMemory() / 4,
        MIB,
        Duration.ofMinutes(5),
        1000,
        64 * MIB);
  }

  /** The same with another {@code connections}. */
  public LimitsConfig withConnections(int connections) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code connectionsPerTenant}. */
  public LimitsConfig withConnectionsPerTenant(int connectionsPerTenant) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code handshakeTimeout}. */
  public LimitsConfig withHandshakeTimeout(Duration handshakeTimeout) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code frame}. */
  public LimitsConfig withFrame(int frame) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code message}. */
  public LimitsConfig withMessage(int message) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code chunkBytes}. */
  public LimitsConfig withChunkBytes(long chunkBytes) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code chunkBytesTotal}. */
  public LimitsConfig withChunkBytesTotal(long chunkBytesTotal) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code inFlightBytes}. */
  public LimitsConfig withInFlightBytes(long inFlightBytes) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code inFlightBytesTotal}. */
  public LimitsConfig withInFlightBytesTotal(long inFlightBytesTotal) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code outboundBytes}. */
  public LimitsConfig withOutboundBytes(int outboundBytes) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code writeRetry}. */
  public LimitsConfig withWriteRetry(Duration writeRetry) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code subscriptions}. */
  public LimitsConfig withSubscriptions(int subscriptions) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }

  /** The same with another {@code payload}. */
  public LimitsConfig withPayload(int payload) {
    return new LimitsConfig(
        connections,
        connectionsPerTenant,
        handshakeTimeout,
        frame,
        message,
        chunkBytes,
        chunkBytesTotal,
        inFlightBytes,
        inFlightBytesTotal,
        outboundBytes,
        writeRetry,
        subscriptions,
        payload);
  }
}
