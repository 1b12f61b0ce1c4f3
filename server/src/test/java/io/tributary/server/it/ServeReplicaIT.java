package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code serve} with a replica of another hub, in each role, and the verbs that are replicas too. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ServeReplicaIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String TENANT = "team";

  @TempDir
  private Path directory;

  /** Without stores: what the replica's own log does. */
  private HubProcess.Options options(String role, String url, String... more) {
    List<String> without = new ArrayList<>(List.of(more));
    for (String setting : List.of(
        "remote.sync.auditLog=false",
        "stores.chat.enabled=false",
        "stores.artifacts.enabled=false")) {
      without.addAll(List.of("--set", setting));
    }
    return withStores(role, url, without.toArray(String[]::new));
  }

  private HubProcess.Options withStores(String role, String url, String... more) {
    List<String> arguments = new ArrayList<>();
    for (String setting :
        List.of("remote.enabled=true", "remote.role=" + role, "remote.url=" + url)) {
      arguments.addAll(List.of("--set", setting));
    }
    arguments.addAll(List.of(more));
    return HubProcess.Options.of("file")
        .withDataDirectory(directory.resolve("data"))
        .withServeArguments(arguments.toArray(String[]::new));
  }

  private static JsonObject status(HubProcess hub) {
    return new JsonObject(
        ok("status", "--json", "--data-dir", hub.dataDirectory().toString()));
  }

  private static JsonObject remote(HubProcess hub) {
    return status(hub).getJsonArray("remotes").getJsonObject(0);
  }

  @CanIgnoreReturnValue
  private static JsonObject awaitRemote(HubProcess hub, Predicate<JsonObject> condition) {
    return Awaitility.await("the remote of " + hub.dataDirectory())
        .atMost(PATIENCE)
        .until(() -> remote(hub), condition);
  }

  private static String ok(String... arguments) {
    Jar.Result result = Jar.run(arguments);
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(result.err()).isEmpty();
    return result.out();
  }

  private static String exported(Path data) {
    return ok("identity", "export", "--data-dir", data.toString());
  }

  private static String append(String url, Path identity, String key, String json) {
    String out = ok(
        "append",
        url,
        "--identity",
        identity.toString(),
        "--event",
        "Noted",
        "--key",
        key,
        "--json",
        json);
    return out.substring("entry ".length(), out.indexOf(" has sequence"));
  }

  private static List<JsonObject> tail(String url, Path identity) {
    return ok("tail", url, "--identity", identity.toString(), "--no-follow", "--json")
        .lines()
        .map(JsonObject::new)
        .toList();
  }

  private static long stored(HubProcess hub) {
    JsonArray stores = new JsonObject(
            ok("stores", "stats", "--json", "--data-dir", hub.dataDirectory().toString()))
        .getJsonArray("items");
    return stores.stream()
        .mapToLong(store -> ((JsonObject) store).getLong("head"))
        .sum();
  }

  @Test
  void aReplicaBesideAHubKeepsItsIdentityAndSendsNothingTwice() throws IOException {
    Path data = directory.resolve("data");
    try (HubProcess central = HubProcess.start(HubProcess.Options.of("file"));
        HubProcess both = HubProcess.start(options("both", central.url(TENANT)))) {
      JsonObject live = awaitRemote(both, remote -> "live".equals(remote.getString("state")));
      assertThat(live.getString("url")).isEqualTo(central.url(TENANT));
      assertThat(live.getString("remoteId")).isNotEmpty();
      assertThat(status(central).getJsonArray("remotes")).isEmpty();
      assertThat(HubPages.get(both, "/readyz").status()).isEqualTo(200);
      assertThat(both.terminate()).isEqualTo(143);
      String secret = exported(data);
      Path identity = Files.writeString(directory.resolve("identity"), secret);

      both.start();
      String first = append(central.url(TENANT), identity, "1", "{\"text\":\"milk\"}");
      String second = append(central.url(TENANT), identity, "2", "[\"eggs\",2]");
      awaitRemote(both, remote -> remote.getLong("lastSequence") == 2);
      String table = ok("status", "--data-dir", data.toString());
      assertThat(table).contains("remote  main  " + central.url(TENANT)).contains(" live ");
      assertThat(both.log()).noneMatch(line -> line.contains(secret.strip()));

      both.kill9();
      both.start();
      JsonObject again = awaitRemote(
          both,
          remote ->
              "live".equals(remote.getString("state")) && remote.getLong("pendingUploads") == 0);
      assertThat(again.getLong("lastSequence")).isEqualTo(2);
      assertThat(stored(central)).isEqualTo(2);
      // Its own hub is another place.
      assertThat(tail(both.url(TENANT), identity)).isEmpty();

      assertThat(both.terminate()).isEqualTo(143);
      assertThat(exported(data)).isEqualTo(secret);

      // As a replica only, of a hub that has nothing yet.
      try (HubProcess fresh = HubProcess.start(HubProcess.Options.of("memory"));
          HubProcess client = HubProcess.start(options("client", fresh.url(TENANT)))) {
        List<JsonObject> pushed = Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> tail(fresh.url(TENANT), identity), lines -> lines.size() >= 2);
        assertThat(pushed)
            .extracting(line -> line.getString("id"))
            .containsExactlyInAnyOrder(first, second);
        assertThat(pushed)
            .extracting(line -> line.getValue("payload"))
            .containsExactlyInAnyOrder(
                new JsonObject().put("text", "milk"), JsonArray.of("eggs", 2));
        assertThat(client.log())
            .anyMatch(line -> line.endsWith(
                "ready: replica of " + fresh.url(TENANT) + ", storage file in " + data));
        assertThat(client.terminate()).isEqualTo(143);
      }

      both.startAs(options("server", central.url(TENANT)));
      assertThat(status(both).getJsonArray("remotes")).isEmpty();
      assertThat(ok("status", "--data-dir", data.toString())).contains("remotes    none");
    }
  }

  @Test
  void aReplicaHasStoresAndSyncsThoseThatAreSelected() {
    try (HubProcess central = HubProcess.start(HubProcess.Options.of("memory"));
        HubProcess both = HubProcess.start(withStores(
            "both",
            central.url(TENANT),
            "--set",
            "remote.sync.chatHistory=true",
            "--set",
            "stores.cleanup.runOnStart=true"))) {
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(status(both).getJsonArray("remotes"))
              .extracting(remote -> ((JsonObject) remote).getString("log")
                  + " is "
                  + ((JsonObject) remote).getString("state"))
              .containsExactly("main is live", "chat is live", "audit is live"));
      assertThat(both.terminate()).isEqualTo(143);

      JsonObject publicKeys = new JsonObject(ok(
              "identity", "export", "--json", "--data-dir", both.dataDirectory().toString()))
          .getJsonObject("publicKeys");
      assertThat(publicKeys.fieldNames())
          .containsExactlyInAnyOrder("main", "chat", "artifacts", "audit");
    }
  }

  @Test
  void aReplicaThatIsNotLetInStopsAndItsHubGoesOn() {
    HubProcess.Options locked = HubProcess.Options.of("memory")
        .withServeArguments("--set", "auth.tokens={" + TENANT + ": the-token-of-the-team}");
    try (HubProcess central = HubProcess.start(locked);
        HubProcess both = HubProcess.start(options(
            "both", central.url(TENANT), "--set", "remote.auth.token=not-the-token-of-the-team"))) {
      JsonObject stopped = awaitRemote(both, remote -> "stopped".equals(remote.getString("state")));
      assertThat(stopped.getBoolean("connected")).isFalse();
      assertThat(stopped.getString("lastError"))
          .contains("401")
          .contains("the hub does not take this token for this tenant");
      assertThat(both.log())
          .anyMatch(line -> line.contains("the hub refuses this replica, syncing stops"))
          .noneMatch(line -> line.contains("not-the-token"));
      assertThat(HubPages.get(both, "/readyz").status()).isEqualTo(200);

      assertThat(both.terminate()).isEqualTo(143);
      both.startAs(
          options("both", central.url(TENANT), "--set", "remote.auth.token=the-token-of-the-team"));
      awaitRemote(both, remote -> "live".equals(remote.getString("state")));
    }
  }

  @Test
  void aKeyInTheClearIsMappedWhileTheReplicaWaits() throws IOException {
    try (HubProcess central = HubProcess.start(HubProcess.Options.of("file"));
        HubProcess both = HubProcess.start(
            options("both", central.url(TENANT), "--set", "remote.encryption.enabled=false"))) {
      JsonObject unmapped = awaitRemote(both, remote -> remote.containsKey("lastError"));
      assertThat(unmapped.getString("lastError"))
          .contains("no store in the clear is mapped to this key");
      assertThat(unmapped.getString("state")).isEqualTo("syncing");
      assertThat(both.terminate()).isEqualTo(143);
      String data = both.dataDirectory().toString();
      Path identity = Files.writeString(directory.resolve("identity"), exported(Path.of(data)));
      String publicKey = new JsonObject(ok("identity", "export", "--json", "--data-dir", data))
          .getJsonObject("publicKeys")
          .getString("main");
      Jar.Result refused =
          Jar.run("tail", central.url(TENANT), "--identity", identity.toString(), "--plaintext");
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err())
          .hasLineCount(1)
          .contains("no store in the clear is mapped to this key");
      both.start();

      String unused = ok(
          "stores",
          "assign",
          TENANT,
          publicKey,
          "notes",
          "--data-dir",
          central.dataDirectory().toString());
      unused = ok(
          "append",
          TENANT + "/plain:notes",
          "--event",
          "Noted",
          "--key",
          "1",
          "--json",
          "7",
          "--data-dir",
          central.dataDirectory().toString());

      JsonObject healed = awaitRemote(both, remote -> remote.getLong("lastSequence") == 1);
      assertThat(healed.getString("state")).isEqualTo("live");
      assertThat(ok(
              "tail",
              central.url(TENANT),
              "--identity",
              identity.toString(),
              "--plaintext",
              "--no-follow"))
          .endsWith(" \"Noted\" \"1\" 7\n")
          .hasLineCount(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "remote.role=peer | remote.role: found \"peer\"",
        "remote.url= | remote.url: found",
        "remote.url=ftp://x/event-log/a | remote.url: found \"ftp://x/event-log/a\"",
        "remote.url=ws://127.0.0.1:1 | remote.url: a tenant is needed",
        "remote.encryption.identity=nobody | remote.encryption.identity: found something else",
        "remote.syncInterval=often | remote.syncInterval: found \"often\"",
      })
  void whatIsWrongWithTheSettingsIsOneLine(String setting, String line) {
    String data = directory.resolve("data").toString();
    List<String> arguments =
        new ArrayList<>(List.of("serve", "--data-dir", data, "--set", "remote.enabled=true"));
    if (!setting.startsWith("remote.url")) {
      arguments.addAll(List.of("--set", "remote.url=ws://127.0.0.1:1/event-log/a"));
    }
    arguments.addAll(List.of("--set", setting));
    Jar.Result result = Jar.run(arguments.toArray(String[]::new));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).hasLineCount(1).startsWith("config: " + line);
    assertThat(Path.of(data)).doesNotExist();
  }

  @Test
  void aReplicaNeedsARemote() {
    Jar.Result result = Jar.run(
        "serve",
        "--data-dir",
        directory.resolve("data").toString(),
        "--set",
        "remote.enabled=true");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).hasLineCount(1).startsWith("config: remote.url: found none");
  }
}
