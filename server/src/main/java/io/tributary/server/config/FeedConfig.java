package io.tributary.server.config;

import java.time.Duration;

/**
 * The live tail kept in memory for subscribers.
 *
 * @param tailBytes encoded bytes kept per store
 * @param tailBytesTotal encoded bytes kept in all
 * @param headsCheck how often to ask a storage that several nodes share for commits whose hint was
 *     lost
 */
public record FeedConfig(long tailBytes, long tailBytesTotal, Duration headsCheck) {
  /** 1 MiB per store, 128 MiB in all, every second. */
  public static FeedConfig defaults() {
    return new FeedConfig(1L << 20, 128L << 20, Duration.ofSeconds(1));
  }
}
