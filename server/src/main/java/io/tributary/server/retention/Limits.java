package io.tributary.server.retention;

import io.tributary.core.log.Outline;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.RetentionRule;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * How much one store keeps. The oldest record goes while any limit is exceeded: it is older than
 * {@code ageMs}, or the store has more entries or bytes than allowed. A record that is young enough
 * ends it, also if older ones by the clock come after it.
 *
 * @param ageMs milliseconds from a record's commit
 * @param entries the most entries
 * @param bytes the most bytes
 */
record Limits(OptionalLong ageMs, OptionalLong entries, OptionalLong bytes) {
  /** Those of the rules that match, the strictest of each kind; empty if none matches. */
  static Optional<Limits> of(List<RetentionRule> rules, StoreKey store) {
    List<RetentionRule> matching =
        rules.stream().filter(rule -> rule.matches(store)).toList();
    return matching.isEmpty()
        ? Optional.empty()
        : Optional.of(new Limits(
            least(matching.stream()
                .flatMap(rule -> Stream.ofNullable(rule.byAge()).map(age -> age.toMillis()))),
            least(matching.stream().flatMap(rule -> Stream.ofNullable(rule.byCount()))),
            least(matching.stream().flatMap(rule -> Stream.ofNullable(rule.bySizeBytes())))));
  }

  private static OptionalLong least(Stream<Long> limits) {
    return limits.mapToLong(Long::longValue).min();
  }

  /**
   * How many of a store's oldest records are to go.
   *
   * @param oldest the oldest records, as many as were looked at; if all of them are to go, more may
   * @param held the entries of the whole store
   * @param heldBytes the bytes of the whole store
   * @param nowMs Unix milliseconds
   */
  int excess(List<Outline> oldest, long held, long heldBytes, long nowMs) {
    long entriesLeft = held;
    long bytesLeft = heldBytes;
    int n = 0;
    for (Outline record : oldest) {
      boolean tooOld = ageMs.isPresent() && nowMs - record.committedAt() > ageMs.getAsLong();
      boolean tooMany = entries.isPresent() && entriesLeft > entries.getAsLong();
      boolean tooLarge = bytes.isPresent() && bytesLeft > bytes.getAsLong();
      if (!tooOld && !tooMany && !tooLarge) {
        break;
      }
      entriesLeft -= record.ids();
      bytesLeft -= record.bytes();
      n++;
    }
    return n;
  }
}
