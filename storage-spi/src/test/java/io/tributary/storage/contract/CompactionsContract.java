package io.tributary.storage.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.storage.CompactionHistory.Run;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What {@link io.tributary.storage.CompactionHistory} promises. There is one history in a storage:
 * each test lets only its own runs stay.
 */
public abstract class CompactionsContract extends ContractBase {
  @Test
  protected void runsAreListedNewestFirst() {
    List<Long> numbers = new ArrayList<>();
    numbers.add(add("0", 1));
    for (int i = 1; i < 7; i++) {
      numbers.add(add("" + i, 100));
    }
    assertThat(numbers).isSorted().doesNotHaveDuplicates();
    assertThat(shown(list(Long.MAX_VALUE, 100))).containsExactly("6", "5", "4", "3", "2", "1", "0");
    assertThat(list(Long.MAX_VALUE, 100).stream().map(Run::number).sorted())
        .containsExactlyElementsOf(numbers);
    for (int max : new int[] {1, 2, 3, 7, 8}) {
      List<String> joined = new ArrayList<>();
      long below = Long.MAX_VALUE;
      for (List<Run> page = list(below, max); !page.isEmpty(); page = list(below, max)) {
        assertThat(page).hasSizeLessThanOrEqualTo(max);
        joined.addAll(shown(page));
        below = page.get(page.size() - 1).number();
      }
      assertThat(joined).containsExactly("6", "5", "4", "3", "2", "1", "0");
    }
    assertThat(list(numbers.get(0), 10)).isEmpty();
    assertThat(list(Long.MIN_VALUE, 10)).isEmpty();
  }

  @Test
  protected void onlyTheNewestAreKept() {
    add("a", 1);
    assertThat(shown(list(Long.MAX_VALUE, 100))).containsExactly("a");
    add("b", 3);
    add("c", 3);
    add("d", 3);
    assertThat(shown(list(Long.MAX_VALUE, 100))).containsExactly("d", "c", "b");
    add("e", 10);
    assertThat(shown(list(Long.MAX_VALUE, 100))).containsExactly("e", "d", "c", "b");
    add("f", 2);
    assertThat(shown(list(Long.MAX_VALUE, 100))).containsExactly("f", "e");
  }

  @Test
  protected void aRunIsAnyBytes() {
    byte[] all = new byte[100_000];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    long number = await(storage().compactions().add(all, 1));
    await(storage().compactions().add(new byte[0], 2));
    List<Run> runs = list(Long.MAX_VALUE, 2);
    assertThat(runs.get(0).run()).isEmpty();
    assertThat(runs.get(1).run()).isEqualTo(all);
    assertThat(runs.get(1).number()).isEqualTo(number);
  }

  @Test
  protected void runsAddedAtOnceAreAllThere() {
    add("first", 1);
    List<Future<Long>> calls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      byte[] run = ("" + i).getBytes(UTF_8);
      calls.add(on(
          contexts().get(i % contexts().size()), () -> storage().compactions().add(run, 100)));
    }
    assertThat(calls.stream().map(ContractBase::await)).doesNotHaveDuplicates();
    assertThat(list(Long.MAX_VALUE, 100)).hasSize(41);
  }

  @Test
  protected void runsAreThereAfterReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    long first = add("a", 1);
    reopen();
    long second = add("b", 2);
    assertThat(second).isGreaterThan(first);
    if (survives(Survives.CRASH)) {
      crash();
      assertThat(shown(list(Long.MAX_VALUE, 10))).containsExactly("b", "a");
      assertThat(add("c", 2)).isGreaterThan(second);
    }
    reopen();
    assertThat(shown(list(Long.MAX_VALUE, 10)))
        .hasSize(2)
        .endsWith(survives(Survives.CRASH) ? "b" : "a");
  }

  @Test
  protected void countsBelowOneAreRefused() {
    for (int count : new int[] {0, -1}) {
      assertThatThrownBy(() -> await(storage().compactions().add(new byte[0], count)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> await(storage().compactions().list(Long.MAX_VALUE, count)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    assertCompletesOnTheCallersContext(() -> storage().compactions().add(new byte[1], 5));
    assertCompletesOnTheCallersContext(() -> storage().compactions().list(Long.MAX_VALUE, 5));
  }

  @Test
  protected void callsOnAClosedStorageFail() {
    var compactions = close().compactions();
    assertRefusedAsClosed(() -> compactions.add(new byte[0], 1));
    assertRefusedAsClosed(() -> compactions.list(Long.MAX_VALUE, 1));
  }

  @CanIgnoreReturnValue
  private long add(String run, int keep) {
    return await(storage().compactions().add(run.getBytes(UTF_8), keep));
  }

  private List<Run> list(long below, int max) {
    return await(storage().compactions().list(below, max));
  }

  private static List<String> shown(List<Run> runs) {
    return runs.stream().map(run -> new String(run.run(), UTF_8)).toList();
  }
}
