package io.tributary.server.example;

import io.tributary.core.eventlog.Compactors;
import io.tributary.core.eventlog.Conflict;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.TypedEvent;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.HubConfig;
import io.tributary.server.hub.Hub;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.StoreRegistry.Mapping;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A backend with one list of todos, which everybody it is shared with reads and writes. */
final class TodoBackend {
  /** A todo as it is after a change. */
  record Todo(String id, String title, boolean done) {}

  static final EventDefinition<Todo> CHANGED =
      EventDefinition.of("TodoChanged", PayloadCodec.record(Todo.class), Todo::id);
  static final EventGroup TODOS = EventGroup.named("todos").event(CHANGED).build();
  static final StoreKey.Plain STORE = new StoreKey.Plain("demo", "todos");

  private final Hub hub;
  private final Map<String, Todo> open;

  private TodoBackend(Hub hub, Map<String, Todo> open) {
    this.hub = hub;
    this.open = open;
  }

  static Future<TodoBackend> start(Vertx vertx, HubConfig config) {
    Map<String, Todo> open = new ConcurrentHashMap<>();
    HubExtensions extensions = HubExtensions.builder()
        .group(TODOS)
        .handle(CHANGED, (todo, entry, conflicts) -> project(open, todo, conflicts))
        .groupCompaction(TODOS, Duration.ofDays(30), TodoBackend::latest)
        .build();
    return Hub.start(vertx, config, extensions).map(hub -> new TodoBackend(hub, open));
  }

  /** Keeps what is still to be done. A change that was made before one already handled is no news. */
  private static Future<Void> project(
      Map<String, Todo> open, Todo todo, List<Conflict<Todo>> conflicts) {
    if (conflicts.isEmpty()) {
      open.compute(todo.id(), (id, before) -> todo.done() ? null : todo);
    }
    return Future.succeededFuture();
  }

  /** Of the old changes of a todo, the one that was made last is enough. */
  private static void latest(Compactors.Bucket bucket) {
    TypedEvent<?> last = Collections.max(
        bucket.events(),
        Comparator.comparing((TypedEvent<?> event) -> event.entry().id()));
    last.payloadOf(CHANGED).ifPresent(todo -> bucket.write(CHANGED, todo));
  }

  /** Lets whoever connects with this key see and change the list. */
  Future<Void> share(String publicKey) {
    Mapping mapping =
        new Mapping(STORE.tenant(), publicKey, StoreRegistry.DEFAULT_STORE, STORE.storeId());
    return hub.runtime().registry().assign(mapping, false).mapEmpty();
  }

  /** Adds or changes a todo for everybody; the handler sees it too. */
  Future<Long> write(Todo todo) {
    return hub.runtime().writeToStore(STORE, CHANGED, todo, true);
  }

  /** What is to be done, by id. */
  Map<String, Todo> open() {
    return Map.copyOf(open);
  }

  int port() {
    return hub.port();
  }

  Future<Void> stop() {
    return hub.stop();
  }
}
