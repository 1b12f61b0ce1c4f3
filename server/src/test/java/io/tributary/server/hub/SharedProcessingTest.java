package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.Entry;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.server.runtime.ProcessingException;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.postgres.PostgresServer;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two hubs with handlers on one database: one runs them, both are told. */
class SharedProcessingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final StoreKey.Plain STORE = new StoreKey.Plain("t", "todos");
  private static final EventDefinition<JsonObject> CREATED =
      EventDefinition.of("created", PayloadCodec.json(), todo -> todo.getString("id"));

  private static PostgresServer database;
  private static int schemas;

  /** One of the two, with what its handlers and listeners were told. */
  private static final class Node {
    final List<String> handled = new CopyOnWriteArrayList<>();
    final List<String> invalidated = new CopyOnWriteArrayList<>();
    final TestHub hub;

    Node(StorageConfig storage) {
      HubExtensions extensions = HubExtensions.builder()
          .group(EventGroup.named("todos").event(CREATED).build())
          .handle(CREATED, (todo, entry, conflicts) -> {
            handled.add(entry.primaryKey());
            return entry.primaryKey().startsWith("fails")
                ? Future.failedFuture("as told")
                : Future.succeededFuture();
          })
          .invalidates("created", List.of("todos"))
          .build();
      hub = TestHub.start(TestHub.config().storage(storage), extensions);
      hub.hub()
          .runtime()
          .reactivity()
          .subscribe("todos", keys -> invalidated.addAll(keys.getOrDefault("todos", Set.of())));
    }

    List<Long> write(String... ids) {
      return TestHub.get(hub.hub()
          .runtime()
          .writeToStore(
              STORE,
              List.of(ids).stream()
                  .map(id -> new Entry(
                      hub.hub().runtime().ids().next(),
                      "created",
                      id,
                      CREATED.encode(new JsonObject(Map.of("id", id)))))
                  .toList(),
              true));
    }
  }

  @BeforeAll
  static void startDatabase() throws Exception {
    database = PostgresServer.start(PostgresServer.Version.NEWEST);
  }

  @AfterAll
  static void stopDatabase() throws Exception {
    database.close();
  }

  private static StorageConfig storage() {
    return new StorageConfig(
        "postgres",
        new JsonObject()
            .put("uri", database.uri())
            .put("poolSize", 4)
            .put("tablePrefix", "processing_" + schemas + "_"));
  }

  @Test
  void oneRunsTheHandlersBothAreToldAndTheOtherTakesOver() {
    schemas++;
    Node one = new Node(storage());
    one.hub.awaitLog("this hub runs the handlers now");
    Node two = new Node(storage());
    assertThat(one.write("a")).containsExactly(1L);
    assertThat(two.write("b", "fails")).containsExactly(2L, 3L);
    await("told").atMost(PATIENCE).until(() -> two.invalidated.size() == 2);
    await("told").atMost(PATIENCE).until(() -> one.invalidated.size() == 2);
    assertThat(one.handled).containsExactly("a", "b", "fails");
    assertThat(two.handled).isEmpty();
    var failed =
        TestHub.get(two.hub.hub().runtime().failures(STORE, java.util.Optional.empty(), 9));
    assertThat(failed).hasSize(1);
    assertThatThrownBy(() -> TestHub.get(
            two.hub.hub().runtime().retry(STORE, List.of(failed.get(0).id()))))
        .rootCause()
        .isInstanceOf(ProcessingException.class);
    one.hub.close();
    assertThat(two.write("c")).containsExactly(4L);
    await("takes over").atMost(PATIENCE).until(() -> two.handled.contains("c"));
    assertThat(two.handled).as("nothing is handled twice").containsExactly("c");
    two.hub.close();
  }

  @Test
  void aKeyThatIsUnmappedAtOneIsRefusedAtTheOther() {
    schemas++;
    Node one = new Node(storage());
    Node two = new Node(storage());
    StoreRegistry registry = one.hub.hub().runtime().registry();
    TestHub.get(registry.assign(
        new StoreRegistry.Mapping("t", "key", StoreRegistry.DEFAULT_STORE, "todos"), false));
    RawClient reader = two.hub.connect("t").speaksPlain();
    reader.subscribePlain("key", 0);
    assertThat(one.write("a")).hasSize(1);
    assertThat(reader.plainSequences("key", 1)).containsExactly(1L);
    assertThat(TestHub.get(registry.remove("t", "key"))).isEqualTo(1);
    assertThat(reader.refusal().publicKey()).isEqualTo("key");
    one.hub.close();
    two.hub.close();
  }
}
