package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.server.config.AuthConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.TokenRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets into a running hub, and what a token lets its bearer do there. */
class AccessTest {
  private static final String KEY = "key";
  private static final String SECRET = "acme-secret";

  private static TestHub hub;

  @BeforeAll
  static void start() {
    hub = TestHub.start(withTokens(Map.of(
        "acme", TokenRule.of(SECRET),
        "reading", new TokenRule("r-secret", null, true),
        "named", new TokenRule("n-secret", Set.of(KEY), false),
        "hashed",
            // of "h-secret"
            new TokenRule(
                "sha256:92440c18ede4651385f1d5339f75d1097de2e7bb2360f082154b97bca37cf70f",
                null,
                false),
        "*", TokenRule.of("any-secret"))));
  }

  @AfterAll
  static void stop() {
    assertThat(hub.log()).noneMatch(line -> line.contains("-secret"));
    hub.close();
  }

  private static HubConfig.Builder withTokens(Map<String, TokenRule> tokens) {
    return TestHub.config().auth(AuthConfig.of(tokens));
  }

  @ParameterizedTest(name = "{0}: {1} {2}")
  @CsvSource({
    // tenant, bearer, subprotocols, status, the subprotocol in the answer
    "acme, , , 401, ",
    "acme, wrong, , 401, ",
    "acme, acme-secret, , 101, ",
    "acme, any-secret, , 401, ",
    "other, any-secret, , 101, ",
    "other, acme-secret, , 401, ",
    "hashed, h-secret, , 101, ",
    "hashed, any-secret, , 401, ",
    "acme, , sync-auth.acme-secret, 101, sync-auth.acme-secret",
    "acme, , sync-auth.wrong, 401, ",
    "acme, , 'one, sync-auth.acme-secret', 101, sync-auth.acme-secret",
    "acme, stale, sync-auth.acme-secret, 101, sync-auth.acme-secret",
    "acme, stale, sync-auth.stale, 401, ",
    "acme?token=acme-secret, , , 401, ",
  })
  void tokenMatrix(
      String tenant, String bearer, String subprotocols, int status, String subprotocol) {
    List<String> headers = new ArrayList<>();
    if (bearer != null) {
      headers.add("Authorization: Bearer " + bearer);
    }
    if (subprotocols != null) {
      headers.add("Sec-WebSocket-Protocol: " + subprotocols);
    }
    RawClient peer = hub.tryConnect(TestHub.path(tenant), headers.toArray(String[]::new));
    assertThat(peer.status()).isEqualTo(status);
    assertThat(peer.header("Sec-WebSocket-Protocol").orElse(null)).isEqualTo(subprotocol);
    if (status == 101) {
      assertThat(peer.next()).isInstanceOf(ServerMessage.Hello.class);
      peer.write(KEY, 0, Entries.some(1));
    } else {
      assertThat(peer.header("WWW-Authenticate")).contains("Bearer");
      hub.awaitLog("refused with 401");
    }
    peer.close();
  }

  @Test
  void queryTokenCountsOnlyWhereAllowed() {
    hub.tryConnect(TestHub.path("acme?token=" + SECRET)).close();
    hub.awaitLog("refused with 401", "?token= is off: set auth.allowQueryToken");
    try (TestHub open = TestHub.start(
        TestHub.config().auth(new AuthConfig(Map.of("acme", TokenRule.of(SECRET)), null, true)))) {
      assertThat(open.tryConnect(TestHub.path("acme?token=" + SECRET)).status()).isEqualTo(101);
      assertThat(open.tryConnect(TestHub.path("acme?token=x")).status()).isEqualTo(401);
      // a tenant without a rule is open
      assertThat(open.tryConnect(TestHub.path("other")).status()).isEqualTo(101);
    }
  }

  @Test
  void foreignOriginsAndHostsAreRefused() {
    String bearer = "Authorization: Bearer " + SECRET;
    assertThat(hub.tryConnect(TestHub.path("acme"), bearer, "Origin: https://evil.example")
            .status())
        .isEqualTo(403);
    assertThat(hub.tryConnect(TestHub.path("acme"), bearer, "Origin: http://127.0.0.1:1")
            .status())
        .isEqualTo(101);
    RawClient rebound = RawClient.asking(
        hub.port(),
        RawClient.upgradeRequest(TestHub.path("acme"), bearer)
            .replace("Host: 127.0.0.1", "Host: evil.example"));
    assertThat(rebound.status()).isEqualTo(403);
    rebound.close();
  }

  @Test
  void readOnlyTokenMayReadAndWriteNothing() {
    RawClient peer = hub.connect("reading", "Authorization: Bearer r-secret");
    peer.subscribe(KEY, 0);
    assertThat(peer.write(KEY, 0, List.of())).isEmpty();
    peer.send(Entries.write(KEY, 1, Entries.some(1)));
    assertThat(peer.awaitClosed().code()).isEqualTo(1008);
    hub.awaitLog("tenant=reading", "closed with 1008", "the token may only read");
    // nothing was stored
    RawClient again = hub.connect("reading", "Authorization: Bearer r-secret");
    again.subscribe(KEY, 0);
    again.expectNothing();
    again.speaksPlain().send(PlainEntries.write(KEY, 2, PlainEntries.one()));
    assertThat(again.refusal().code()).isEqualTo(ErrorCode.Unauthorized);
  }

  @Test
  void tokenForSomeKeysOpensNoOthers() {
    for (ClientMessage message : List.of(
        new ClientMessage.RequestChanges("another key", 0, false),
        Entries.write("another key", 1, List.of()),
        Entries.write("another key", 1, Entries.some(1)))) {
      RawClient peer = hub.connect("named", "Authorization: Bearer n-secret");
      peer.subscribe(KEY, 1e9);
      assertThat(peer.write(KEY, 0, Entries.some(1))).hasSize(1);
      peer.send(message);
      assertThat(peer.awaitClosed().code()).isEqualTo(1008);
    }
    hub.awaitLog("tenant=named", "closed with 1008", "may not use the key another");
    // in the clear there is a word for it, and the connection stays
    RawClient plain = hub.connect("named", "Authorization: Bearer n-secret").speaksPlain();
    for (ClientMessage message : List.of(
        new ClientMessage.RequestChanges("another key", 0, true),
        PlainEntries.write("another key", 1),
        PlainEntries.write("another key", 1, PlainEntries.one()))) {
      plain.send(message);
      assertThat(plain.refusal().code()).isEqualTo(ErrorCode.Unauthorized);
    }
    plain.pingPong(1);
    assertThat(hub.log()).noneMatch(line -> line.contains("another key"));
  }

  /** The file is looked at every second; see Tokens. */
  @Test
  void sessionOfARevokedTokenEnds(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("tokens.yaml");
    Files.writeString(file, "acme: old-secret\nother: other-secret\n");
    try (TestHub watched =
        TestHub.start(TestHub.config().auth(new AuthConfig(Map.of(), file, false)))) {
      RawClient revoked = watched.connect("acme", "Authorization: Bearer old-secret");
      RawClient other = watched.connect("other", "Authorization: Bearer other-secret");
      revoked.pingPong(1);
      Files.writeString(file, "acme: new-secret\nother: other-secret\n");
      assertThat(revoked.awaitClosed().code()).isEqualTo(1008);
      watched.awaitLog("tenant=acme", "closed with 1008", "the token is no longer valid");
      assertThat(watched
              .tryConnect(TestHub.path("acme"), "Authorization: Bearer old-secret")
              .status())
          .isEqualTo(401);
      watched.connect("acme", "Authorization: Bearer new-secret").pingPong(1);
      other.pingPong(1);
      assertThat(watched.log()).noneMatch(line -> line.contains("-secret"));
    }
  }
}
