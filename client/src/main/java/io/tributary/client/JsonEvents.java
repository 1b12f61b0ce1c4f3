package io.tributary.client;

import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.options.OptionsReader;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Events that are defined by configuration: their payloads are JSON objects. */
final class JsonEvents {
  private JsonEvents() {}

  /** Adds those that each of {@code events} describes; empty if there are none. */
  static Optional<Consumer<EventLogOptions.Builder>> read(List<OptionsReader> events) {
    EventGroup.Builder plain = EventGroup.named("events");
    EventGroup.Builder appendOnly = EventGroup.named("append-only events").appendOnly();
    Set<String> tags = new HashSet<>();
    boolean anyPlain = false;
    boolean anyAppendOnly = false;
    List<EventDefinition<JsonObject>> all = new ArrayList<>();
    for (OptionsReader event : events) {
      Optional<String> tag = event.text("tag");
      Optional<String> path = event.text("primaryKey");
      boolean append = event.bool("appendOnly").orElse(false);
      if (!event.has("tag")) {
        event.refuse("tag", "none", "the event's tag");
      }
      if (!event.has("primaryKey")) {
        event.refuse("primaryKey", "none", "a field of the payload, or a.b");
      }
      if (tag.isEmpty() || path.isEmpty()) {
        continue;
      }
      if (!tags.add(tag.get())) {
        event.refuse("tag", "\"" + tag.get() + "\" a second time", "each tag once");
        continue;
      }
      List<String> fields = List.of(path.get().split("\\.", -1));
      EventDefinition<JsonObject> definition =
          EventDefinition.of(tag.get(), PayloadCodec.json(), payload -> at(payload, fields));
      all.add(definition);
      (append ? appendOnly : plain).event(definition);
      anyAppendOnly |= append;
      anyPlain |= !append;
    }
    if (all.isEmpty()) {
      return Optional.empty();
    }
    boolean hasPlain = anyPlain;
    boolean hasAppendOnly = anyAppendOnly;
    return Optional.of(log -> {
      if (hasPlain) {
        log.group(plain.build());
      }
      if (hasAppendOnly) {
        log.group(appendOnly.build());
      }
      for (EventDefinition<JsonObject> event : all) {
        // What there is to do is done by who hears of it.
        log.handle(event, (payload, entry, conflicts) -> Future.succeededFuture());
        log.registerReactivity(event.tag(), List.of(event.tag()));
      }
    });
  }

  /** The text, number or boolean at a path; empty if there is none. */
  private static String at(JsonObject payload, List<String> fields) {
    Object value = payload;
    for (String field : fields) {
      value = value instanceof JsonObject object ? object.getValue(field) : null;
    }
    return value instanceof String || value instanceof Number || value instanceof Boolean
        ? value.toString()
        : "";
  }
}
