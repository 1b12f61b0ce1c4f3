package io.tributary.server.config;

import io.tributary.core.compaction.CompactionPlan;

/**
 * How stores in the clear are compacted for readers.
 *
 * @param window how many sequences are compacted together, in fixed ranges; changing it changes what
 *     readers are given in place of old entries
 * @param maxBytes a window with more bytes than this passes as it is
 */
public record CompactionConfig(int window, long maxBytes) {
  /** 16,384 sequences, 8 MiB. */
  public static CompactionConfig defaults() {
    return new CompactionConfig(CompactionPlan.DEFAULT_WINDOW, CompactionPlan.DEFAULT_MAX_BYTES);
  }
}
