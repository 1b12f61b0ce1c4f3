package io.tributary.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.session.Principal;
import io.tributary.server.access.Handshake.Accepted;
import io.tributary.server.access.Handshake.Decision;
import io.tributary.server.access.Handshake.Refused;
import io.tributary.server.config.AuthConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.TokenRule;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The decisions through a real upgrade, with another implementation's client. */
class HandshakeSocketTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final Queue<Principal> principals = new ConcurrentLinkedQueue<>();
  private Vertx vertx;
  // Held on to: Vert.x closes what nobody refers to any more.
  private HttpServer server;
  private io.vertx.core.http.HttpClient client;
  private int port;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    HubConfig config = HubConfig.builder()
        .auth(AuthConfig.of(
            Map.of("acme", TokenRule.of("acme-token"), "*", TokenRule.of("any-token"))))
        .build();
    Handshake handshake = new Handshake(done(Tokens.open(vertx, config.auth())), config);
    server = vertx
        .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
        .requestHandler(request -> handle(handshake, request));
    client = vertx.createHttpClient();
    port = done(server.listen(0, "127.0.0.1")).actualPort();
  }

  private void handle(Handshake handshake, HttpServerRequest request) {
    Decision decision = handshake.decide(request);
    if (decision instanceof Refused refused) {
      refused.answer(request.response());
    } else if (decision instanceof Accepted accepted) {
      if (accepted.subprotocol() != null) {
        request.response().putHeader("Sec-WebSocket-Protocol", accepted.subprotocol());
      }
      principals.add(accepted.grant().principal());
      request
          .toWebSocket()
          .onSuccess(ws -> ws.handler(b -> ws.writeBinaryMessage(b)))
          .onFailure(e -> principals.clear());
    }
  }

  @AfterEach
  void stop() throws Exception {
    done(vertx.close());
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** The status of a refusal, or 101 and the subprotocol. */
  private String connect(
      String path, @Nullable String authorization, String @Nullable [] subprotocols) {
    WebSocket.Builder builder = CLIENT.newWebSocketBuilder();
    if (authorization != null) {
      builder.header("Authorization", authorization);
    }
    if (subprotocols != null) {
      builder.subprotocols(
          subprotocols[0],
          List.of(subprotocols).subList(1, subprotocols.length).toArray(String[]::new));
    }
    try {
      WebSocket socket = builder
          .buildAsync(URI.create("ws://127.0.0.1:" + port + path), new WebSocket.Listener() {})
          .join();
      String answer = "101 " + socket.getSubprotocol();
      socket.abort();
      return answer.strip();
    } catch (CompletionException e) {
      WebSocketHandshakeException refusal =
          (WebSocketHandshakeException) Objects.requireNonNull(e.getCause());
      return refusal.getResponse().statusCode()
          + refusal
              .getResponse()
              .headers()
              .firstValue("WWW-Authenticate")
              .map(h -> " " + h)
              .orElse("");
    }
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource({
    // tenant, Authorization, subprotocols, answer
    "acme, , , 401 Bearer",
    "acme, Bearer wrong, , 401 Bearer",
    "acme, Bearer acme-token, , 101",
    "acme, Bearer any-token, , 401 Bearer",
    "other, Bearer any-token, , 101",
    "other, Bearer acme-token, , 401 Bearer",
    "acme, , sync-auth.acme-token, 101 sync-auth.acme-token",
    "acme, , sync-auth.wrong, 401 Bearer",
    "acme, , foo sync-auth.acme-token, 101 sync-auth.acme-token",
    "acme, Bearer wrong, sync-auth.acme-token, 101 sync-auth.acme-token",
    "acme, Bearer acme-token, sync-auth.wrong, 101 sync-auth.wrong",
    "acme, Bearer acme-token, foo bar, 101 foo",
    "acme?token=acme-token, , , 401 Bearer",
    "bad%2Ftenant, Bearer acme-token, , 400",
    "acme/v4, Bearer acme-token, , 404"
  })
  void tokenMatrix(
      String tenant, @Nullable String authorization, @Nullable String subprotocols, String answer) {
    assertThat(connect(
            "/event-log/" + tenant,
            authorization,
            subprotocols == null ? null : subprotocols.split(" ")))
        .isEqualTo(answer);
    if (answer.startsWith("101")) {
      assertThat(principals)
          .containsExactly(
              new Principal(tenant, null, false, tenant.equals("acme") ? "acme" : "*", null));
    } else {
      assertThat(principals).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/else, , 404, Not found",
    "/event-log, , 400, Tenant is required.",
    "/event-log/a%20b, , 400, Invalid tenant format.",
    "/event-log/acme, , 401, Unauthorized",
    "/event-log/acme, https://evil.example, 401, Unauthorized"
  })
  void refusalsHaveTheirBodies(String path, @Nullable String origin, int status, String body)
      throws Exception {
    assertThat(get(path, null, origin)).isEqualTo(status + " " + body);
  }

  @Test
  void plainRequestIsAskedToUpgrade() throws Exception {
    assertThat(get("/event-log/acme", "Bearer acme-token", null))
        .isEqualTo("426 Expected WebSocket upgrade");
  }

  @Test
  void foreignOriginIsForbidden() throws Exception {
    assertThat(get("/event-log/acme", "Bearer acme-token", "https://evil.example"))
        .isEqualTo("403 Forbidden");
  }

  private String get(String path, @Nullable String authorization, @Nullable String origin)
      throws Exception {
    return done(client.request(HttpMethod.GET, port, "127.0.0.1", path).compose(request -> {
      if (authorization != null) {
        request.putHeader("Authorization", authorization);
      }
      if (origin != null) {
        request.putHeader("Origin", origin);
      }
      // Within the call: a body that comes before somebody asks for it is gone.
      return request.send().compose(response -> answer(response));
    }));
  }

  private static Future<String> answer(HttpClientResponse response) {
    return response.body().map((Buffer b) -> response.statusCode() + " " + b);
  }
}
