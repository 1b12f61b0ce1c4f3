package io.tributary.core.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReactivityTest {
  private final Reactivity reactivity = new Reactivity();
  private final List<Object> seen = new ArrayList<>();

  private final class Seen implements Reactivity.Results<Integer> {
    @Override
    public void next(Integer result) {
      seen.add(result);
    }

    @Override
    public void failed(Throwable cause) {
      seen.add(cause.getMessage());
    }
  }

  private static Entry entry(String event, String primaryKey) {
    return new Entry(new EntryId(0, 1), event, primaryKey, new byte[0]);
  }

  @Test
  void handledEntriesInvalidateTheirEventsKeys() {
    reactivity.register("added", List.of("todos"));
    reactivity.register(Map.of("added", List.of("counts"), "done", List.of("todos")));
    assertThat(reactivity.invalidations(
            List.of(entry("added", "1"), entry("done", "2"), entry("other", "3"))))
        .isEqualTo(Map.of("todos", Set.of("1", "2"), "counts", Set.of("1")));
  }

  @Test
  void listenersAreToldOnceOfWhatConcernsThem() {
    reactivity.subscribe("todos", seen::add);
    reactivity.subscribe("todos", "1", keys -> seen.add("one"));
    reactivity.subscribe(Map.of("todos", Set.of(), "counts", Set.of("9")), keys -> seen.add(keys));
    reactivity.invalidate(Map.of("todos", Set.of("1", "2"), "counts", Set.of("3")));
    assertThat(seen)
        .containsExactlyInAnyOrder(
            Map.of("todos", Set.of("1", "2")), "one", Map.of("todos", Set.of("1", "2")));
    seen.clear();
    reactivity.invalidate(Map.of("todos", Set.of("2"), "other", Set.of()));
    assertThat(seen).hasSize(2).doesNotContain("one");
    seen.clear();
    // of any primary key
    reactivity.invalidate(Map.of("todos", Set.of()));
    assertThat(seen).hasSize(3).contains("one");
  }

  @Test
  void aListenerThatFailsCostsOnlyItself() {
    reactivity.subscribe("k", keys -> {
      throw new IllegalStateException("no");
    });
    reactivity.subscribe("k", keys -> {
      throw new AssertionError("no");
    });
    reactivity.subscribe("k", seen::add);
    reactivity.invalidate(Map.of("k", List.of("1")));
    assertThat(seen).hasSize(1);
  }

  @Test
  void whatIsClosedIsToldNothing() {
    List<Reactivity.Subscription> all = new ArrayList<>();
    all.add(reactivity.subscribe("k", seen::add));
    all.add(reactivity.subscribe("k", keys -> all.get(2).close()));
    all.add(reactivity.subscribe("k", keys -> seen.add("closed by another")));
    reactivity.invalidate(Map.of("k", List.of("1")));
    assertThat(seen).hasSize(1);
    all.forEach(Reactivity.Subscription::close);
    reactivity.invalidate(Map.of("k", List.of("1")));
    assertThat(seen).hasSize(1);
  }

  @Test
  void queriesRunAgainOnceHoweverOftenTheyWereInvalidatedMeanwhile() {
    List<Promise<Integer>> runs = new ArrayList<>();
    Reactivity.Subscription query = reactivity.query(
        List.of("k"),
        () -> {
          runs.add(Promise.promise());
          return runs.get(runs.size() - 1).future();
        },
        new Seen());
    assertThat(runs).hasSize(1);
    reactivity.invalidate(Map.of("k", List.of("1")));
    reactivity.invalidate(Map.of("k", List.of("2")));
    assertThat(runs).hasSize(1);
    runs.get(0).complete(1);
    assertThat(runs).hasSize(2);
    runs.get(1).fail("failed");
    assertThat(runs).hasSize(2);
    reactivity.invalidate(Map.of("k", List.of("1")));
    assertThat(runs).hasSize(3);
    assertThat(seen).containsExactly(1, "failed");
    query.close();
    runs.get(2).complete(3);
    reactivity.invalidate(Map.of("k", List.of("1")));
    assertThat(runs).hasSize(3);
    assertThat(seen).containsExactly(1, "failed");
  }

  @Test
  void suppliersThatThrowOrGiveNothingAreFailures() {
    AtomicInteger runs = new AtomicInteger();
    reactivity.query(
        List.of("k"),
        () -> switch (runs.incrementAndGet()) {
          case 1 -> throw new IllegalStateException("thrown");
          case 2 -> null;
          default -> Future.succeededFuture(runs.get());
        },
        new Seen());
    reactivity.invalidate(Map.of("k", List.of()));
    reactivity.invalidate(Map.of("k", List.of()));
    assertThat(seen).containsExactly("thrown", "the supplier gave no future", 3);
  }

  @Test
  void theLastStateIsAlwaysSeenWhicheverThreadsInvalidate() throws InterruptedException {
    AtomicInteger state = new AtomicInteger();
    AtomicInteger shown = new AtomicInteger(-1);
    AtomicInteger concurrent = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    reactivity.query(
        List.of("k"),
        () -> {
          most.accumulateAndGet(concurrent.incrementAndGet(), Math::max);
          return Future.succeededFuture(state.get());
        },
        new Reactivity.Results<>() {
          @Override
          public void next(Integer result) {
            shown.set(result);
            concurrent.decrementAndGet();
          }

          @Override
          public void failed(Throwable cause) {}
        });
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Thread thread = new Thread(() -> {
        try {
          go.await();
        } catch (InterruptedException e) {
          return;
        }
        for (int i = 0; i < 5_000; i++) {
          state.incrementAndGet();
          reactivity.invalidate(Map.of("k", List.of("1")));
        }
      });
      thread.start();
      threads.add(thread);
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(shown).hasValue(20_000);
    assertThat(most).hasValue(1);
  }
}
