package io.tributary.core.eventlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EventGroupsTest {
  private static final EventDefinition<JsonObject> ADDED =
      EventDefinition.of("added", PayloadCodec.json(), todo -> todo.getString("id"));
  private static final EventDefinition<JsonObject> DONE =
      EventDefinition.of("done", PayloadCodec.json(), todo -> todo.getString("id"));
  private static final EventGroup TODOS =
      EventGroup.named("todos").event(ADDED).event(DONE).build();

  private static Entry entry(String event, long id, byte[] payload) {
    return new Entry(new EntryId(0, id), event, "1", payload);
  }

  private static byte[] todo(String text) {
    return ADDED.encode(new JsonObject().put("id", "1").put("text", text));
  }

  @Test
  void mistakesAreToldWhenItIsBuilt() {
    assertThatThrownBy(() -> EventDefinition.of("", PayloadCodec.json(), todo -> "k"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EventGroup.named("todos").event(ADDED).event(ADDED))
        .hasMessage("event group todos defines added twice");
    assertThatThrownBy(() -> EventGroup.named("none").build())
        .hasMessage("event group none has no events");
    EventGroup other = EventGroup.named("other").event(DONE).build();
    assertThatThrownBy(() -> EventGroups.builder().group(TODOS).group(other).build())
        .hasMessage("event done is defined by event group todos and by event group other");
    assertThatThrownBy(() -> EventGroups.builder().group(TODOS).group(TODOS).build())
        .hasMessage("two event groups are named todos");
    assertThatThrownBy(() -> EventGroups.builder()
            .group(other)
            .handle(ADDED, (todo, entry, conflicts) -> Future.succeededFuture())
            .build())
        .hasMessage("there is a handler for event added, which no group defines");
    EventDefinition<JsonObject> twin =
        EventDefinition.of("added", PayloadCodec.json(), todo -> "k");
    assertThatThrownBy(() -> EventGroups.builder()
            .group(TODOS)
            .handle(twin, (todo, entry, conflicts) -> Future.succeededFuture())
            .build())
        .hasMessageContaining("another event of that tag");
    assertThatThrownBy(() -> EventGroups.builder()
            .handle(ADDED, (todo, entry, conflicts) -> Future.succeededFuture())
            .handle(ADDED, (todo, entry, conflicts) -> Future.succeededFuture()))
        .hasMessage("event added has two handlers");
  }

  @Test
  void primaryKeysAreNotEmpty() {
    assertThat(ADDED.primaryKey(new JsonObject().put("id", "7"))).isEqualTo("7");
    assertThatThrownBy(() -> ADDED.primaryKey(new JsonObject()))
        .isInstanceOf(PayloadException.class)
        .hasMessage("payload of added: its primary key is empty");
    EventDefinition<JsonObject> odd = EventDefinition.of(
        "added", PayloadCodec.json(), todo -> todo.getJsonObject("id").encode());
    assertThatThrownBy(() -> odd.primaryKey(new JsonObject().put("id", "secret")))
        .isInstanceOf(PayloadException.class)
        .hasMessageContaining("java.lang.ClassCastException");
  }

  @Test
  void handlersGetWhatIsDecodedAndFailOnlyTheirFuture() {
    List<String> seen = new ArrayList<>();
    EventGroups groups = EventGroups.builder()
        .group(TODOS)
        .handle(ADDED, (todo, entry, conflicts) -> {
          seen.add(
              todo.getString("text") + entry.attempt() + entry.idempotencyKey().low());
          conflicts.forEach(
              c -> seen.add(c.payload().getString("text") + c.entry().id().low()));
          return switch (todo.getString("text")) {
            case "throws" -> throw new IllegalStateException("thrown");
            case "null" -> null;
            case "overflows" -> throw new StackOverflowError();
            default -> Future.succeededFuture(42);
          };
        })
        .build();
    RegisteredEvent<?> added = groups.find("added").orElseThrow();
    HandledEntry entry = new HandledEntry(entry("added", 1, todo("a")), 3, "store", 9);
    Future<Object> result = added.handle(
        entry, List.of(entry("added", 2, todo("b")), entry("added", 3, new byte[] {1})));
    assertThat(result.result()).isEqualTo(42);
    assertThat(seen).containsExactly("a31", "b2");

    assertThat(cause(added, todo("throws"))).hasMessage("thrown");
    assertThat(cause(added, todo("overflows"))).isInstanceOf(StackOverflowError.class);
    assertThat(cause(added, todo("null"))).hasMessage("the handler gave no future");
    assertThat(cause(added, new byte[0]))
        .isInstanceOf(PayloadException.class)
        .hasMessage("payload of added: is cut short");
    assertThat(cause(groups.find("done").orElseThrow(), todo("x")))
        .hasMessage("event done has no handler");
    assertThat(groups.find("strange")).isEmpty();
  }

  private static Throwable cause(RegisteredEvent<?> event, byte[] payload) {
    return event
        .handle(new HandledEntry(entry("added", 1, payload), 1, null, 0), List.of())
        .cause();
  }

  @Test
  void groupCompactorsFoldDecodedEventsOfOneKey() throws Exception {
    Compactor last = Compactors.ofGroup(TODOS, bucket -> {
      assertThat(bucket.entries()).hasSameSizeAs(bucket.events());
      JsonObject merged = new JsonObject().put("id", bucket.primaryKey()).put("text", "");
      for (TypedEvent<?> event : bucket.events()) {
        event.payloadOf(ADDED).ifPresent(todo -> merged.put("text", todo.getString("text")));
        event.payloadOf(DONE).ifPresent(todo -> merged.put("done", true));
      }
      bucket.write(ADDED, merged);
    });
    assertThat(last.name()).isEqualTo("todos");
    assertThat(last.events()).containsExactlyInAnyOrder("added", "done");
    List<Replacement> replacements = last.compact(
        "1",
        List.of(
            entry("added", 1, todo("a")),
            entry("done", 2, todo("x")),
            entry("added", 3, todo("b"))));
    assertThat(replacements).singleElement().satisfies(replacement -> {
      assertThat(replacement.event()).isEqualTo("added");
      assertThat(replacement.primaryKey()).isEqualTo("1");
      assertThat(ADDED.decode(replacement.payload()))
          .isEqualTo(new JsonObject().put("id", "1").put("text", "b").put("done", true));
    });
    assertThatThrownBy(() -> last.compact("1", List.of(entry("added", 1, new byte[0]))))
        .isInstanceOf(PayloadException.class);
    EventDefinition<JsonObject> foreign =
        EventDefinition.of("added", PayloadCodec.json(), todo -> "k");
    assertThatThrownBy(() -> Compactors.ofGroup(
                TODOS, bucket -> bucket.write(foreign, new JsonObject()))
            .compact("1", List.of(entry("added", 1, todo("a")))))
        .hasMessage("event group todos does not define added");
  }

  @Test
  void rawCompactorsWriteOnlyTheirEvents() throws Exception {
    Compactor drop = Compactors.of("drop", Set.of("added"), (entries, write) -> {});
    assertThat(drop.compact("1", List.of(entry("added", 1, todo("a"))))).isEmpty();
    Compactor astray = Compactors.of(
        "astray", Set.of("added"), (entries, write) -> write.write("done", "1", new byte[0]));
    assertThatThrownBy(() -> astray.compact("1", List.of(entry("added", 1, todo("a")))))
        .isInstanceOf(IllegalArgumentException.class);
    Entry second = new Entry(new EntryId(0, 2), "added", "2", new byte[0]);
    List<Entry> entries =
        List.of(second, entry("added", 1, new byte[0]), second, entry("done", 3, new byte[0]));
    assertThat(Compactors.byPrimaryKey(entries).keySet()).containsExactly("2", "1");
    assertThat(Compactors.byPrimaryKey(entries).get("1"))
        .containsExactly(entries.get(1), entries.get(3));
  }
}
