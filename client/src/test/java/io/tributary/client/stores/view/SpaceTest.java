package io.tributary.client.stores.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoreException;
import io.tributary.core.model.EntryId;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpaceTest {
  private final StoreBench bench = StoreBench.memory();
  private final Space space = bench.place("space").space();

  @AfterEach
  void close() {
    bench.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(Item item) {
    return new String(item.key(), StandardCharsets.ISO_8859_1) + "="
        + new String(item.value(), StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void aDraftIsReadAsItWillBeCommitted(long seed) {
    Random random = new Random(seed);
    NavigableMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
    for (int step = 0; step < 20; step++) {
      boolean commits = random.nextInt(4) > 0;
      NavigableMap<byte[], byte[]> next = new TreeMap<>(model);
      Future<Void> change = space.change(draft -> {
        for (int i = 0; i < 6; i++) {
          edit(draft, next, random);
        }
        return commits
            ? Future.succeededFuture()
            : Future.failedFuture(new IllegalStateException("no"));
      });
      if (commits) {
        bench.await(change);
        model = next;
      } else {
        assertThat(bench.failure(change)).hasMessage("no");
      }
      assertThat(bench.await(space.range(new Range(new byte[0], null, false), 1_000, 1 << 20)))
          .extracting(SpaceTest::text)
          .isEqualTo(expected(model, new Range(new byte[0], null, false), 1_000));
    }
  }

  private static void edit(Draft draft, NavigableMap<byte[], byte[]> model, Random random) {
    byte[] key = key(random);
    if (random.nextInt(3) == 0) {
      draft.delete(key);
      model.remove(key);
    } else {
      byte[] value = bytes("v" + random.nextInt(100));
      draft.put(key, value);
      model.put(key, value);
    }
    byte[] asked = key(random);
    assertThat(draft.get(asked).result().orElse(null)).isEqualTo(model.get(asked));
    Range range = new Range(
        random.nextInt(3) == 0 ? new byte[0] : key(random),
        random.nextInt(3) == 0 ? null : key(random),
        random.nextBoolean());
    int max = 1 + random.nextInt(6);
    assertThat(draft.range(range, max).result())
        .extracting(SpaceTest::text)
        .isEqualTo(expected(model, range, max));
  }

  private static byte[] key(Random random) {
    byte[] key = new byte[1 + random.nextInt(2)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(4) * 85);
    }
    return key;
  }

  private static List<String> expected(NavigableMap<byte[], byte[]> model, Range range, int max) {
    byte @Nullable [] to = range.to();
    List<String> items = new ArrayList<>();
    for (Map.Entry<byte[], byte[]> item :
        (range.reverse() ? model.descendingMap() : model).entrySet()) {
      if (items.size() < max
          && Arrays.compareUnsigned(item.getKey(), range.from()) >= 0
          && (to == null || Arrays.compareUnsigned(item.getKey(), to) < 0)) {
        items.add(text(new Item(item.getKey(), item.getValue())));
      }
    }
    return items;
  }

  @Test
  void changesFollowEachOtherAndThoseThatWaitAreBounded() {
    Promise<String> first = Promise.promise();
    Future<String> one = space.change(draft -> {
      draft.put(bytes("a"), bytes("1"));
      return first.future();
    });
    Future<String> two = space.change(draft -> draft
        .get(bytes("a"))
        .map(value -> new String(value.orElseThrow(), StandardCharsets.UTF_8)));
    bench.settle();
    assertThat(one.isComplete()).isFalse();
    assertThat(two.isComplete()).isFalse();
    List<Future<Integer>> more = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      more.add(space.change(draft -> Future.succeededFuture(1)));
    }
    bench.settle();
    assertThat(bench.failure(more.get(9_999)))
        .isInstanceOf(StoreException.class)
        .hasMessage("space: 10000 calls wait already, try again when some are done");
    first.complete("done");
    assertThat(bench.await(one)).isEqualTo("done");
    assertThat(bench.await(two)).isEqualTo("1");
    assertThat(bench.await(more.get(9_998))).isEqualTo(1);
  }

  @Test
  void whatThrowsFailsAndTheNextGoesOn() {
    Future<Void> bad = space.change(draft -> {
      draft.put(bytes("a"), bytes("1"));
      throw new IllegalStateException("bad");
    });
    assertThat(bench.failure(bad)).hasMessage("bad");
    assertThat(bench.await(space.get(bytes("a")))).isEmpty();
  }

  @Test
  void endsWhenWhatWasAskedForIsDone() {
    Promise<Void> held = Promise.promise();
    Future<Void> one = space.change(draft -> held.future());
    Future<Void> closed = space.close();
    Future<Void> late = space.change(draft -> Future.succeededFuture());
    assertThat(bench.failure(late))
        .isInstanceOf(StoreException.class)
        .hasMessage("space is closed");
    assertThat(closed.isComplete()).isFalse();
    held.complete();
    bench.await(one);
    bench.await(closed);
    assertThat(bench.failure(space.get(bytes("a")))).isInstanceOf(StoreException.class);
  }

  @Test
  void keysAreInTheOrderOfTheirParts() {
    byte[][] keys = {
      KeyBuilder.of('a').number(Long.MIN_VALUE).build(),
      KeyBuilder.of('a').number(-1).build(),
      KeyBuilder.of('a').number(0).build(),
      KeyBuilder.of('a').number(0).id(new EntryId(1, 2)).build(),
      KeyBuilder.of('a').number(0).id(new EntryId(-1, 2)).build(),
      KeyBuilder.of('a').number(Long.MAX_VALUE).build(),
      KeyBuilder.of('b').build(),
    };
    for (int i = 1; i < keys.length; i++) {
      assertThat(Arrays.compareUnsigned(keys[i - 1], keys[i])).isNegative();
    }
    assertThat(KeyBuilder.numberAt(keys[1], 1)).isEqualTo(-1);
    assertThat(KeyBuilder.idAt(keys[3], 9)).isEqualTo(new EntryId(1, 2));
    assertThat(KeyBuilder.hash("\ud800")).isNotEqualTo(KeyBuilder.hash("?"));
    assertThat(KeyBuilder.nameAt(KeyBuilder.of('n').name("x").build(), 1))
        .isEqualTo(KeyBuilder.hash("x"));
  }

  /** Read piece by piece, a range of a draft is what it is as a whole. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDraftIsReadInSmallPieces(boolean reverse) {
    bench.await(space.change(draft -> {
      for (char key = 'b'; key <= 'y'; key++) {
        draft.put(new byte[] {(byte) key}, new byte[100]);
      }
      return Future.succeededFuture();
    }));
    bench.await(space.change(draft -> {
      List.of('b', 'c', 'd', 'm', 'w', 'x', 'y')
          .forEach(key -> draft.delete(bytes(key.toString())));
      List.of('a', 'e', 'z').forEach(key -> draft.put(bytes(key.toString()), bytes("new")));
      return Steps.repeat(() -> draft
          .range(new Range(new byte[0], null, reverse), 3, 150)
          .compose(some -> draft.range(new Range(new byte[0], null, reverse), 1).map(first -> {
            assertThat(some.stream().limit(1).map(SpaceTest::text))
                .isEqualTo(first.stream().map(SpaceTest::text).toList());
            some.forEach(item -> draft.delete(item.key()));
            return !some.isEmpty();
          })));
    }));
    assertThat(bench.await(space.range(new Range(new byte[0], null, false), 100, 1 << 20)))
        .isEmpty();
  }
}
