package io.tributary.client.stores;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DerivedIdTest {
  /** Others have derived them already: they never change. */
  @Test
  void isTheSameForEver() {
    assertThat(DerivedId.of("chat_event", "session-1:1", 1_771_578_000_000L))
        .hasToString("019c7a47-0280-7284-ba9a-fc7e6a13919b");
    assertThat(DerivedId.of("artifact_record", "projekt/α:β 🦊:a", 1L, 3))
        .hasToString("00000000-0001-76f6-9345-29040e54202b");
  }

  @Test
  void isAnIdOfThatTime() {
    for (long time : new long[] {0, 1, 1_771_578_000_000L, (1L << 48) - 1}) {
      EntryId id = DerivedId.of("e", "k", time);
      assertThat(id.isValid()).isTrue();
      assertThat(id.version()).isEqualTo(7);
      assertThat(id.millis()).isEqualTo(time);
    }
  }

  @Test
  void clampsTimesThatDoNotFitAndStillTellsThemApart() {
    assertThat(DerivedId.of("e", "k", -5).millis()).isZero();
    assertThat(DerivedId.of("e", "k", 1L << 48).millis()).isEqualTo((1L << 48) - 1);
    assertThat(DerivedId.of("e", "k", Long.MIN_VALUE).isValid()).isTrue();
    assertThat(DerivedId.of("e", "k", -5)).isNotEqualTo(DerivedId.of("e", "k", -6));
  }

  @Test
  void differsWithEachPart() {
    Set<EntryId> ids = new HashSet<>();
    for (String tag : new String[] {"a", "ab", ""}) {
      for (String key : new String[] {"bc", "c", ""}) {
        for (long time : new long[] {1, 2}) {
          for (int ordinal : new int[] {0, 1}) {
            ids.add(DerivedId.of(tag, key, time, ordinal));
          }
        }
      }
    }
    assertThat(ids).hasSize(3 * 3 * 2 * 2);
  }
}
