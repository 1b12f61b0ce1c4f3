package io.tributary.server.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
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
    return builder().build();
  }

  /** Begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The limits, each method for the component of its name. Not thread-safe. */
  public static final class Builder {
    private int connections = 20_000;
    private int connectionsPerTenant = 10_000;
    private Duration handshakeTimeout = Duration.ofSeconds(10);
    private int frame = MIB;
    private int message = 256 * MIB;
    private long chunkBytes = 256L * MIB;
    private long chunkBytesTotal = 512L * MIB;
    private long inFlightBytes = 16L * MIB;
    private long inFlightBytesTotal = Runtime.getRuntime().maxMemory() / 4;
    private int outboundBytes = MIB;
    private Duration writeRetry = Duration.ofMinutes(5);
    private int subscriptions = 1000;
    private int payload = 64 * MIB;

    private Builder() {}

    @CanIgnoreReturnValue
    public Builder connections(int connections) {
      this.connections = connections;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder connectionsPerTenant(int connectionsPerTenant) {
      this.connectionsPerTenant = connectionsPerTenant;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder handshakeTimeout(Duration handshakeTimeout) {
      this.handshakeTimeout = handshakeTimeout;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder frame(int frame) {
      this.frame = frame;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder message(int message) {
      this.message = message;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder chunkBytes(long chunkBytes) {
      this.chunkBytes = chunkBytes;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder chunkBytesTotal(long chunkBytesTotal) {
      this.chunkBytesTotal = chunkBytesTotal;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder inFlightBytes(long inFlightBytes) {
      this.inFlightBytes = inFlightBytes;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder inFlightBytesTotal(long inFlightBytesTotal) {
      this.inFlightBytesTotal = inFlightBytesTotal;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder outboundBytes(int outboundBytes) {
      this.outboundBytes = outboundBytes;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder writeRetry(Duration writeRetry) {
      this.writeRetry = writeRetry;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder subscriptions(int subscriptions) {
      this.subscriptions = subscriptions;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder payload(int payload) {
      this.payload = payload;
      return this;
    }

    public LimitsConfig build() {
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
}
