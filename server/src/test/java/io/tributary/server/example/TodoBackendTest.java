package io.tributary.server.example;

import static io.tributary.server.it.PlainClient.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.example.TodoBackend.Todo;
import io.tributary.server.it.PlainClient;
import io.tributary.server.runtime.HubExtensions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The examples of the page about stores in the clear, with clients on real sockets. */
class TodoBackendTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Vertx vertx = Vertx.vertx();
  private TodoBackend backend;

  @BeforeEach
  void start() {
    backend = get(TodoBackend.start(
        vertx,
        HubConfig.builder()
            .port(0)
            .storage(StorageConfig.memory())
            .admin(new AdminConfig("127.0.0.1", 0, null, null))
            .build()));
    get(backend.share("key-of-alice"));
    get(backend.share("key-of-bob"));
  }

  @AfterEach
  void stop() {
    get(backend.stop());
    get(vertx.close());
  }

  private PlainClient connect(String publicKey) {
    return PlainClient.connect(
        vertx, "ws://127.0.0.1:" + backend.port() + "/event-log/demo", publicKey);
  }

  /** What a client gets to read, from the first sequence on. */
  private static List<Todo> read(PlainClient client) {
    List<Todo> todos = new CopyOnWriteArrayList<>();
    client.subscribe(
        0, (sequence, entry) -> todos.add(TodoBackend.CHANGED.decode(entry.payload())));
    return todos;
  }

  private static void awaitAll(List<Todo> read, Todo... todos) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(read).containsExactly(todos));
  }

  private void awaitOpen(Todo... todos) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(backend.open().values()).containsExactlyInAnyOrder(todos));
  }

  private static Entry change(Todo todo, Instant when) {
    return new Entry(
        new EntryIdGenerator(InstantSource.fixed(when)).next(),
        TodoBackend.CHANGED.tag(),
        todo.id(),
        TodoBackend.CHANGED.encode(todo));
  }

  @Test
  void everybodySeesWhatAnybodyAndTheBackendWrite() {
    Todo milk = new Todo("1", "milk", false);
    Todo bread = new Todo("2", "bread", false);
    Todo noMilk = new Todo("1", "milk", true);
    try (PlainClient alice = connect("key-of-alice");
        PlainClient bob = connect("key-of-bob")) {
      List<Todo> toAlice = read(alice);
      List<Todo> toBob = read(bob);
      assertThat(get(alice.write(List.of(change(milk, Instant.now()))))).containsExactly(1L);
      awaitOpen(milk);
      assertThat(get(backend.write(bread))).isEqualTo(2);
      awaitOpen(milk, bread);
      assertThat(get(bob.write(List.of(change(noMilk, Instant.now()))))).containsExactly(3L);
      awaitOpen(bread);
      // made before all of that, and sent late
      Todo late = new Todo("2", "bred", true);
      assertThat(get(alice.write(List.of(change(late, Instant.now().minusSeconds(60))))))
          .containsExactly(4L);
      Todo last = new Todo("3", "salt", false);
      assertThat(get(backend.write(last))).isEqualTo(5);
      awaitOpen(bread, last);
      // but for what they wrote themselves
      awaitAll(toAlice, bread, noMilk, last);
      awaitAll(toBob, milk, bread, late, last);
    }
  }

  @Test
  void aNewcomerGetsOldTodosAsTheyWereLeft() {
    Instant longAgo = Instant.now().minus(Duration.ofDays(60));
    Todo milk = new Todo("1", "milk", false);
    Todo oats = new Todo("1", "oat milk", false);
    Todo bread = new Todo("2", "bread", false);
    try (PlainClient alice = connect("key-of-alice");
        PlainClient bob = connect("key-of-bob")) {
      assertThat(get(alice.write(List.of(
              change(milk, longAgo), change(oats, longAgo.plusSeconds(9)),
              change(milk, longAgo.plusSeconds(3)), change(bread, Instant.now())))))
          .containsExactly(1L, 2L, 3L, 4L);
      awaitAll(read(bob), oats, bread);
    }
  }

  @Test
  void whatIsWrittenOverTheEventBusIsHandledToo() {
    JsonObject todo = new JsonObject().put("id", "7").put("title", "milk").put("done", false);
    JsonObject entry =
        new JsonObject().put("event", "TodoChanged").put("primaryKey", "7").put("json", todo);
    JsonObject write =
        new JsonObject().put("store", "demo/plain:todos").put("entries", JsonArray.of(entry));
    Future<Message<JsonObject>> written = vertx.eventBus().request("tributary.hub.write", write);
    assertThat(get(written).body().getJsonArray("sequences")).containsExactly(1L);
    awaitOpen(new Todo("7", "milk", false));
  }

  @Test
  void aModuleBringsItsEvents() {
    HubExtensions.Builder extensions = HubExtensions.builder();
    new Todos().register(extensions);
    assertThat(extensions.build().groups().find("TodoAdded")).isPresent();
  }
}
