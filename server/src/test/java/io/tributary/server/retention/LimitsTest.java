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
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private static final long NOW_MS = 1_000_000;
  private static final StoreKey STORE = new StoreKey.Sealed("a", "k");

  /** As few of the oldest records as make every limit hold for what then is left. */
  private static int naive(Limits limits, List<Outline> records) {
    for (int gone = 0; gone < records.size(); gone++) {
      List<Outline> left = records.subList(gone, records.size());
      boolean young = limits.ageMs().isEmpty()
          || NOW_MS - left.get(0).committedAt() <= limits.ageMs().getAsLong();
      boolean few = limits.entries().isEmpty()
          || left.stream().mapToLong(Outline::ids).sum() <= limits.entries().getAsLong();
      boolean small = limits.bytes().isEmpty()
          || left.stream().mapToLong(Outline::bytes).sum() <= limits.bytes().getAsLong();
      if (young && few && small) {
        return gone;
      }
    }
    return records.size();
  }

  @RepeatedTest(300)
  void whatGoesIsTheLeastThatMakesEveryLimitHold() {
    long seed = Long.getLong("seed", new Random().nextLong());
    Random random = new Random(seed);
    List<Outline> records = new ArrayList<>();
    long sequence = 1;
    for (int n = random.nextInt(40); n > 0; n--) {
      int ids = 1 + random.nextInt(3);
      records.add(
          new Outline(sequence, ids, NOW_MS - random.nextInt(100), 64 + random.nextInt(50), null));
      sequence += ids + random.nextInt(3);
    }
    Limits limits =
        new Limits(limit(random, 100), limit(random, 2 * records.size()), limit(random, 3000));
    String said = "-Dseed=" + seed + " " + limits + " " + records;

    // as a run does it, page by page
    long entries = records.stream().mapToLong(Outline::ids).sum();
    long bytes = records.stream().mapToLong(Outline::bytes).sum();
    int page = 1 + random.nextInt(7);
    int gone = 0;
    int n;
    do {
      List<Outline> oldest = records.subList(gone, Math.min(records.size(), gone + page));
      n = limits.excess(oldest, entries, bytes, NOW_MS);
      for (Outline record : oldest.subList(0, n)) {
        entries -= record.ids();
        bytes -= record.bytes();
      }
      gone += n;
    } while (n == page);

    assertThat(gone).as(said).isEqualTo(naive(limits, records));
  }

  private static OptionalLong limit(Random random, int bound) {
    return random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextInt(bound + 1));
  }

  @Test
  void anEntryIsAsOldAsItMayBecomeAndStays() {
    Limits limits = new Limits(OptionalLong.of(10), OptionalLong.empty(), OptionalLong.empty());
    assertThat(limits.excess(List.of(committed(NOW_MS - 10)), 1, 64, NOW_MS)).isZero();
    assertThat(limits.excess(List.of(committed(NOW_MS - 11)), 1, 64, NOW_MS)).isOne();
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
