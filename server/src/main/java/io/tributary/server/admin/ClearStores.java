package io.tributary.server.admin;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.retention.Steps;
import io.tributary.server.runtime.FailedEntry;
import io.tributary.server.runtime.StoreWrites;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the admin API does with stores in the clear. */
final class ClearStores {
  private static final Logger logger = LoggerFactory.getLogger(ClearStores.class);
  private static final int MAX_ENTRIES = 10_000;
  private static final int BATCH = 500;

  private final Vertx vertx;
  private final StoreWrites writes;

  ClearStores(Vertx vertx, StoreWrites writes) {
    this.vertx = vertx;
    this.writes = writes;
  }

  /** The store of the path, which has to be one in the clear. */
  private static StoreKey.Plain store(AdminRequest request) {
    if (AdminApi.store(request) instanceof StoreKey.Plain plain) {
      return plain;
    }
    throw AdminException.badField(
        "store",
        "the store has to be one in the clear, TENANT/plain:STORE: the hub has no key to the others");
  }

  // Writing

  Future<JsonObject> append(AdminRequest request) {
    request.allow(List.of(), List.of("entries", "runHandlers"));
    StoreKey.Plain store = store(request);
    boolean runHandlers =
        request.body().getValue("runHandlers") == null || request.flag("runHandlers");
    List<Entry> entries = entries(request);
    return writes.write(store, entries, runHandlers).map(sequences -> {
      logger.debug("store={} written by the server: {}", store.abbreviated(), sequences.size());
      return new JsonObject()
          .put("store", store.toString())
          .put("sequences", new JsonArray(sequences))
          .put(
              "ids",
              new JsonArray(entries.stream().map(entry -> entry.id().toString()).toList()));
    });
  }

  private List<Entry> entries(AdminRequest request) {
    if (!(request.body().getValue("entries") instanceof JsonArray array)
        || array.isEmpty()
        || array.size() > MAX_ENTRIES) {
      throw AdminException.badField(
          "entries", "entries has to be a list of 1 to " + MAX_ENTRIES + " entries");
    }
    List<Entry> entries = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      String at = "entries[" + i + "]";
      if (!(array.getValue(i) instanceof JsonObject entry)) {
        throw AdminException.badField(
            at, at + " has to be {id?, event, primaryKey, payload or json}");
      }
      entries.add(entry(at, entry));
    }
    return entries;
  }

  private Entry entry(String at, JsonObject entry) {
    for (String name : entry.fieldNames()) {
      if (!List.of("id", "event", "primaryKey", "payload", "json").contains(name)) {
        throw AdminException.badField(at + "." + name, at + " has no field " + name);
      }
    }
    EntryId id = text(at, entry, "id").map(text -> id(at + ".id", text)).orElseGet(writes::nextId);
    String event = text(at, entry, "event")
        .orElseThrow(() ->
            AdminException.badField(at + ".event", at + ".event is missing: the event's tag"));
    byte[] payload = payload(at, entry);
    Optional<String> given = text(at, entry, "primaryKey");
    return new Entry(
        id, event, given.isPresent() ? given.get() : primaryKey(at, event, payload), payload);
  }

  private static Optional<String> text(String at, JsonObject entry, String name) {
    Object value = entry.getValue(name);
    if (value == null || value instanceof String) {
      return Optional.ofNullable((String) value);
    }
    throw AdminException.badField(at + "." + name, at + "." + name + " has to be a text");
  }

  private static EntryId id(String at, String text) {
    try {
      // its parser takes shorter forms, which nobody means
      if (text.length() == 36) {
        EntryId id = EntryId.of(UUID.fromString(text));
        if (id.isValid()) {
          return id;
        }
      }
    } catch (IllegalArgumentException e) {
      // as any other that is none
    }
    throw AdminException.badField(at, at + ": found " + text + ", allowed: a UUID");
  }

  private static byte[] payload(String at, JsonObject entry) {
    Object bytes = entry.getValue("payload");
    Object json = entry.getValue("json");
    if (bytes != null && json != null) {
      throw AdminException.badField(at, at + " has both payload and json: give one of them");
    }
    try {
      if (bytes instanceof Buffer buffer) {
        return buffer.getBytes();
      } else if (bytes instanceof byte[] array) {
        return array.clone();
      } else if (bytes instanceof String base64) {
        return Base64.getDecoder().decode(base64);
      } else if (bytes == null) {
        return JsonPayload.encode(json);
      }
    } catch (PayloadException e) {
      throw AdminException.badField(at + ".json", at + ".json: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      // as any other that is not allowed
    }
    throw AdminException.badField(at + ".payload", at + ".payload has to be bytes in base64");
  }

  private String primaryKey(String at, String event, byte[] payload) {
    EventDefinition<?> definition = writes
        .groups()
        .find(event)
        .<EventDefinition<?>>map(known -> known.definition())
        .orElseThrow(() -> AdminException.badField(
            at + ".primaryKey",
            at + ".primaryKey is missing: it may be left out only of events that the hub's modules"
                + " define, and " + event + " is none of them"));
    try {
      return primaryKey(definition, payload);
    } catch (PayloadException e) {
      throw AdminException.badField(
          at, at + " is no payload to get a primaryKey of: " + e.getMessage());
    }
  }

  private static <P> String primaryKey(EventDefinition<P> definition, byte[] payload) {
    return definition.primaryKey(definition.decode(payload));
  }

  // Entries whose handlers failed

  Future<JsonObject> failures(AdminRequest request) {
    request.allow(List.of("after", "limit"), List.of());
    StoreKey.Plain store = store(request);
    int limit = AdminApi.limit(request);
    Optional<EntryId> after = request.parameter("after").map(text -> id("after", text));
    return writes
        .failures(store, after, limit)
        .map(found -> AdminApi.page(
            found.stream().map(ClearStores::json).toList(),
            found.size() < limit ? null : found.get(limit - 1).id().toString()));
  }

  private static JsonObject json(FailedEntry entry) {
    JsonObject json = new JsonObject()
        .put("id", entry.id().toString())
        .put("sequence", entry.sequence())
        .put("event", entry.event())
        .put("primaryKey", entry.primaryKey())
        .put("attempts", entry.attempts())
        .put("at", Instant.ofEpochMilli(entry.at()).toString());
    return entry.reason() == null ? json : json.put("reason", entry.reason());
  }

  Future<JsonObject> retry(AdminRequest request) {
    return settle(request, "retried", writes::retry);
  }

  Future<JsonObject> discard(AdminRequest request) {
    return settle(request, "discarded", writes::discard);
  }

  private Future<JsonObject> settle(
      AdminRequest request,
      String what,
      BiFunction<StoreKey.Plain, List<EntryId>, Future<List<EntryOutcome>>> action) {
    request.allow(List.of(), List.of("ids"));
    StoreKey.Plain store = store(request);
    Map<String, Integer> outcomes = new TreeMap<>();
    Object given = request.body().getValue("ids");
    Future<JsonArray> settled;
    if (given == null) {
      settled = all(store, action, outcomes).map(v -> new JsonArray());
    } else {
      List<EntryId> ids = ids(given);
      settled = action.apply(store, ids).map(done -> {
        count(done, outcomes);
        Set<EntryId> left = new HashSet<>(ids);
        done.forEach(outcome -> left.remove(outcome.id()));
        return new JsonArray(left.stream().sorted().map(EntryId::toString).toList());
      });
    }
    return settled.map(left -> {
      logger.info("store={} failed entries {}: {}", store.abbreviated(), what, outcomes);
      JsonObject counts = new JsonObject();
      outcomes.forEach(counts::put);
      return new JsonObject()
          .put("store", store.toString())
          .put("outcomes", counts)
          .put("notFailed", left);
    });
  }

  /** Each of those that have failed by now, once. */
  private Future<Void> all(
      StoreKey.Plain store,
      BiFunction<StoreKey.Plain, List<EntryId>, Future<List<EntryOutcome>>> action,
      Map<String, Integer> outcomes) {
    EntryId[] last = {null};
    return Steps.repeat(
        vertx,
        () -> writes.failures(store, Optional.ofNullable(last[0]), BATCH).compose(found -> {
          if (found.isEmpty()) {
            return Future.succeededFuture(false);
          }
          last[0] = found.get(found.size() - 1).id();
          return action
              .apply(store, found.stream().map(FailedEntry::id).toList())
              .map(done -> {
                count(done, outcomes);
                return found.size() == BATCH;
              });
        }));
  }

  private static void count(List<EntryOutcome> done, Map<String, Integer> outcomes) {
    for (EntryOutcome outcome : done) {
      outcomes.merge(outcome.state().name().toLowerCase(Locale.ROOT), 1, Integer::sum);
    }
  }

  private static List<EntryId> ids(Object given) {
    String allowed = "ids has to be a list of 1 to " + MAX_ENTRIES + " ids of entries";
    if (!(given instanceof JsonArray array) || array.isEmpty() || array.size() > MAX_ENTRIES) {
      throw AdminException.badField("ids", allowed);
    }
    Set<EntryId> ids = new HashSet<>();
    List<EntryId> inOrder = new ArrayList<>();
    for (Object value : array) {
      if (!(value instanceof String text)) {
        throw AdminException.badField("ids", allowed);
      }
      EntryId id = id("ids", text);
      if (ids.add(id)) {
        inOrder.add(id);
      }
    }
    return inOrder;
  }
}
