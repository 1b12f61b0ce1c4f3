package io.tributary.server.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How this process's own replica treats its entries.
 *
 * @param policy the name of the policy that decides about conflicts
 * @param compaction whether old entries are removed, by the limits
 * @param byAge remove entries older than this; null = no limit
 * @param byCount keep at most this many; null = no limit
 * @param bySizeBytes keep at most this many bytes; null = no limit
 */
public record ReplicaConfig(
    String policy,
    boolean compaction,
    @Nullable Duration byAge,
    @Nullable Long byCount,
    @Nullable Long bySizeBytes) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public ReplicaConfig(
      String policy,
      boolean compaction,
      @Nullable Duration byAge,
      @Nullable Long byCount,
      @Nullable Long bySizeBytes) {
    this.policy = policy;
    this.compaction = compaction;
    this.byAge = byAge;
    this.byCount = byCount;
    this.bySizeBytes = bySizeBytes;
  }

  /** The last write wins, and everything is kept. */
  public static ReplicaConfig defaults() {
    return new ReplicaConfig("lastWriteWins", true, null, null, null);
  }
}
