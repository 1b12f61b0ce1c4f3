package io.tributary.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.compaction.CompactionPlan.Registration;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CompactedReaderTest {
  private static final long NOW = 1_000_000;
  private static final long AGE = 1_000;
  private static final long OLD = NOW - AGE;
  private static final int ALL = 1_000;
  private static final long MUCH = 1 << 20;

  private final ListLog log = new ListLog();
  private final WindowCache cache = new WindowCache(MUCH);
  private long clock = OLD;
  private final EntryIdGenerator ids =
      new EntryIdGenerator(() -> Instant.ofEpochMilli(clock), new Random(1));

  @Test
  void aBucketsOutputStandsUnderItsGreatestSequence() {
    old("a", "k", 1);
    old("free", "k", 2);
    old("b", "k", 3);
    old("a", "other", 4);
    List<StoredRecord> got = subscribe(sum(10), 1).rest(ALL, MUCH);
    assertThat(shown(got)).containsExactly("2 free/k=2", "3 b/k=4", "4 a/other=4");
    assertThat(got.get(1).committedAt()).isEqualTo(log.records.get(2).committedAt());
    NewRecord output = got.get(1).record();
    assertThat(output.kind()).isEqualTo(RecordKind.PLAIN);
    assertThat(output.process()).isFalse();
    assertThat(output.ids().get(0))
        .isGreaterThan(ListLog.id(log.records.get(2)))
        .isLessThan(ListLog.id(log.records.get(3)));
  }

  @Test
  void recentEntriesPassUnchanged() {
    old("a", "k", 1);
    clock = OLD + 1;
    StoredRecord recent = old("a", "k", 2);
    clock = OLD;
    old("a", "k", 4);
    old("a", "other", 8);
    // The generator does not go back: what came after the recent one is recent as well.
    List<StoredRecord> got = subscribe(sum(10), 1).rest(ALL, MUCH);
    assertThat(shown(got)).containsExactly("1 a/k=1", "2 a/k=2", "3 a/k=4", "4 a/other=8");
    assertThat(got.get(1)).isSameAs(recent);
    assertThat(got.get(0).record().ids())
        .as("replaced")
        .isNotEqualTo(log.records.get(0).record().ids());
  }

  @Test
  void onlyVersion7IdsHaveAnAge() {
    StoredRecord v4 = log.append(EntryId.of(new UUID(0x4000, 1L << 63)), "a", "k", "1");
    StoredRecord zero = log.append(new EntryId(0, 0), "a", "k", "2");
    old("a", "k", 3);
    old("a", "k", 4);
    List<StoredRecord> got = subscribe(sum(10), 1).rest(ALL, MUCH);
    assertThat(got.subList(0, 2)).containsExactly(v4, zero);
    assertThat(shown(got)).containsExactly("1 a/k=1", "2 a/k=2", "4 a/k=7");
  }

  @Test
  void windowsAreCompactedApart() {
    for (int i = 1; i <= 10; i++) {
      old("a", "k", 1);
    }
    assertThat(shown(subscribe(sum(4), 1).rest(ALL, MUCH)))
        .containsExactly("4 a/k=4", "8 a/k=4", "10 a/k=2");
  }

  @Test
  void aWindowIsCompactedWholeAndThenCutByTheCursor() {
    for (int i = 1; i <= 4; i++) {
      old("a", "k" + i % 2, 1);
    }
    assertThat(shown(subscribe(sum(10), 4).rest(ALL, MUCH))).containsExactly("4 a/k0=2");
    assertThat(shown(subscribe(sum(10), 3).rest(ALL, MUCH)))
        .containsExactly("3 a/k1=2", "4 a/k0=2");
  }

  @Test
  void aboveThePinnedHeadEverythingIsRaw() {
    old("a", "k", 1);
    old("a", "k", 2);
    Subscription sub = subscribe(sum(10), 1);
    old("a", "k", 3);
    old("a", "k", 4);
    assertThat(shown(sub.rest(ALL, MUCH))).containsExactly("2 a/k=3", "3 a/k=3", "4 a/k=4");
    assertThat(shown(subscribe(sum(10), 1).rest(ALL, MUCH))).containsExactly("4 a/k=10");
  }

  @Test
  void aWindowOverItsLimitIsRawAndNotHeld() {
    for (int i = 1; i <= 20; i++) {
      old("a", "k", i);
    }
    long each = log.records.get(0).record().bytes();
    CompactionPlan plan = plan(10, 9 * each, Fold.Kind.SUM);
    log.removeThrough(1);
    log.remove(2);
    Subscription sub = subscribe(plan, 1);
    List<StoredRecord> got = sub.rest(2, MUCH);
    assertThat(shown(got).get(0)).as("8 of the first window are left").isEqualTo("10 a/k=52");
    assertThat(got.subList(1, got.size())).isEqualTo(log.records.subList(8, 18));
    assertThat(sub.admitted).isZero();
    assertThat(sub.leftRaw).hasSize(1);
    assertThat(sub.leftRaw.get(0).first()).isEqualTo(11);
    assertThat(sub.leftRaw.get(0).last()).as("where it was too much").isEqualTo(19);
    assertThat(sub.leftRaw.get(0).reason()).contains("compaction.maxBytes");
    assertThat(cache.bytes()).as("of the first window only").isLessThan(each * 9);
  }

  @Test
  void whoHadAPartOfAWindowBeforeItGrewOverItsLimitMissesNothing() {
    old("a", "k", 1);
    old("a", "l", 2);
    old("a", "k", 3);
    long bytes = log.records.stream().mapToLong(r -> r.record().bytes()).sum();
    CompactionPlan plan = plan(10, bytes, Fold.Kind.SUM);
    assertThat(shown(subscribe(plan, 1).page(1, MUCH).records())).containsExactly("2 a/l=2");
    old("a", "l", 4);
    assertThat(shown(subscribe(plan, 3).rest(ALL, MUCH)))
        .as("the first k comes with the second")
        .containsExactly("3 a/k=1", "3 a/k=3", "4 a/l=4");
    assertThat(shown(subscribe(plan, 1).rest(ALL, MUCH)))
        .containsExactly("1 a/k=1", "2 a/l=2", "3 a/k=3", "4 a/l=4");
  }

  @Test
  void aThrowingCompactorLeavesItsBucketRawAndIsReportedOncePerWindow() {
    old("a", "k", 1);
    old("a", "k", 2);
    old("a", "l", 3);
    old("a", "k", 4);
    CompactionPlan plan = plan(10, MUCH, Fold.Kind.THROW_IF_MANY);
    Subscription sub = subscribe(plan, 1);
    assertThat(shown(sub.rest(1, MUCH)))
        .containsExactly("1 a/k=1", "2 a/k=2", "3 a/l=1", "4 a/k=4");
    assertThat(sub.leftRaw).hasSize(1);
    assertThat(sub.leftRaw.get(0).buckets()).isEqualTo(1);
    assertThat(sub.leftRaw.get(0).reason()).isEqualTo("compactor c");
    assertThat(sub.leftRaw.get(0).cause()).hasMessage("too many for me");
  }

  @Test
  void whoHadAPartOfAWindowBeforeACompactorFailedMissesNothing() {
    old("a", "k", 1);
    old("a", "l", 2);
    old("a", "k", 3);
    CompactionPlan plan = plan(10, MUCH, Fold.Kind.THROW_IF_MANY);
    assertThat(shown(subscribe(plan, 1).page(1, MUCH).records())).containsExactly("2 a/l=1");
    old("a", "k", 4);
    assertThat(shown(subscribe(plan, 3).rest(ALL, MUCH)))
        .containsExactly("3 a/k=1", "3 a/k=3", "4 a/k=4");
  }

  @Test
  void tooManyOutputsLeaveTheBucketRaw() {
    for (int i = 1; i <= 600; i++) {
      old("a", i > 511 ? "l" : "k", i);
    }
    Subscription sub = subscribe(plan(1000, MUCH, Fold.Kind.EXPLODE), 1);
    List<StoredRecord> got = sub.rest(ALL, MUCH);
    assertThat(got).hasSize(1023 + 179);
    assertThat(got)
        .as("511 make 1023, which still is allowed")
        .allMatch(r -> r.firstSequence() >= 511);
    old("a", "k", 1);
    got = subscribe(plan(1000, MUCH, Fold.Kind.EXPLODE), 1).rest(ALL, MUCH);
    assertThat(got.subList(0, 511))
        .as("512 would make 1025")
        .isEqualTo(log.records.subList(0, 511));
  }

  @Test
  void anEventThatIsNotTheCompactorsLeavesTheBucketRaw() {
    old("a", "k", 1);
    assertThat(shown(subscribe(plan(10, MUCH, Fold.Kind.FOREIGN), 1).rest(ALL, MUCH)))
        .containsExactly("1 a/k=1");
  }

  @Test
  void aBucketMayComeToNothing() {
    old("a", "k", 1);
    old("a", "k", 2);
    Subscription sub = subscribe(plan(10, MUCH, Fold.Kind.DROP), 1);
    Page page = sub.page(ALL, MUCH);
    assertThat(page.records()).isEmpty();
    assertThat(page.next()).isEqualTo(3);
  }

  @Test
  void aPageDoesNotEndBetweenRecordsOfOneSequence() {
    old("free", "k", 1);
    old("a", "k", 2);
    old("a", "k", 3);
    old("free", "k", 4);
    Subscription sub = subscribe(plan(10, MUCH, Fold.Kind.EXPLODE), 1);
    assertThat(sub.page(2, 1).records()).hasSize(1);
    Page page = sub.page(2, 1);
    assertThat(page.records()).hasSize(5).allMatch(record -> record.firstSequence() == 3);
    assertThat(page.next()).isEqualTo(4);
    assertThat(shown(sub.page(2, 1).records())).containsExactly("4 free/k=4");
  }

  @Test
  void everyReaderGetsTheSameIds() {
    for (int i = 0; i < 30; i++) {
      old(i % 3 == 0 ? "free" : "a", "k" + i % 4, i);
    }
    List<String> whole =
        subscribe(sum(7), 1).rest(ALL, MUCH).stream().map(ListLog::show).toList();
    for (int cursor = 2; cursor <= 30; cursor++) {
      int from = cursor;
      List<String> part = subscribe(sum(7), cursor).rest(1 + cursor % 5, 300).stream()
          .map(ListLog::show)
          .toList();
      assertThat(part)
          .isEqualTo(whole.stream()
              .filter(r -> Long.parseLong(r.substring(0, r.indexOf(' '))) >= from)
              .toList());
    }
  }

  @Test
  void aClosedWindowThatIsOldIsComputedOnce() {
    for (int i = 0; i < 5; i++) {
      old("a", "k", 1);
    }
    CompactionPlan plan = sum(5);
    assertThat(subscribe(plan, 1).rest(ALL, MUCH)).hasSize(1);
    Subscription second = subscribe(plan, 3);
    assertThat(second.rest(ALL, MUCH)).hasSize(1);
    assertThat(second.compactions).isZero();
    assertThat(second.logReads).isZero();
    Subscription earlier = new Subscription(log, plan, cache, NOW - 1, log.head, 1);
    assertThat(earlier.rest(ALL, MUCH)).as("not yet old by its own time").hasSize(5);
  }

  @Test
  void whatWasComputedUnderAGreaterHeadIsNotForThoseBelow() {
    for (int i = 0; i < 3; i++) {
      old("a", "k", 1);
    }
    CompactionPlan plan = sum(5);
    Subscription below = subscribe(plan, 1);
    old("a", "k", 1);
    old("a", "k", 1);
    assertThat(shown(subscribe(plan, 1).rest(ALL, MUCH))).containsExactly("5 a/k=5");
    assertThat(shown(below.rest(ALL, MUCH))).containsExactly("3 a/k=3", "4 a/k=1", "5 a/k=1");
  }

  @Test
  void aWindowThatMayChangeIsKeptForItsReaderOnly() {
    for (int i = 0; i < 4; i++) {
      old("a", "k" + i, 1);
    }
    CompactionPlan open = sum(5);
    Subscription first = subscribe(open, 1);
    assertThat(first.rest(1, MUCH)).hasSize(4);
    assertThat(first.compactions).isEqualTo(1);
    Subscription second = subscribe(open, 1);
    assertThat(second.rest(1, MUCH)).hasSize(4);
    assertThat(second.compactions).isEqualTo(1);
    first.reader.close();
    second.reader.close();
    assertThat(cache.bytes()).isZero();
    clock = OLD + 1;
    old("a", "k", 1);
    assertThat(subscribe(open, 1).rest(1, MUCH)).hasSize(5);
    Subscription third = subscribe(open, 1);
    assertThat(third.rest(1, MUCH)).hasSize(5);
    assertThat(third.compactions).as("one is not old").isEqualTo(1);
  }

  @Test
  void whereNothingIsOldTheLogIsReadOnce() {
    clock = NOW;
    for (int i = 0; i < 40; i++) {
      old("a", "k", 1);
    }
    Subscription sub = subscribe(sum(5), 7);
    assertThat(sub.rest(10, MUCH)).isEqualTo(log.records.subList(6, 40));
    assertThat(sub.logReads).isEqualTo(4);
    assertThat(sub.compactions).isZero();
  }

  @Test
  void removedEntriesAreNotInTheCacheAnyMore() {
    for (int i = 1; i <= 10; i++) {
      old("a", "k", i);
    }
    CompactionPlan plan = sum(5);
    assertThat(shown(subscribe(plan, 1).rest(ALL, MUCH))).containsExactly("5 a/k=15", "10 a/k=40");
    log.remove(2);
    cache.onRemoved(ListLog.STORE, 2);
    Subscription after = subscribe(plan, 1);
    assertThat(shown(after.rest(ALL, MUCH))).containsExactly("5 a/k=13", "10 a/k=40");
    assertThat(after.compactions).as("the second is still there").isEqualTo(1);
  }

  @Test
  void aWindowThatLosesEntriesWhileItIsComputedIsNotKept() {
    for (int i = 1; i <= 5; i++) {
      old("a", "k", i);
    }
    CompactionPlan plan = sum(5);
    Subscription sub = subscribe(plan, 1);
    sub.reader.read(1, ALL, MUCH);
    while (sub.compactions == 0) {
      assertThat(sub.step()).isTrue();
    }
    log.remove(2);
    cache.onRemoved(ListLog.STORE, 2);
    while (sub.step()) {
      // goes on
    }
    assertThat(shown(sub.pages.get(0).records())).containsExactly("5 a/k=15");
    assertThat(cache.bytes()).isZero();
    assertThat(shown(subscribe(plan, 1).rest(ALL, MUCH))).containsExactly("5 a/k=13");
  }

  @Test
  void theCacheKeepsToItsBound() {
    for (int i = 1; i <= 1_000; i++) {
      old("free", "k", i);
      old("a", "k", i);
    }
    WindowCache small = new WindowCache(10_000);
    CompactionPlan plan = sum(20);
    for (int round = 0; round < 2; round++) {
      Subscription sub = new Subscription(log, plan, small, NOW, log.head, 1);
      while (sub.cursor <= log.head) {
        assertThat(sub.page(ALL, MUCH).records()).isNotEmpty();
        assertThat(small.bytes()).isBetween(0L, 10_000L);
      }
      assertThat(small.bytes()).isPositive();
    }
  }

  @Test
  void roomIsAskedForAndGivenBackHoweverItEnds() {
    for (int i = 1; i <= 5; i++) {
      old("a", "k", i);
    }
    for (int steps = 0; steps < 7; steps++) {
      Subscription sub = new Subscription(log, sum(5), cache, NOW, log.head, 1);
      sub.reader.read(1, ALL, MUCH);
      for (int i = 0; i < steps; i++) {
        boolean unused = sub.step();
      }
      sub.reader.close();
      sub.reader.close();
      while (sub.step()) {
        // what was under way returns
      }
      assertThat(sub.pages).isEmpty();
      assertThat(sub.compactions).isEqualTo(steps < 5 ? 0 : 1);
      assertThat(sub.admitted).isZero();
    }
  }

  @Test
  void aFailedReadIsToldAndTheReaderGoesOn() {
    for (int i = 1; i <= 5; i++) {
      old("a", "k", i);
    }
    for (int at = 0; at < 3; at++) {
      Subscription sub = new Subscription(log, sum(5), cache, NOW, log.head, 1);
      sub.reader.read(1, 2, MUCH);
      while (sub.logReads <= at) {
        assertThat(sub.step()).isTrue();
      }
      sub.pending.clear();
      sub.reader.onReadFailed(new IllegalStateException("no"));
      assertThat(sub.failures).hasSize(1);
      assertThat(sub.admitted).isZero();
      assertThat(shown(sub.rest(ALL, MUCH))).containsExactly("5 a/k=15");
    }
  }

  @Test
  void aLogThatShowsLessThanThePinnedHeadIsAskedAgainLater() {
    old("a", "k", 1);
    Subscription sub = new Subscription(log, sum(5), cache, NOW, 2, 1);
    Page page = sub.page(ALL, MUCH);
    assertThat(page.records()).isEmpty();
    assertThat(page.next()).isEqualTo(1);
    assertThat(sub.admitted).isZero();
    old("a", "k", 2);
    assertThat(shown(sub.rest(ALL, MUCH))).containsExactly("2 a/k=3");
  }

  @Test
  void readsGoOneByOne() {
    Subscription sub = subscribe(sum(5), 1);
    sub.reader.read(1, 1, 1);
    assertThatThrownBy(() -> sub.reader.read(1, 1, 1)).isInstanceOf(IllegalStateException.class);
  }

  @CanIgnoreReturnValue
  private StoredRecord old(String event, String primaryKey, int number) {
    return log.append(ids.next(), event, primaryKey, Integer.toString(number));
  }

  private Subscription subscribe(CompactionPlan plan, long cursor) {
    return new Subscription(log, plan, cache, NOW, log.head, cursor);
  }

  private static CompactionPlan sum(int window) {
    return plan(window, MUCH, Fold.Kind.SUM);
  }

  private static CompactionPlan plan(int window, long maxBytes, Fold.Kind kind) {
    return new CompactionPlan(
        window, maxBytes, List.of(new Registration(new Fold("c", Set.of("a", "b"), kind), AGE)));
  }

  /** Without ids. */
  private static List<String> shown(List<StoredRecord> records) {
    List<String> shown = new ArrayList<>();
    for (StoredRecord record : records) {
      shown.add(record.firstSequence()
          + " "
          + ListLog.event(record)
          + "/"
          + ListLog.primaryKey(record)
          + "="
          + ListLog.payload(record));
    }
    return shown;
  }
}
