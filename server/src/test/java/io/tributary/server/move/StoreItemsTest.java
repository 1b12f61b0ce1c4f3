package io.tributary.server.move;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.Append;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.LogStore;
import io.tributary.storage.Restoration;
import io.tributary.storage.Storage;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StoreItemsTest {
  private static final StoreKey STORE = new StoreKey.Plain("a", "main");
  private static Vertx vertx;

  @BeforeAll
  static void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopVertx() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void whateverIsRemovedBetweenItsCallsComesOnce() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    for (int run = 0; run < 30; run++) {
      Random random = new Random(seed + run);
      Storage storage = open();
      RandomData data = new RandomData(seed + run, storage);
      for (int i = 0; i < 250; i++) {
        data.append(STORE);
      }
      if (random.nextBoolean()) {
        data.remove(STORE);
      }
      List<EntryId> ids = List.copyOf(data.ids(STORE));
      long head = Waiting.on(storage.log().heads(List.of(STORE))).get(STORE);
      LogStore busy = (LogStore) Proxy.newProxyInstance(
          LogStore.class.getClassLoader(), new Class<?>[] {LogStore.class}, (proxy, call, args) -> {
            if (random.nextInt(3) > 0) {
              data.remove(STORE);
              data.append(STORE);
            }
            try {
              return call.invoke(storage.log(), args);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          });
      StoreItems items = new StoreItems(busy, STORE, head);
      List<LogItem> all = new ArrayList<>();
      for (LogItem item = items.next(); item != null; item = items.next()) {
        all.add(item);
      }
      Storage copy = open();
      // Restoring checks their order.
      Waiting.on(copy.log().restore(new Restoration(STORE, all, head, 1)));
      for (EntryId id : ids) {
        Append append =
            new Append(STORE, 1, List.of(NewRecord.sealed(id, new byte[12], new byte[1])));
        assertThat(Waiting.on(copy.log().append(List.of(append)))
                .get(0)
                .slots()
                .get(0)
                .sequences())
            .as("%s, seed %d", id, seed + run)
            .isEqualTo(Waiting.on(storage.log().append(List.of(append)))
                .get(0)
                .slots()
                .get(0)
                .sequences());
      }
    }
  }

  private static Storage open() throws Exception {
    return Waiting.on(new MemoryStorageProvider().open(vertx, new JsonObject()));
  }
}
