package io.tributary.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.session.Principal;
import io.tributary.server.access.Handshake.Accepted;
import io.tributary.server.access.Handshake.Decision;
import io.tributary.server.access.Handshake.Refused;
import io.tributary.server.config.AuthConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.TokenRule;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
  private static final String TOKEN = "right-token";
  private static final String SHA256_OF_TOKEN = "sha256:" + Digests.hex("hashed-token");

  private static Vertx vertx;

  private final HubConfig.Builder config = HubConfig.builder().auth(auth(false));

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private static AuthConfig auth(boolean allowQueryToken) {
    return new AuthConfig(
        Map.of(
            "acme", TokenRule.of(TOKEN),
            "hashed", TokenRule.of(SHA256_OF_TOKEN),
            "reader", new TokenRule("reader-token", Set.of("key-1", "key-2"), true),
            "*", TokenRule.of("fallback-token")),
        null,
        allowQueryToken);
  }

  /** A request that is right in every way until told otherwise. */
  private final class Request {
    private @Nullable String path = "/event-log/acme";
    private @Nullable String query;
    private final MultiMap headers = MultiMap.caseInsensitiveMultiMap()
        .add("Host", "127.0.0.1:8787")
        .add("Authorization", "Bearer " + TOKEN);
    private boolean upgrade = true;

    Request path(@Nullable String path) {
      this.path = path;
      return this;
    }

    Request tenant(String tenant) {
      return path("/event-log/" + tenant);
    }

    Request query(String query) {
      this.query = query;
      return this;
    }

    Request header(String name, String value) {
      headers.set(name, value);
      return this;
    }

    Request bearer(String token) {
      return header("Authorization", "Bearer " + token);
    }

    Request without(String name) {
      headers.remove(name);
      return this;
    }

    Request noUpgrade() {
      upgrade = false;
      return this;
    }

    Decision decide() {
      HubConfig built = config.build();
      return new Handshake(Tokens.unwatched(vertx, built.auth()), built)
          .decide(path, query, headers, upgrade);
    }

    Accepted accepted() {
      assertThat(decide()).isInstanceOf(Accepted.class);
      return (Accepted) decide();
    }

    Refused refused() {
      assertThat(decide()).isInstanceOf(Refused.class);
      Refused refused = (Refused) decide();
      assertThat(refused.reason())
          .isNotBlank()
          .doesNotContain(TOKEN)
          .doesNotContain("wrong-secret")
          .doesNotContain("fallback-token");
      return refused;
    }
  }

  private Request request() {
    return new Request();
  }

  @Test
  void rightRequestIsAccepted() {
    Accepted accepted = request().accepted();

    assertThat(accepted.grant().principal())
        .isEqualTo(new Principal("acme", null, false, "acme", null));
    assertThat(accepted.subprotocol()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "",
        "/event-logs/acme",
        "/event-log/acme/v4",
        "/event-log/acme/more/",
        "/event-log/acme//",
        "//event-log/acme",
        "/EVENT-LOG/acme",
        "/x/../event-log/acme"
      })
  void otherPathsAreNotFound(String path) {
    Refused refused = request().path(path).refused();

    assertThat(refused.status()).isEqualTo(404);
    assertThat(refused.body()).isEqualTo("Not found");
  }

  @Test
  void requestWithoutPathIsNotFound() {
    assertThat(request().path(null).refused().status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/event-log", "/event-log/"})
  void tenantIsRequired(String path) {
    Refused refused = request().path(path).refused();

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body()).isEqualTo("Tenant is required.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bad%2Ftenant",
        "%61cme",
        ".hidden",
        "-dash",
        "_under",
        "a b",
        "a*",
        "*",
        "ten\u00e4nt"
      })
  void tenantIsMatchedUndecoded(String tenant) {
    Refused refused = request().tenant(tenant).refused();

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body()).isEqualTo("Invalid tenant format.");
  }

  @Test
  void tenantHasAtMost128Characters() {
    assertThat(request().tenant("a".repeat(129)).refused().status()).isEqualTo(400);
    assertThat(request()
            .tenant("a".repeat(128))
            .bearer("fallback-token")
            .accepted()
            .grant()
            .principal()
            .tenant())
        .hasSize(128);
  }

  @ParameterizedTest
  @ValueSource(strings = {"acme", "acme/"})
  void pathMayEndWithSlash(String tenant) {
    assertThat(request().tenant(tenant).accepted().grant().principal().tenant()).isEqualTo("acme");
  }

  // ---- the order: of two faults the earlier one is answered

  private record Fault(int status, String body, java.util.function.UnaryOperator<Request> make) {}

  @Test
  void earlierFaultIsAnswered() {
    List<Fault> inOrder = List.of(
        new Fault(404, "Not found", r -> r.path("/else")),
        new Fault(400, "Invalid tenant format.", r -> r.path("/event-log/a%20b")),
        new Fault(401, "Unauthorized", r -> r.bearer("wrong-secret")),
        new Fault(403, "Forbidden", r -> r.header("Origin", "https://evil.example")),
        new Fault(426, "Expected WebSocket upgrade", Request::noUpgrade));

    List<String> seen = new ArrayList<>();
    for (int i = 0; i < inOrder.size(); i++) {
      for (int j = i; j < inOrder.size(); j++) {
        // the later fault first, so that a path set by the earlier one stays
        Request request = inOrder.get(i).make().apply(inOrder.get(j).make().apply(request()));
        Refused refused = request.refused();
        assertThat(refused.status())
            .as("faults %s and %s", i, j)
            .isEqualTo(inOrder.get(i).status());
        assertThat(refused.body()).isEqualTo(inOrder.get(i).body());
        seen.add(i + "" + j);
      }
    }
    assertThat(seen).hasSize(15);
  }

  @Test
  void missingTenantComesBeforeMissingTokenAndUpgrade() {
    Refused refused =
        request().path("/event-log").without("Authorization").noUpgrade().refused();

    assertThat(refused.body()).isEqualTo("Tenant is required.");
  }

  // ---- tokens

  @Test
  void noTokenIsUnauthorized() {
    Refused refused = request().without("Authorization").refused();

    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.body()).isEqualTo("Unauthorized");
    assertThat(refused.headers()).containsEntry("WWW-Authenticate", "Bearer");
    assertThat(refused.reason()).isEqualTo("no token");
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer wrong-secret, bearer token does not match",
    "Bearer right-toke, bearer token does not match",
    "Bearer right-token2, bearer token does not match",
    "Bearer, no token",
    "Basic cmlnaHQtdG9rZW4=, Authorization is not Bearer",
    "right-token, Authorization is not Bearer"
  })
  void wrongBearerIsUnauthorized(String authorization, String reason) {
    Refused refused = request().header("Authorization", authorization).refused();

    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.reason()).isEqualTo(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer right-token", "bearer right-token", "BEARER   right-token "})
  void bearerIsAccepted(String authorization) {
    assertThat(request().header("Authorization", authorization).accepted().subprotocol())
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sync-auth.right-token",
        "foo, sync-auth.right-token",
        "sync-auth.right-token,bar",
        " sync-auth.right-token , sync-auth.wrong-secret"
      })
  void subprotocolIsAcceptedAndEchoed(String offered) {
    Accepted accepted = request()
        .without("Authorization")
        .header("Sec-WebSocket-Protocol", offered)
        .accepted();

    assertThat(accepted.subprotocol()).isEqualTo("sync-auth.right-token");
  }

  @Test
  void subprotocolsOnSeveralLinesAreOneList() {
    Request request = request().without("Authorization").header("Sec-WebSocket-Protocol", "foo");
    request.headers.add("Sec-WebSocket-Protocol", "sync-auth.right-token");

    assertThat(request.accepted().subprotocol()).isEqualTo("sync-auth.right-token");
  }

  @Test
  void onlyTheFirstSyncAuthSubprotocolCounts() {
    Refused refused = request()
        .without("Authorization")
        .header("Sec-WebSocket-Protocol", "sync-auth.wrong-secret, sync-auth.right-token")
        .refused();

    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.reason()).isEqualTo("sync-auth subprotocol does not match");
  }

  @Test
  void emptySubprotocolTokenIsNoToken() {
    assertThat(request()
            .without("Authorization")
            .header("Sec-WebSocket-Protocol", "sync-auth.")
            .refused()
            .reason())
        .isEqualTo("no token");
  }

  @Test
  void staleBearerDoesNotSpoilSubprotocol() {
    Accepted accepted = request()
        .bearer("wrong-secret")
        .header("Sec-WebSocket-Protocol", "sync-auth.right-token")
        .accepted();

    assertThat(accepted.subprotocol()).isEqualTo("sync-auth.right-token");
  }

  @Test
  void staleSubprotocolDoesNotSpoilBearerAndSomethingOfferedIsEchoed() {
    assertThat(request()
            .header("Sec-WebSocket-Protocol", "sync-auth.stale, foo")
            .accepted()
            .subprotocol())
        .isEqualTo("sync-auth.stale");
  }

  @Test
  void queryTokenIsOffByDefaultAndTheReasonSaysSo() {
    Refused refused =
        request().without("Authorization").query("token=right-token").refused();

    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.reason()).isEqualTo("?token= is off: set auth.allowQueryToken");
  }

  @Test
  void everyCarrierThatFailedIsInTheReason() {
    assertThat(request()
            .bearer("wrong-secret")
            .header("Sec-WebSocket-Protocol", "sync-auth.wrong-secret")
            .query("token=wrong-secret")
            .refused()
            .reason())
        .isEqualTo("bearer token does not match; sync-auth subprotocol does not match;"
            + " ?token= is off: set auth.allowQueryToken");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "token=right-token",
        "a=b&token=right-token",
        "token=right%2Dtoken",
        "token=right-token&token=x"
      })
  void queryTokenIsAcceptedWhenAllowed(String query) {
    config.auth(auth(true));

    assertThat(request().without("Authorization").query(query).accepted().subprotocol())
        .isNull();
    assertThat(request().bearer("wrong-secret").query(query).accepted()).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "token=wrong-secret",
        "token=",
        "token",
        "token=%zz",
        "xtoken=right-token",
        "TOKEN=right-token"
      })
  void wrongQueryTokenIsUnauthorized(String query) {
    config.auth(auth(true));

    assertThat(request().without("Authorization").query(query).refused().status())
        .isEqualTo(401);
  }

  @Test
  void tokenOfAnotherTenantIsUnauthorized() {
    assertThat(request().tenant("reader").refused().status()).isEqualTo(401);
    assertThat(request().bearer("reader-token").refused().status()).isEqualTo(401);
  }

  @Test
  void fallbackOpensOnlyTenantsWithoutTheirOwnRule() {
    assertThat(request()
            .tenant("other")
            .bearer("fallback-token")
            .accepted()
            .grant()
            .principal())
        .isEqualTo(new Principal("other", null, false, "*", null));
    assertThat(request().tenant("other").refused().status()).isEqualTo(401);
    assertThat(request().bearer("fallback-token").refused().status()).isEqualTo(401);
  }

  @Test
  void digestedTokenIsComparedByDigest() {
    assertThat(request().tenant("hashed").bearer("hashed-token").accepted()).isNotNull();
    assertThat(request().tenant("hashed").bearer(SHA256_OF_TOKEN).refused().status())
        .isEqualTo(401);
  }

  @Test
  void rightsOfTheRuleAreCarried() {
    assertThat(
            request().tenant("reader").bearer("reader-token").accepted().grant().principal())
        .isEqualTo(new Principal("reader", Set.of("key-1", "key-2"), true, "reader", null));
  }

  @Test
  void tenantWithoutAnyRuleIsOpen() {
    config.auth(AuthConfig.of(Map.of("acme", TokenRule.of(TOKEN))));

    assertThat(request().tenant("other").without("Authorization").accepted()).isNotNull();
    assertThat(request().without("Authorization").refused().status()).isEqualTo(401);
  }

  @Test
  void openTenantEchoesTheFirstOfferedSubprotocol() {
    config.auth(AuthConfig.defaults());

    assertThat(request()
            .without("Authorization")
            .header("Sec-WebSocket-Protocol", "foo, sync-auth.whatever")
            .accepted()
            .subprotocol())
        .isEqualTo("foo");
  }

  // ---- origins and hosts

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1.evil.example",
        "http://evil.example:8787",
        "http://127.0.0.1@evil.example",
        "127.0.0.1",
        "file://",
        "http://127.0.0.1/path",
        "http://listed.example.evil.example"
      })
  void foreignOriginIsForbidden(String origin) {
    config.origins(List.of("https://listed.example", "other.example"));

    Refused refused = request().header("Origin", origin).refused();

    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.reason()).startsWith("Origin '");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:8787",
        "http://127.0.0.1:5173",
        "https://listed.example",
        "HTTPS://Listed.Example",
        "http://other.example",
        "https://other.example:8443",
        "https://port.example:8443"
      })
  void ownAndListedOriginsAreAccepted(String origin) {
    config.origins(List.of("https://listed.example/", "Other.example", "port.example:8443"));

    assertThat(request().header("Origin", origin).accepted()).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://listed.example", "https://listed.example:8443", "https://port.example"})
  void listedSchemeAndPortCount(String origin) {
    config.origins(List.of("https://listed.example", "port.example:8443"));

    assertThat(request().header("Origin", origin).refused().status()).isEqualTo(403);
  }

  @Test
  void twoOriginsAreForbidden() {
    Request request = request().header("Origin", "http://127.0.0.1:8787");
    request.headers.add("Origin", "http://127.0.0.1:8787");

    assertThat(request.refused().status()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.0.0.1:8787",
        "127.1.2.3:1",
        "localhost:8787",
        "LOCALHOST",
        "[::1]:8787",
        "app.localhost",
        "hub.example",
        "Hub.Example:8787"
      })
  void loopbackAndListedHostsAreAcceptedOnLoopback(String host) {
    config.hosts(List.of("HUB.example"));

    assertThat(request().header("Host", host).accepted()).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8787",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "[::2]",
        "127.0.0.1:8787/x",
        "127.0.0.1 x",
        "",
        "user@127.0.0.1"
      })
  void otherHostsAreForbiddenOnLoopback(String host) {
    Refused refused = request().header("Host", host).refused();

    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.reason()).startsWith("Host ");
  }

  @Test
  void reboundPageIsForbiddenThoughItsOriginIsTheRequestsHost() {
    assertThat(request()
            .header("Host", "evil.example:8787")
            .header("Origin", "http://evil.example:8787")
            .refused()
            .status())
        .isEqualTo(403);
  }

  @Test
  void missingOrRepeatedHostIsForbiddenOnLoopback() {
    Request twice = request();
    twice.headers.add("Host", "127.0.0.1");

    assertThat(request().without("Host").refused().status()).isEqualTo(403);
    assertThat(twice.refused().status()).isEqualTo(403);
  }

  @Test
  void anyHostIsAcceptedBeyondLoopback() {
    config.host("0.0.0.0");

    assertThat(request().header("Host", "hub.example").accepted()).isNotNull();
    assertThat(request()
            .header("Host", "hub.example")
            .header("Origin", "https://hub.example")
            .accepted())
        .isNotNull();
    assertThat(request()
            .header("Host", "hub.example")
            .header("Origin", "https://evil.example")
            .refused()
            .status())
        .isEqualTo(403);
  }

  @Test
  void whatAPeerSentCannotForgeLogLines() {
    Refused refused =
        request().header("Origin", "http://a\u001b[31m\u0085" + "b".repeat(500)).refused();

    assertThat(refused.reason()).matches("[\\x20-\\x7e]{1,200}");
  }

  @Test
  void upgradeIsExpected() {
    Refused refused = request().noUpgrade().refused();

    assertThat(refused.status()).isEqualTo(426);
    assertThat(refused.headers()).containsEntry("Upgrade", "websocket");
  }
}
