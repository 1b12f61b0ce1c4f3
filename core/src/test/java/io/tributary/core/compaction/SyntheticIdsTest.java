package io.tributary.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SyntheticIdsTest {
  private static final EntryId A = id("01890000-0000-7000-8000-000000000001");
  private static final EntryId B = id("01890000-0001-7fff-bfff-ffffffffffff");

  /** Other nodes and later versions must make up the same ids: these were computed by hand once. */
  @Test
  void isByTheRuleBitByBit() {
    // greatest + 1 + (1 << 30 | hash20("c" + A) << 10 | 3)
    EntryId made = new SyntheticIds("c", List.of(A)).at(3).orElseThrow();
    assertThat(made.high()).isEqualTo(A.high());
    long offset = made.low() - A.low() - 1;
    assertThat(offset >>> 30).as("count").isEqualTo(1);
    assertThat(offset & 1023).as("index").isEqualTo(3);
    assertThat(made).isEqualTo(Model.outputId("c", entries(List.of(A)), 3));
    assertThat(new SyntheticIds("c", List.of(A)).at(3)).contains(made);
  }

  @Test
  void carriesOverVersionAndVariant() {
    EntryId made = new SyntheticIds("c", List.of(B, A)).at(0).orElseThrow();
    assertThat(made.millis()).as("all bits below were set").isEqualTo(B.millis() + 1);
    assertThat(made.version()).isEqualTo(7);
    assertThat(made.isValid()).isTrue();
    assertThat(made).isEqualTo(Model.outputId("c", entries(List.of(B, A)), 0));
  }

  @Test
  void differsByCompactorEntriesTheirOrderAndIndex() {
    assertThat(List.of(
            new SyntheticIds("c", List.of(A, B)).at(0).orElseThrow(),
            new SyntheticIds("d", List.of(A, B)).at(0).orElseThrow(),
            new SyntheticIds("c", List.of(B, A)).at(0).orElseThrow(),
            new SyntheticIds("c", List.of(B)).at(0).orElseThrow(),
            new SyntheticIds("c", List.of(A, B)).at(1).orElseThrow()))
        .doesNotHaveDuplicates();
  }

  @Test
  void isEmptyWhere122BitsAreNotEnough() {
    EntryId last = id("ffffffff-ffff-7fff-bfff-ffffffffffff");
    assertThat(new SyntheticIds("c", List.of(last)).at(0)).isEmpty();
  }

  @Test
  void standsBetweenWhatWentInAndWhatItsAuthorMadeNext() {
    Random random = new Random(7);
    EntryIdGenerator author = new EntryIdGenerator(() -> Instant.ofEpochMilli(5), random);
    EntryId before = author.next();
    for (int i = 0; i < 10_000; i++) {
      EntryId next = author.next();
      List<EntryId> consumed = new ArrayList<>();
      for (int j = random.nextInt(10); j >= 0; j--) {
        consumed.add(before);
      }
      assertThat(new SyntheticIds("c", consumed).at(random.nextInt(1024)).orElseThrow())
          .isGreaterThan(before)
          .isLessThan(next);
      before = next;
    }
  }

  private static List<Entry> entries(List<EntryId> ids) {
    return ids.stream().map(id -> new Entry(id, "e", "k", new byte[0])).toList();
  }

  private static EntryId id(String text) {
    return EntryId.of(UUID.fromString(text));
  }
}
