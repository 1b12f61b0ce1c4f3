package io.tributary.server.admin;

import io.tributary.core.log.Outline;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.admin.LiveHub.SessionId;
import io.tributary.server.retention.Eraser;
import io.tributary.server.retention.Retention;
import io.tributary.server.retention.Steps;
import io.tributary.server.runtime.StoreWrites;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.StoreRegistry.Listed;
import io.tributary.storage.StoreRegistry.Mapping;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an operator can do with a hub's data, over HTTP or by itself: one method per request. Lists
 * are {@code {items, next?}}; {@code next} is what the next page takes as {@code after}.
 *
 * <p>Answers on the context it was asked from.
 */
public final class AdminApi {
  private static final Logger logger = LoggerFactory.getLogger(AdminApi.class);
  private static final int PAGE = 100;
  private static final int MAX_PAGE = 1000;
  private static final int MAX_SEQUENCES = 10_000;

  private final Vertx vertx;
  private final Storage storage;
  private final InstantSource clock;
  private final Retention retention;
  private final Eraser eraser;
  private final ClearStores clear;
  private volatile Supplier<List<JsonObject>> remotes = List::of;
  private final Optional<LiveHub> hub;

  private final List<Route> routes = List.of(
      new Route("GET", "mappings", this::mappings),
      new Route("POST", "mappings", this::assign),
      new Route("DELETE", "mappings", this::unassign),
      new Route("GET", "stores", this::stores),
      new Route("GET", "stores/*", this::stats),
      new Route("POST", "stores/*/purge", this::purge),
      new Route("GET", "stores/*/entries", this::entries),
      new Route("POST", "stores/*/entries", request -> clear().append(request)),
      new Route("DELETE", "stores/*/entries", this::removeEntries),
      new Route("GET", "stores/*/failures", request -> clear().failures(request)),
      new Route("POST", "stores/*/failures/retry", request -> clear().retry(request)),
      new Route("POST", "stores/*/failures/discard", request -> clear().discard(request)),
      new Route("GET", "compactions", this::compactions),
      new Route("POST", "compactions", this::compact),
      new Route("GET", "sessions", this::sessions),
      new Route("DELETE", "sessions/*", this::closeSession),
      new Route("GET", "status", this::status),
      new Route("POST", "backup", this::backup),
      new Route("POST", "reseed", this::reseed));

  /**
   * @param path segments; {@code *} is any one
   */
  private record Route(
      String method, List<String> path, Function<AdminRequest, Future<JsonObject>> answer) {
    Route(String method, String path, Function<AdminRequest, Future<JsonObject>> answer) {
      this(method, List.of(path.split("/")), answer);
    }

    boolean matches(List<String> segments) {
      if (segments.size() != path.size()) {
        return false;
      }
      for (int i = 0; i < path.size(); i++) {
        if (!path.get(i).equals("*") && !path.get(i).equals(segments.get(i))) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * @param writes to stores in the clear
   * @param hub the hub that runs on the data; empty = none does
   */
  public AdminApi(
      Vertx vertx,
      Storage storage,
      InstantSource clock,
      Retention retention,
      Eraser eraser,
      StoreWrites writes,
      Optional<LiveHub> hub) {
    this.vertx = vertx;
    this.storage = storage;
    this.clock = clock;
    this.retention = retention;
    this.eraser = eraser;
    this.clear = new ClearStores(vertx, writes);
    this.hub = hub;
  }

  /** Export and import, which are no single answers. */
  Optional<Moves> moves() {
    return hub.map(live -> new Moves(vertx, storage, clock, live));
  }

  /** Does what is asked. Fails with {@link AdminException}, or with what that is made of. */
  public Future<JsonObject> answer(AdminRequest request) {
    List<Route> here =
        routes.stream().filter(route -> route.matches(request.path())).toList();
    if (here.isEmpty()) {
      return Future.failedFuture(AdminException.notFound("There is nothing here"));
    }
    for (Route route : here) {
      if (route.method().equals(request.method())) {
        try {
          return route.answer().apply(request);
        } catch (AdminException | IllegalArgumentException e) {
          return Future.failedFuture(e);
        }
      }
    }
    return Future.failedFuture(
        new AdminException(405, "MethodNotAllowed", "Not with this method", null));
  }

  private ClearStores clear() {
    return clear;
  }

  static StoreKey store(AdminRequest request) {
    try {
      return StoreKey.parse(request.path().get(1));
    } catch (IllegalArgumentException e) {
      throw new AdminException(400, "InvalidRequest", String.valueOf(e.getMessage()), "store");
    }
  }

  static int limit(AdminRequest request) {
    return (int) request.number("limit", PAGE, 1, MAX_PAGE);
  }

  static JsonObject page(List<JsonObject> items, @Nullable Object next) {
    JsonObject page = new JsonObject().put("items", new JsonArray(items));
    return next == null ? page : page.put("next", next);
  }

  /** Shows the remotes of a replica beside the hub. */
  public void showRemotes(Supplier<List<JsonObject>> remotes) {
    this.remotes = remotes;
  }

  private Future<JsonObject> status(AdminRequest request) {
    request.allow(List.of(), List.of());
    return storage
        .check()
        .map(health -> new JsonObject()
            .put("hub", hub.isPresent() ? "running" : "not running")
            .put("dataSetId", storage.dataSetId().toString())
            .put("durable", storage.durable())
            .put(
                "storage",
                new JsonObject()
                    .put("status", health.status().name().toLowerCase(Locale.ROOT))
                    .put("message", health.message()))
            .put("remotes", new JsonArray(remotes.get())));
  }

  // Mappings

  private Future<JsonObject> mappings(AdminRequest request) {
    request.allow(List.of("after", "limit"), List.of());
    int limit = limit(request);
    return storage
        .registry()
        .list(request.parameter("after").map(AdminApi::mapping), limit)
        .map(listed -> page(
            listed.stream().map(AdminApi::json).toList(),
            listed.size() < limit ? null : token(listed.get(limit - 1).mapping())));
  }

  private static JsonObject json(Listed listed) {
    return json(listed.mapping()).put("removed", listed.removed());
  }

  private static JsonObject json(Mapping mapping) {
    return new JsonObject()
        .put("tenant", mapping.tenant())
        .put("publicKey", mapping.publicKey())
        .put("requestedStore", mapping.requestedStore())
        .put("store", mapping.store());
  }

  private static String token(Mapping mapping) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json(mapping).encode().getBytes(StandardCharsets.UTF_8));
  }

  private static Mapping mapping(String token) {
    try {
      JsonObject json =
          new JsonObject(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
      Optional<Mapping> mapping = Optional.ofNullable(json.getString("tenant"))
          .flatMap(tenant -> Optional.ofNullable(json.getString("publicKey"))
              .map(publicKey -> new Mapping(
                  tenant,
                  publicKey,
                  json.getString("requestedStore", ""),
                  json.getString("store", ""))));
      if (mapping.isPresent()) {
        return mapping.get();
      }
    } catch (IllegalArgumentException | DecodeException | ClassCastException e) {
      // nothing of ours
    }
    throw AdminException.badField("after", "after has to be the next of an earlier page");
  }

  private Future<JsonObject> assign(AdminRequest request) {
    request.allow(List.of(), List.of("tenant", "publicKey", "store", "requestedStore", "force"));
    Mapping mapping = new Mapping(
        request.text("tenant"),
        request.text("publicKey"),
        request.optionalText("requestedStore").orElse(StoreRegistry.DEFAULT_STORE),
        request.text("store"));
    return storage.registry().assign(mapping, request.flag("force")).map(v -> {
      logger.info(
          "tenant={} key={} is mapped to store {}",
          mapping.tenant(),
          StoreKey.cut(mapping.publicKey()),
          mapping.store());
      return json(mapping);
    });
  }

  private Future<JsonObject> unassign(AdminRequest request) {
    request.allow(List.of("tenant", "publicKey"), List.of());
    String tenant = parameter(request, "tenant");
    String publicKey = parameter(request, "publicKey");
    return storage.registry().remove(tenant, publicKey).map(n -> {
      if (n == 0) {
        throw AdminException.notFound("the key is mapped to no store");
      }
      logger.info("tenant={} key={} is mapped no more", tenant, StoreKey.cut(publicKey));
      return new JsonObject().put("removed", n);
    });
  }

  private static String parameter(AdminRequest request, String name) {
    return request
        .parameter(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> AdminException.badField(name, name + " is missing"));
  }

  // Stores

  private Future<JsonObject> stores(AdminRequest request) {
    request.allow(List.of("after", "limit", "tenant"), List.of());
    int limit = limit(request);
    Optional<String> tenant = request.parameter("tenant");
    StoreKey[] last = {request.parameter("after").map(AdminApi::after).orElse(null)};
    List<JsonObject> items = new ArrayList<>();
    boolean[] ended = {false};
    return Steps.repeat(
            vertx,
            () -> storage.log().stores(Optional.ofNullable(last[0]), limit).compose(page -> {
              ended[0] = page.size() < limit;
              int[] at = {0};
              return Steps.repeat(vertx, () -> {
                    if (at[0] == page.size() || items.size() == limit) {
                      ended[0] = ended[0] && at[0] == page.size();
                      return Future.succeededFuture(false);
                    }
                    StoreKey store = page.get(at[0]++);
                    last[0] = store;
                    return tenant.isPresent() && !tenant.get().equals(store.tenant())
                        ? Future.succeededFuture(true)
                        : storage.log().stats(store).map(stats -> items.add(json(stats)));
                  })
                  .map(v -> !ended[0] && items.size() < limit);
            }))
        .map(v -> page(items, ended[0] || last[0] == null ? null : last[0].toString()));
  }

  private static StoreKey after(String text) {
    try {
      return StoreKey.parse(text);
    } catch (IllegalArgumentException e) {
      throw AdminException.badField("after", String.valueOf(e.getMessage()));
    }
  }

  private static JsonObject json(StoreStats stats) {
    return new JsonObject()
        .put("store", stats.store().toString())
        .put("tenant", stats.store().tenant())
        .put("head", stats.head())
        .put("records", stats.records())
        .put("entries", stats.entries())
        .put("bytes", stats.bytes())
        .put("tombstones", stats.tombstones());
  }

  private Future<JsonObject> stats(AdminRequest request) {
    request.allow(List.of(), List.of());
    return known(store(request)).map(AdminApi::json);
  }

  private Future<StoreStats> known(StoreKey store) {
    return storage.log().stats(store).map(stats -> {
      if (stats.head() == 0 && stats.tombstones() == 0) {
        throw AdminException.notFound("nothing was ever written to " + store);
      }
      return stats;
    });
  }

  private Future<JsonObject> purge(AdminRequest request) {
    request.allow(List.of(), List.of("forget"));
    StoreKey store = store(request);
    boolean forget = request.flag("forget");
    return known(store)
        .compose(stats -> eraser.purge(store))
        .compose(removed -> (forget
                ? eraser.forget(store, Long.MAX_VALUE)
                : Future.succeededFuture(0L))
            .map(forgotten -> {
              logger.info(
                  "store={} purged: records={} entries={} bytes={} forgotten={}",
                  store.abbreviated(),
                  removed.records(),
                  removed.entries(),
                  removed.bytes(),
                  forgotten);
              return json(store, removed).put("forgotten", forgotten);
            }));
  }

  private static JsonObject json(StoreKey store, Removed removed) {
    return new JsonObject()
        .put("store", store.toString())
        .put("records", removed.records())
        .put("entries", removed.entries())
        .put("bytes", removed.bytes());
  }

  // Entries

  private Future<JsonObject> entries(AdminRequest request) {
    request.allow(List.of("after", "limit"), List.of());
    long from = request.number("after", 0, 0, Long.MAX_VALUE - 1) + 1;
    StoreKey store = store(request);
    int limit = limit(request);
    return known(store)
        .compose(stats -> storage.log().scan(store, from, limit))
        .map(found -> page(
            found.records().stream().map(AdminApi::json).toList(),
            found.next() > found.head() ? null : (Object) (found.next() - 1)));
  }

  private static JsonObject json(Outline record) {
    byte[] event = record.event();
    JsonObject json = new JsonObject()
        .put("sequence", record.firstSequence())
        .put("entries", record.ids())
        .put("bytes", record.bytes())
        .put("committedAt", Instant.ofEpochMilli(record.committedAt()).toString());
    return event == null ? json : json.put("event", new String(event, StandardCharsets.UTF_8));
  }

  private Future<JsonObject> removeEntries(AdminRequest request) {
    request.allow(List.of(), List.of("sequences"));
    StoreKey store = store(request);
    List<Long> sequences = sequences(request);
    return known(store).compose(stats -> eraser.remove(store, sequences)).map(removed -> {
      logger.info(
          "store={} entries removed: records={} entries={} bytes={}",
          store.abbreviated(),
          removed.records(),
          removed.entries(),
          removed.bytes());
      return json(store, removed);
    });
  }

  private static List<Long> sequences(AdminRequest request) {
    String allowed = "sequences has to be a list of 1 to " + MAX_SEQUENCES + " sequences from 1";
    if (!(request.body().getValue("sequences") instanceof JsonArray array)
        || array.isEmpty()
        || array.size() > MAX_SEQUENCES) {
      throw AdminException.badField("sequences", allowed);
    }
    List<Long> sequences = new ArrayList<>(array.size());
    for (Object value : array) {
      if (!(value instanceof Integer || value instanceof Long)
          || ((Number) value).longValue() < 1) {
        throw AdminException.badField("sequences", allowed);
      }
      sequences.add(((Number) value).longValue());
    }
    return sequences;
  }

  // Retention

  private Future<JsonObject> compactions(AdminRequest request) {
    request.allow(List.of("after", "limit"), List.of());
    int limit = limit(request);
    long below = request.number("after", Long.MAX_VALUE, 0, Long.MAX_VALUE);
    return storage
        .compactions()
        .list(below, limit)
        .map(runs -> page(
            runs.stream().map(AdminApi::json).toList(),
            runs.size() < limit ? null : (Object) runs.get(limit - 1).number()));
  }

  private static JsonObject json(CompactionHistory.Run run) {
    return new JsonObject()
        .put("number", run.number())
        .mergeIn(new JsonObject(new String(run.run(), StandardCharsets.UTF_8)));
  }

  private Future<JsonObject> compact(AdminRequest request) {
    request.allow(List.of(), List.of("dryRun"));
    return request.flag("dryRun") ? retention.dryRun() : retention.run("admin");
  }

  // Sessions

  private LiveHub hub() {
    return hub.orElseThrow(
        () -> new AdminException(400, "NoHub", "there are sessions only on a running hub", null));
  }

  private Future<JsonObject> sessions(AdminRequest request) {
    request.allow(List.of("after", "limit"), List.of());
    int limit = limit(request);
    Optional<SessionId> after = request
        .parameter("after")
        .map(text -> SessionId.parse(text)
            .orElseThrow(() -> AdminException.badField("after", "after has to be a session's id")));
    return hub()
        .sessions(after, limit)
        .map(some -> page(some, some.size() < limit ? null : some.get(limit - 1).getString("id")));
  }

  private Future<JsonObject> closeSession(AdminRequest request) {
    request.allow(List.of(), List.of());
    String id = request.path().get(1);
    AdminException unknown = AdminException.notFound("there is no session " + id);
    return SessionId.parse(id)
        .map(known -> hub().closeSession(known))
        .orElse(Future.succeededFuture(false))
        .map(closed -> {
          if (!closed) {
            throw unknown;
          }
          return new JsonObject().put("closed", id);
        });
  }

  // The whole data set

  private Future<JsonObject> backup(AdminRequest request) {
    request.allow(List.of(), List.of("directory"));
    Path directory;
    try {
      directory = Path.of(request.text("directory"));
    } catch (InvalidPathException e) {
      throw AdminException.badField("directory", "directory is no path: " + e.getReason());
    }
    if (!directory.isAbsolute()) {
      throw AdminException.badField(
          "directory", "directory has to be an absolute path on the hub's machine");
    }
    return storage.backup(directory).map(v -> {
      logger.info("backup written to {}", directory);
      return new JsonObject()
          .put("directory", directory.toString())
          .put("dataSetId", storage.dataSetId().toString());
    });
  }

  private Future<JsonObject> reseed(AdminRequest request) {
    request.allow(List.of(), List.of());
    DataSetId before = storage.dataSetId();
    DataSetId after = DataSetId.random();
    return storage
        .reseed(after)
        .compose(v -> hub.map(LiveHub::reseeded).orElse(Future.succeededFuture()))
        .map(v -> {
          logger.info("the data set {} is {} from now on", before, after);
          return new JsonObject().put("old", before.toString()).put("new", after.toString());
        });
  }
}
