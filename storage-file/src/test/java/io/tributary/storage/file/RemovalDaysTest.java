package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RemovalDaysTest {
  private static final long DAY = 86_400_000;

  /** Against a plain list of days, over all ways in which removals can meet. */
  @Test
  void eachTombstoneHasItsDay() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("RemovalDaysTest: -Dseed=" + seed);
    Random random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      int[] model = new int[RemovalDays.SEQUENCES];
      RemovalDays days = RemovalDays.none();
      for (int i = random.nextInt(300); i >= 0; i--) {
        int first = random.nextInt(model.length);
        if (model[first] != 0) {
          continue;
        }
        int last = first;
        while (last + 1 < model.length && model[last + 1] == 0 && random.nextInt(4) > 0) {
          last++;
        }
        int day = 1 + random.nextInt(5);
        days.note(first, last, day);
        for (int at = first; at <= last; at++) {
          model[at] = day;
        }
        days = RemovalDays.of(days.toBytes());
      }
      int firstKept = random.nextInt(7);
      assertDays(days, model, 0);
      days.dropBefore(firstKept);
      assertDays(days, model, firstKept);
      assertThat(days.isEmpty()).isEqualTo(days.toBytes().length == 0);
    }
  }

  /** Those of an earlier day were forgotten. */
  private static void assertDays(RemovalDays days, int[] model, int firstKept) {
    for (int at = 0; at < model.length; at++) {
      if (model[at] != 0 && model[at] >= firstKept) {
        assertThat(days.isBefore(at, model[at])).isFalse();
        assertThat(days.isBefore(at, model[at] + 1)).isTrue();
      }
    }
  }

  @Test
  void removalsOfOneDayAreOneChange() {
    RemovalDays days = RemovalDays.none();
    for (int at = 1; at < RemovalDays.SEQUENCES; at += 2) {
      days.note(at, at, 20_000);
    }
    assertThat(days.toBytes()).hasSize(RemovalDays.WIDTH);
  }

  @Test
  void aDayIsKeptWholeAndNeverForgottenEarly() {
    int day = RemovalDays.day(20_000 * DAY + 5);
    RemovalDays days = RemovalDays.none();
    days.note(7, 7, day);
    assertThat(days.isBefore(7, RemovalDays.firstKept(20_000 * DAY + 6))).isFalse();
    assertThat(days.isBefore(7, RemovalDays.firstKept(20_001 * DAY - 1))).isFalse();
    assertThat(days.isBefore(7, RemovalDays.firstKept(20_001 * DAY))).isTrue();
    days.note(8, 8, RemovalDays.day(Long.MAX_VALUE));
    days.note(9, 9, RemovalDays.day(Long.MIN_VALUE));
    for (int at = 7; at < 10; at++) {
      assertThat(days.isBefore(at, RemovalDays.firstKept(Long.MAX_VALUE))).isTrue();
    }
  }
}
