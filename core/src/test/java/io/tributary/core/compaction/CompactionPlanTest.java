package io.tributary.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.compaction.CompactionPlan.Registration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompactionPlanTest {
  @Test
  void windowsAreFixedRangesFromOne() {
    CompactionPlan plan = new CompactionPlan(10, 100, List.of());
    assertThat(plan.windowStart(1)).isEqualTo(1);
    assertThat(plan.windowEnd(1)).isEqualTo(10);
    assertThat(plan.windowStart(10)).isEqualTo(1);
    assertThat(plan.windowStart(11)).isEqualTo(11);
    assertThat(plan.windowEnd(11)).isEqualTo(20);
    assertThat(plan.isEmpty()).isTrue();
  }

  @Test
  void anEventHasOneCompactor() {
    assertThatThrownBy(() -> plan(
            new Registration(new Fold("c", Set.of("a", "b"), Fold.Kind.SUM), 0),
            new Registration(new Fold("d", Set.of("b"), Fold.Kind.SUM), 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("event b is covered by the compactors c and d");
  }

  @Test
  void aNameIsOneCompactor() {
    assertThatThrownBy(() -> plan(
            new Registration(new Fold("c", Set.of("a"), Fold.Kind.SUM), 0),
            new Registration(new Fold("c", Set.of("b"), Fold.Kind.SUM), 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two compactors are named c");
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    for (int window : new int[] {0, -1, CompactionPlan.GREATEST_WINDOW + 1}) {
      assertThatThrownBy(() -> new CompactionPlan(window, 1, List.of()))
          .hasMessageContaining("compaction.window must be from 1 to 1048575, not " + window);
    }
    assertThatThrownBy(() -> new CompactionPlan(1, -1, List.of()))
        .hasMessageContaining("compaction.maxBytes");
    assertThatThrownBy(() -> new Registration(new Fold("c", Set.of("a"), Fold.Kind.SUM), -1))
        .hasMessageContaining("compactor c: olderThan");
  }

  private static CompactionPlan plan(Registration... registrations) {
    return new CompactionPlan(10, 100, List.of(registrations));
  }
}
