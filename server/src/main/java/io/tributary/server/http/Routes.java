package io.tributary.server.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** The main listener's own pages. */
public final class Routes {
  private Routes() {}

  /**
   * Adds {@code /healthz}, whether the process runs, and {@code /readyz}, whether it can take traffic.
   * Neither asks for a token.
   */
  public static void mount(Router router, Readiness readiness) {
    read(router, "/healthz").handler(ctx -> answer(ctx, 200, new JsonObject().put("status", "up")));
    read(router, "/readyz")
        .handler(ctx -> readiness
            .report()
            .onComplete(
                report -> answer(
                    ctx, report.status() == Readiness.Status.READY ? 200 : 503, report.toJson()),
                ctx::fail));
  }

  /**
   * Answers with JSON.
   *
   * @param status HTTP status
   */
  public static void answer(RoutingContext ctx, int status, JsonObject body) {
    // a peer that has gone needs no answer
    var unused = ctx.response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.encode());
  }

  private static Route read(Router router, String path) {
    return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }
}
