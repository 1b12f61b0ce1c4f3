package io.tributary.server.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.Outline;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.RetentionRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private static final long NOW_MS = 1_000_000;
  private static final StoreKey STORE = new StoreKey.Sealed("a", "k");

  /** As few of the oldest records with the tag as make every limit hold for what then is left. */
  private static List<Outline> naive(RetentionRule rule, List<Outline> records) {
    List<Outline> gone = new ArrayList<>();
    for (Outline next : records) {
      List<Outline> left = records.stream()
          .filter(record -> !gone.contains(record))
          .filter(record -> rule.events().isEmpty() || record.event()[0] == 'x')
          .toList();
      boolean young =
          rule.byAge() == null || NOW_MS - next.committedAt() <= rule.byAge().toMillis();
      boolean few =
          rule.byCount() == null || left.stream().mapToLong(Outline::ids).sum() <= rule.byCount();
      boolean small = rule.bySizeBytes() == null
          || left.stream().mapToLong(Outline::bytes).sum() <= rule.bySizeBytes();
      if (young && few && small) {
        return gone;
      } else if (left.contains(next)) {
        gone.add(next);
      }
    }
    return gone;
  }

  @RepeatedTest(300)
  void whatGoesIsTheLeastThatMakesEveryLimitHold() {
    long seed = Long.getLong("seed", new Random().nextLong());
    Random random = new Random(seed);
    List<Outline> records = new ArrayList<>();
    long sequence = 1;
    for (int n = random.nextInt(40); n > 0; n--) {
      int ids = 1 + random.nextInt(3);
      byte[] event = {(byte) (random.nextBoolean() ? 'x' : 'y'), '1'};
      records.add(
          new Outline(sequence, ids, NOW_MS - random.nextInt(100), 64 + random.nextInt(50), event));
      sequence += ids + random.nextInt(3);
    }
    boolean tagged = random.nextBoolean();
    Long bytes = limit(random, 3000);
    RetentionRule rule = new RetentionRule(
        "*",
        "*",
        tagged ? List.of("none", "x*") : List.of(),
        random.nextBoolean() ? null : Duration.ofMillis(random.nextInt(101)),
        limit(random, 2 * records.size()),
        bytes == null ? Long.valueOf(random.nextInt(3000)) : bytes);
    String said = "-Dseed=" + seed + " " + rule + " " + records;

    Quota quota = Quota.of(rule);
    records.forEach(quota::add);
    Quota again = quota.copy();

    assertThat(walked(quota, records)).as(said).isEqualTo(naive(rule, records));
    assertThat(walked(again, records)).as(said).isEqualTo(naive(rule, records));
  }

  private static List<Outline> walked(Quota quota, List<Outline> records) {
    List<Outline> gone = new ArrayList<>();
    for (Outline record : records) {
      if (quota.takes(record, NOW_MS)) {
        quota.remove(record);
        gone.add(record);
      }
    }
    return gone;
  }

  private static @Nullable Long limit(Random random, int bound) {
    return random.nextBoolean() ? null : Long.valueOf(random.nextInt(bound + 1));
  }

  @Test
  void anEntryIsAsOldAsItMayBecomeAndStays() {
    Limits limits = new Limits(OptionalLong.of(10), OptionalLong.empty(), OptionalLong.empty());
    assertThat(Quota.ofAll(limits, 1, 64).takes(committed(NOW_MS - 10), NOW_MS)).isFalse();
    assertThat(Quota.ofAll(limits, 1, 64).takes(committed(NOW_MS - 11), NOW_MS)).isTrue();
  }

  @Test
  void aRuleWithEventsDoesNotCountForAllRecords() {
    RetentionRule rule = new RetentionRule("*", "*", List.of("x"), null, 1L, null);
    assertThat(Limits.of(List.of(rule), new StoreKey.Plain("a", "s"))).isEmpty();
  }

  private static Outline committed(long atMs) {
    return new Outline(1, 1, atMs, 64, null);
  }

  @Test
  void theStrictestOfTheMatchingRulesCounts() {
    List<RetentionRule> rules = List.of(
        new RetentionRule("*", "*", Duration.ofDays(2), 10L, null),
        new RetentionRule("a", "sealed:*", Duration.ofDays(3), 5L, 100L),
        new RetentionRule("b", "*", Duration.ofSeconds(1), 0L, 0L));
    assertThat(Limits.of(rules, STORE))
        .contains(new Limits(
            OptionalLong.of(Duration.ofDays(2).toMillis()),
            OptionalLong.of(5),
            OptionalLong.of(100)));
    assertThat(Limits.of(rules.subList(2, 3), STORE)).isEqualTo(Optional.empty());
  }
}
