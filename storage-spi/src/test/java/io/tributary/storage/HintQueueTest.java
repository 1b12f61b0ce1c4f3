package io.tributary.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.StoreKey;
import io.tributary.storage.Hint.Committed;
import io.tributary.storage.Hint.Invalidated;
import io.tributary.storage.Hint.Removed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HintQueueTest {
  private static final StoreKey STORE = new StoreKey.Sealed("t\u00e4nant", "a key\nof lines");
  private static final StoreKey LONG = new StoreKey.Plain("tenant", "x".repeat(1000));
  private static final String MISSED = "missed";

  private final HintQueue queue = new HintQueue();

  /** What a node hears of a message. */
  private static List<Object> heard(String message) {
    List<Object> heard = new ArrayList<>();
    HintQueue.read(message, new HintChannel.Listener() {
      @Override
      public void on(Hint hint) {
        heard.add(hint);
      }

      @Override
      public void missed() {
        heard.add(MISSED);
      }
    });
    return heard;
  }

  private List<Object> heardOfAll(int maxLength) {
    List<Object> heard = new ArrayList<>();
    for (Optional<String> next = queue.next(maxLength);
        next.isPresent();
        next = queue.next(maxLength)) {
      assertThat(next.get()).hasSizeLessThanOrEqualTo(maxLength).isASCII();
      heard.addAll(heard(next.get()));
    }
    assertThat(queue.isEmpty()).isTrue();
    return heard;
  }

  @Test
  void tellsTheGreatestNumberOfEachKindAndStoreOnce() {
    for (long seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      Map<Hint, Hint> expected = new HashMap<>();
      for (int i = 0; i < 200; i++) {
        StoreKey store = new StoreKey.Plain("t", "store " + random.nextInt(20));
        long number = random.nextLong(1000);
        if (random.nextBoolean()) {
          Committed hint = new Committed(store, number);
          queue.add(hint);
          expected.merge(
              new Committed(store, 0), hint, (a, b) -> ((Committed) a).head() > number ? a : b);
        } else {
          Removed hint = new Removed(store, number);
          queue.add(hint);
          expected.merge(
              new Removed(store, 0), hint, (a, b) -> ((Removed) a).through() > number ? a : b);
        }
      }
      assertThat(heardOfAll(100 + random.nextInt(1000)))
          .as("seed %d", seed)
          .containsExactlyInAnyOrderElementsOf(expected.values());
    }
  }

  @Test
  void keysKeepTheirCharacters() {
    queue.add(new Removed(STORE, Long.MAX_VALUE));
    assertThat(heardOfAll(100)).containsExactly(new Removed(STORE, Long.MAX_VALUE));
  }

  @Test
  void invalidationsAreToldOnceAsTheyAre() {
    Hint hint = new Invalidated("key of two\nlines", "\u20ac %2F \ud83d\ude00");
    queue.add(hint);
    queue.add(new Invalidated("todos", ""));
    queue.add(hint);
    assertThat(heardOfAll(200)).containsExactly(hint, new Invalidated("todos", ""));
    queue.add(new Invalidated("todos", "x".repeat(200)));
    assertThat(heardOfAll(100)).containsExactly(MISSED);
  }

  @Test
  void whatIsTooLongIsMissedIfNobodyWouldNotice() {
    queue.add(new Committed(LONG, 1));
    queue.add(new Committed(STORE, 1));
    assertThat(heardOfAll(500)).containsExactly(new Committed(STORE, 1));
    queue.add(new Removed(LONG, 1));
    queue.add(new Removed(STORE, 1));
    assertThat(heardOfAll(500)).containsExactlyInAnyOrder(new Removed(STORE, 1), MISSED);
  }

  @Test
  void whatWasNotSentIsMissedIfNobodyWouldNotice() {
    queue.add(new Committed(STORE, 1));
    queue.unsent(queue.next(500).orElseThrow());
    assertThat(queue.isEmpty()).isTrue();
    queue.add(new Removed(STORE, 1));
    queue.unsent(queue.next(500).orElseThrow());
    assertThat(queue.isEmpty()).isFalse();
    queue.unsent(queue.next(500).orElseThrow());
    assertThat(heardOfAll(500)).containsExactly(MISSED);
  }

  @Test
  void whatIsTooMuchToKeepIsMissed() {
    queue.add(new Removed(STORE, 1));
    for (int i = 0; i < HintQueue.MAX_HINTS; i++) {
      queue.add(new Committed(new StoreKey.Plain("t", "" + i), 1));
    }
    assertThat(heardOfAll(500)).containsExactly(MISSED);
  }

  @Test
  void whatIsNotKnownIsPassedOver() {
    assertThat(heard("renamed 3 t/plain:s\ncommitted x t/plain:s\ncommitted 1 what\n\nmissed you"))
        .isEmpty();
    assertThat(heard("later 1 t/plain:s\nremoved 1 t/plain:s"))
        .containsExactly(new Removed(new StoreKey.Plain("t", "s"), 1));
  }
}
