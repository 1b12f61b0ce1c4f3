package io.tributary.client;

import io.tributary.client.eventlog.ConflictRejectedException;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EntryPage;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.Placed;
import io.tributary.client.eventlog.UnknownEventException;
import io.tributary.client.eventlog.Written;
import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.tributary.client.sync.RemoteExistsException;
import io.tributary.client.sync.RemoteStatus;
import io.tributary.client.sync.RemoteStoppedException;
import io.tributary.client.sync.SyncService;
import io.tributary.client.sync.UnknownRemoteException;
import io.tributary.client.sync.UploadsRefusedException;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.model.Entry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica as a verticle. Deploy one with the form of {@link ReplicaOptions#fromJson} as its
 * configuration, or make one with options.
 *
 * <p>Other verticles use the event bus, at {@code tributary.client.NAME}:
 *
 * <ul>
 *   <li>{@code .write} {@code {event, payload}}, answered by {@code {id, position, result?}}; {@code
 *       payload} is an object, or the bytes as a {@code Buffer}. {@code result} is what the handler
 *       gave, if JSON can hold it. Also {@link WriteEvent}, answered by {@link Written}.
 *   <li>{@code .entries} {@code {event?, primaryKey?, after?, limit?}}, answered by {@code {items:
 *       [{position, id, event, primaryKey, payload, sequence}], next?}}; there is more as long as
 *       {@code next} is there, which is the next {@code after}. A payload that is no object comes as
 *       bytes.
 *   <li>{@code .status} anything, answered by {@code {items: [...]}}, one for each remote and
 *       event log.
 *   <li>{@code .syncNow} {@code {remote?}}, answered by {@code {}} once done.
 * </ul>
 *
 * It publishes {@code .changes} {@code {items: [{position, id, remoteId?}]}} after each commit that
 * added entries, {@code .invalidations} {@code {key, primaryKeys}} (none: any), for the reactivity keys
 * known at the start, and {@code .statusChanges} as {@code .status}.
 *
 * <p>Failures are {@code ReplyException}s with code 400 (the request is wrong), 403 (the remote doesn't
 * let this replica), 404 (no such remote), 409 (a conflict) or 503 (not now).
 */
public final class SyncVerticle extends VerticleBase {
  private static final Logger logger = LoggerFactory.getLogger(SyncVerticle.class);
  private static final int LIMIT = 100;
  private static final int MAX_LIMIT = 1000;
  private static final int BAD_REQUEST = 400;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int UNAVAILABLE = 503;

  private final @Nullable ReplicaOptions given;
  private @Nullable Replica replica;
  private DeliveryOptions delivery = new DeliveryOptions();
  private final List<Runnable> subscriptions = new ArrayList<>();

  /** One that reads its options from its configuration. */
  public SyncVerticle() {
    this.given = null;
  }

  /** One with these options. */
  public SyncVerticle(ReplicaOptions options) {
    this.given = options;
  }

  /** The replica; null unless it is deployed. */
  public @Nullable Replica replica() {
    return replica;
  }

  @Override
  public Future<?> start() {
    ByReference.register(vertx);
    Future<ReplicaOptions> options = given == null
        // It may read files.
        ? vertx.executeBlocking(() -> ReplicaOptions.fromJson(config()))
        : Future.succeededFuture(given);
    return options.compose(its -> {
      delivery = new DeliveryOptions().setLocalOnly(!its.clustered());
      return Tributary.replica(vertx, its).compose(opened -> {
        replica = opened;
        return listen(opened, its.clustered())
            .recover(failure -> stop().transform(done -> Future.failedFuture(failure)));
      });
    });
  }

  @Override
  public Future<?> stop() {
    subscriptions.forEach(Runnable::run);
    subscriptions.clear();
    Replica open = replica;
    replica = null;
    return open == null ? Future.succeededFuture() : open.close();
  }

  private Future<Void> listen(Replica open, boolean clustered) {
    String base = "tributary.client." + open.name();
    Context here = context;
    open.eventLog().runner().execute(() -> {
      Runnable end = open.eventLog().syncAccess().onPlaced((before, placed) -> {
        List<Placed> copy = List.copyOf(placed);
        here.runOnContext(v -> publish(base + ".changes", changes(copy)));
      });
      here.runOnContext(v -> subscriptions.add(end));
    });
    Map<String, Set<String>> keys = new LinkedHashMap<>();
    open.eventLog().reactivity().keys().forEach(key -> keys.put(key, Set.of()));
    if (!keys.isEmpty()) {
      Reactivity.Subscription invalidations = open.eventLog()
          .reactivity()
          .subscribe(
              keys,
              invalidated ->
                  here.runOnContext(v -> invalidated.forEach((key, primaryKeys) -> publish(
                      base + ".invalidations",
                      new JsonObject()
                          .put("key", key)
                          .put("primaryKeys", new JsonArray(new ArrayList<>(primaryKeys)))))));
      subscriptions.add(invalidations::close);
    }
    SyncService.Subscription status =
        open.sync().statusStream(all -> publish(base + ".statusChanges", items(all)));
    subscriptions.add(status::close);
    return Future.all(
            consumer(clustered, base + ".write", body -> write(open, body)),
            consumer(clustered, base + ".entries", body -> entries(open, body)),
            consumer(
                clustered,
                base + ".status",
                body -> Future.succeededFuture(items(open.sync().status()))),
            consumer(clustered, base + ".syncNow", body -> syncNow(open, body)))
        .mapEmpty();
  }

  private Future<Void> consumer(
      boolean clustered, String address, Function<@Nullable Object, Future<Object>> answer) {
    EventBus bus = vertx.eventBus();
    MessageConsumer<Object> consumer =
        clustered ? bus.consumer(address) : bus.localConsumer(address);
    consumer.handler(message -> answer(message, answer));
    return consumer.completion();
  }

  private void answer(
      Message<Object> message, Function<@Nullable Object, Future<Object>> question) {
    Future<Object> answer;
    try {
      answer = question.apply(message.body());
    } catch (OptionsException e) {
      answer = Future.failedFuture(e);
    }
    answer
        .onSuccess(result -> message.reply(
            result, result instanceof Written ? ByReference.OPTIONS : new DeliveryOptions()))
        .onFailure(failure -> message.fail(code(failure), String.valueOf(failure.getMessage())));
  }

  private static int code(Throwable failure) {
    if (failure instanceof OptionsException
        || failure instanceof PayloadException
        || failure instanceof UnknownEventException) {
      return BAD_REQUEST;
    } else if (failure instanceof UploadsRefusedException
        || failure instanceof RemoteStoppedException) {
      return FORBIDDEN;
    } else if (failure instanceof UnknownRemoteException) {
      return NOT_FOUND;
    } else if (failure instanceof ConflictRejectedException
        || failure instanceof RemoteExistsException) {
      return CONFLICT;
    }
    logger.debug("a request by the event bus failed", failure);
    return UNAVAILABLE;
  }

  private static OptionsReader request(@Nullable Object body, String form) {
    if (body == null) {
      return OptionsReader.of(new JsonObject());
    }
    if (body instanceof JsonObject json) {
      return OptionsReader.of(json);
    }
    throw new OptionsException(
        List.of(OptionsReader.problem("the request", body.getClass().getSimpleName(), form)));
  }

  private Future<Object> write(Replica open, @Nullable Object body) {
    if (body instanceof WriteEvent write) {
      return open.eventLog().write(write.event(), write.payload()).map(written -> written);
    }
    OptionsReader request = request(body, "a JsonObject {event, payload}, or a WriteEvent");
    Optional<String> event = request.text("event");
    if (!request.has("event")) {
      request.refuse("event", "none", "an event's tag");
    }
    boolean unused = request.has("payload");
    request.done();
    Object payload = request.whole().getValue("payload");
    if (payload != null && !(payload instanceof JsonObject) && !(payload instanceof Buffer)) {
      throw new OptionsException(List.of(
          OptionsReader.problem("payload", "something else", "an object, or bytes as a Buffer")));
    }
    return open.eventLog().write(event.orElseThrow(), payload).map(SyncVerticle::json);
  }

  private static JsonObject json(Written written) {
    JsonObject json =
        new JsonObject().put("id", written.id().toString()).put("position", written.position());
    Object result = written.result();
    if (result instanceof JsonObject
        || result instanceof JsonArray
        || result instanceof Buffer
        || result instanceof String
        || result instanceof Number
        || result instanceof Boolean) {
      json.put("result", result);
    }
    return json;
  }

  private Future<Object> entries(Replica open, @Nullable Object body) {
    OptionsReader request = request(body, "a JsonObject {event?, primaryKey?, after?, limit?}");
    EntryFilter filter = new EntryFilter(request.text("event"), request.text("primaryKey"));
    long after = request.number("after", 0, Long.MAX_VALUE).orElse(0L);
    int limit = request.number("limit", 1, MAX_LIMIT).orElse((long) LIMIT).intValue();
    request.done();
    return open.eventLog().entries(filter, after, limit).map(SyncVerticle::json);
  }

  private static JsonObject json(EntryPage page) {
    JsonArray items = new JsonArray();
    page.items().forEach(item -> items.add(json(item)));
    JsonObject json = new JsonObject().put("items", items);
    page.next().ifPresent(next -> json.put("next", next));
    return json;
  }

  private static JsonObject json(LoggedEntry logged) {
    Entry entry = logged.entry();
    return new JsonObject()
        .put("position", logged.position())
        .put("id", entry.id().toString())
        .put("event", entry.event())
        .put("primaryKey", entry.primaryKey())
        .put("payload", payload(entry.payload()))
        .put("sequence", logged.sequence());
  }

  private static Object payload(byte[] bytes) {
    try {
      return PayloadCodec.json().decode(bytes);
    } catch (PayloadException e) {
      return Buffer.buffer(bytes);
    }
  }

  private Future<Object> syncNow(Replica open, @Nullable Object body) {
    OptionsReader request = request(body, "a JsonObject {remote?}");
    Optional<String> remote = request.text("remote");
    request.done();
    Future<Void> done =
        remote.isPresent() ? open.sync().syncNow(remote.get()) : open.sync().syncNow();
    return done.map(v -> new JsonObject());
  }

  private static JsonObject items(List<RemoteStatus> all) {
    JsonArray items = new JsonArray();
    all.forEach(status -> items.add(status.toJson()));
    return new JsonObject().put("items", items);
  }

  private static JsonObject changes(List<Placed> placed) {
    JsonArray items = new JsonArray();
    for (Placed entry : placed) {
      JsonObject item = new JsonObject()
          .put("position", entry.position())
          .put("id", entry.id().toString());
      if (entry.from() != null) {
        item.put("remoteId", entry.from().toString());
      }
      items.add(item);
    }
    return new JsonObject().put("items", items);
  }

  private void publish(String address, JsonObject message) {
    if (replica != null) {
      var unused = vertx.eventBus().publish(address, message, delivery);
    }
  }
}
