package io.tributary.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.sync.Preset;
import io.tributary.client.sync.RemoteOptions.Carrier;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every key: its default, and that file, environment and flag each set it, the later over the earlier. */
class EveryKeyTest {
  private static final Set<String> PROVIDERS =
      Set.of("memory", "file", "other", "postgres", "redis");

  @TempDir
  Path directory;

  private Map<String, String> provider = Map.of();

  /**
   * @param environment its name there, written out: a rule that makes names may be wrong
   * @param values three others than the default, for file, environment and flag
   * @param read what they are, in the same order, after the default
   */
  private record Mapping(
      String key,
      String environment,
      Function<HubConfig, @Nullable Object> value,
      @Nullable Object fallback,
      List<String> values,
      List<?> read) {}

  private static Mapping mapping(
      String key,
      String environment,
      Function<HubConfig, @Nullable Object> value,
      @Nullable Object fallback,
      List<String> values,
      Object... read) {
    return new Mapping(key, environment, value, fallback, values, List.of(read));
  }

  private List<Mapping> mappings() throws IOException {
    Path tokens1 = Files.writeString(directory.resolve("t1.yaml"), "a: one\n");
    Path tokens2 = Files.writeString(directory.resolve("t2.yaml"), "");
    Path tokens3 = Files.writeString(directory.resolve("t3.json"), "{\"a\": \"three\"}");
    return List.of(
        mapping(
            "host",
            "TRIBUTARY_HOST",
            HubConfig::host,
            "127.0.0.1",
            List.of("localhost", "::1", "127.0.0.2"),
            "localhost",
            "::1",
            "127.0.0.2"),
        mapping(
            "port",
            "TRIBUTARY_PORT",
            HubConfig::port,
            8787,
            List.of("0", "1", "65535"),
            0,
            1,
            65535),
        mapping(
            "tcp.enabled",
            "TRIBUTARY_TCP_ENABLED",
            c -> c.tcp().enabled(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "tcp.host",
            "TRIBUTARY_TCP_HOST",
            c -> c.tcp().host(),
            "127.0.0.1",
            List.of("localhost", "::", "0.0.0.0"),
            "localhost",
            "::",
            "0.0.0.0"),
        mapping(
            "tcp.port",
            "TRIBUTARY_TCP_PORT",
            c -> c.tcp().port(),
            8788,
            List.of("1", "2", "3"),
            1,
            2,
            3),
        mapping(
            "tcp.tenant",
            "TRIBUTARY_TCP_TENANT",
            c -> c.tcp().tenant(),
            "default",
            List.of("a", "007", "true"),
            "a",
            "007",
            "true"),
        mapping(
            "admin.host",
            "TRIBUTARY_ADMIN_HOST",
            c -> c.admin().host(),
            "127.0.0.1",
            List.of("localhost", "::1", "127.1.2.3"),
            "localhost",
            "::1",
            "127.1.2.3"),
        mapping(
            "admin.port",
            "TRIBUTARY_ADMIN_PORT",
            c -> c.admin().port(),
            8789,
            List.of("1", "2", "3"),
            1,
            2,
            3),
        mapping(
            "admin.token",
            "TRIBUTARY_ADMIN_TOKEN",
            c -> c.admin().token(),
            null,
            List.of("0123", "*@:!#", "env:SECRET"),
            "0123",
            "*@:!#",
            "from-the-environment"),
        mapping(
            "admin.tokenFile",
            "TRIBUTARY_ADMIN_TOKEN_FILE",
            c -> c.admin().tokenFile(),
            Path.of("./tributary-data", "admin-token"),
            List.of("a", "b c", "/d"),
            Path.of("a"),
            Path.of("b c"),
            Path.of("/d")),
        mapping(
            "origins",
            "TRIBUTARY_ORIGINS",
            HubConfig::origins,
            List.of(),
            List.of(
                "[\"https://a.example\", \"http://localhost:3000\"]", "https://b.example", "[]"),
            List.of("https://a.example", "http://localhost:3000"),
            List.of("https://b.example"),
            List.of()),
        mapping(
            "hosts",
            "TRIBUTARY_HOSTS",
            HubConfig::hosts,
            List.of(),
            List.of("[a.example, b.example]", "c.example:8443", "\"[::1]\""),
            List.of("a.example", "b.example"),
            List.of("c.example:8443"),
            List.of("[::1]")),
        mapping(
            "auth.tokens",
            "TRIBUTARY_AUTH_TOKENS",
            c -> c.auth().tokens(),
            Map.of(),
            List.of("{a: one}", "{a: two}", "{a: {token: three, readOnly: true, identities: [k]}}"),
            Map.of("a", TokenRule.of("one")),
            Map.of("a", TokenRule.of("two")),
            Map.of("a", new TokenRule("three", Set.of("k"), true))),
        mapping(
            "auth.tokensFile",
            "TRIBUTARY_AUTH_TOKENS_FILE",
            c -> c.auth().tokensFile(),
            null,
            List.of(tokens1.toString(), tokens2.toString(), tokens3.toString()),
            tokens1,
            tokens2,
            tokens3),
        mapping(
            "auth.allowQueryToken",
            "TRIBUTARY_AUTH_ALLOW_QUERY_TOKEN",
            c -> c.auth().allowQueryToken(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "hub.auth",
            "TRIBUTARY_HUB_AUTH",
            c -> c.hubAuth().name(),
            "tenant",
            List.of("allow-all", "of-a-module", "tenant"),
            "allow-all",
            "of-a-module",
            "tenant"),
        mapping(
            "hub.allowList",
            "TRIBUTARY_HUB_ALLOW_LIST",
            c -> c.hubAuth().allowList(),
            List.of(),
            List.of(
                "[{tenant: a, publicKeys: [k, l], readOnly: true, token: \"*\"}]",
                "[{tenant: a, publicKeys: \"*\", token: a}, {tenant: b, publicKeys: [m]}]",
                "[{tenant: c, publicKeys: n}]"),
            List.of(new AllowRule("a", Set.of("k", "l"), true, "*")),
            List.of(
                new AllowRule("a", null, false, "a"), new AllowRule("b", Set.of("m"), false, null)),
            List.of(new AllowRule("c", Set.of("n"), false, null))),
        mapping(
            "storage.provider",
            "TRIBUTARY_STORAGE_PROVIDER",
            c -> c.storage().provider(),
            StorageConfig.DEFAULT_PROVIDER,
            List.of("other", "file", "memory"),
            "other",
            "file",
            "memory"),
        mapping(
            "storage.file.dir",
            "TRIBUTARY_STORAGE_FILE_DIR",
            c -> c.admin().tokenFile(),
            Path.of("./tributary-data", "admin-token"),
            List.of("x", "y/z", "/var/lib/tributary"),
            Path.of("x/admin-token"),
            Path.of("y/z/admin-token"),
            Path.of("/var/lib/tributary/admin-token")),
        passed(
            "postgres",
            "uri",
            "URI",
            List.of("postgresql://a", "x://b:c@d", "env:SECRET"),
            "postgresql://a",
            "x://b:c@d",
            "from-the-environment"),
        passed("postgres", "poolSize", "POOL_SIZE", List.of("1", "x", "3"), 1, "x", 3),
        passed("postgres", "schema", "SCHEMA", List.of("a", "b", "true"), "a", "b", true),
        passed(
            "postgres", "tablePrefix", "TABLE_PREFIX", List.of("a", "b:", "c_"), "a", "b:", "c_"),
        passed(
            "postgres",
            "tls",
            "TLS",
            List.of("true", "{a: 1}", "x"),
            true,
            new JsonObject().put("a", 1),
            "x"),
        passed(
            "postgres",
            "connectWait",
            "CONNECT_WAIT",
            List.of("1 s", "PT2S", "0"),
            "1 s",
            "PT2S",
            0),
        passed(
            "redis",
            "uri",
            "URI",
            List.of("redis://a", "x://b:c@d", "env:SECRET"),
            "redis://a",
            "x://b:c@d",
            "from-the-environment"),
        passed("redis", "prefix", "PREFIX", List.of("a:", "b:", "c"), "a:", "b:", "c"),
        passed(
            "redis",
            "durability",
            "DURABILITY",
            List.of("required", "relaxed", "x"),
            "required",
            "relaxed",
            "x"),
        passed(
            "redis", "connectWait", "CONNECT_WAIT", List.of("1 s", "PT2S", "0"), "1 s", "PT2S", 0),
        limit("connections", "CONNECTIONS", LimitsConfig::connections, 20_000),
        limit(
            "connectionsPerTenant",
            "CONNECTIONS_PER_TENANT",
            LimitsConfig::connectionsPerTenant,
            10_000),
        mapping(
            "limits.handshakeTimeout",
            "TRIBUTARY_LIMITS_HANDSHAKE_TIMEOUT",
            c -> c.limits().handshakeTimeout(),
            Duration.ofSeconds(10),
            List.of("500 ms", "2 seconds", "PT3S"),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(3)),
        bytes("limits.frame", "LIMITS_FRAME", c -> c.limits().frame(), 1 << 20),
        mapping(
            "limits.message",
            "TRIBUTARY_LIMITS_MESSAGE",
            c -> c.limits().message(),
            256 << 20,
            List.of("1 MiB", "1 GiB", "2097152"),
            1 << 20,
            1 << 30,
            2 << 20),
        bytes("limits.chunkBytes", "LIMITS_CHUNK_BYTES", c -> c.limits().chunkBytes(), 256L << 20),
        mapping(
            "limits.chunkBytesTotal",
            "TRIBUTARY_LIMITS_CHUNK_BYTES_TOTAL",
            c -> c.limits().chunkBytesTotal(),
            512L << 20,
            List.of("256 MiB", "10 GiB", "300000000"),
            256L << 20,
            10L << 30,
            300_000_000L),
        bytes(
            "limits.inFlightBytes",
            "LIMITS_IN_FLIGHT_BYTES",
            c -> c.limits().inFlightBytes(),
            16L << 20),
        bytes(
            "limits.inFlightBytesTotal",
            "LIMITS_IN_FLIGHT_BYTES_TOTAL",
            c -> c.limits().inFlightBytesTotal(),
            Runtime.getRuntime().maxMemory() / 4),
        bytes(
            "limits.outboundBytes",
            "LIMITS_OUTBOUND_BYTES",
            c -> c.limits().outboundBytes(),
            1 << 20),
        mapping(
            "limits.writeRetry",
            "TRIBUTARY_LIMITS_WRITE_RETRY",
            c -> c.limits().writeRetry(),
            Duration.ofMinutes(5),
            List.of("1 minute", "2 h", "1 day"),
            Duration.ofMinutes(1),
            Duration.ofHours(2),
            Duration.ofDays(1)),
        limit("subscriptions", "SUBSCRIPTIONS", LimitsConfig::subscriptions, 1000),
        bytes("limits.payload", "LIMITS_PAYLOAD", c -> c.limits().payload(), 64 << 20),
        bytes("feed.tailBytes", "FEED_TAIL_BYTES", c -> c.feed().tailBytes(), 1L << 20),
        mapping(
            "feed.tailBytesTotal",
            "TRIBUTARY_FEED_TAIL_BYTES_TOTAL",
            c -> c.feed().tailBytesTotal(),
            128L << 20,
            List.of("1 MiB", "1 GiB", "1048576"),
            1L << 20,
            1L << 30,
            1L << 20),
        mapping(
            "feed.headsCheck",
            "TRIBUTARY_FEED_HEADS_CHECK",
            c -> c.feed().headsCheck(),
            Duration.ofSeconds(1),
            List.of("10 ms", "2 s", "1 day"),
            Duration.ofMillis(10),
            Duration.ofSeconds(2),
            Duration.ofDays(1)),
        mapping(
            "retention.rules",
            "TRIBUTARY_RETENTION_RULES",
            c -> c.retention().rules(),
            List.of(),
            List.of(
                "[{tenant: a, store: \"sealed:*\", byAge: 30 days, byCount: 5, bySizeBytes: 1 GiB}]",
                "[{byCount: 1}, {tenant: \"*\", bySizeBytes: 0}]",
                "[{events: [\"todo-*\", done], byCount: 1}, {events: done, byCount: 2}]"),
            List.of(new RetentionRule("a", "sealed:*", Duration.ofDays(30), 5L, 1L << 30)),
            List.of(
                new RetentionRule("*", "*", null, 1L, null),
                new RetentionRule("*", "*", null, null, 0L)),
            List.of(
                new RetentionRule("*", "*", List.of("todo-*", "done"), null, 1L, null),
                new RetentionRule("*", "*", List.of("done"), null, 2L, null))),
        mapping(
            "retention.interval",
            "TRIBUTARY_RETENTION_INTERVAL",
            c -> c.retention().interval(),
            Duration.ofHours(1),
            List.of("1 second", "2 days", "PT3S"),
            Duration.ofSeconds(1),
            Duration.ofDays(2),
            Duration.ofSeconds(3)),
        mapping(
            "retention.tombstones",
            "TRIBUTARY_RETENTION_TOMBSTONES",
            c -> Optional.ofNullable(c.retention().tombstones()),
            Optional.empty(),
            List.of("90 days", "forever", "1 hour"),
            Optional.of(Duration.ofDays(90)),
            Optional.empty(),
            Optional.of(Duration.ofHours(1))),
        mapping(
            "compaction.window",
            "TRIBUTARY_COMPACTION_WINDOW",
            c -> c.compaction().window(),
            16_384,
            List.of("1", "2", "1048575"),
            1,
            2,
            1_048_575),
        bytes(
            "compaction.maxBytes",
            "COMPACTION_MAX_BYTES",
            c -> c.compaction().maxBytes(),
            8L << 20),
        mapping(
            "remote.enabled",
            "TRIBUTARY_REMOTE_ENABLED",
            c -> c.remote().enabled(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "remote.role",
            "TRIBUTARY_REMOTE_ROLE",
            c -> c.remote().role(),
            RemoteConfig.Role.CLIENT,
            List.of("server", "both", "client"),
            RemoteConfig.Role.SERVER,
            RemoteConfig.Role.BOTH,
            RemoteConfig.Role.CLIENT),
        mapping(
            "remote.url",
            "TRIBUTARY_REMOTE_URL",
            c -> c.remote().url(),
            null,
            List.of("ws://a", "wss://b/event-log/c", "tcp://d:1"),
            "ws://a",
            "wss://b/event-log/c",
            "tcp://d:1"),
        mapping(
            "remote.provider",
            "TRIBUTARY_REMOTE_PROVIDER",
            c -> c.remote().provider(),
            Preset.TRIBUTARY,
            List.of("bun", "cloudflare", "tributary"),
            Preset.BUN,
            Preset.CLOUDFLARE,
            Preset.TRIBUTARY),
        mapping(
            "remote.tenant",
            "TRIBUTARY_REMOTE_TENANT",
            c -> c.remote().tenant(),
            null,
            List.of("a", "007", "true"),
            "a",
            "007",
            "true"),
        mapping(
            "remote.syncInterval",
            "TRIBUTARY_REMOTE_SYNC_INTERVAL",
            c -> c.remote().syncInterval(),
            Duration.ofSeconds(5),
            List.of("0", "1 s", "PT2S"),
            Duration.ZERO,
            Duration.ofSeconds(1),
            Duration.ofSeconds(2)),
        mapping(
            "remote.connectTimeout",
            "TRIBUTARY_REMOTE_CONNECT_TIMEOUT",
            c -> c.remote().connectTimeout(),
            Duration.ofSeconds(10),
            List.of("1 ms", "1 s", "PT2S"),
            Duration.ofMillis(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2)),
        mapping(
            "remote.disablePing",
            "TRIBUTARY_REMOTE_DISABLE_PING",
            c -> c.remote().disablePing(),
            null,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "remote.strict",
            "TRIBUTARY_REMOTE_STRICT",
            c -> c.remote().strict(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "remote.strictTimeout",
            "TRIBUTARY_REMOTE_STRICT_TIMEOUT",
            c -> c.remote().strictTimeout(),
            Duration.ofSeconds(30),
            List.of("1 ms", "1 s", "PT2S"),
            Duration.ofMillis(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2)),
        mapping(
            "remote.encryption.enabled",
            "TRIBUTARY_REMOTE_ENCRYPTION_ENABLED",
            c -> c.remote().encrypted(),
            true,
            List.of("false", "true", "false"),
            false,
            true,
            false),
        mapping(
            "remote.encryption.identity",
            "TRIBUTARY_REMOTE_ENCRYPTION_IDENTITY",
            c -> c.remote().identity(),
            null,
            List.of("abc", "d", "env:SECRET"),
            "abc",
            "d",
            "from-the-environment"),
        mapping(
            "remote.auth.token",
            "TRIBUTARY_REMOTE_AUTH_TOKEN",
            c -> c.remote().token(),
            null,
            List.of("0123", "*@:!#", "env:SECRET"),
            "0123",
            "*@:!#",
            "from-the-environment"),
        mapping(
            "remote.auth.carrier",
            "TRIBUTARY_REMOTE_AUTH_CARRIER",
            c -> c.remote().carrier(),
            Carrier.BEARER,
            List.of("subprotocol", "query", "bearer"),
            Carrier.SUBPROTOCOL,
            Carrier.QUERY,
            Carrier.BEARER),
        mapping(
            "remote.sync.auditLog",
            "TRIBUTARY_REMOTE_SYNC_AUDIT_LOG",
            c -> c.remote().sync().auditLog(),
            true,
            List.of("false", "true", "false"),
            false,
            true,
            false),
        mapping(
            "remote.sync.chatHistory",
            "TRIBUTARY_REMOTE_SYNC_CHAT_HISTORY",
            c -> c.remote().sync().chatHistory(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "remote.sync.artifacts",
            "TRIBUTARY_REMOTE_SYNC_ARTIFACTS",
            c -> c.remote().sync().artifacts(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "conflicts.policy",
            "TRIBUTARY_CONFLICTS_POLICY",
            c -> c.replica().policy(),
            "lastWriteWins",
            List.of("firstWriteWins", "reject", "lastWriteWins"),
            "firstWriteWins",
            "reject",
            "lastWriteWins"),
        mapping(
            "replica.compaction.enabled",
            "TRIBUTARY_REPLICA_COMPACTION_ENABLED",
            c -> c.replica().compaction(),
            true,
            List.of("false", "true", "false"),
            false,
            true,
            false),
        mapping(
            "replica.compaction.byAge",
            "TRIBUTARY_REPLICA_COMPACTION_BY_AGE",
            c -> c.replica().byAge(),
            null,
            List.of("1 day", "0", "PT2S"),
            Duration.ofDays(1),
            Duration.ZERO,
            Duration.ofSeconds(2)),
        mapping(
            "replica.compaction.byCount",
            "TRIBUTARY_REPLICA_COMPACTION_BY_COUNT",
            c -> c.replica().byCount(),
            null,
            List.of("0", "1", "2"),
            0L,
            1L,
            2L),
        mapping(
            "replica.compaction.bySizeBytes",
            "TRIBUTARY_REPLICA_COMPACTION_BY_SIZE_BYTES",
            c -> c.replica().bySizeBytes(),
            null,
            List.of("0", "1 KiB", "2"),
            0L,
            1024L,
            2L),
        mapping(
            "stores.chat.enabled",
            "TRIBUTARY_STORES_CHAT_ENABLED",
            c -> c.stores().chat().enabled(),
            true,
            List.of("false", "true", "false"),
            false,
            true,
            false),
        mapping(
            "stores.chat.maxEvents",
            "TRIBUTARY_STORES_CHAT_MAX_EVENTS",
            c -> c.stores().chat().maxEvents(),
            10_000L,
            List.of("1", "2", "3"),
            1L,
            2L,
            3L),
        mapping(
            "stores.chat.maxAge",
            "TRIBUTARY_STORES_CHAT_MAX_AGE",
            c -> c.stores().chat().maxAge(),
            Duration.ofDays(30),
            List.of("1 day", "2 hours", "PT3S"),
            Duration.ofDays(1),
            Duration.ofHours(2),
            Duration.ofSeconds(3)),
        mapping(
            "stores.chat.pageSize",
            "TRIBUTARY_STORES_CHAT_PAGE_SIZE",
            c -> c.stores().chat().pageSize(),
            100,
            List.of("1", "2", "3"),
            1,
            2,
            3),
        mapping(
            "stores.artifacts.enabled",
            "TRIBUTARY_STORES_ARTIFACTS_ENABLED",
            c -> c.stores().artifacts().enabled(),
            true,
            List.of("false", "true", "false"),
            false,
            true,
            false),
        mapping(
            "stores.artifacts.maxCount",
            "TRIBUTARY_STORES_ARTIFACTS_MAX_COUNT",
            c -> c.stores().artifacts().maxCount(),
            5_000L,
            List.of("1", "2", "3"),
            1L,
            2L,
            3L),
        mapping(
            "stores.artifacts.maxBytes",
            "TRIBUTARY_STORES_ARTIFACTS_MAX_BYTES",
            c -> c.stores().artifacts().maxBytes(),
            500_000_000L,
            List.of("0", "1 KiB", "2"),
            0L,
            1024L,
            2L),
        mapping(
            "stores.artifacts.maxAge",
            "TRIBUTARY_STORES_ARTIFACTS_MAX_AGE",
            c -> c.stores().artifacts().maxAge(),
            Duration.ofDays(90),
            List.of("1 day", "2 hours", "PT3S"),
            Duration.ofDays(1),
            Duration.ofHours(2),
            Duration.ofSeconds(3)),
        mapping(
            "stores.artifacts.pageSize",
            "TRIBUTARY_STORES_ARTIFACTS_PAGE_SIZE",
            c -> c.stores().artifacts().pageSize(),
            100,
            List.of("1", "2", "3"),
            1,
            2,
            3),
        mapping(
            "stores.audit.enabled",
            "TRIBUTARY_STORES_AUDIT_ENABLED",
            c -> c.stores().audit().enabled(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "stores.audit.maxEntries",
            "TRIBUTARY_STORES_AUDIT_MAX_ENTRIES",
            c -> c.stores().audit().maxEntries(),
            100_000L,
            List.of("1", "2", "3"),
            1L,
            2L,
            3L),
        mapping(
            "stores.audit.maxAge",
            "TRIBUTARY_STORES_AUDIT_MAX_AGE",
            c -> c.stores().audit().maxAge(),
            Duration.ofDays(180),
            List.of("1 day", "2 hours", "PT3S"),
            Duration.ofDays(1),
            Duration.ofHours(2),
            Duration.ofSeconds(3)),
        mapping(
            "stores.index.pageSize",
            "TRIBUTARY_STORES_INDEX_PAGE_SIZE",
            c -> c.stores().index().pageSize(),
            500,
            List.of("1", "2", "3"),
            1,
            2,
            3),
        mapping(
            "stores.cleanup.enabled",
            "TRIBUTARY_STORES_CLEANUP_ENABLED",
            c -> c.stores().cleanup().enabled(),
            true,
            List.of("false", "true", "false"),
            false,
            true,
            false),
        mapping(
            "stores.cleanup.interval",
            "TRIBUTARY_STORES_CLEANUP_INTERVAL",
            c -> c.stores().cleanup().interval(),
            Duration.ofHours(1),
            List.of("1 day", "2 hours", "PT3S"),
            Duration.ofDays(1),
            Duration.ofHours(2),
            Duration.ofSeconds(3)),
        mapping(
            "stores.cleanup.runOnStart",
            "TRIBUTARY_STORES_CLEANUP_RUN_ON_START",
            c -> c.stores().cleanup().runOnStart(),
            false,
            List.of("true", "false", "true"),
            true,
            false,
            true),
        mapping(
            "shutdown.grace",
            "TRIBUTARY_SHUTDOWN_GRACE",
            HubConfig::shutdownGrace,
            Duration.ofSeconds(20),
            List.of("0", "1 hour", "1.5 s"),
            Duration.ZERO,
            Duration.ofHours(1),
            Duration.ofMillis(1500)),
        mapping(
            "log.format",
            "TRIBUTARY_LOG_FORMAT",
            c -> c.log().format(),
            LogConfig.Format.TEXT,
            List.of("json", "text", "json"),
            LogConfig.Format.JSON,
            LogConfig.Format.TEXT,
            LogConfig.Format.JSON),
        mapping(
            "log.level",
            "TRIBUTARY_LOG_LEVEL",
            c -> c.log().level(),
            LogConfig.Level.INFO,
            List.of("error", "warn", "trace"),
            LogConfig.Level.ERROR,
            LogConfig.Level.WARN,
            LogConfig.Level.TRACE));
  }

  /** A key that goes to the provider, which then is the one that is used. */
  private static Mapping passed(
      String provider, String name, String environment, List<String> values, Object... read) {
    return mapping(
        "storage." + provider + "." + name,
        "TRIBUTARY_STORAGE_" + provider.toUpperCase(Locale.ROOT) + "_" + environment,
        c -> c.storage().section().getValue(name),
        null,
        values,
        read);
  }

  private static Mapping limit(
      String name, String environment, Function<LimitsConfig, Integer> value, int fallback) {
    return mapping(
        "limits." + name,
        "TRIBUTARY_LIMITS_" + environment,
        c -> value.apply(c.limits()),
        fallback,
        List.of("1", "2", "3"),
        1,
        2,
        3);
  }

  private static Mapping bytes(
      String key, String environment, Function<HubConfig, Number> value, Number fallback) {
    return mapping(
        key,
        "TRIBUTARY_" + environment,
        c -> value.apply(c).longValue(),
        fallback.longValue(),
        List.of("512 KiB", "1 MiB", "300000"),
        512L << 10,
        1L << 20,
        300_000L);
  }

  @TestFactory
  Stream<DynamicTest> isSetByFileEnvironmentAndFlagTheLaterOverTheEarlier() throws IOException {
    return mappings().stream().map(m -> DynamicTest.dynamicTest(m.key(), () -> check(m)));
  }

  private void check(Mapping mapping) throws IOException {
    String key = mapping.key();
    provider = key.matches("storage\\.(postgres|redis)\\..*")
        ? Map.of("SYNC_STORAGE", key.replaceFirst("storage\\.(postgres|redis)\\..*", "$1"))
        : Map.of();
    LoadedConfig none = read(null, Map.of(), List.of());
    assertThat(mapping.value().apply(none.config())).isEqualTo(mapping.fallback());
    assertThat(origin(none, key)).isEqualTo("default");
    if (key.equals("remote.enabled")) {
      provider = Map.of("TRIBUTARY_REMOTE_URL", "ws://h/event-log/t");
    }
    if (key.equals("hub.allowList")) {
      // nowhere else may there be one; and its token rules have to be there
      provider = Map.of(
          "TRIBUTARY_HUB_AUTH", "allow-list", "TRIBUTARY_AUTH_TOKENS", "{a: one, \"*\": two}");
    }

    Path file = Files.writeString(
        directory.resolve("hub.yaml"),
        "# settings\n" + nested(key, mapping.values().get(0)) + "\n");
    LoadedConfig byFile = read(file, Map.of(), List.of());
    assertThat(mapping.value().apply(byFile.config())).isEqualTo(mapping.read().get(0));
    assertThat(origin(byFile, key)).isEqualTo("hub.yaml line 2");

    Map<String, String> environment =
        Map.of(mapping.environment(), mapping.values().get(1));
    LoadedConfig byEnvironment = read(file, environment, List.of());
    assertThat(mapping.value().apply(byEnvironment.config()))
        .isEqualTo(mapping.read().get(1));
    assertThat(origin(byEnvironment, key)).isEqualTo(mapping.environment());

    Flag flag = new Flag(key, mapping.values().get(2), "--set");
    LoadedConfig byFlag = read(file, environment, List.of(flag));
    assertThat(mapping.value().apply(byFlag.config())).isEqualTo(mapping.read().get(2));
    assertThat(origin(byFlag, key)).isEqualTo("--set");
  }

  @Test
  void noKeyIsLeftOut() throws IOException {
    assertThat(mappings())
        .extracting(Mapping::key)
        .containsExactlyElementsOf(Keys.all().stream().map(Key::name).toList());
  }

  @Test
  void whatNobodySetsIsWhatAHubDoesWhenToldNothing() throws IOException {
    assertThat(read(null, Map.of(), List.of()).config())
        .isEqualTo(HubConfig.builder().insecureOpen(true).build());
  }

  @Test
  void thePrintedConfigurationReadsAsTheSame() throws IOException {
    Map<String, String> environment = Map.of(
        "TRIBUTARY_HOSTS", "[a.example, \"[::1]:1\"]", "TRIBUTARY_ADMIN_TOKEN_FILE", "b: #c");
    LoadedConfig printed =
        read(null, environment, List.of(new Flag("shutdown.grace", "1.5 s", "--set")));
    Path file = Files.writeString(directory.resolve("printed.yaml"), printed.print());

    LoadedConfig again = read(file, Map.of(), List.of());

    assertThat(again.config()).isEqualTo(printed.config());
    assertThat(again.settings())
        .extracting(Setting::value)
        .isEqualTo(printed.settings().stream().map(Setting::value).toList());
  }

  private LoadedConfig read(@Nullable Path file, Map<String, String> environment, List<Flag> flags)
      throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(provider);
    all.put("SECRET", "from-the-environment");
    return ConfigReader.read(file, all, flags, true, PROVIDERS);
  }

  private static String origin(LoadedConfig config, String key) {
    return config.settings().stream()
        .filter(s -> s.key().equals(key))
        .findFirst()
        .orElseThrow()
        .origin();
  }

  /** As one flow mapping, so that it stands on one line. */
  private static String nested(String key, String value) {
    String[] names = key.split("\\.");
    return String.join(": {", names) + ": " + quoted(value) + "}".repeat(names.length - 1);
  }

  /** Only in a file does a text need quotes. */
  private static String quoted(String value) {
    return value.matches("[\\[{\"].*|[A-Za-z0-9 ./]+") ? value : "\"" + value + "\"";
  }
}
