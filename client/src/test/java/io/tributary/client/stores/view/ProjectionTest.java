package io.tributary.client.stores.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.stores.FaultyKeyValues;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoreException;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProjectionTest {
  private static final EventDefinition<byte[]> ADDED = EventDefinition.of(
      "Added",
      PayloadCodec.raw(),
      payload -> new String(payload, 0, Math.min(payload.length, 4), StandardCharsets.UTF_8));

  private final StoreBench bench = StoreBench.memory();
  private final FaultyKeyValues keyValues = new FaultyKeyValues(bench.keyValues());
  private final List<String> taken = new ArrayList<>();
  private final List<Integer> shown = new ArrayList<>();
  private final List<@Nullable RemoteId> origins = new ArrayList<>();
  private Journaled journaled;
  private Space space;
  private @Nullable String bad;
  private Promise<Void> held = Promise.promise();

  @BeforeEach
  void begin() {
    held.complete();
    journaled = bench.log(
        "main",
        log -> log.group(EventGroup.named("all").event(ADDED).appendOnly().build()));
    space = bench.place("view", journaled, keyValues).space();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private Projection open(int version) {
    return bench.await(Projection.open(journaled.log(), space, version, new Projection.View() {
      @Override
      public Future<Void> take(LoggedEntry entry, @Nullable RemoteId from, Draft draft) {
        String key = entry.entry().primaryKey();
        if (key.equals(bad)) {
          throw new IllegalStateException("bad");
        }
        taken.add(key);
        origins.add(from);
        draft.put(KeyBuilder.of('k').name(key).build(), entry.entry().payload());
        return held.future();
      }

      @Override
      public Future<Void> committing(List<LoggedEntry> entries) {
        return Future.succeededFuture();
      }

      @Override
      public void shown(List<LoggedEntry> entries) {
        shown.add(entries.size());
      }
    }));
  }

  private void add(String key, int size) {
    byte[] payload = new byte[size];
    System.arraycopy(key.getBytes(StandardCharsets.UTF_8), 0, payload, 0, 4);
    bench.await(journaled.log().write(ADDED, payload));
    bench.settle();
  }

  private int rows() {
    return bench
        .await(space.range(Range.prefix(KeyBuilder.of('k').build(), false), 100, Long.MAX_VALUE))
        .size();
  }

  @Test
  void showsEachEntryOnceAlsoWhenOpenedAgain() {
    add("k001", 10);
    Projection first = open(1);
    add("k002", 10);
    first.close();
    add("k003", 10);
    assertThat(taken).containsExactly("k001", "k002");
    Projection again = open(1);
    assertThat(taken).containsExactly("k001", "k002", "k003");
    assertThat(rows()).isEqualTo(3);
    bench.await(again.current());
    bench.deliver(journaled.log(), bench.entries(journaled.log()));
    assertThat(taken).hasSize(3);
    assertThat(origins).containsOnlyNulls();
  }

  @Test
  void makesASpaceOfAnotherVersionAnew() {
    add("k001", 10);
    open(1).close();
    bench.await(space.change(draft -> {
      draft.put(KeyBuilder.of('k').name("stale").build(), new byte[0]);
      return Future.succeededFuture();
    }));
    assertThat(rows()).isEqualTo(2);
    open(2).close();
    assertThat(rows()).isEqualTo(1);
    assertThat(taken).containsExactly("k001", "k001");
  }

  @Test
  void commitsLargeEntriesInParts() {
    for (int i = 0; i < 5; i++) {
      add("k00" + i, 3 << 20);
    }
    Projection projection = open(1);
    assertThat(taken).hasSize(5);
    assertThat(shown).hasSizeGreaterThan(1);
    assertThat(shown.stream().mapToInt(Integer::intValue).sum()).isEqualTo(5);
    projection.close();
  }

  @Test
  void tellsWhoWaitsThatItFailedAndTriesAgain() {
    Projection projection = open(1);
    bad = "k001";
    add("k001", 10);
    add("k002", 10);
    assertThat(bench.failure(projection.upTo(2))).hasMessage("bad");
    bench.await(projection.current());
    assertThat(taken).isEmpty();
    bad = null;
    bench.await(projection.upTo(2));
    assertThat(taken).containsExactly("k001", "k002");
    keyValues.failing = 1;
    add("k003", 10);
    bench.await(projection.current());
    bench.await(projection.upTo(3));
    assertThat(rows()).isEqualTo(3);
  }

  @Test
  void letsNobodyWaitOnceItIsClosed() {
    Projection projection = open(1);
    held = Promise.promise();
    add("k001", 10);
    Future<Void> waiting = projection.upTo(1);
    projection.close();
    assertThat(bench.failure(waiting)).isInstanceOf(StoreException.class);
    assertThat(bench.failure(projection.upTo(1))).isInstanceOf(StoreException.class);
    held.complete();
  }
}
