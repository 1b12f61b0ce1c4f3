package io.tributary.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is removed after a while.
 *
 * @param rules which stores keep how much; all that match a store count, the strictest limit of each
 *     kind. Empty = nothing is removed
 * @param interval how often the hub looks
 * @param tombstones how long the ids of removed entries are remembered, in all stores; null = forever
 */
public record RetentionConfig(
    List<RetentionRule> rules, Duration interval, @Nullable Duration tombstones) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public RetentionConfig(
      List<RetentionRule> rules, Duration interval, @Nullable Duration tombstones) {
    this.rules = List.copyOf(rules);
    this.interval = interval;
    this.tombstones = tombstones;
  }

  /** Nothing is removed or forgotten. */
  public static RetentionConfig defaults() {
    return new RetentionConfig(List.of(), Duration.ofHours(1), null);
  }

  /** Whether there is anything to do on a schedule. */
  public boolean enabled() {
    return !rules.isEmpty() || tombstones != null;
  }
}
