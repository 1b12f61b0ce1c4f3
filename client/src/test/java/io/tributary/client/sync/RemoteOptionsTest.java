package io.tributary.client.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tributary.client.options.OptionsException;
import io.tributary.client.sync.RemoteOptions.Carrier;
import io.tributary.client.sync.RemoteOptions.Wire;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemoteOptionsTest {
  private static final String URL = "wss://hub.example.org/event-log/demo";

  @Test
  void hasTheDefaultsThatAreDocumented() {
    RemoteOptions options = RemoteOptions.fromJson(new JsonObject().put("url", URL));

    assertThat(options).isEqualTo(RemoteOptions.builder(URL).build());
    assertThat(options.carrier()).isEqualTo(Carrier.BEARER);
    assertThat(options.provider()).isEqualTo(Preset.TRIBUTARY);
    assertThat(options.wire()).isEqualTo(Wire.V3);
    assertThat(options.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(options.syncInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(options.strictTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(options.strict()).isFalse();
    assertThat(options.disablePing()).isFalse();
    assertThat(options.covers("any")).isTrue();
    assertThat(options.kind()).isEqualTo("url");
  }

  @Test
  void readsEveryKeyAndWritesWhatItReads() {
    JsonObject json = new JsonObject()
        .put("name", "office")
        .put("url", "wss://hub.example.org")
        .put("tenant", "demo")
        .put("token", "secret")
        .put("carrier", "subprotocol")
        .put("headers", new JsonObject().put("X-Team", "blue"))
        .put("trust", "/etc/ca.pem")
        .put("connectTimeout", "500 ms")
        .put("disablePing", true)
        .put("provider", "bun")
        .put("wire", "v3-plaintext")
        .put("syncInterval", 0)
        .put("strict", true)
        .put("strictTimeout", "PT3S")
        .put("logs", new JsonArray().add("audit"));

    RemoteOptions options = RemoteOptions.fromJson(json);

    assertThat(options)
        .isEqualTo(RemoteOptions.builder("wss://hub.example.org")
            .name("office")
            .tenant("demo")
            .token("secret")
            .carrier(Carrier.SUBPROTOCOL)
            .header("X-Team", "blue")
            .trust("/etc/ca.pem")
            .connectTimeout(Duration.ofMillis(500))
            .disablePing(true)
            .provider(Preset.BUN)
            .wire(Wire.V3_PLAINTEXT)
            .syncInterval(Duration.ZERO)
            .strict(true)
            .strictTimeout(Duration.ofSeconds(3))
            .logs(Set.of("audit"))
            .build());
    assertThat(RemoteOptions.fromJson(options.toJson())).isEqualTo(options);
    assertThat(options.key()).isEqualTo("office");
    assertThat(options.covers("audit")).isTrue();
    assertThat(options.covers("chat")).isFalse();
  }

  @Test
  void onlyTheAuditLogOfTheStoresIsSyncedUnlessTold() {
    RemoteOptions usual = RemoteOptions.builder("wss://h/event-log/t").build();
    assertThat(usual.covers("main")).isTrue();
    assertThat(usual.covers("one-of-my-own")).isTrue();
    assertThat(usual.covers("audit")).isTrue();
    assertThat(usual.covers("chat")).isFalse();
    assertThat(usual.covers("artifacts")).isFalse();

    RemoteOptions told = RemoteOptions.fromJson(new JsonObject()
        .put("url", "wss://h/event-log/t")
        .put("sync", new JsonObject().put("auditLog", false).put("chatHistory", true)));
    assertThat(told)
        .isEqualTo(RemoteOptions.builder("wss://h/event-log/t")
            .sync(new Selection(false, true, false))
            .build());
    assertThat(RemoteOptions.fromJson(told.toJson())).isEqualTo(told);
    assertThat(told.covers("main")).isTrue();
    assertThat(told.covers("audit")).isFalse();
    assertThat(told.covers("chat")).isTrue();
    assertThat(told.covers("artifacts")).isFalse();
  }

  @Test
  void eitherLogsAreNamedOrStoresSelected() {
    JsonObject json = new JsonObject()
        .put("url", "wss://h/event-log/t")
        .put("logs", new JsonArray().add("main"))
        .put("sync", new JsonObject());
    OptionsException e =
        catchThrowableOfType(OptionsException.class, () -> RemoteOptions.fromJson(json));
    assertThat(e.problems()).containsExactly("sync: found it beside logs, allowed: one of the two");

    json.remove("logs");
    json.put("sync", new JsonObject().put("chat", true).put("artifacts", "yes"));
    e = catchThrowableOfType(OptionsException.class, () -> RemoteOptions.fromJson(json));
    assertThat(e.problems())
        .containsExactlyInAnyOrder(
            "sync.artifacts: found \"yes\", allowed: true or false",
            "sync.chat: not a known key, allowed: auditLog, chatHistory, artifacts");
  }

  @Test
  void tellsEverythingThatIsWrongAtOnceAndNoSecret() {
    JsonObject json = new JsonObject()
        .put("url", "ftp://hub?token=hidden")
        .put("token", "hid den")
        .put("headers", new JsonObject().put("X Team", "hidden\n"))
        .put("carrier", "pigeon")
        .put("connectTimeout", "soon")
        .put("strictTimeout", "2 days")
        .put("strict", "yes")
        .put("provider", 5)
        .put("wire", "v4")
        .put("logs", "audit")
        .put("adress", "x");

    OptionsException e =
        catchThrowableOfType(OptionsException.class, () -> RemoteOptions.fromJson(json));

    assertThat(e.problems())
        .containsExactlyInAnyOrder(
            "url: the URL ftp://hub must begin with ws://, wss://, http:// or https://",
            "token: found a token that is empty or has characters no header can carry, allowed:"
                + " printable ASCII without spaces",
            "headers.X Team: found what no HTTP header can be, allowed: a header's name, and"
                + " printable ASCII",
            "carrier: found \"pigeon\", allowed: bearer, subprotocol, query",
            "connectTimeout: found \"soon\", allowed: a duration such as 500 ms, 5 seconds, 30"
                + " days, PT20S or 0",
            "strictTimeout: found PT48H, allowed: from 1 ms to 1 day",
            "strict: found \"yes\", allowed: true or false",
            "provider: found 5, allowed: tributary, bun, cloudflare",
            "wire: v4 is not in this version, allowed: v3, v3-plaintext",
            "logs: found \"audit\", allowed: a list of texts that are not empty",
            "adress: not a known key, allowed: url, name, tenant, token, carrier, headers, trust,"
                + " connectTimeout, disablePing, provider, wire, syncInterval, strict,"
                + " strictTimeout, logs, sync");
    assertThat(e).hasMessageNotContaining("hidden").hasMessageNotContaining("hid den");
  }

  @Test
  void needsAUrl() {
    assertThatThrownBy(() -> RemoteOptions.fromJson(new JsonObject()))
        .isInstanceOf(OptionsException.class)
        .hasMessageContaining("url: found none");
  }

  @ParameterizedTest
  @CsvSource({
    "wss://h/event-log/demo?token=x, , wss://h:443/event-log/demo",
    "https://h, demo, wss://h:443/event-log/demo",
    "tcp://h:8788, , tcp://h:8788",
    "TCP://[::1]:8788/, , tcp://[::1]:8788",
  })
  void isKnownByItsUrlUnlessItHasAName(String url, String tenant, String key) {
    RemoteOptions.Builder options = RemoteOptions.builder(url);
    if (tenant != null) {
      options.tenant(tenant);
    }

    assertThat(options.build().key()).isEqualTo(key);
    assertThat(options.name("mine").build().key()).isEqualTo("mine");
  }

  @ParameterizedTest
  @CsvSource({
    "tcp://h",
    "tcp://h:0",
    "tcp://h:70000",
    "tcp://h:1/path",
    "tcp://h:1?x=y",
    "tcp://me:pw@h:1",
  })
  void refusesATcpUrlThatIsMoreThanHostAndPort(String url) {
    assertThatThrownBy(() -> RemoteOptions.builder(url).build())
        .isInstanceOf(OptionsException.class)
        .hasMessageContaining("allowed: tcp://HOST:PORT")
        .hasMessageNotContaining("pw@");
  }

  @Test
  void refusesWhatTcpCannotCarry() {
    assertThatThrownBy(() -> RemoteOptions.builder("tcp://h:1")
            .tenant("demo")
            .token("t")
            .header("a", "b")
            .trust("x")
            .build())
        .isInstanceOfSatisfying(
            OptionsException.class,
            e -> assertThat(e.problems())
                .extracting(problem -> problem.substring(0, problem.indexOf(':')))
                .containsExactly("tenant", "token", "headers", "trust"));
  }

  @Test
  void needsATenantButWithBun() {
    assertThatThrownBy(() -> RemoteOptions.builder("ws://h").build())
        .isInstanceOf(OptionsException.class)
        .hasMessageStartingWith("url: a tenant is needed");
    assertThat(RemoteOptions.builder("ws://h").provider(Preset.BUN).build().key())
        .isEqualTo("ws://h:80/event-log");
    assertThatThrownBy(() -> RemoteOptions.builder("ws://h").tenant("bad/one").build())
        .isInstanceOf(OptionsException.class)
        .hasMessageStartingWith("tenant: found \"bad/one\"");
  }

  @Test
  void onlyCloudflareIsWithoutPingsUnlessTold() {
    assertThat(RemoteOptions.builder(URL).provider(Preset.CLOUDFLARE).build().disablePing())
        .isTrue();
    assertThat(RemoteOptions.builder(URL)
            .provider(Preset.CLOUDFLARE)
            .disablePing(false)
            .build()
            .disablePing())
        .isFalse();
    assertThat(RemoteOptions.builder(URL).provider(Preset.BUN).build().disablePing())
        .isFalse();
  }

  @Test
  void takesATokenFromAFile(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("token"), "secret\n");

    RemoteOptions options =
        RemoteOptions.fromJson(new JsonObject().put("url", URL).put("token", "file:" + file));

    assertThat(options.token()).isEqualTo("secret");
    for (String from : List.of("file:" + dir.resolve("absent"), "env:TRIBUTARY_NOT_SET_ANYWHERE")) {
      assertThatThrownBy(
              () -> RemoteOptions.fromJson(new JsonObject().put("url", URL).put("token", from)))
          .isInstanceOf(OptionsException.class)
          .hasMessageStartingWith("token: found " + from);
    }
  }

  @Test
  void aConnectorTakesThePlaceOfAUrl() {
    Connector connector = new Connector() {
      @Override
      public String url() {
        return "in-process:demo";
      }

      @Override
      public void connect(LinkListener listener) {
        throw new AssertionError("nobody asked");
      }
    };
    RemoteOptions options = RemoteOptions.builder(connector).build();

    assertThat(options.key()).isEqualTo("in-process:demo");
    assertThat(options.kind()).isEqualTo("remoteId");
    assertThatThrownBy(options::toJson).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void keepsSecretsToItself() {
    assertThat(RemoteOptions.builder(URL + "?token=secret")
            .token("secret")
            .header("Cookie", "secret")
            .build()
            .toString())
        .doesNotContain("secret");
  }
}
