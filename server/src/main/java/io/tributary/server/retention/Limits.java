package io.tributary.server.retention;

import io.tributary.core.model.StoreKey;
import io.tributary.server.config.RetentionRule;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * How much is kept, of one store or of its records with some tags.
 *
 * @param ageMs milliseconds from a record's commit
 * @param entries the most entries
 * @param bytes the most bytes
 */
record Limits(OptionalLong ageMs, OptionalLong entries, OptionalLong bytes) {
  /** Those of one rule, or the strictest of each kind of several. */
  static Limits of(List<RetentionRule> rules) {
    return new Limits(
        least(rules.stream()
            .flatMap(rule -> Stream.ofNullable(rule.byAge()).map(age -> age.toMillis()))),
        least(rules.stream().flatMap(rule -> Stream.ofNullable(rule.byCount()))),
        least(rules.stream().flatMap(rule -> Stream.ofNullable(rule.bySizeBytes()))));
  }

  /** Those of the rules about all records of the store; empty if there is no such rule. */
  static Optional<Limits> of(List<RetentionRule> rules, StoreKey store) {
    List<RetentionRule> matching = rules.stream()
        .filter(rule -> rule.events().isEmpty() && rule.matches(store))
        .toList();
    return matching.isEmpty() ? Optional.empty() : Optional.of(of(matching));
  }

  private static OptionalLong least(Stream<Long> limits) {
    return limits.mapToLong(Long::longValue).min();
  }
}
