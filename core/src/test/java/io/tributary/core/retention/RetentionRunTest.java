package io.tributary.core.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.model.EntryId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetentionRunTest {
  private static final long NOW = 1_800_000_000_000L;

  /** Five a second apart, the newest now, in the order of a journal that heard of some late. */
  private final List<Item> journal = List.of(
      item(-3, "a", 10), item(0, "b", 10), item(-4, "a", 10), item(-1, "a", 10), item(-2, "b", 10));

  private record Item(EntryId id, String event, long bytes) {}

  private static Item item(long seconds, String event, long bytes) {
    return new Item(id(NOW + seconds * 1_000), event, bytes);
  }

  private static EntryId id(long millis) {
    return new EntryId(millis << 16 | 0x7000, Long.MIN_VALUE | 5);
  }

  private static RetentionRun looked(List<Item> journal, RetentionRule... rules) {
    RetentionRun run = new RetentionRun(List.of(rules), NOW);
    while (run.looks()) {
      journal.forEach(item -> run.look(item.id, item.event, item.bytes));
      run.looked();
    }
    return run;
  }

  /** How many seconds ago what stays was written, in the journal's order. */
  private List<Long> stays(RetentionRule... rules) {
    RetentionRun run = looked(journal, rules);
    return journal.stream()
        .filter(item -> !run.goes(item.id, item.event))
        .map(item -> (NOW - item.id.millis()) / 1_000)
        .toList();
  }

  private List<Long> stays(CompactionStrategy strategy) {
    return stays(RetentionRule.ofAll(strategy));
  }

  @Test
  void byCountKeepsTheNewestByIdNotByArrival() {
    assertThat(stays(CompactionStrategy.byCount(2))).containsExactly(0L, 1L);
    assertThat(stays(CompactionStrategy.byCount(5))).hasSize(5);
    assertThat(stays(CompactionStrategy.byCount(Long.MAX_VALUE))).hasSize(5);
  }

  @Test
  void bySizeKeepsTheNewestUpToTheFirstThatIsTooMany() {
    assertThat(stays(CompactionStrategy.bySize(30))).containsExactly(0L, 1L, 2L);
    assertThat(stays(CompactionStrategy.bySize(29))).containsExactly(0L, 1L);
    List<Item> mixed = List.of(item(-2, "a", 1), item(-1, "a", 100), item(0, "a", 1));
    RetentionRun run = looked(mixed, RetentionRule.ofAll(CompactionStrategy.bySize(50)));
    assertThat(run.goes(mixed.get(0).id, "a"))
        .as("small enough, but older than one that is not")
        .isTrue();
    assertThat(run.goes(mixed.get(1).id, "a")).isTrue();
    assertThat(run.goes(mixed.get(2).id, "a")).isFalse();
  }

  @Test
  void byAgeKeepsWhatIsYounger() {
    assertThat(stays(CompactionStrategy.byAge(Duration.ofSeconds(2)))).containsExactly(0L, 1L);
    assertThat(stays(CompactionStrategy.byAge(Duration.ofMillis(2_001))))
        .containsExactly(0L, 1L, 2L);
    assertThat(stays(CompactionStrategy.byAge(Duration.ofNanos(1)))).containsExactly(0L);
    assertThat(stays(CompactionStrategy.byAge(Duration.ofSeconds(Long.MAX_VALUE))))
        .hasSize(5);
  }

  @Test
  void zeroOrLessKeepsNothing() {
    List<CompactionStrategy> nothing = List.of(
        CompactionStrategy.byCount(0),
        CompactionStrategy.byCount(-1),
        CompactionStrategy.bySize(0),
        CompactionStrategy.bySize(Long.MIN_VALUE),
        CompactionStrategy.byAge(Duration.ZERO),
        CompactionStrategy.byAge(Duration.ofSeconds(Long.MIN_VALUE)));
    for (CompactionStrategy strategy : nothing) {
      assertThat(stays(strategy)).isEmpty();
      RetentionRun run = looked(List.of(), RetentionRule.ofAll(strategy));
      assertThat(run.goes(new EntryId(-1, -1), "a"))
          .as("not even the greatest id")
          .isTrue();
      assertThat(run.goes(id(NOW + 1_000_000), "a"))
          .as("nor one from the future")
          .isTrue();
    }
  }

  @Test
  void whatComesFromClocksAheadCountsAsOfNow() {
    Item ahead = item(86_400, "a", 10);
    RetentionRun byAge =
        looked(List.of(ahead), RetentionRule.ofAll(CompactionStrategy.byAge(Duration.ofMillis(1))));
    assertThat(byAge.goes(ahead.id, "a")).isFalse();
    RetentionRun byCount = looked(
        List.of(ahead, item(0, "a", 10)), RetentionRule.ofAll(CompactionStrategy.byCount(1)));
    assertThat(byCount.goes(ahead.id, "a")).as("the greatest id is the newest").isFalse();
    assertThat(byCount.goes(id(NOW), "a")).isTrue();
  }

  @Test
  void idsAreComparedUnsigned() {
    Item farFuture = new Item(new EntryId(0xffff_ffff_ffff_7000L, -1), "a", 10);
    RetentionRun run = looked(
        List.of(farFuture, item(0, "a", 10)), RetentionRule.ofAll(CompactionStrategy.byCount(1)));
    assertThat(run.goes(farFuture.id, "a")).isFalse();
    assertThat(run.goes(id(NOW), "a")).isTrue();
  }

  @Test
  void compositeKeepsWhatEveryOneKeeps() {
    CompactionStrategy count = CompactionStrategy.byCount(3);
    CompactionStrategy age = CompactionStrategy.byAge(Duration.ofMillis(1_500));
    assertThat(stays(CompactionStrategy.composite(count, age))).containsExactly(0L, 1L);
    assertThat(stays(CompactionStrategy.composite(age, count))).containsExactly(0L, 1L);
    assertThat(stays(CompactionStrategy.composite(
            CompactionStrategy.composite(count, CompactionStrategy.bySize(10)), age)))
        .containsExactly(0L);
    assertThat(stays(CompactionStrategy.composite())).hasSize(5);
  }

  @Test
  void rulesOfEventsCountOnlyTheirOwn() {
    assertThat(stays(RetentionRule.ofEvents(Set.of("a"), CompactionStrategy.byCount(1))))
        .containsExactly(0L, 1L, 2L);
    assertThat(stays(RetentionRule.ofEvents(Set.of("a", "b"), CompactionStrategy.byCount(1))))
        .containsExactly(0L);
    assertThat(stays(RetentionRule.ofEvents(Set.of("c"), CompactionStrategy.byCount(0))))
        .hasSize(5);
    assertThatThrownBy(() -> RetentionRule.ofEvents(Set.of(), CompactionStrategy.byCount(0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rulesOfAllCountWhatRulesOfEventsKeep() {
    assertThat(stays(
            RetentionRule.ofAll(CompactionStrategy.byCount(3)),
            RetentionRule.ofEvents(Set.of("b"), CompactionStrategy.byCount(0))))
        .as("three of a, since nothing of b is left")
        .containsExactly(3L, 4L, 1L)
        .hasSize(3);
  }

  @Test
  void itLooksOnlyWhereItCounts() {
    CompactionStrategy age = CompactionStrategy.byAge(Duration.ofDays(1));
    assertThat(new RetentionRun(List.of(), NOW).looks()).isFalse();
    assertThat(new RetentionRun(List.of(RetentionRule.ofAll(age)), NOW).looks()).isFalse();
    assertThat(new RetentionRun(List.of(RetentionRule.ofAll(CompactionStrategy.byCount(0))), NOW)
            .looks())
        .isFalse();
    RetentionRun run = new RetentionRun(
        List.of(
            RetentionRule.ofAll(CompactionStrategy.byCount(1)),
            RetentionRule.ofEvents(Set.of("a"), CompactionStrategy.bySize(1))),
        NOW);
    assertThatThrownBy(() -> run.goes(id(NOW), "a")).isInstanceOf(IllegalStateException.class);
    run.looked();
    assertThat(run.looks()).isTrue();
    run.looked();
    assertThat(run.looks()).isFalse();
    assertThatThrownBy(() -> run.look(id(NOW), "a", 1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anEntryCountsItsTextsAndItsId() {
    byte[] event = "übung".getBytes(StandardCharsets.UTF_8);
    JournalEntry entry = new JournalEntry(id(NOW), event, new byte[3], new byte[100], 0);
    assertThat(CompactionStrategy.size(entry)).isEqualTo(6 + 3 + 100 + 16);
  }
}
