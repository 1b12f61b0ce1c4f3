package io.tributary.client.simulation;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.TreeSet;

/** The events of simulated replicas. */
final class Events {
  /** {@code {key, values: [...]}}: can conflict, and be merged. */
  static final EventDefinition<JsonObject> SET =
      EventDefinition.of("set", PayloadCodec.json(), payload -> payload.getString("key"));

  /** {@code {key, values: [...]}}, append-only. */
  static final EventDefinition<JsonObject> SAY =
      EventDefinition.of("say", PayloadCodec.json(), payload -> payload.getString("key"));

  static final EventGroup THINGS = EventGroup.named("things").event(SET).build();
  static final EventGroup TALK =
      EventGroup.named("talk").event(SAY).appendOnly().build();

  private Events() {}

  static JsonObject payload(String key, int value, boolean fails) {
    JsonObject payload = new JsonObject().put("key", key).put("values", new JsonArray().add(value));
    return fails ? payload.put("fails", true) : payload;
  }

  /** The union of both: commutative, associative, idempotent. */
  static JsonObject union(JsonObject one, JsonObject other) {
    TreeSet<Integer> values = new TreeSet<>();
    one.getJsonArray("values").forEach(value -> values.add((Integer) value));
    other.getJsonArray("values").forEach(value -> values.add((Integer) value));
    return new JsonObject()
        .put("key", one.getString("key"))
        .put("values", new JsonArray(java.util.List.copyOf(values)));
  }
}
