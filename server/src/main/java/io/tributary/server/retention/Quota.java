package io.tributary.server.retention;

import io.tributary.core.log.Outline;
import io.tributary.server.config.RetentionRule;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Limits, what they are about, and how much of that is left while a walk goes from the oldest record
 * on. The oldest record it is about goes while any limit is exceeded: it is older than allowed, or
 * more entries or bytes are left than allowed. The first record that finds none exceeded, whatever
 * its tag, ends it: also if older ones by the clock come after it.
 */
final class Quota {
  private final Limits limits;

  /** One of them matches the tag of a record it is about; none: it is about all. */
  private final List<Pattern> events;

  private long entries;
  private long bytes;
  private boolean met;

  private Quota(Limits limits, List<Pattern> events, long entries, long bytes) {
    this.limits = limits;
    this.events = events;
    this.entries = entries;
    this.bytes = bytes;
  }

  /** About all records of a store that holds so much. */
  static Quota ofAll(Limits limits, long entries, long bytes) {
    return new Quota(limits, List.of(), entries, bytes);
  }

  /** About the records that a rule is about, none of which is counted yet. */
  static Quota of(RetentionRule rule) {
    return new Quota(Limits.of(List.of(rule)), rule.eventPatterns(), 0, 0);
  }

  /** The same, for another walk. */
  Quota copy() {
    return new Quota(limits, events, entries, bytes);
  }

  /** Whether it matters how much there is. */
  boolean counts() {
    return limits.entries().isPresent() || limits.bytes().isPresent();
  }

  /** The store has this record. */
  void add(Outline record) {
    if (covers(record)) {
      entries += record.ids();
      bytes += record.bytes();
    }
  }

  /** The store has it no more. */
  void remove(Outline record) {
    if (covers(record)) {
      entries -= record.ids();
      bytes -= record.bytes();
    }
  }

  /** Whether no record that comes now is to go. */
  boolean isMet() {
    return met;
  }

  /** Whether the record that comes next is to go. */
  boolean takes(Outline record, long nowMs) {
    boolean tooOld = limits.ageMs().isPresent()
        && nowMs - record.committedAt() > limits.ageMs().getAsLong();
    boolean tooMany = limits.entries().isPresent() && entries > limits.entries().getAsLong();
    boolean tooLarge = limits.bytes().isPresent() && bytes > limits.bytes().getAsLong();
    met |= !tooOld && !tooMany && !tooLarge;
    return !met && covers(record);
  }

  private boolean covers(Outline record) {
    byte[] event = record.event();
    if (events.isEmpty()) {
      return true;
    } else if (event == null) {
      return false;
    }
    String tag = new String(event, StandardCharsets.UTF_8);
    return events.stream().anyMatch(pattern -> pattern.matcher(tag).matches());
  }
}
