package io.tributary.server.hub;

import io.tributary.server.admin.AdminApi;
import io.tributary.server.admin.AdminException;
import io.tributary.server.admin.AdminRequest;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes of the server itself, as other parts of the application ask for them on the event bus: {@code
 * {store, entries, runHandlers}}, answered by {@code {sequences}} or a failure with the status that the
 * admin API has for it.
 */
final class WritesVerticle extends VerticleBase {
  static final String ADDRESS = "tributary.hub.write";

  private static final Logger logger = LoggerFactory.getLogger(WritesVerticle.class);

  private final AdminApi api;

  WritesVerticle(AdminApi api) {
    this.api = api;
  }

  @Override
  public Future<?> start() {
    return vertx.eventBus().<Object>localConsumer(ADDRESS, this::onMessage).completion();
  }

  private void onMessage(Message<Object> message) {
    write(message.body()).onSuccess(message::reply).onFailure(failure -> {
      AdminException refusal = AdminException.of(failure);
      if (refusal.status() == 500) {
        logger.error("a write by the event bus failed", failure);
      }
      message.fail(refusal.status(), refusal.getMessage());
    });
  }

  private Future<JsonObject> write(Object body) {
    if (!(body instanceof JsonObject request)) {
      return refused("a write is a JsonObject: {store, entries, runHandlers}");
    }
    if (!(request.getValue("store") instanceof String store)) {
      return refused("store has to be a store's key, as TENANT/plain:STORE");
    }
    JsonObject rest = request.copy();
    Object unused = rest.remove("store");
    return api.answer(AdminRequest.of("POST", "stores", store, "entries").withBody(rest))
        .map(written -> new JsonObject().put("sequences", written.getJsonArray("sequences")));
  }

  private static Future<JsonObject> refused(String message) {
    return Future.failedFuture(new AdminException(400, "InvalidRequest", message, null));
  }
}
