package io.tributary.core.retention;

import java.util.Set;

/**
 * How much of some events' entries, or of all entries, is kept. An entry stays only if every rule that
 * is about it keeps it. Rules about some events count only those; rules about all count what the
 * others keep.
 *
 * @param events the tags it is about; empty = it is about all entries
 * @param strategy how much is kept
 */
public record RetentionRule(Set<String> events, CompactionStrategy strategy) {
  /** Copies the set. */
  public RetentionRule {
    events = Set.copyOf(events);
  }

  /** About all entries. */
  public static RetentionRule ofAll(CompactionStrategy strategy) {
    return new RetentionRule(Set.of(), strategy);
  }

  /**
   * About the entries of some events, together.
   *
   * @throws IllegalArgumentException if there are none: that would be about all
   */
  public static RetentionRule ofEvents(Set<String> events, CompactionStrategy strategy) {
    if (events.isEmpty()) {
      throw new IllegalArgumentException("a retention rule of events names one at least");
    }
    return new RetentionRule(events, strategy);
  }
}
