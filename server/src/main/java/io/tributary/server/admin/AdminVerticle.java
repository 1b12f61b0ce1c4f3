package io.tributary.server.admin;

import io.tributary.server.access.Hosts;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.Loopback;
import io.tributary.server.http.Routes;
import io.tributary.server.metrics.HubMetrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin listener: one instance, a bearer token for everything. Refusals are {@code {error: {code,
 * message, field?}}}.
 *
 * <p>Without a way to a token it stays off, with a warning. Deploying fails if its address can't be
 * listened on.
 */
public final class AdminVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(AdminVerticle.class);
  private static final int IDLE_SECONDS = 60;
  private static final String BEARER = "bearer ";

  private final AdminConfig config;
  private final Set<String> hosts;
  private final HubMetrics metrics;
  private final List<Consumer<Router>> verbs;

  // of this verticle's event loop
  private @Nullable HttpServer server;
  private @Nullable Path urlFile;
  // written once by the event loop
  private volatile @Nullable URI url;

  /**
   * With the admin API.
   *
   * @param config its {@code admin} and {@code hosts} are used
   */
  public AdminVerticle(Vertx vertx, HubConfig config, HubMetrics metrics, AdminApi api) {
    this(
        config,
        metrics,
        List.of(new AdminRoutes(vertx, api::answer, api.moves(), AdminRoutes.PATIENCE_MS)));
  }

  /**
   * @param config its {@code admin} and {@code hosts} are used
   * @param verbs each adds its routes below {@code /admin/v1}; whoever gets there has shown the token
   */
  AdminVerticle(HubConfig config, HubMetrics metrics, List<Consumer<Router>> verbs) {
    this.config = config.admin();
    this.hosts = Hosts.listed(config.hosts());
    this.metrics = metrics;
    this.verbs = List.copyOf(verbs);
  }

  @Override
  public Future<?> start() {
    return vertx
        .executeBlocking(() -> AdminToken.resolve(config), false)
        .map(Optional::of)
        .otherwise(e -> {
          log.warn("The admin listener stays off, {}", e.getMessage());
          return Optional.empty();
        })
        .compose(token -> token.isPresent() ? listen(token.get()) : Future.succeededFuture());
  }

  @Override
  public Future<?> stop() {
    HttpServer listening = server;
    return Future.join(
        removeUrl(), listening == null ? Future.succeededFuture() : listening.close());
  }

  /** Where it listens, for a client on this machine; empty while it is off. */
  public Optional<URI> url() {
    return Optional.ofNullable(url);
  }

  private Future<?> listen(String token) {
    HttpServerOptions options = new HttpServerOptions()
        .setHost(config.host())
        .setPort(config.port())
        .setHttp2ClearTextEnabled(false)
        .setIdleTimeout(IDLE_SECONDS)
        .setIdleTimeoutUnit(TimeUnit.SECONDS);
    HttpServer listening = vertx.createHttpServer(options).requestHandler(router(sha256(token)));
    return listening
        .listen()
        .recover(e -> Future.failedFuture(new IOException(
            "the admin listener can't listen on admin.host "
                + config.host()
                + ", admin.port "
                + config.port()
                + ": "
                + e.getMessage(),
            e)))
        .compose(s -> {
          server = s;
          URI at = URI.create("http://" + reachable(config.host()) + ":" + s.actualPort());
          url = at;
          log.info("Admin listener on {}", at);
          return writeUrl(at);
        });
  }

  private Router router(byte[] digest) {
    Router router = Router.router(vertx);
    for (int status : new int[] {400, 404, 405, 413, 500}) {
      router.errorHandler(status, ctx -> refuse(ctx, status));
    }
    router.route().handler(ctx -> authenticate(ctx, digest));
    if (Loopback.is(config.host())) {
      router.route().handler(this::checkHost);
    }
    router.route("/metrics").method(HttpMethod.GET).handler(ctx -> {
      // a peer that has gone needs no answer
      var unused = ctx.response()
          .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
          .end(metrics.scrape());
    });
    verbs.forEach(verb -> verb.accept(router));
    return router;
  }

  private void authenticate(RoutingContext ctx, byte[] digest) {
    String header = ctx.request().getHeader(HttpHeaders.AUTHORIZATION);
    boolean bearer = header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length());
    String token = bearer && header != null ? header.substring(BEARER.length()).strip() : "";
    if (MessageDigest.isEqual(digest, sha256(token))) {
      ctx.next();
      return;
    }
    log.info(
        "Admin request refused from {}: {}",
        ctx.request().remoteAddress(),
        header == null
            ? "no token"
            : bearer ? "the token does not match" : "Authorization is not Bearer");
    ctx.response().putHeader("WWW-Authenticate", "Bearer");
    error(ctx, 401, "Unauthorized", "Give the admin token as Authorization: Bearer");
  }

  private void checkHost(RoutingContext ctx) {
    List<String> header = ctx.request().headers().getAll(HttpHeaders.HOST);
    if (header.size() == 1 && Hosts.isMeantForLoopback(header.get(0), hosts)) {
      ctx.next();
    } else {
      error(ctx, 403, "Forbidden", "Host is not a loopback name: list it in hosts to accept it");
    }
  }

  private void refuse(RoutingContext ctx, int status) {
    switch (status) {
      case 400 -> error(ctx, status, "InvalidRequest", "The request is malformed");
      case 404 -> error(ctx, status, "NotFound", "There is nothing here");
      case 405 -> error(ctx, status, "MethodNotAllowed", "Not with this method");
      case 413 -> error(ctx, status, "TooLarge", "The request is too large");
      default -> {
        log.error(
            "An admin request failed: {} {}",
            ctx.request().method(),
            ctx.request().path(),
            ctx.failure());
        error(ctx, status, "InternalServerError", "The request failed; the hub's log says why");
      }
    }
  }

  private static void error(RoutingContext ctx, int status, String code, String message) {
    Routes.answer(ctx, status, new AdminException(status, code, message, null).toJson());
  }

  private Future<?> writeUrl(URI at) {
    Path tokenFile = config.tokenFile();
    if (tokenFile == null) {
      return Future.succeededFuture();
    }
    return vertx
        .executeBlocking(() -> AdminToken.writeUrl(tokenFile, at.toString()), false)
        .onSuccess(file -> urlFile = file)
        .recover(e -> {
          log.warn("The file admin-url can't be written, commands need --admin {}", at, e);
          return Future.succeededFuture();
        });
  }

  private Future<?> removeUrl() {
    Path file = urlFile;
    URI at = url;
    if (file == null || at == null) {
      return Future.succeededFuture();
    }
    return vertx.executeBlocking(
        () -> {
          AdminToken.removeUrl(file, at.toString());
          return null;
        },
        false);
  }

  private static String reachable(String host) {
    return switch (host) {
      case "0.0.0.0" -> "127.0.0.1";
      case "::", "0:0:0:0:0:0:0:0" -> "[::1]";
      default -> host.contains(":") ? "[" + host + "]" : host;
    };
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
