package io.tributary.client.stores.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.stores.Bed;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionQuery.OrderBy;
import io.tributary.client.stores.view.Place;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an index of sessions promises, on any storage. */
abstract class SessionIndexContract {
  private static final SessionQuery OLDEST =
      new SessionQuery(OrderBy.CREATED_AT, false, Optional.empty(), 0);

  private Bed bed;
  private SessionIndexStore index;

  abstract Bed bed();

  /** Of the test at random. */
  abstract int steps();

  @BeforeEach
  void open() {
    bed = bed();
    index = index(3);
  }

  @AfterEach
  void close() {
    bed.close();
  }

  private SessionIndexStore index(int pageSize) {
    return SessionIndexStore.of(
        new Place(bed.space("index"), bed.clock(), AuditSink.NONE),
        new StoresOptions.Index(pageSize));
  }

  private List<String> names(SessionQuery query) {
    return bed.await(index.list(query)).items().stream()
        .map(SessionMeta::sessionId)
        .toList();
  }

  /** All of them, page by page. */
  private List<SessionMeta> all(SessionQuery query) {
    List<SessionMeta> all = new ArrayList<>();
    SessionPage page = bed.await(index.list(query));
    all.addAll(page.items());
    while (page.next().isPresent()) {
      page = bed.await(index.list(query.after(page.next().get())));
      assertThat(page.items()).isNotEmpty();
      all.addAll(page.items());
    }
    return all;
  }

  @Test
  void aSessionIsFromItsEarliestToItsLatest() {
    assertThat(bed.await(index.touch("a"))).isEqualTo(new SessionMeta("a", Bed.NOW, Bed.NOW));
    bed.setClock(Bed.NOW + 5);
    assertThat(bed.await(index.touch("a"))).isEqualTo(new SessionMeta("a", Bed.NOW, Bed.NOW + 5));
    assertThat(bed.await(index.touch("a", 7))).isEqualTo(new SessionMeta("a", 7, Bed.NOW + 5));
    assertThat(bed.await(index.touch("a", -7))).isEqualTo(new SessionMeta("a", -7, Bed.NOW + 5));
    assertThat(bed.await(index.touch("a", 8))).isEqualTo(new SessionMeta("a", -7, Bed.NOW + 5));
    assertThat(bed.await(index.get("a"))).contains(new SessionMeta("a", -7, Bed.NOW + 5));
    assertThat(bed.await(index.get("b"))).isEmpty();
    assertThat(all(SessionQuery.LATEST)).hasSize(1);
    assertThat(all(OLDEST)).hasSize(1);
  }

  @Test
  void touchesAtTheSameTimeFollowEachOther() {
    List<Future<SessionMeta>> touches = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      touches.add(index.touch("a", i % 2 == 0 ? i : -i));
    }
    for (Future<SessionMeta> touch : touches) {
      bed.await(touch);
    }
    assertThat(bed.await(index.get("a"))).contains(new SessionMeta("a", -49, 48));
    assertThat(all(SessionQuery.LATEST)).containsExactly(new SessionMeta("a", -49, 48));
  }

  @Test
  void listsByEitherTimeInEitherOrder() {
    bed.await(index.touch("a", 1));
    bed.await(index.touch("b", -2));
    bed.await(index.touch("c", 3));
    bed.await(index.touch("a", 9));
    assertThat(names(SessionQuery.LATEST)).containsExactly("a", "c", "b");
    assertThat(names(new SessionQuery(OrderBy.UPDATED_AT, false, Optional.empty(), 0)))
        .containsExactly("b", "c", "a");
    assertThat(names(OLDEST)).containsExactly("b", "a", "c");
    assertThat(names(new SessionQuery(OrderBy.CREATED_AT, true, Optional.empty(), 0)))
        .containsExactly("c", "a", "b");
    bed.await(index.touch("d", 2));
    assertThat(names(SessionQuery.LATEST)).containsExactly("a", "c", "d");
    assertThat(names(SessionQuery.LATEST.limit(2))).containsExactly("a", "c");
    assertThat(bed.await(index.list(SessionQuery.LATEST)).next())
        .contains(new SessionCursor(2, "d"));
    // As many as a page has: there is no next one.
    assertThat(bed.await(index.list(SessionQuery.LATEST.limit(4))).next()).isEmpty();
    assertThat(names(SessionQuery.LATEST.limit(Integer.MAX_VALUE))).hasSize(4);
  }

  @Test
  void sessionsOfOneTimeKeepTheirOrder() {
    for (String name : List.of("x", "xy", "\u0000", "x\u0000", "\ud83e\udd8a", "ß".repeat(512))) {
      bed.await(index.touch(name, 5));
    }
    List<SessionMeta> order = all(SessionQuery.LATEST.limit(1));
    assertThat(order).hasSize(6);
    assertThat(all(SessionQuery.LATEST)).isEqualTo(order);
    List<SessionMeta> ascending =
        new ArrayList<>(all(new SessionQuery(OrderBy.UPDATED_AT, false, Optional.empty(), 2)));
    Collections.reverse(ascending);
    assertThat(ascending).isEqualTo(order);
  }

  @Test
  void aCursorStaysGoodWhenItsSessionMovesOrGoes() {
    for (int i = 0; i < 9; i++) {
      bed.await(index.touch("s" + i, i));
    }
    SessionPage first = bed.await(index.list(SessionQuery.LATEST));
    assertThat(first.items()).extracting(SessionMeta::sessionId).containsExactly("s8", "s7", "s6");
    SessionQuery next = SessionQuery.LATEST.after(first.next().orElseThrow());
    bed.await(index.touch("s6", 100));
    assertThat(names(next)).containsExactly("s5", "s4", "s3");
    assertThat(bed.await(index.remove("s6"))).isTrue();
    assertThat(names(next)).containsExactly("s5", "s4", "s3");
    // One that is touched meanwhile is where it is now: before that place.
    bed.await(index.touch("s5", 50));
    assertThat(names(next)).containsExactly("s4", "s3", "s2");
  }

  @Test
  void whatIsRemovedIsForgotten() {
    bed.await(index.touch("a", 1));
    assertThat(bed.await(index.remove("a"))).isTrue();
    assertThat(bed.await(index.remove("a"))).isFalse();
    assertThat(bed.await(index.get("a"))).isEmpty();
    assertThat(all(SessionQuery.LATEST)).isEmpty();
    assertThat(all(OLDEST)).isEmpty();
    assertThat(bed.await(index.touch("a", 5))).isEqualTo(new SessionMeta("a", 5, 5));
  }

  @Test
  void keepsWhatItHasWhenItIsOpenedAgain() {
    bed.await(index.touch("a", 1));
    bed.await(index.touch("b", 2));
    bed.await(index.touch("a", 3));
    List<SessionMeta> before = all(SessionQuery.LATEST);
    bed.await(index.close());
    bed.reopen();
    index = index(3);
    assertThat(all(SessionQuery.LATEST)).isEqualTo(before);
    assertThat(bed.await(index.touch("a", 0))).isEqualTo(new SessionMeta("a", 0, 3));
  }

  @Test
  void refusesNamesThatAreNone() {
    for (String name : List.of("", "\ud83e", "x".repeat(1_025), "ß".repeat(513))) {
      assertThatThrownBy(() -> index.touch(name).mapEmpty())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("sessionId");
      assertThatThrownBy(() -> index.get(name).mapEmpty())
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> index.remove(name).mapEmpty())
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> SessionQuery.LATEST.limit(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("limit: found -1, allowed is 0 or more");
  }

  @Test
  void finishesWhatWasAskedForThenTakesNoMore() {
    Future<SessionMeta> before = index.touch("a", 1);
    Future<Void> closed = index.close();
    bed.await(closed);
    assertThat(bed.await(before)).isEqualTo(new SessionMeta("a", 1, 1));
    bed.await(index.close());
    assertThat(bed.failure(index.touch("a"))).isInstanceOf(StoreException.class);
    assertThat(bed.failure(index.get("a"))).isInstanceOf(StoreException.class);
    assertThat(bed.failure(index.remove("a"))).isInstanceOf(StoreException.class);
    assertThat(bed.failure(index.list(SessionQuery.LATEST))).isInstanceOf(StoreException.class);
  }

  /** Beside a map of sessions; the storage is opened anew in between. */
  @Test
  void isWhatASimpleMapIs() {
    long seed = Long.getLong("seed", new Random().nextLong());
    Random random = new Random(seed);
    TreeMap<String, SessionMeta> model = new TreeMap<>();
    for (int step = 0; step < steps(); step++) {
      String name = "s" + random.nextInt(25);
      int what = random.nextInt(20);
      if (what < 14) {
        long time = random.nextInt(60) - 20L;
        SessionMeta expected = model.merge(
            name,
            new SessionMeta(name, time, time),
            (old, one) -> new SessionMeta(
                name, Math.min(old.createdAt(), time), Math.max(old.updatedAt(), time)));
        assertThat(bed.await(index.touch(name, time))).as("seed %d", seed).isEqualTo(expected);
      } else if (what < 17) {
        assertThat(bed.await(index.remove(name)))
            .as("seed %d", seed)
            .isEqualTo(model.remove(name) != null);
      } else if (what == 17 && step % 4 == 0) {
        bed.await(index.close());
        bed.reopen();
        index = index(1 + random.nextInt(5));
      } else {
        compare(model, random, seed);
      }
    }
    compare(model, random, seed);
  }

  private void compare(Map<String, SessionMeta> model, Random random, long seed) {
    OrderBy orderBy = random.nextBoolean() ? OrderBy.UPDATED_AT : OrderBy.CREATED_AT;
    boolean descending = random.nextBoolean();
    Comparator<SessionMeta> order = Comparator.comparingLong(
        orderBy == OrderBy.UPDATED_AT ? SessionMeta::updatedAt : SessionMeta::createdAt);
    List<SessionMeta> found =
        all(new SessionQuery(orderBy, descending, Optional.empty(), random.nextInt(6)));
    assertThat(found)
        .as("seed %d", seed)
        .containsExactlyInAnyOrderElementsOf(model.values())
        .isSortedAccordingTo(descending ? order.reversed() : order);
    for (String name : List.of("s0", "s1")) {
      assertThat(bed.await(index.get(name)))
          .as("seed %d", seed)
          .isEqualTo(Optional.ofNullable(model.get(name)));
    }
  }
}
