package io.tributary.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.tributary.core.hub.Budget;
import io.tributary.core.session.HubSession;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.metrics.HubMetrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class AdminVerticleTest {
  private static final String TOKEN = "a-configured-admin-token";

  @TempDir
  Path dir;

  private Vertx vertx;
  // Held on to: Vert.x closes what nobody refers to any more.
  private HttpClient client;
  private HubMetrics metrics;
  private ListAppender<ILoggingEvent> logged;

  private record Answer(
      int status, @Nullable String challenge, @Nullable String type, String body) {
    JsonObject error() {
      return new JsonObject(body).getJsonObject("error");
    }
  }

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    client = vertx.createHttpClient();
    metrics = new HubMetrics(new HubSession.Budgets(new Budget(0), new Budget(0)));
    logged = new ListAppender<>();
    logged.start();
    logger().addAppender(logged);
  }

  @AfterEach
  void stop() throws Exception {
    logger().detachAppender(logged);
    done(vertx.close());
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(AdminVerticle.class);
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Path tokenFile() {
    return dir.resolve("data").resolve("admin-token");
  }

  private AdminConfig config(@Nullable String token) {
    return new AdminConfig("127.0.0.1", 0, token, tokenFile());
  }

  private AdminVerticle deployed(AdminConfig config, List<Consumer<Router>> verbs)
      throws Exception {
    AdminVerticle verticle = new AdminVerticle(
        HubConfig.builder().admin(config).hosts(List.of("admin.example")).build(), metrics, verbs);
    assertThat(done(vertx.deployVerticle(verticle))).isNotEmpty();
    return verticle;
  }

  private AdminVerticle deployed(AdminConfig config) throws Exception {
    return deployed(config, List.of());
  }

  private Answer get(AdminVerticle verticle, String path, @Nullable String token) throws Exception {
    return request(verticle, HttpMethod.GET, path, token == null ? null : "Bearer " + token, null);
  }

  private Answer request(
      AdminVerticle verticle,
      HttpMethod method,
      String path,
      @Nullable String authorization,
      @Nullable String host)
      throws Exception {
    URI url = verticle.url().orElseThrow();
    return done(client.request(method, url.getPort(), url.getHost(), path).compose(request -> {
      if (authorization != null) {
        request.putHeader("Authorization", authorization);
      }
      if (host != null) {
        request.putHeader("Host", host);
      }
      // Within the call: a body that comes before somebody asks for it is gone.
      return request
          .send()
          .compose(r -> r.body()
              .map((Buffer b) -> new Answer(
                  r.statusCode(),
                  r.getHeader("WWW-Authenticate"),
                  r.getHeader("Content-Type"),
                  b.toString())));
    }));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLongAnswerBeginsBeforeItsEndIsKnown(boolean well) throws Exception {
    Promise<JsonObject> end = Promise.promise();
    AdminVerticle verticle = deployed(
        config(TOKEN),
        List.of(new AdminRoutes(vertx, request -> end.future(), Optional.empty(), 1)));
    URI url = verticle.url().orElseThrow();

    Answer answer = done(client
        .request(HttpMethod.POST, url.getPort(), url.getHost(), "/admin/v1/anything")
        .compose(request -> request
            .putHeader("Authorization", "Bearer " + TOKEN)
            .send()
            .compose(response -> {
              if (well) {
                end.complete(new JsonObject().put("done", true));
              } else {
                end.fail(new AdminException(409, "busy", "not now", null));
              }
              return response
                  .body()
                  .map(body -> new Answer(response.statusCode(), null, null, body.toString()));
            })));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).startsWith(" ");
    assertThat(new JsonObject(answer.body()))
        .isEqualTo(
            well
                ? new JsonObject().put("done", true)
                : new AdminException(409, "busy", "not now", null).toJson());
  }

  @Test
  void metricsAreServedToTheToken() throws Exception {
    metrics.refused(401);

    Answer answer = get(deployed(config(TOKEN)), "/metrics", TOKEN);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.type()).startsWith("text/plain; version=0.0.4");
    assertThat(answer.body()).contains("tributary_handshakes_refused_total{status=\"401\"} 1.0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer a-configured-admin-toke",
        "Bearer a-configured-admin-token2",
        "Basic a-configured-admin-token",
        "a-configured-admin-token"
      })
  void wrongTokenIsUnauthorized(String authorization) throws Exception {
    Answer answer =
        request(deployed(config(TOKEN)), HttpMethod.GET, "/metrics", authorization, null);

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.challenge()).isEqualTo("Bearer");
    assertThat(answer.error().getString("code")).isEqualTo("Unauthorized");
    assertThat(answer.error().getString("message")).isNotBlank();
    assertThat(logged.list).noneMatch(e -> e.getFormattedMessage().contains(TOKEN));
  }

  @Test
  void nothingIsToldWithoutAToken() throws Exception {
    AdminVerticle verticle = deployed(config(TOKEN));

    assertThat(get(verticle, "/metrics", null).status()).isEqualTo(401);
    assertThat(get(verticle, "/nowhere", null).status()).isEqualTo(401);
    assertThat(get(verticle, "/metrics?token=" + TOKEN, null).status()).isEqualTo(401);
  }

  @Test
  void unknownPathsMethodsAndFailuresAreJson() throws Exception {
    AdminVerticle verticle = deployed(
        config(TOKEN),
        List.of(router -> router.get("/admin/v1/boom").handler(ctx -> {
          throw new IllegalStateException("internal detail");
        })));

    Answer unknown = get(verticle, "/admin/v1/nothing", TOKEN);
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.error().getString("code")).isEqualTo("NotFound");
    Answer method = request(verticle, HttpMethod.POST, "/metrics", "Bearer " + TOKEN, null);
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.error().getString("code")).isEqualTo("MethodNotAllowed");
    Answer failed = get(verticle, "/admin/v1/boom", TOKEN);
    assertThat(failed.status()).isEqualTo(500);
    assertThat(failed.body()).doesNotContain("internal detail");
    assertThat(get(verticle, "/admin/v1/boom", null).status()).isEqualTo(401);
  }

  @Test
  void hostMustBeLoopbackOrListed() throws Exception {
    AdminVerticle verticle = deployed(config(TOKEN));

    for (String host : List.of("localhost:1", "127.0.0.1", "admin.example:9")) {
      assertThat(request(verticle, HttpMethod.GET, "/metrics", "Bearer " + TOKEN, host)
              .status())
          .as(host)
          .isEqualTo(200);
    }
    Answer rebound =
        request(verticle, HttpMethod.GET, "/metrics", "Bearer " + TOKEN, "evil.example");
    assertThat(rebound.status()).isEqualTo(403);
    assertThat(rebound.error().getString("code")).isEqualTo("Forbidden");
  }

  @Test
  void tokenIsMadeForTheOwnerOnlyAndUsedAgain() throws Exception {
    AdminVerticle verticle = deployed(config(null));

    String token = Files.readString(tokenFile()).strip();
    assertThat(token).matches("[A-Za-z0-9_-]{43}");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(tokenFile())))
        .isEqualTo("rw-------");
    assertThat(get(verticle, "/metrics", token).status()).isEqualTo(200);

    AdminVerticle again = deployed(config(null));
    assertThat(Files.readString(tokenFile()).strip()).isEqualTo(token);
    assertThat(get(again, "/metrics", token).status()).isEqualTo(200);
  }

  @Test
  void configuredTokenMakesNoFile() throws Exception {
    assertThat(deployed(config(TOKEN)).url()).isPresent();
    assertThat(tokenFile()).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw----r--", "rw--w----", "rw-----w-"})
  void fileThatOthersMayReadOrWriteKeepsTheListenerOff(String mode) throws Exception {
    Files.createDirectories(tokenFile().getParent());
    Files.writeString(tokenFile(), "a-token-that-others-may-know\n");
    Files.setPosixFilePermissions(tokenFile(), PosixFilePermissions.fromString(mode));

    assertThat(deployed(config(null)).url()).isEmpty();

    assertOneWarning(mode);
  }

  @Test
  void fileReadableByItsGroupIsUsed() throws Exception {
    Files.createDirectories(tokenFile().getParent());
    Files.writeString(tokenFile(), "  a-token-from-a-mounted-secret\n");
    Files.setPosixFilePermissions(tokenFile(), PosixFilePermissions.fromString("r--r-----"));

    AdminVerticle verticle = deployed(config(null));

    assertThat(get(verticle, "/metrics", "a-token-from-a-mounted-secret").status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "short", "two words that are long enough"})
  void fileWithoutATokenKeepsTheListenerOff(String content) throws Exception {
    Files.createDirectories(tokenFile().getParent());
    Files.writeString(tokenFile(), content);
    Files.setPosixFilePermissions(tokenFile(), PosixFilePermissions.fromString("rw-------"));

    assertThat(deployed(config(null)).url()).isEmpty();

    assertOneWarning("holds no token");
  }

  @Test
  void fileThatCannotBeMadeKeepsTheListenerOff() throws Exception {
    // a file where its directory should be
    Files.writeString(dir.resolve("data"), "");

    assertThat(deployed(config(null)).url()).isEmpty();

    assertOneWarning("admin.tokenFile");
  }

  @Test
  void withoutAPlaceForATokenTheListenerIsOff() throws Exception {
    assertThat(deployed(new AdminConfig("127.0.0.1", 0, null, null)).url()).isEmpty();

    assertOneWarning("set admin.token or admin.tokenFile");
  }

  private void assertOneWarning(String about) {
    assertThat(logged.list.stream().filter(e -> e.getLevel() == Level.WARN))
        .singleElement()
        .satisfies(e -> assertThat(e.getFormattedMessage()).contains(about));
  }

  @Test
  void urlFileSaysWhereItListensUntilItStops() throws Exception {
    AdminVerticle verticle = deployed(config(null));
    Path urlFile = tokenFile().resolveSibling("admin-url");

    assertThat(Files.readString(urlFile)).isEqualTo(verticle.url().orElseThrow() + "\n");
    assertThat(verticle.url().orElseThrow().toString()).matches("http://127\\.0\\.0\\.1:[1-9]\\d+");

    done(vertx.undeploy(vertx.deploymentIDs().iterator().next()));
    assertThat(urlFile).doesNotExist();
    assertThat(tokenFile()).exists();
  }

  @Test
  void urlFileOfAnotherHubIsLeftAlone() throws Exception {
    AdminVerticle first = deployed(config(null));
    String firstId = vertx.deploymentIDs().iterator().next();
    AdminVerticle second = deployed(config(null));
    Path urlFile = tokenFile().resolveSibling("admin-url");
    assertThat(second.url()).isNotEqualTo(first.url());

    done(vertx.undeploy(firstId));

    assertThat(Files.readString(urlFile)).isEqualTo(second.url().orElseThrow() + "\n");
  }

  @Test
  void addressInUseFailsTheDeployment() throws Exception {
    int taken = deployed(config(TOKEN)).url().orElseThrow().getPort();
    Vertx other = Vertx.vertx();
    try {
      assertThatThrownBy(() -> done(other.deployVerticle(new AdminVerticle(
              HubConfig.builder()
                  .admin(new AdminConfig("127.0.0.1", taken, TOKEN, tokenFile()))
                  .build(),
              metrics,
              List.of()))))
          .hasMessageContaining("admin.port " + taken);
    } finally {
      done(other.close());
    }
  }
}
