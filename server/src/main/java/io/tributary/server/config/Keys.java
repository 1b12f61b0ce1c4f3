package io.tributary.server.config;

import io.tributary.client.stores.StoresOptions;
import io.tributary.client.sync.Preset;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.compaction.CompactionPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every key there is. */
final class Keys {
  static final String ENVIRONMENT_PREFIX = "TRIBUTARY_";

  private static final Duration DAY = Duration.ofDays(1);
  private static final int GIB = 1 << 30;
  private static final long TIB = 1L << 40;
  private static final int MAX_INT = 1_000_000_000;

  private static final List<Key<?>> ALL = new ArrayList<>();

  static final Key<String> HOST =
      add("host", ValueTypes.HOST, () -> HubConfig.defaults().host());
  static final Key<Integer> PORT =
      add("port", ValueTypes.PORT, () -> HubConfig.defaults().port());

  static final Key<Boolean> TCP_ENABLED =
      add("tcp.enabled", ValueTypes.BOOLEAN, () -> TcpConfig.defaults().enabled());
  static final Key<String> TCP_HOST =
      add("tcp.host", ValueTypes.HOST, () -> TcpConfig.defaults().host());
  static final Key<Integer> TCP_PORT =
      add("tcp.port", ValueTypes.PORT, () -> TcpConfig.defaults().port());
  static final Key<String> TCP_TENANT =
      add("tcp.tenant", ValueTypes.TENANT_NAME, () -> TcpConfig.defaults().tenant());

  static final Key<String> ADMIN_HOST =
      add("admin.host", ValueTypes.HOST, () -> AdminConfig.defaults().host());
  static final Key<Integer> ADMIN_PORT =
      add("admin.port", ValueTypes.PORT, () -> AdminConfig.defaults().port());
  static final Key<String> ADMIN_TOKEN = optional("admin.token", ValueTypes.SECRET);

  /** Its default depends on {@link #STORAGE_FILE_DIR}. */
  static final Key<Path> ADMIN_TOKEN_FILE = optional("admin.tokenFile", ValueTypes.PATH);

  static final Key<List<String>> ORIGINS =
      add("origins", ValueTypes.listOf(ValueTypes.ORIGIN), List::of);
  static final Key<List<String>> HOSTS =
      add("hosts", ValueTypes.listOf(ValueTypes.HOST_HEADER), List::of);

  static final Key<Map<String, TokenRule>> AUTH_TOKENS =
      add("auth.tokens", ValueTypes.TOKENS, Map::of);
  static final Key<Path> AUTH_TOKENS_FILE = optional("auth.tokensFile", ValueTypes.PATH);
  static final Key<Boolean> AUTH_ALLOW_QUERY_TOKEN = add(
      "auth.allowQueryToken", ValueTypes.BOOLEAN, () -> AuthConfig.defaults().allowQueryToken());

  static final Key<String> HUB_AUTH =
      add("hub.auth", AllowTypes.NAME, () -> HubAuthConfig.defaults().name());
  static final Key<List<AllowRule>> HUB_ALLOW_LIST =
      add("hub.allowList", ValueTypes.listOf(AllowTypes.RULE), List::of);

  static final Key<String> STORAGE_PROVIDER = add(
      "storage.provider",
      ValueTypes.text("a provider's name", s -> s.matches("[A-Za-z0-9][A-Za-z0-9_-]*")),
      () -> StorageConfig.DEFAULT_PROVIDER);
  static final Key<Path> STORAGE_FILE_DIR =
      add("storage.file.dir", ValueTypes.PATH, () -> StorageConfig.DEFAULT_DIR);

  /** What goes to the providers postgres and redis as it is; they check it and have the defaults. */
  static final List<Key<?>> PASSED = List.of(
      optional("storage.postgres.uri", ValueTypes.SECRET_URI),
      optional("storage.postgres.poolSize", ValueTypes.PASSED_SINGLE),
      optional("storage.postgres.schema", ValueTypes.PASSED_SINGLE),
      optional("storage.postgres.tablePrefix", ValueTypes.PASSED_SINGLE),
      optional("storage.postgres.tls", ValueTypes.PASSED),
      optional("storage.postgres.connectWait", ValueTypes.PASSED_SINGLE),
      optional("storage.redis.uri", ValueTypes.SECRET_URI),
      optional("storage.redis.prefix", ValueTypes.PASSED_SINGLE),
      optional("storage.redis.durability", ValueTypes.PASSED_SINGLE),
      optional("storage.redis.connectWait", ValueTypes.PASSED_SINGLE));

  static final Key<Integer> LIMITS_CONNECTIONS =
      limit("connections", ValueTypes.integer(1, MAX_INT), LimitsConfig::connections);
  static final Key<Integer> LIMITS_CONNECTIONS_PER_TENANT = limit(
      "connectionsPerTenant", ValueTypes.integer(1, MAX_INT), LimitsConfig::connectionsPerTenant);
  static final Key<Duration> LIMITS_HANDSHAKE_TIMEOUT = limit(
      "handshakeTimeout",
      ValueTypes.duration(Duration.ofMillis(1), DAY),
      LimitsConfig::handshakeTimeout);
  static final Key<Integer> LIMITS_FRAME =
      limit("frame", ValueTypes.bufferSize(1024, GIB), LimitsConfig::frame);
  static final Key<Integer> LIMITS_MESSAGE =
      limit("message", ValueTypes.bufferSize(1024, GIB), LimitsConfig::message);
  static final Key<Long> LIMITS_CHUNK_BYTES =
      limit("chunkBytes", ValueTypes.size(1024, TIB), LimitsConfig::chunkBytes);
  static final Key<Long> LIMITS_CHUNK_BYTES_TOTAL =
      limit("chunkBytesTotal", ValueTypes.size(1024, TIB), LimitsConfig::chunkBytesTotal);
  static final Key<Long> LIMITS_IN_FLIGHT_BYTES =
      limit("inFlightBytes", ValueTypes.size(1024, TIB), LimitsConfig::inFlightBytes);
  static final Key<Long> LIMITS_IN_FLIGHT_BYTES_TOTAL =
      limit("inFlightBytesTotal", ValueTypes.size(1024, TIB), LimitsConfig::inFlightBytesTotal);
  static final Key<Integer> LIMITS_OUTBOUND_BYTES =
      limit("outboundBytes", ValueTypes.bufferSize(1024, GIB), LimitsConfig::outboundBytes);
  static final Key<Duration> LIMITS_WRITE_RETRY =
      limit("writeRetry", ValueTypes.duration(Duration.ofMillis(1), DAY), LimitsConfig::writeRetry);
  static final Key<Integer> LIMITS_SUBSCRIPTIONS =
      limit("subscriptions", ValueTypes.integer(1, MAX_INT), LimitsConfig::subscriptions);
  static final Key<Integer> LIMITS_PAYLOAD =
      limit("payload", ValueTypes.bufferSize(1024, GIB), LimitsConfig::payload);

  static final Key<Long> FEED_TAIL_BYTES = add(
      "feed.tailBytes", ValueTypes.size(1024, TIB), () -> FeedConfig.defaults().tailBytes());
  static final Key<Long> FEED_TAIL_BYTES_TOTAL = add(
      "feed.tailBytesTotal",
      ValueTypes.size(1024, TIB),
      () -> FeedConfig.defaults().tailBytesTotal());
  static final Key<Duration> FEED_HEADS_CHECK = add(
      "feed.headsCheck",
      ValueTypes.duration(Duration.ofMillis(10), DAY),
      () -> FeedConfig.defaults().headsCheck());

  static final Key<List<RetentionRule>> RETENTION_RULES =
      add("retention.rules", ValueTypes.listOf(RetentionTypes.RULE), List::of);
  static final Key<Duration> RETENTION_INTERVAL = add(
      "retention.interval",
      ValueTypes.duration(Duration.ofSeconds(1), Duration.ofDays(365)),
      () -> RetentionConfig.defaults().interval());
  static final Key<Optional<Duration>> RETENTION_TOMBSTONES =
      add("retention.tombstones", RetentionTypes.TOMBSTONES, Optional::empty);

  static final Key<Integer> COMPACTION_WINDOW = add(
      "compaction.window",
      ValueTypes.integer(1, CompactionPlan.GREATEST_WINDOW),
      () -> CompactionConfig.defaults().window());
  static final Key<Long> COMPACTION_MAX_BYTES = add(
      "compaction.maxBytes",
      ValueTypes.size(1024, GIB),
      () -> CompactionConfig.defaults().maxBytes());

  static final Key<Boolean> REMOTE_ENABLED =
      remote("enabled", ValueTypes.BOOLEAN, RemoteConfig::enabled);
  static final Key<RemoteConfig.Role> REMOTE_ROLE =
      remote("role", ValueTypes.oneOf(RemoteConfig.Role.class), RemoteConfig::role);
  static final Key<String> REMOTE_URL = optional("remote.url", ReplicaTypes.URL);
  static final Key<Preset> REMOTE_PROVIDER =
      remote("provider", ValueTypes.oneOf(Preset.class), RemoteConfig::provider);
  static final Key<String> REMOTE_TENANT = optional("remote.tenant", ValueTypes.TENANT_NAME);
  static final Key<Duration> REMOTE_SYNC_INTERVAL =
      remote("syncInterval", ValueTypes.duration(Duration.ZERO, DAY), RemoteConfig::syncInterval);
  static final Key<Duration> REMOTE_CONNECT_TIMEOUT = remote(
      "connectTimeout",
      ValueTypes.duration(Duration.ofMillis(1), DAY),
      RemoteConfig::connectTimeout);

  /** Its default depends on {@link #REMOTE_PROVIDER}. */
  static final Key<Boolean> REMOTE_DISABLE_PING =
      optional("remote.disablePing", ValueTypes.BOOLEAN);

  static final Key<Boolean> REMOTE_STRICT =
      remote("strict", ValueTypes.BOOLEAN, RemoteConfig::strict);
  static final Key<Duration> REMOTE_STRICT_TIMEOUT = remote(
      "strictTimeout", ValueTypes.duration(Duration.ofMillis(1), DAY), RemoteConfig::strictTimeout);
  static final Key<Boolean> REMOTE_ENCRYPTION_ENABLED =
      remote("encryption.enabled", ValueTypes.BOOLEAN, RemoteConfig::encrypted);
  static final Key<String> REMOTE_ENCRYPTION_IDENTITY =
      optional("remote.encryption.identity", ValueTypes.SECRET);
  static final Key<String> REMOTE_AUTH_TOKEN = optional("remote.auth.token", ValueTypes.SECRET);
  static final Key<RemoteOptions.Carrier> REMOTE_AUTH_CARRIER =
      remote("auth.carrier", ValueTypes.oneOf(RemoteOptions.Carrier.class), RemoteConfig::carrier);

  static final Key<Boolean> REMOTE_SYNC_AUDIT_LOG =
      remote("sync.auditLog", ValueTypes.BOOLEAN, remote -> remote.sync().auditLog());
  static final Key<Boolean> REMOTE_SYNC_CHAT_HISTORY =
      remote("sync.chatHistory", ValueTypes.BOOLEAN, remote -> remote.sync().chatHistory());
  static final Key<Boolean> REMOTE_SYNC_ARTIFACTS =
      remote("sync.artifacts", ValueTypes.BOOLEAN, remote -> remote.sync().artifacts());

  static final Key<String> CONFLICTS_POLICY = add(
      "conflicts.policy", ReplicaTypes.POLICY, () -> ReplicaConfig.defaults().policy());
  static final Key<Boolean> REPLICA_COMPACTION_ENABLED = add(
      "replica.compaction.enabled",
      ValueTypes.BOOLEAN,
      () -> ReplicaConfig.defaults().compaction());
  static final Key<Duration> REPLICA_COMPACTION_BY_AGE =
      optional("replica.compaction.byAge", ReplicaTypes.AGE);
  static final Key<Long> REPLICA_COMPACTION_BY_COUNT =
      optional("replica.compaction.byCount", ReplicaTypes.COUNT);
  static final Key<Long> REPLICA_COMPACTION_BY_SIZE_BYTES =
      optional("replica.compaction.bySizeBytes", ReplicaTypes.SIZE);

  static final Key<Boolean> STORES_CHAT_ENABLED =
      stores("chat.enabled", ValueTypes.BOOLEAN, stores -> stores.chat().enabled());
  static final Key<Long> STORES_CHAT_MAX_EVENTS =
      stores("chat.maxEvents", ReplicaTypes.COUNT, stores -> stores.chat().maxEvents());
  static final Key<Duration> STORES_CHAT_MAX_AGE =
      stores("chat.maxAge", ReplicaTypes.AGE, stores -> stores.chat().maxAge());
  static final Key<Integer> STORES_CHAT_PAGE_SIZE =
      stores("chat.pageSize", ReplicaTypes.PAGE_SIZE, stores -> stores.chat().pageSize());
  static final Key<Boolean> STORES_ARTIFACTS_ENABLED = stores(
      "artifacts.enabled", ValueTypes.BOOLEAN, stores -> stores.artifacts().enabled());
  static final Key<Long> STORES_ARTIFACTS_MAX_COUNT = stores(
      "artifacts.maxCount", ReplicaTypes.COUNT, stores -> stores.artifacts().maxCount());
  static final Key<Long> STORES_ARTIFACTS_MAX_BYTES = stores(
      "artifacts.maxBytes", ReplicaTypes.SIZE, stores -> stores.artifacts().maxBytes());
  static final Key<Duration> STORES_ARTIFACTS_MAX_AGE =
      stores("artifacts.maxAge", ReplicaTypes.AGE, stores -> stores.artifacts().maxAge());
  static final Key<Integer> STORES_ARTIFACTS_PAGE_SIZE = stores(
      "artifacts.pageSize", ReplicaTypes.PAGE_SIZE, stores -> stores.artifacts().pageSize());

  /** It is on also if it is synced with the remote: see {@code remote.sync.auditLog}. */
  static final Key<Boolean> STORES_AUDIT_ENABLED =
      stores("audit.enabled", ValueTypes.BOOLEAN, stores -> stores.audit().enabled());

  static final Key<Long> STORES_AUDIT_MAX_ENTRIES =
      stores("audit.maxEntries", ReplicaTypes.COUNT, stores -> stores.audit().maxEntries());
  static final Key<Duration> STORES_AUDIT_MAX_AGE =
      stores("audit.maxAge", ReplicaTypes.AGE, stores -> stores.audit().maxAge());
  static final Key<Integer> STORES_INDEX_PAGE_SIZE =
      stores("index.pageSize", ReplicaTypes.PAGE_SIZE, stores -> stores.index().pageSize());
  static final Key<Boolean> STORES_CLEANUP_ENABLED =
      stores("cleanup.enabled", ValueTypes.BOOLEAN, stores -> stores.cleanup().enabled());
  static final Key<Duration> STORES_CLEANUP_INTERVAL = stores(
      "cleanup.interval",
      ValueTypes.duration(Duration.ofSeconds(1), Duration.ofDays(365)),
      stores -> stores.cleanup().interval());
  static final Key<Boolean> STORES_CLEANUP_RUN_ON_START = stores(
      "cleanup.runOnStart", ValueTypes.BOOLEAN, stores -> stores.cleanup().runOnStart());

  static final Key<Duration> SHUTDOWN_GRACE = add(
      "shutdown.grace",
      ValueTypes.duration(Duration.ZERO, DAY),
      () -> HubConfig.defaults().shutdownGrace());

  static final Key<LogConfig.Format> LOG_FORMAT = add(
      "log.format",
      ValueTypes.oneOf(LogConfig.Format.class),
      () -> LogConfig.defaults().format());
  static final Key<LogConfig.Level> LOG_LEVEL = add(
      "log.level",
      ValueTypes.oneOf(LogConfig.Level.class),
      () -> LogConfig.defaults().level());

  /** Keys, or the sections they are in, whose feature this version does not have. */
  static final List<String> NOT_IN_THIS_VERSION =
      List.of("tls", "auth.jwt", "limits.writesPerSecond", "limits.stores", "tracing");

  private Keys() {}

  /** Every key of this version, in the order in which they are shown. */
  static List<Key<?>> all() {
    return List.copyOf(ALL);
  }

  static Optional<Key<?>> named(String name) {
    return ALL.stream().filter(k -> k.name().equals(name)).findFirst();
  }

  static Optional<Key<?>> ofEnvironment(String name) {
    return ALL.stream().filter(k -> k.environmentName().equals(name)).findFirst();
  }

  /** Whether keys begin with {@code name} and a dot. */
  static boolean isSection(String name) {
    return ALL.stream().anyMatch(k -> k.name().startsWith(name + "."));
  }

  static boolean isNotInThisVersion(String name) {
    return NOT_IN_THIS_VERSION.stream().anyMatch(n -> name.equals(n) || name.startsWith(n + "."));
  }

  static boolean isNotInThisVersionInEnvironment(String name) {
    return ofEnvironment(name).isEmpty()
        && NOT_IN_THIS_VERSION.stream()
            .map(Key::environmentName)
            .anyMatch(n -> name.equals(n) || name.startsWith(n + "_"));
  }

  /** The keys right under a section, as an operator would write them. */
  static String namesIn(String section) {
    return ALL.stream()
        .map(Key::name)
        .filter(n -> n.startsWith(section + "."))
        .map(n -> n.substring(section.length() + 1))
        .collect(Collectors.joining(", "));
  }

  /** The key or section that {@code name} is most likely meant to be. */
  static String nearest(String name) {
    return nearest(
        name,
        Stream.concat(
                ALL.stream().map(Key::name).flatMap(n -> withSections(n)),
                NOT_IN_THIS_VERSION.stream())
            .distinct()
            .toList());
  }

  static String nearestInEnvironment(String name) {
    return nearest(name, ALL.stream().map(Key::environmentName).toList());
  }

  private static Stream<String> withSections(String name) {
    Stream.Builder<String> names = Stream.builder();
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      names.add(name.substring(0, dot));
    }
    return names.add(name).build();
  }

  private static String nearest(String name, Collection<String> candidates) {
    return candidates.stream()
        .min(Comparator.comparingInt(
            c -> distance(name.toLowerCase(Locale.ROOT), c.toLowerCase(Locale.ROOT))))
        .orElseThrow();
  }

  /** Levenshtein's: how many characters to insert, delete or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  private static <T> Key<T> limit(
      String name, ValueType<T> type, Function<LimitsConfig, T> fallback) {
    return add("limits." + name, type, () -> fallback.apply(LimitsConfig.defaults()));
  }

  private static <T> Key<T> remote(
      String name, ValueType<T> type, Function<RemoteConfig, T> fallback) {
    return add("remote." + name, type, () -> fallback.apply(RemoteConfig.defaults()));
  }

  private static <T> Key<T> stores(
      String name, ValueType<T> type, Function<StoresOptions, T> fallback) {
    return add("stores." + name, type, () -> fallback.apply(StoresOptions.DEFAULTS));
  }

  private static <T> Key<T> add(String name, ValueType<T> type, Supplier<T> fallback) {
    Key<T> key = Key.of(name, type, fallback);
    ALL.add(key);
    return key;
  }

  private static <T> Key<T> optional(String name, ValueType<T> type) {
    Key<T> key = Key.optional(name, type);
    ALL.add(key);
    return key;
  }
}
