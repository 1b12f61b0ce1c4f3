package io.tributary.server.config;

/**
 * The live tail kept in memory for subscribers.
 *
 * @param tailBytes encoded bytes kept per store
 * @param tailBytesTotal encoded bytes kept in all
 */
public record FeedConfig(long tailBytes, long tailBytesTotal) {
  /** 1 MiB per store, 128 MiB in all. */
  public static FeedConfig defaults() {
    return new FeedConfig(1L << 20, 128L << 20);
  }
}
