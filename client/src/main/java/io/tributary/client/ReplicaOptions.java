package io.tributary.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.identity.IdentityException;
import io.tributary.client.identity.IdentitySource;
import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.crypto.Identity;
import io.tributary.core.retention.CompactionStrategy;
import io.tributary.core.retention.RetentionRule;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a replica is made of. Make one with {@link #builder}, or read one with {@link #fromJson}.
 *
 * @param name tells replicas of one storage and of one event bus apart; letters, digits, {@code -} and
 *     {@code _}
 * @param provider the storage provider's name
 * @param section its section, which it checks itself
 * @param storage an open storage to use instead, which stays the caller's to close; null = none
 * @param identities where the identities come from; null = made at first start, and kept in the storage
 * @param eventLog adds events, handlers, reactivity, redactions and the like
 * @param policy decides about conflicts, of artifacts too
 * @param retention how much of the journal is kept; empty = all. Stores have limits of their own
 * @param retentionInterval how often that is looked at, beside what comes in; from 1 s
 * @param remotes what to sync with from the start
 * @param audit is told of conflicts, compactions and connections
 * @param clock tells the time
 * @param clustered whether a verticle's addresses are known to the whole cluster
 * @param stores which stores it has, each with an event log and an identity of its own; null = none.
 *     The audit log is on also if it is synced with one of {@code remotes}
 * @param storeLogs adds redactions and the like to the event logs of stores, by their names
 */
public record ReplicaOptions(
    String name,
    String provider,
    JsonObject section,
    @Nullable Storage storage,
    @Nullable Identities identities,
    Consumer<EventLogOptions.Builder> eventLog,
    ConflictPolicy policy,
    List<RetentionRule> retention,
    Duration retentionInterval,
    List<RemoteOptions> remotes,
    AuditSink audit,
    InstantSource clock,
    boolean clustered,
    @Nullable StoresOptions stores,
    Map<String, Consumer<EventLogOptions.Builder>> storeLogs) {
  /** The provider when none is named. */
  public static final String DEFAULT_PROVIDER = "file";

  /** The directory of {@link #DEFAULT_PROVIDER} when none is named. */
  public static final String DEFAULT_DIR = "tributary-replica";

  private static final long MAX_SIZE = 1L << 60;
  private static final List<String> STORE_LOGS =
      List.of(IdentityBundle.CHAT, IdentityBundle.ARTIFACTS, IdentityBundle.AUDIT);

  /** Where identities come from. */
  @FunctionalInterface
  public interface Identities {
    /** The source, for a replica that runs in this Vert.x. */
    IdentitySource source(Vertx vertx);

    /**
     * The same, for who may fall back on the replica's storage.
     *
     * @param stored makes identities, and keeps them in the storage
     */
    default IdentitySource source(Vertx vertx, IdentitySource stored) {
      return source(vertx);
    }
  }

  /**
   * @param bundle of some event logs
   */
  private record Bundled(IdentityBundle bundle) implements Identities {
    @Override
    public IdentitySource source(Vertx vertx) {
      return IdentitySource.of(bundle);
    }

    @Override
    public IdentitySource source(Vertx vertx, IdentitySource stored) {
      return log -> bundle.find(log).map(Future::succeededFuture).orElseGet(() -> stored.load(log));
    }
  }

  /**
   * Checks what can be checked without opening anything.
   *
   * @throws OptionsException naming every key that is wrong
   */
  public ReplicaOptions(
      String name,
      String provider,
      JsonObject section,
      @Nullable Storage storage,
      @Nullable Identities identities,
      Consumer<EventLogOptions.Builder> eventLog,
      ConflictPolicy policy,
      List<RetentionRule> retention,
      Duration retentionInterval,
      List<RemoteOptions> remotes,
      AuditSink audit,
      InstantSource clock,
      boolean clustered,
      @Nullable StoresOptions stores,
      Map<String, Consumer<EventLogOptions.Builder>> storeLogs) {
    this.name = name;
    this.provider = provider;
    this.section = section.copy();
    this.storage = storage;
    this.identities = identities;
    this.eventLog = eventLog;
    this.policy = policy;
    this.retention = List.copyOf(retention);
    this.retentionInterval = retentionInterval;
    this.remotes = List.copyOf(remotes);
    this.audit = audit;
    this.clock = clock;
    this.clustered = clustered;
    this.stores = stores;
    this.storeLogs = Map.copyOf(storeLogs);
    List<String> problems = new ArrayList<>();
    if (!name.matches("[A-Za-z0-9_-]{1,128}")) {
      problems.add(OptionsReader.problem(
          "name",
          "\"" + name.replaceAll("[^\\x20-\\x7e]", "?") + "\"",
          "1 to 128 of A-Z a-z 0-9 _ -"));
    }
    if (retentionInterval.compareTo(Duration.ofSeconds(1)) < 0) {
      problems.add(OptionsReader.problem(
          "replica.compaction.interval", retentionInterval.toString(), "from 1 second"));
    }
    for (String log : this.storeLogs.keySet()) {
      if (!STORE_LOGS.contains(log)) {
        problems.add(
            OptionsReader.problem("storeLogs", "\"" + log + "\"", String.join(", ", STORE_LOGS)));
      }
    }
    Set<String> keys = new HashSet<>();
    for (RemoteOptions remote : this.remotes) {
      if (!keys.add(remote.key())) {
        problems.add(OptionsReader.problem(
            "remotes", "two of the name " + remote.key(), "each another name or URL"));
      }
    }
    if (!problems.isEmpty()) {
      throw new OptionsException(problems);
    }
  }

  /** What is added to the event log of a store. */
  Consumer<EventLogOptions.Builder> storeLog(String log) {
    return storeLogs.getOrDefault(log, more -> {});
  }

  /** A copy: changing it changes nothing here. */
  @Override
  public JsonObject section() {
    return section.copy();
  }

  /** For logs: without what may be secret. */
  @Override
  public String toString() {
    return "ReplicaOptions[" + name + ", storage " + provider + ", remotes " + remotes + "]";
  }

  /** Begins with the defaults: the provider {@code file} in {@value #DEFAULT_DIR}, no remotes. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads options. All keys may be absent:
   *
   * <pre>{@code
   * {
   *   "name": "main",
   *   "storage": {"provider": "file", "dir": "data"},
   *   "identity": "..." | "env:NAME" | {"file": "identity"},
   *   "events": [{"tag": "TodoAdded", "primaryKey": "id", "appendOnly": false}],
   *   "conflicts": {"policy": "lastWriteWins"},
   *   "replica": {"compaction": {"enabled": true, "byAge": "30 days", "byCount": 10000,
   *       "bySizeBytes": "64 MiB", "interval": "1 hour"}},
   *   "remotes": [{"url": "wss://hub.example.org", "tenant": "demo", "token": "file:/run/token"}],
   *   "stores": {"chat": {...}, "artifacts": {...}, "audit": {...}, "index": {...}, "cleanup": {...}},
   *   "bus": "local"
   * }
   * }</pre>
   *
   * There are no stores unless {@code stores} is there, perhaps empty: see {@link
   * StoresOptions#fromJson}. Payloads of the events are JSON objects; {@code primaryKey} names a field, or one of an object
   * within as {@code a.b}. Each event is a reactivity key of its own name. Reading files of secrets
   * blocks for a moment.
   *
   * @throws OptionsException naming every key that is wrong
   */
  public static ReplicaOptions fromJson(JsonObject json) {
    OptionsReader reader = OptionsReader.of(json);
    Builder builder = builder();
    reader.text("name").ifPresent(builder::name);
    reader.json("storage").ifPresent(storage -> {
      JsonObject section = storage.copy();
      Object provider = section.remove("provider");
      if (provider == null || provider instanceof String) {
        builder.storage(provider == null ? DEFAULT_PROVIDER : (String) provider, section);
      } else {
        reader.refuse("storage.provider", "something else", "a provider's name");
      }
    });
    identity(reader, builder);
    Optional<Consumer<EventLogOptions.Builder>> events = JsonEvents.read(reader.objects("events"));
    events.ifPresent(builder::eventLog);
    OptionsReader conflicts = reader.object("conflicts");
    conflicts.text("policy").ifPresent(policy -> {
      try {
        builder.policy(ConflictPolicies.named(policy));
      } catch (IllegalArgumentException e) {
        reader.refuse("conflicts", new OptionsException(List.of("policy: " + e.getMessage())));
      }
    });
    compaction(reader.object("replica").object("compaction"), builder);
    for (OptionsReader remote : reader.objects("remotes")) {
      RemoteOptions.read(remote).ifPresent(builder::remote);
    }
    if (reader.has("stores")) {
      OptionsReader stores = reader.object("stores");
      builder.stores(StoresOptions.read(stores));
    }
    reader
        .oneOf("bus", List.of(false, true), clustered -> clustered ? "clustered" : "local")
        .ifPresent(builder::clustered);
    ReplicaOptions options = null;
    try {
      options = builder.build();
    } catch (OptionsException e) {
      reader.refuse("", e);
    }
    reader.done();
    return Optional.ofNullable(options).orElseThrow();
  }

  private static void identity(OptionsReader reader, Builder builder) {
    if (reader.has("identity") && reader.whole().getValue("identity") instanceof JsonObject) {
      OptionsReader source = reader.object("identity");
      source.text("file").ifPresent(file -> builder.identityFile(Path.of(file)));
      if (!source.has("file")) {
        reader.refuse("identity", "an object without file", "{file: PATH}, or an identity as text");
      }
      return;
    }
    reader.secret("identity").ifPresent(text -> {
      try {
        IdentityBundle bundle = IdentityBundle.decode(text);
        builder.identities(vertx -> IdentitySource.of(bundle));
      } catch (IdentityException e) {
        reader.refuse(
            "identity",
            "something else (" + e.getMessage() + ")",
            "an identity or bundle as text, file:/path, env:NAME, or {file: PATH}");
      }
    });
  }

  private static void compaction(OptionsReader reader, Builder builder) {
    boolean enabled = reader.bool("enabled").orElse(true);
    List<CompactionStrategy> strategies = new ArrayList<>();
    reader.duration("byAge").map(CompactionStrategy::byAge).ifPresent(strategies::add);
    reader
        .number("byCount", 0, Long.MAX_VALUE)
        .map(CompactionStrategy::byCount)
        .ifPresent(strategies::add);
    reader
        .size("bySizeBytes", 0, MAX_SIZE)
        .map(CompactionStrategy::bySize)
        .ifPresent(strategies::add);
    reader.duration("interval").ifPresent(builder::retentionInterval);
    if (enabled && !strategies.isEmpty()) {
      builder.retention(RetentionRule.ofAll(
          CompactionStrategy.composite(strategies.toArray(new CompactionStrategy[0]))));
    }
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private String name = "main";
    private String provider = DEFAULT_PROVIDER;
    private JsonObject section = new JsonObject().put("dir", DEFAULT_DIR);
    private @Nullable Storage storage;
    private @Nullable Identities identities;
    private Consumer<EventLogOptions.Builder> eventLog = log -> {};
    private ConflictPolicy policy = ConflictPolicies.lastWriteWins();
    private final List<RetentionRule> retention = new ArrayList<>();
    private Duration retentionInterval = Duration.ofHours(1);
    private final List<RemoteOptions> remotes = new ArrayList<>();
    private AuditSink audit = AuditSink.NONE;
    private InstantSource clock = InstantSource.system();
    private boolean clustered;
    private @Nullable StoresOptions stores;
    private final Map<String, Consumer<EventLogOptions.Builder>> storeLogs = new LinkedHashMap<>();

    private Builder() {}

    @CanIgnoreReturnValue
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /** Keeps everything in the provider {@code file}'s directory. */
    @CanIgnoreReturnValue
    public Builder directory(Path directory) {
      return storage("file", new JsonObject().put("dir", directory.toString()));
    }

    /** Keeps everything with a provider, by its section; an empty one of {@code file} has a default. */
    @CanIgnoreReturnValue
    public Builder storage(String provider, JsonObject section) {
      this.provider = provider;
      this.section = provider.equals(DEFAULT_PROVIDER) && !section.containsKey("dir")
          ? section.copy().put("dir", DEFAULT_DIR)
          : section;
      return this;
    }

    /** Keeps everything in an open storage, which the replica doesn't close. */
    @CanIgnoreReturnValue
    public Builder storage(Storage storage) {
      this.storage = storage;
      return this;
    }

    /** Is this one. Not with stores, whose event logs need others. */
    @CanIgnoreReturnValue
    public Builder identity(Identity identity) {
      return identities(vertx -> IdentitySource.of(identity));
    }

    /** Is what this bundle has; what it lacks is made at first start, and kept in the storage. */
    @CanIgnoreReturnValue
    public Builder identity(IdentityBundle bundle) {
      return identities(new Bundled(bundle));
    }

    /** Is what this source has. */
    @CanIgnoreReturnValue
    public Builder identity(IdentitySource source) {
      return identities(vertx -> source);
    }

    /** Is the one in a file, which is made, readable by its owner only, if it isn't there. */
    @CanIgnoreReturnValue
    public Builder identityFile(Path file) {
      return identities(vertx -> IdentitySource.file(vertx, file));
    }

    @CanIgnoreReturnValue
    public Builder identities(Identities identities) {
      this.identities = identities;
      return this;
    }

    /** Adds events, handlers and the like; may be called several times. */
    @CanIgnoreReturnValue
    public Builder eventLog(Consumer<EventLogOptions.Builder> more) {
      eventLog = eventLog.andThen(more);
      return this;
    }

    @CanIgnoreReturnValue
    public Builder policy(ConflictPolicy policy) {
      this.policy = policy;
      return this;
    }

    /** One more rule of what is kept. */
    @CanIgnoreReturnValue
    public Builder retention(RetentionRule rule) {
      retention.add(rule);
      return this;
    }

    @CanIgnoreReturnValue
    public Builder retentionInterval(Duration retentionInterval) {
      this.retentionInterval = retentionInterval;
      return this;
    }

    /** One more remote. */
    @CanIgnoreReturnValue
    public Builder remote(RemoteOptions remote) {
      remotes.add(remote);
      return this;
    }

    @CanIgnoreReturnValue
    public Builder audit(AuditSink audit) {
      this.audit = audit;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder clock(InstantSource clock) {
      this.clock = clock;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder clustered(boolean clustered) {
      this.clustered = clustered;
      return this;
    }

    /** Has stores, on this replica's storage. */
    @CanIgnoreReturnValue
    public Builder stores(StoresOptions stores) {
      this.stores = stores;
      return this;
    }

    /**
     * Adds redactions, limits and the like to the event log of a store; may be called several times.
     *
     * @param log {@link IdentityBundle#CHAT}, {@link IdentityBundle#ARTIFACTS} or {@link
     *     IdentityBundle#AUDIT}
     */
    @CanIgnoreReturnValue
    public Builder storeLog(String log, Consumer<EventLogOptions.Builder> more) {
      storeLogs.merge(log, more, Consumer::andThen);
      return this;
    }

    /**
     * The options.
     *
     * @throws OptionsException naming every key that is wrong
     */
    public ReplicaOptions build() {
      return new ReplicaOptions(
          name,
          provider,
          section,
          storage,
          identities,
          eventLog,
          policy,
          retention,
          retentionInterval,
          remotes,
          audit,
          clock,
          clustered,
          stores,
          storeLogs);
    }
  }
}
