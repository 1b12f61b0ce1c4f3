package io.tributary.server.admin;

import io.tributary.core.model.StoreKey;
import io.tributary.server.http.Routes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin API over HTTP, below {@code /admin/v1/}.
 *
 * <p>An answer that takes long begins as 200 with spaces, which keep
 * the connection from being idle; its body then says how it ended: it has an {@code error} or not.
 */
final class AdminRoutes implements Consumer<Router> {
  private static final Logger logger = LoggerFactory.getLogger(AdminRoutes.class);
  private static final String PREFIX = "/admin/v1/";
  private static final int MAX_BODY = 16 << 20;

  /** Well below any idle timeout, our own first. */
  static final long PATIENCE_MS = 15_000;

  private final Vertx vertx;
  private final Function<AdminRequest, Future<JsonObject>> api;
  private final Optional<Moves> moves;
  private final long patienceMs;

  /**
   * @param moves empty = there is no export and import
   * @param patienceMs when an answer begins without its end being known
   */
  AdminRoutes(
      Vertx vertx,
      Function<AdminRequest, Future<JsonObject>> api,
      Optional<Moves> moves,
      long patienceMs) {
    this.vertx = vertx;
    this.api = api;
    this.moves = moves;
    this.patienceMs = patienceMs;
  }

  @Override
  public void accept(Router router) {
    moves.ifPresent(there -> {
      router.get(PREFIX + "export").handler(ctx -> onExport(ctx, there));
      router.post(PREFIX + "import").handler(ctx -> onImport(ctx, there));
    });
    router
        .route(PREFIX + "*")
        .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY))
        .handler(this::onRequest);
  }

  private void onRequest(RoutingContext ctx) {
    try {
      answer(ctx, api.apply(request(ctx)));
    } catch (AdminException e) {
      Routes.answer(ctx, e.status(), e.toJson());
    }
  }

  /** Answers when it is known what, and keeps the connection busy until then. */
  private void answer(RoutingContext ctx, Future<JsonObject> result) {
    HttpServerResponse response = ctx.response();
    boolean[] begun = {false};
    long timer = vertx.setPeriodic(patienceMs, id -> {
      if (!begun[0]) {
        begun[0] = true;
        response
            .setChunked(true)
            .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
            .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
      }
      // a peer that has gone needs no answer
      var unused = response.write(" ");
    });
    result.onComplete(outcome -> {
      boolean unused = vertx.cancelTimer(timer);
      AdminException refusal = outcome.succeeded() ? null : refusal(ctx, outcome.cause());
      JsonObject body = refusal == null ? outcome.result() : refusal.toJson();
      if (begun[0]) {
        var unusedEnd = response.end(body.encode());
      } else {
        Routes.answer(ctx, refusal == null ? 200 : refusal.status(), body);
      }
    });
  }

  private static AdminException refusal(RoutingContext ctx, Throwable failure) {
    AdminException refusal = AdminException.of(failure);
    if (refusal.status() == 500) {
      logger.error(
          "An admin request failed: {} {}",
          ctx.request().method(),
          ctx.request().path(),
          failure);
    }
    return refusal;
  }

  private void onExport(RoutingContext ctx, Moves there) {
    List<StoreKey> stores = new ArrayList<>();
    try {
      for (String store : ctx.queryParam("store")) {
        stores.add(StoreKey.parse(store));
      }
    } catch (IllegalArgumentException e) {
      AdminException refusal = AdminException.badField("store", String.valueOf(e.getMessage()));
      Routes.answer(ctx, refusal.status(), refusal.toJson());
      return;
    }
    HttpServerResponse response = ctx.response()
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/x-ndjson")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    there.export(stores, response).onComplete(outcome -> {
      if (outcome.succeeded()) {
        logger.info("exported: {}", outcome.result().encode());
        var unused = response.end();
      } else if (response.headWritten()) {
        // Cut short, so that nobody takes it for whole.
        logger.warn("an export ended early: {}", outcome.cause().getMessage());
        var unused = ctx.request().connection().close();
      } else {
        AdminException refusal = refusal(ctx, outcome.cause());
        response.setChunked(false);
        Routes.answer(ctx, refusal.status(), refusal.toJson());
      }
    });
  }

  /** The file is read twice, so it is kept until then. */
  private void onImport(RoutingContext ctx, Moves there) {
    boolean move = Boolean.parseBoolean(ctx.request().getParam("move", "false"));
    HttpServerRequest upload = ctx.request().pause();
    answer(
        ctx,
        vertx
            .executeBlocking(() -> Files.createTempFile("tributary-import", ".ndjson"), false)
            .compose(file -> vertx
                .fileSystem()
                .open(file.toString(), new OpenOptions().setTruncateExisting(true))
                .compose(upload::pipeTo)
                .compose(v -> there.importFrom(file, move))
                .onSuccess(moved -> logger.info("imported: {}", moved.encode()))
                .eventually(() -> vertx.fileSystem().delete(file.toString()))));
  }

  private static AdminRequest request(RoutingContext ctx) {
    List<String> segments = new ArrayList<>();
    for (String segment : ctx.request().path().substring(PREFIX.length()).split("/", -1)) {
      segments.add(decode(segment));
    }
    Map<String, String> query = new HashMap<>();
    ctx.queryParams().forEach((name, value) -> {
      if (query.put(name, value) != null) {
        throw AdminException.badField(name, name + " is there more than once");
      }
    });
    return new AdminRequest(ctx.request().method().name(), segments, query, body(ctx));
  }

  private static String decode(String segment) {
    try {
      // in a path a plus is a plus
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new AdminException(400, "InvalidRequest", "the path is not percent-encoded", null);
    }
  }

  private static JsonObject body(RoutingContext ctx) {
    String text = ctx.body().asString();
    if (text == null || text.isBlank()) {
      return new JsonObject();
    }
    try {
      return new JsonObject(text);
    } catch (DecodeException e) {
      throw new AdminException(400, "InvalidRequest", "the body is not a JSON object", null);
    }
  }
}
