package io.tributary.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.stores.StoresOptions;
import io.tributary.core.crypto.Identity;
import io.tributary.core.model.StoreKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
  @TempDir
  Path directory;

  private final Map<String, String> environment = new HashMap<>();
  private final List<Flag> flags = new ArrayList<>();
  private @Nullable Path file;
  private boolean insecureOpen;
  private final Set<String> providers = new HashSet<>(Set.of("memory", "file", "acme"));

  private void file(String text) throws IOException {
    file = Files.writeString(directory.resolve("hub.yaml"), text);
  }

  private void set(String key, String value) {
    flags.add(new Flag(key, value, "--set"));
  }

  private LoadedConfig load() {
    try {
      return ConfigReader.read(file, environment, flags, insecureOpen, providers);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private HubConfig config() {
    return load().config();
  }

  private List<String> problems() {
    return catchThrowableOfType(ConfigException.class, this::load).problems();
  }

  @Test
  void everyProblemIsToldAtOnce() throws IOException {
    file("""
        host: 0.0.0.0
        prot: 1
        limits:
          frame: 12 parsecs
          mesage: 1
        admin:
          host: 10.0.0.1
        tls: {cert: x}
        """);
    environment.put("TRIBUTARY_SHUTDOWN_GRACE", "soon");
    environment.put("TRIBUTARY_STORAGE_FIEL_DIR", "x");
    environment.put("STORAGE_CHAT_ENABLED", "perhaps");
    set("log.format", "xml");

    assertThat(problems())
        .containsExactlyInAnyOrder(
            "prot: not a known key (hub.yaml line 2); the nearest known one is port",
            "limits.frame: found \"12 parsecs\" (hub.yaml line 4), allowed: a size such as 512 KiB,"
                + " 64 MiB or bytes, from 1 KiB to 1 GiB",
            "limits.mesage: not a known key (hub.yaml line 5); the nearest known one is"
                + " limits.message",
            "tls: not in this version (hub.yaml line 8)",
            "stores.chat.enabled: found \"perhaps\" (STORAGE_CHAT_ENABLED), allowed: true or false",
            "TRIBUTARY_STORAGE_FIEL_DIR: not a known name (environment); the nearest known one is"
                + " TRIBUTARY_STORAGE_FILE_DIR",
            "shutdown.grace: found \"soon\" (TRIBUTARY_SHUTDOWN_GRACE), allowed: a duration such as"
                + " 500 ms, 5 seconds, 30 days or PT20S, from 0 seconds to 1 day",
            "log.format: found \"xml\" (--set), allowed: text, json",
            "host: found 0.0.0.0 without tokens (hub.yaml line 1), allowed: a loopback address; any"
                + " other with auth.tokens or auth.tokensFile, or with --insecure-open, which lets"
                + " everybody in",
            "admin.host: found 10.0.0.1 without admin.token (hub.yaml line 7), allowed: a loopback"
                + " address; any other with admin.token");
  }

  @ParameterizedTest
  @CsvSource({
    "port, 65536",
    "port, -1",
    "port, http",
    "port, 87.5",
    "port, ''",
    "port, null",
    "host, 127.0.0.1:80",
    "host, http://localhost",
    "host, ''",
    "tcp.enabled, yes",
    "tcp.enabled, 1",
    "tcp.tenant, .hidden",
    "tcp.tenant, a/b",
    "origins, //example.org",
    "origins, https://example.org/path",
    "hosts, https://example.org",
    "auth.tokens, secret",
    "auth.tokensFile, /no/such/file",
    "storage.provider, s3",
    "storage.provider, postgres",
    "limits.connections, 0",
    "limits.frame, 64 MB",
    "limits.frame, 1023",
    "limits.frame, 2 GiB",
    "limits.frame, 9223372036854775807 GiB",
    "limits.chunkBytesTotal, 1.5 GiB",
    "limits.handshakeTimeout, 10",
    "limits.handshakeTimeout, 0",
    "limits.handshakeTimeout, -PT1S",
    "limits.handshakeTimeout, 5 fortnights",
    "limits.handshakeTimeout, 2 days",
    "log.level, INFO",
    "retention.rules, {byAge: 1 day}",
    "retention.interval, 0",
    "retention.tombstones, never",
    "hub.auth, allow list",
    "hub.auth, allow-list",
    "hub.allowList, '[{tenant: a, publicKeys: [k]}]'",
    "compaction.window, 0",
    "compaction.maxBytes, 8 MB",
    "storage.postgres.uri, env:NONE",
    "storage.postgres, text",
  })
  void refusesWhatIsNotAllowedByNameOfTheKey(String key, String value) {
    set(key, value);

    assertThat(problems()).singleElement().asString().startsWith(key + ": ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tls.cert",
        "tls.key",
        "tls.clientCa",
        "auth.jwt.key",
        "auth.jwt",
        "limits.writesPerSecond",
        "limits.stores",
        "tracing.enabled"
      })
  void refusesWhatThisVersionDoesNotHave(String key) throws IOException {
    set(key, "1");
    environment.put(Key.environmentName(key), "1");
    file("{\"" + key + "\": 1}");

    assertThat(problems())
        .containsExactlyInAnyOrder(
            key + ": not in this version (--set)",
            key + ": not in this version (hub.yaml line 1)",
            Key.environmentName(key) + ": not in this version (environment)");
  }

  @Test
  void saysWhatIsWrongWithARemote() throws IOException {
    file("""
        remote:
          enabled: true
          url: ws://hub
          encryption:
            identity: nothing-of-the-kind
        conflicts:
          policy: merge
        """);
    assertThat(problems())
        .containsExactlyInAnyOrder(
            "remote.url: a tenant is needed with ws://hub: name it, or end the URL in"
                + " /event-log/TENANT",
            "remote.encryption.identity: found something else (this is no identity and no bundle of"
                + " identities: both are JSON objects in base64url) (hub.yaml line 5), allowed: an"
                + " identity or a bundle, as tributary keygen or identity export prints one",
            "conflicts.policy: found \"merge\" (hub.yaml line 7), allowed: lastWriteWins,"
                + " firstWriteWins, reject; merge only by code, in a replica's options");
  }

  @Test
  void refusesAUrlWithACredentialWithoutShowingIt() throws IOException {
    file("remote: {url: \"ws://h/event-log/t?token=secret\"}");
    assertThat(problems())
        .singleElement()
        .asString()
        .startsWith("remote.url: found a URL with a credential in it (hub.yaml line 1)")
        .doesNotContain("secret");
  }

  @Test
  void aReplicaNeedsAUrlAndAHubNone() throws IOException {
    file("remote: {enabled: true}");
    assertThat(problems())
        .containsExactly("remote.url: found none, with remote.enabled (default), allowed:"
            + " ws://HOST:PORT/event-log/TENANT, wss://... or tcp://HOST:PORT; none only with"
            + " remote.role: server");
    file("remote: {enabled: true, role: server}");
    assertThat(load().config().remote().hub()).isTrue();
    assertThat(load().config().remote().replica()).isFalse();
  }

  @Test
  void saysWhatIsWrongWithAnAllowList() throws IOException {
    file("""
        hub:
          auth: allow-list
          allowList:
            - { tenant: a/b, publicKeys: [k], readonly: true }
            - { tenant: a }
            - 3f2a-a-key
            - { tenant: a, publicKeys: [k], token: 0b1c-a-token }
            - { tenant: a, publicKeys: [] }
        """);

    assertThat(problems())
        .containsExactly(
            "hub.allowList[0].tenant: found \"a/b\" (hub.yaml line 4), allowed: a tenant: up to 128 of"
                + " A-Z a-z 0-9 . _ -, the first a letter or digit",
            "hub.allowList[0].readonly: found a key that is not known (hub.yaml line 4), allowed:"
                + " tenant, publicKeys, readOnly, token",
            "hub.allowList[1]: found no publicKeys (hub.yaml line 5), allowed: {tenant, publicKeys,"
                + " readOnly, token} with tenant and publicKeys",
            "hub.allowList[2]: found a text (hub.yaml line 6), allowed: {tenant, publicKeys,"
                + " readOnly, token} with tenant and publicKeys",
            "hub.allowList[3].token: found a text that is no name of a token rule for a (hub.yaml"
                + " line 7), allowed: a, if tenant a has a token of its own, or *",
            "hub.allowList[4].publicKeys: found an empty list (hub.yaml line 8), allowed: keys, or"
                + " [*]");
  }

  @Test
  void anAllowListIsAskedAndThere() {
    set("hub.auth", "allow-list");
    assertThat(problems())
        .containsExactly(
            "hub.auth: found allow-list without a list (--set), allowed: allow-list with"
                + " at least one item in hub.allowList");
    flags.clear();
    set("hub.allowList", "[{tenant: a, publicKeys: [k]}]");
    assertThat(problems())
        .containsExactly("hub.allowList: found a list that nobody asks, since hub.auth is tenant"
            + " (--set), allowed: a list only with hub.auth: allow-list");
  }

  @Test
  void anAllowListNamesTokenRulesThatAreThere() throws IOException {
    file("""
        hub:
          auth: allow-list
          allowList: [{ tenant: a, publicKeys: [0123456789], token: a }]
        """);
    assertThat(problems())
        .containsExactly(
            "hub.allowList[0].token: found a, which is no token rule (hub.yaml line 3),"
                + " allowed: one of auth.tokens or auth.tokensFile");
    set("auth.tokens", "{a: one}");
    assertThat(config().hubAuth().allowList())
        .containsExactly(new AllowRule("a", Set.of("0123456789"), false, "a"));
    assertThat(config().toString()).doesNotContain("0123456789");
  }

  @Test
  void warnsOfAnOpenHub() throws IOException {
    set("hub.auth", "allow-all");
    assertThat(load().warnings()).anyMatch(line -> line.startsWith("hub.auth is allow-all: "));
  }

  @Test
  void aJsonFileWithTabsIsRead() throws IOException {
    file("{\n\t\"port\": 0,\n\t\"limits\": {\n\t\t\"frame\": \"64 KiB\"\n\t}\n}\n");

    assertThat(config().port()).isZero();
    assertThat(config().limits().frame()).isEqualTo(64 << 10);
  }

  @Test
  void emptySectionsAndAnEmptyFileSetNothing() throws IOException {
    file("limits:\n#  frame: 1\n");
    assertThat(config()).isEqualTo(HubConfig.defaults());
    file("# nothing yet\n");
    assertThat(config()).isEqualTo(HubConfig.defaults());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host: [",
        "a: b: c",
        "- host",
        "just text",
        "port: 1\nport: 2",
        "port: 1\n\"port\": 2",
        "storage.provider: memory\nstorage: {provider: memory}",
        "host: one\n---\nhost: two",
        "limits: 5",
        "port: {a: 1}",
        "? [a]\n: 1",
        "a: &x [*x]"
      })
  void refusesAFileThatIsNotAMappingOfKeys(String text) throws IOException {
    file(text);

    assertThat(problems()).isNotEmpty();
  }

  @Test
  void aFileThatIsNotThereIsNotAProblemOfItsContent() {
    assertThatThrownBy(() -> ConfigReader.read(
            directory.resolve("none.yaml"), Map.of(), List.of(), false, Set.of("memory")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none.yaml")
        .hasMessageContaining("there is no such file");
  }

  @Test
  void namesThatKubernetesInjectsAreIgnored() {
    environment.put("TRIBUTARY_PORT", "tcp://10.0.0.7:8787");
    environment.put("TRIBUTARY_PORT_8787_TCP_ADDR", "10.0.0.7");
    environment.put("TRIBUTARY_SERVICE_HOST", "10.0.0.7");
    environment.put("TRIBUTARY_SERVICE_PORT_HTTP", "8787");

    assertThat(config()).isEqualTo(HubConfig.defaults());
  }

  @Test
  void tokensOfAllPlacesCountTenantByTenant() throws IOException {
    file("auth: {tokens: {a: a-file, b: b-file, c: c-file, d: d-file, '*': any-file}}");
    environment.put("SYNC_AUTH_TOKEN", "any-sync");
    environment.put("SYNC_AUTH_TOKENS", "{\"b\": \"b-sync\", \"c\": \"c-sync\"}");
    environment.put("TRIBUTARY_AUTH_TOKENS", "{c: c-env, d: d-env}");
    set("auth.tokens", "{d: d-flag}");

    assertThat(config().auth().tokens())
        .isEqualTo(Map.of(
            "a", TokenRule.of("a-file"),
            "b", TokenRule.of("b-sync"),
            "c", TokenRule.of("c-env"),
            "d", TokenRule.of("d-flag"),
            "*", TokenRule.of("any-sync")));
  }

  @Test
  void theSyncMapsStarCountsMoreThanTheSyncToken() {
    environment.put("SYNC_AUTH_TOKEN", "single");
    environment.put("SYNC_AUTH_TOKENS", "{\"*\": \"map\"}");

    assertThat(config().auth().tokens()).isEqualTo(Map.of("*", TokenRule.of("map")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "null",
        "hunter2",
        "{\"a\": \"hunter2\"",
        "{\"a\": \"\"}",
        "{\"a\": 5}",
        "{\"a\": null}",
        "{\"a\": {\"token\": \"hunter2\"}}",
        "{\"a b\": \"hunter2\"}",
        "{a: hunter2}"
      })
  void syncTokensThatAreNotAMapOfTextsStopTheStart(String text) {
    environment.put("SYNC_AUTH_TOKENS", text);

    assertThat(problems())
        .singleElement()
        .asString()
        .contains("SYNC_AUTH_TOKENS")
        .doesNotContain("hunter2");
  }

  @Test
  void anEmptySyncTokenStopsTheStart() {
    environment.put("SYNC_AUTH_TOKEN", "");

    assertThat(problems()).singleElement().asString().contains("SYNC_AUTH_TOKEN");
  }

  @ParameterizedTest
  @CsvSource({"1, true", "true, true", "0, false", "false, false"})
  void syncAllowQueryToken(String text, boolean allowed) {
    environment.put("SYNC_ALLOW_QUERY_TOKEN", text);
    assertThat(config().auth().allowQueryToken()).isEqualTo(allowed);
  }

  @Test
  void refusesAnotherSyncAllowQueryToken() {
    environment.put("SYNC_ALLOW_QUERY_TOKEN", "yes");
    assertThat(problems()).singleElement().asString().startsWith("SYNC_ALLOW_QUERY_TOKEN");
  }

  @Test
  void syncStorageIsTheProviderUnlessOurOwnNameSaysOtherwise() {
    environment.put("SYNC_STORAGE", "acme");
    assertThat(config().storage().provider()).isEqualTo("acme");
    environment.put("TRIBUTARY_STORAGE_PROVIDER", "memory");
    assertThat(config().storage().provider()).isEqualTo("memory");
  }

  private static String setting(LoadedConfig config, String key) {
    return config.settings().stream()
        .filter(setting -> setting.key().equals(key))
        .map(setting -> setting.value() + " # " + setting.origin())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void readsTheVariablesOfThePackageForStores() throws IOException {
    environment.put("STORAGE_CHAT_ENABLED", "no");
    environment.put("STORAGE_CHAT_MAX_EVENTS", "1");
    environment.put("STORAGE_CHAT_MAX_AGE", "2 days");
    environment.put("STORAGE_CHAT_PAGE_SIZE", "3");
    environment.put("STORAGE_ARTIFACTS_ENABLED", "off");
    environment.put("STORAGE_ARTIFACT_MAX_COUNT", "4");
    environment.put("STORAGE_ARTIFACT_MAX_BYTES", "5");
    environment.put("STORAGE_ARTIFACT_MAX_AGE", "6 weeks");
    environment.put("STORAGE_ARTIFACT_PAGE_SIZE", "7");
    environment.put("AGENTSDK_STORAGE_AUDIT_ENABLED", "1");
    environment.put("AGENTSDK_STORAGE_AUDIT_MAX_ENTRIES", "8");
    environment.put("AGENTSDK_STORAGE_AUDIT_MAX_AGE", "9 hours");
    environment.put("AGENTSDK_STORAGE_INDEX_PAGE_SIZE", "10");
    environment.put("AGENTSDK_STORAGE_CLEANUP_ENABLED", "false");
    environment.put("AGENTSDK_STORAGE_CLEANUP_INTERVAL", "11 minutes");
    environment.put("AGENTSDK_STORAGE_CLEANUP_RUN_ON_START", "yes");
    environment.put("STORAGE_SYNC_INTERVAL", "500 millis");
    environment.put("AGENTSDK_STORAGE_SYNC_INTERVAL", "500 millis");

    LoadedConfig read = load();

    assertThat(read.config().stores())
        .isEqualTo(new StoresOptions(
            new StoresOptions.Chat(false, 1, Duration.ofDays(2), 3),
            new StoresOptions.Artifacts(false, 4, 5, Duration.ofDays(42), 7),
            new StoresOptions.Audit(true, 8, Duration.ofHours(9)),
            new StoresOptions.Index(10),
            new StoresOptions.Cleanup(false, Duration.ofMinutes(11), true)));
    assertThat(read.config().remote().syncInterval()).isEqualTo(Duration.ofMillis(500));
    assertThat(setting(read, "stores.chat.enabled")).isEqualTo("false # STORAGE_CHAT_ENABLED");
    assertThat(setting(read, "stores.cleanup.runOnStart"))
        .isEqualTo("true # AGENTSDK_STORAGE_CLEANUP_RUN_ON_START");
    assertThat(setting(read, "remote.syncInterval")).isEqualTo("500 ms # STORAGE_SYNC_INTERVAL");
    assertThat(read.print())
        .contains("stores.chat.enabled: false")
        .contains("STORAGE_CHAT_ENABLED");
  }

  @Test
  void ourOwnNamesCountMoreThanThoseOfThePackageAndTheFileLess() throws IOException {
    file("stores: {chat: {maxEvents: 1, pageSize: 1}, audit: {maxEntries: 1}}");
    environment.put("STORAGE_CHAT_MAX_EVENTS", "2");
    environment.put("STORAGE_CHAT_PAGE_SIZE", "2");
    environment.put("AGENTSDK_STORAGE_AUDIT_MAX_ENTRIES", "2");
    environment.put("TRIBUTARY_STORES_CHAT_MAX_EVENTS", "3");
    environment.put("TRIBUTARY_STORES_CHAT_PAGE_SIZE", "3");
    set("stores.chat.maxEvents", "4");

    StoresOptions stores = config().stores();

    assertThat(stores.chat().maxEvents()).isEqualTo(4);
    assertThat(stores.chat().pageSize()).isEqualTo(3);
    assertThat(stores.audit().maxEntries()).isEqualTo(2);
  }

  @Test
  void variablesOfThePackageThatContradictEachOtherAreRefused() throws IOException {
    environment.put("STORAGE_CHAT_MAX_EVENTS", "2");
    environment.put("AGENTSDK_STORAGE_CHAT_MAX_EVENTS", "3");
    environment.put("STORAGE_AUDIT_ENABLED", "yes");
    environment.put("AGENTSDK_STORAGE_AUDIT_ENABLED", "true");
    environment.put("STORAGE_CLEANUP_INTERVAL", "often");

    assertThat(problems())
        .containsExactlyInAnyOrder(
            "stores.chat.maxEvents: found \"2\" and \"3\" (STORAGE_CHAT_MAX_EVENTS,"
                + " AGENTSDK_STORAGE_CHAT_MAX_EVENTS), allowed: one value in both",
            "stores.cleanup.interval: found \"often\" (STORAGE_CLEANUP_INTERVAL), allowed: a"
                + " duration such as 500 ms, 5 seconds, 30 days or PT20S, from 1 second to 365"
                + " days");
  }

  @Test
  void theReplicaGetsABundleAndWhatItSyncs() throws IOException {
    String bundle = IdentityBundle.of(Map.of("main", Identity.random(), "chat", Identity.random()))
        .encode();
    file("remote: {enabled: true, url: \"ws://h/event-log/t\", encryption: {identity: " + bundle
        + "}, sync: {auditLog: false, artifacts: true}}");

    RemoteConfig remote = config().remote();

    assertThat(remote.identity()).isEqualTo(bundle);
    assertThat(remote.options().covers("main")).isTrue();
    assertThat(remote.options().covers("audit")).isFalse();
    assertThat(remote.options().covers("chat")).isFalse();
    assertThat(remote.options().covers("artifacts")).isTrue();
  }

  @Test
  void secretsComeFromFilesAndFromTheEnvironment() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "from-file\n");
    environment.put("SECRET", "from-environment");
    set(
        "auth.tokens",
        "{a: 'file:" + secret + "', b: {token: 'env:SECRET'}, c: 'file://" + secret + "'}");

    assertThat(config().auth().tokens())
        .isEqualTo(Map.of(
            "a", TokenRule.of("from-file"),
            "b", TokenRule.of("from-environment"),
            "c", TokenRule.of("from-file")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"env:NONE", "env:EMPTY", "file:/no/such/secret", "file:", "a b", "é", "\"\""})
  void refusesASecretThatIsNone(String text) {
    environment.put("EMPTY", "");
    set("admin.token", text);

    assertThat(problems()).singleElement().asString().startsWith("admin.token: found ");
  }

  @Test
  void noMessageTellsASecret() throws IOException {
    Path tokens =
        Files.writeString(directory.resolve("tokens"), "a: 'hunter2 hunter2'\nb: [hunter2]\n");
    file("auth: {tokens: [hunter2]}\nadmin: {token: {hunter2: hunter2}}");
    environment.put(
        "TRIBUTARY_AUTH_TOKENS", "{a: {token: hunter2, readOnly: maybe}, b: 'sha256:hunter2'");
    set("auth.tokens", "{a: {token: hunter2, readOnly: maybe}, b: 'sha256:hunter2', c: {}}");
    set("auth.tokensFile", tokens.toString());

    assertThat(problems())
        .hasSize(8)
        .noneMatch(p -> p.contains("hunter2"))
        .anyMatch(p -> p.startsWith("auth.tokens.a.readOnly: found \"maybe\" (--set)"))
        .anyMatch(p -> p.startsWith("auth.tokensFile.b: found a list (tokens line 2)"));
  }

  @Test
  void nothingPrintedTellsASecret() {
    set("admin.token", "hunter2");
    set(
        "auth.tokens",
        "{a: hunter2, b: {token: hunter2, readOnly: true, identities: [0123456789]}}");
    set("storage.provider", "acme");
    set("storage.acme.uri", "acme://u:hunter2@host");
    LoadedConfig loaded = load();

    assertThat(loaded.print())
        .doesNotContain("hunter2")
        .contains("admin.token: \"****\"")
        .contains("{a: \"****\", b: {token: \"****\", readOnly: true, identities: [01234567]}}")
        .contains("storage.acme.uri: \"****\"");
    assertThat(loaded.config().toString()).doesNotContain("hunter2");
    assertThat(flags.toString()).doesNotContain("hunter2");
  }

  @Test
  void aPrintedMaskIsNotASecret() {
    set("admin.token", "****");
    assertThat(problems()).singleElement().asString().startsWith("admin.token: ");
  }

  @Test
  void anotherProvidersSectionGoesToIt() throws IOException {
    file("""
        storage:
          provider: acme
          acme:
            uri: acme://a
            pool: {size: 5, names: [a, 1.5, true, "6"]}
        """);
    environment.put("TRIBUTARY_STORAGE_ACME", "{pool: {size: 6}}");
    set("storage.acme.pool.wait", "10 s");

    assertThat(config().storage())
        .isEqualTo(new StorageConfig(
            "acme",
            new JsonObject()
                .put("uri", "acme://a")
                .put(
                    "pool",
                    new JsonObject()
                        .put("size", 6)
                        .put("names", JsonArray.of("a", 1.5, true, "6"))
                        .put("wait", "10 s"))));
  }

  @Test
  void aProviderThatIsNotThereIsToldWithThoseThatAre() {
    set("storage.provider", "postgres");
    set("storage.postgres.uri", "postgresql://localhost/x");

    assertThat(problems())
        .containsExactly(
            "storage.provider: found \"postgres\", which is not on the class path (--set), allowed:"
                + " those that are: acme, file, memory");
  }

  @Test
  void anotherOfOurProvidersIsToldWhatWasSetAndChecksIt() throws IOException {
    providers.add("postgres");
    Path uri = Files.writeString(directory.resolve("uri"), "postgresql://u:hunter2@db/x\n");
    file("""
        storage:
          provider: postgres
          postgres:
            uri: file:%s
            poolSize: 5
            connectWait: 10 s
            unheardOf: {a: 1}
        """.formatted(uri));
    environment.put("TRIBUTARY_STORAGE_POSTGRES_TABLE_PREFIX", "t:");
    environment.put("TRIBUTARY_STORAGE_POSTGRES", "{schema: s}");
    set("storage.postgres.tls.ca", "/ca.pem");
    set("storage.postgres", "{poolSize: 6, other: 7}");
    LoadedConfig loaded = load();

    assertThat(loaded.config().storage())
        .isEqualTo(new StorageConfig(
            "postgres",
            new JsonObject()
                .put("uri", "postgresql://u:hunter2@db/x")
                .put("poolSize", 6)
                .put("schema", "s")
                .put("tablePrefix", "t:")
                .put("connectWait", "10 s")
                .put("unheardOf", new JsonObject().put("a", 1))
                .put("tls", new JsonObject().put("ca", "/ca.pem"))
                .put("other", 7)));
    assertThat(loaded.config().admin().tokenFile())
        .isEqualTo(Path.of("./tributary-data/admin-token"));
    assertThat(loaded.print())
        .doesNotContain("hunter2")
        .containsPattern("(?m)^storage.postgres.uri: \"\\*{4}\" +# hub.yaml line 4$")
        .containsPattern("(?m)^storage.postgres.poolSize: 6 +# --set$");
  }

  @Test
  void everyProblemOfARetentionRuleIsToldByItsPlace() throws IOException {
    file("""
        retention:
          rules:
            - {tenant: "*", events: [], byAge: 1 day}
            - {tenant: a/b, store: orders, byAge: soon, byCount: -1, bySizeBytes: 1 MB, by: 1}
            - {tenant: a}
            - text
        """);

    assertThat(problems())
        .containsExactly(
            "retention.rules[0].events: found a list (hub.yaml line 3), allowed: one tag at least, or"
                + " no events",
            "retention.rules[1].tenant: found \"a/b\" (hub.yaml line 4), allowed: a tenant, in which"
                + " * stands for any characters",
            "retention.rules[1].store: found \"orders\" (hub.yaml line 4), allowed: a store as"
                + " sealed:PUBLICKEY, batch:PUBLICKEY:STORE or plain:STORE, in which * stands for"
                + " any characters, or *",
            "retention.rules[1].byAge: found \"soon\" (hub.yaml line 4), allowed: a duration such as"
                + " 500 ms, 5 seconds, 30 days or PT20S, from 1 second to 36500 days",
            "retention.rules[1].byCount: found \"-1\" (hub.yaml line 4), allowed: a whole number from"
                + " 0 to 2147483647",
            "retention.rules[1].bySizeBytes: found \"1 MB\" (hub.yaml line 4), allowed: a size such"
                + " as 512 KiB, 64 MiB or bytes, from 0 bytes to 1073741824 GiB",
            "retention.rules[1].by: found a key that is not known (hub.yaml line 4), allowed: tenant,"
                + " store, events, byAge, byCount, bySizeBytes",
            "retention.rules[2]: found no limit (hub.yaml line 5), allowed: {tenant, store, events,"
                + " byAge, byCount, bySizeBytes} with at least one of the limits",
            "retention.rules[3]: found \"text\" (hub.yaml line 6), allowed: {tenant, store, events,"
                + " byAge, byCount, bySizeBytes} with at least one of the limits");
  }

  @ParameterizedTest
  @CsvSource({
    "*, *, a/sealed:k, true",
    "*, *, a/plain:k, true",
    "a, sealed:*, a/sealed:k, true",
    "a, sealed:*, a/batch:k:s, false",
    "a, sealed:*, ab/sealed:k, false",
    "a*, sealed:*, ab/sealed:k, true",
    "a.c, sealed:*, abc/sealed:k, false",
    "*, batch:*:orders, a/batch:k:orders, true",
    "*, batch:*:orders, a/batch:k:orders2, false",
    "*, *orders, a/plain:orders, true",
    "*, sealed:k, a/sealed:kk, false",
    "*, sealed:%2F*, a/sealed:%2Fk, true",
  })
  void aRetentionRuleMatchesByPatterns(String tenant, String store, String key, boolean matches) {
    assertThat(new RetentionRule(tenant, store, null, 1L, null).matches(StoreKey.parse(key)))
        .isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({"a/plain:k, true", "a/sealed:k, false", "a/batch:k:s, false"})
  void aRuleWithEventsIsAboutStoresInTheClear(String key, boolean matches) {
    RetentionRule rule = new RetentionRule("*", "*", List.of("todo-*"), null, 1L, null);
    assertThat(rule.matches(StoreKey.parse(key))).isEqualTo(matches);
  }

  @Test
  void theFileProviderIsToldItsDirectory() {
    set("storage.provider", "file");
    set("storage.file.dir", "/data");

    assertThat(config().storage()).isEqualTo(StorageConfig.file(Path.of("/data")));
    assertThat(config().admin().tokenFile()).isEqualTo(Path.of("/data/admin-token"));
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, true",
    "127.8.9.10, true",
    "::1, true",
    "localhost, true",
    "LocalHost, true",
    "app.localhost, false",
    "0.0.0.0, false",
    "'::', false",
    "192.168.1.1, false",
    "127.0.0.1.example.org, false",
    "hub.example.org, false"
  })
  void beyondLoopbackNeedsTokensOrConsent(String host, boolean loopback) {
    set("host", host);
    if (loopback) {
      assertThat(config().host()).isEqualTo(host);
    } else {
      assertThat(problems()).singleElement().asString().startsWith("host: ");
      insecureOpen = true;
      assertThat(config().insecureOpen()).isTrue();
      insecureOpen = false;
      environment.put("SYNC_AUTH_TOKEN", "x");
      assertThat(config().host()).isEqualTo(host);
    }
  }

  @Test
  void aTokensFileWithoutTokensIsNoToken() throws IOException {
    Path tokens = Files.writeString(directory.resolve("tokens"), "# none yet\n");
    set("host", "0.0.0.0");
    set("auth.tokensFile", tokens.toString());

    assertThat(problems()).singleElement().asString().startsWith("host: ");
    Files.writeString(tokens, "a: x\n");
    assertThat(config().auth().tokensFile()).isEqualTo(tokens);
  }

  @Test
  void tcpBeyondLoopbackNeedsConsentWhateverTokensThereAre() {
    set("tcp.host", "0.0.0.0");
    assertThat(config().tcp().enabled()).isFalse();
    set("tcp.enabled", "true");
    environment.put("SYNC_AUTH_TOKENS", "{\"a\": \"x\"}");

    assertThat(problems()).singleElement().asString().startsWith("tcp.host: ");
    insecureOpen = true;
    assertThat(config().tcp().host()).isEqualTo("0.0.0.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "*"})
  void tcpIsRefusedForATenantThatAsksForAToken(String tenant) throws IOException {
    set("tcp.enabled", "true");
    set("auth.tokens", "{other: x}");
    assertThat(config().tcp().enabled()).isTrue();

    flags.add(new Flag("auth.tokens", "{\"" + tenant + "\": x}", "--set"));
    assertThat(problems()).singleElement().asString().startsWith("tcp.enabled: ");

    flags.remove(flags.size() - 1);
    Path tokens = Files.writeString(directory.resolve("tokens"), "'" + tenant + "': x\n");
    set("auth.tokensFile", tokens.toString());
    assertThat(problems()).singleElement().asString().startsWith("tcp.enabled: ");
  }

  @Test
  void adminBeyondLoopbackNeedsItsToken() {
    set("admin.host", "0.0.0.0");
    insecureOpen = true;
    assertThat(problems()).singleElement().asString().startsWith("admin.host: ");
    set("admin.token", "x");
    assertThat(config().admin().token()).isEqualTo("x");
  }

  @Test
  void aPartMustFitIntoItsWhole() {
    set("limits.message", "64 KiB");
    set("limits.chunkBytesTotal", "1 MiB");
    set("feed.tailBytesTotal", "512 KiB");

    assertThat(problems())
        .containsExactly(
            "limits.frame: found 1 MiB (default), allowed: at most limits.message, which is 64 KiB"
                + " (--set)",
            "limits.chunkBytes: found 256 MiB (default), allowed: at most limits.chunkBytesTotal,"
                + " which is 1 MiB (--set)",
            "feed.tailBytes: found 1 MiB (default), allowed: at most feed.tailBytesTotal, which is"
                + " 512 KiB (--set)");
  }

  @Test
  void warnsOfTenantsThatStayOpenBesideGuardedOnes() {
    set("auth.tokens", "{a: x}");
    assertThat(load().warnings()).singleElement().asString().contains("open to everybody");
    set("auth.tokens", "{'*': y}"); // beside, not instead
    assertThat(load().warnings()).isEmpty();
  }

  @Test
  void twoFlagsForOneKeyAreOneTooMany() {
    flags.add(new Flag("port", "1", "--port"));
    set("port", "2");
    assertThat(problems()).containsExactly("port: found twice (--port, --set), allowed: once");
  }

  @Test
  void aTokensFileIsReadAgainOnItsOwn() throws IOException {
    Path tokens = Files.writeString(
        directory.resolve("tokens.yaml"), "a: x\nb: {token: y, readOnly: true}\n");
    assertThat(TokensFile.read(tokens))
        .isEqualTo(Map.of("a", TokenRule.of("x"), "b", new TokenRule("y", null, true)));
    Files.writeString(tokens, "a: [");
    assertThatThrownBy(() -> TokensFile.read(tokens)).isInstanceOf(ConfigException.class);
  }
}
