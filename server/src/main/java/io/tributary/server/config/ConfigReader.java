package io.tributary.server.config;

import static java.util.Objects.requireNonNull;

import io.tributary.client.stores.StoresOptions;
import io.tributary.client.sync.Selection;
import io.tributary.server.config.YamlReader.NotYamlException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration: a file, then the environment, then flags, the later ones over the earlier
 * ones. Only {@code auth.tokens} is put together tenant by tenant, so that a token set in one place
 * never opens a tenant that another place closes.
 */
public final class ConfigReader {
  private static final String SYNC_TOKEN = "SYNC_AUTH_TOKEN";
  private static final String SYNC_TOKENS = "SYNC_AUTH_TOKENS";
  private static final String SYNC_QUERY = "SYNC_ALLOW_QUERY_TOKEN";
  private static final String SYNC_STORAGE = "SYNC_STORAGE";
  private static final String STORAGE = "storage.";
  private static final String DEFAULT = "default";

  private final Reading reading;
  private final Set<String> providers;

  /** Values of this version's keys; the last one given counts. */
  private final Map<String, Value> values = new LinkedHashMap<>();

  /** By which flag a key was set. */
  private final Map<String, String> flagged = new HashMap<>();

  private final Map<String, TokenRule> tokens = new LinkedHashMap<>();
  private final Map<String, String> tokenOrigins = new TreeMap<>();

  /** Sections {@code storage.<name>} of providers that are not ours, in the order given. */
  private final List<Section> sections = new ArrayList<>();

  /** What the effective values are, by key. */
  private final Map<String, Setting> settings = new LinkedHashMap<>();

  private record Section(String provider, String path, Value value) {}

  private ConfigReader(Reading reading, Set<String> providers) {
    this.reading = reading;
    this.providers = providers;
  }

  /**
   * Reads everything; blocks.
   *
   * @param file the config file, YAML or JSON; null = none
   * @param environment the process environment
   * @param flags what the command line sets
   * @param insecureOpen whether listening beyond loopback without tokens is allowed
   * @param providers the names of the storage providers there are
   * @throws IOException if {@code file} cannot be read; the message says why in words
   * @throws ConfigException naming every problem there is
   */
  public static LoadedConfig read(
      @Nullable Path file,
      Map<String, String> environment,
      List<Flag> flags,
      boolean insecureOpen,
      Set<String> providers)
      throws IOException {
    ConfigReader reader = new ConfigReader(new Reading(new Secrets(environment)), providers);
    if (file != null) {
      reader.file(file);
    }
    reader.environment(new TreeMap<>(environment));
    flags.forEach(reader::flag);
    return reader.build(insecureOpen);
  }

  /**
   * Reads what a config file would hold from an application's own configuration, and nothing else;
   * does not block, but for secrets in files.
   *
   * @param config with the sections and keys of a config file
   * @param providers the names of the storage providers there are
   * @throws ConfigException naming every problem there is
   */
  public static LoadedConfig read(JsonObject config, Set<String> providers) {
    ConfigReader reader = new ConfigReader(new Reading(new Secrets(System.getenv())), providers);
    reader.text(config.encodePrettily(), "the configuration", line -> "config line " + line);
    return reader.build(false);
  }

  private void file(Path file) throws IOException {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new IOException("cannot read config file " + file + ": " + Reasons.of(e), e);
    }
    String name = String.valueOf(file.getFileName());
    text(text, file.toString(), line -> name + " line " + line);
  }

  private void text(String text, String name, Function<Integer, String> origin) {
    try {
      Optional<Value> root = YamlReader.read(text, origin);
      if (root.isPresent() && !(root.get() instanceof Value.Nothing)) {
        section("", root.get());
      }
    } catch (NotYamlException e) {
      reading.problem(name + " is neither YAML nor JSON: " + e.getMessage());
    }
  }

  private void section(String path, Value value) {
    if (value instanceof Value.Nothing) {
      // a section with all its keys commented out
      return;
    }
    if (!(value instanceof Value.Fields fields)) {
      if (path.isEmpty()) {
        reading.problem("the config file holds " + value.shape() + ", allowed: a mapping of keys");
      } else {
        reading.refuse(path, value, "a mapping with " + Keys.namesIn(path));
      }
      return;
    }
    fields.fields().forEach((name, field) -> key(path.isEmpty() ? name : path + "." + name, field));
  }

  /** A key or section of the file. */
  private void key(String path, Value value) {
    if (Keys.named(path).isPresent()) {
      Value earlier = values.get(path);
      if (earlier != null) {
        reading.problem(path + ": found twice (" + earlier.origin() + ", " + value.origin()
            + "), allowed: once");
      }
      set(path, value);
    } else if (Keys.isNotInThisVersion(path)) {
      notInThisVersion(path, value.origin());
    } else if (Keys.isSection(path)) {
      section(path, value);
    } else if (isForeignProvider(path)) {
      sections.add(new Section(providerOf(path), path, value));
    } else {
      unknown(path, value.origin());
    }
  }

  private void environment(Map<String, String> environment) {
    syncEnvironment(environment);
    StoresVariables.values(environment, reading).forEach(this::set);
    environment.forEach((name, text) -> {
      if (Keys.isNotInThisVersionInEnvironment(name)) {
        notInThisVersion(name, "environment");
      } else if (name.startsWith(Keys.ENVIRONMENT_PREFIX) && !isKubernetes(name, text)) {
        variable(name, text);
      }
    });
  }

  private void variable(String name, String text) {
    Optional<Key<?>> key = Keys.ofEnvironment(name);
    if (key.isPresent()) {
      parse(key.get().name(), text, key.get().type().single(), name)
          .ifPresent(value -> set(key.get().name(), value));
      return;
    }
    for (String provider : providers) {
      if (isForeignProvider(STORAGE + provider)
          && Key.environmentName(STORAGE + provider).equals(name)) {
        parse(STORAGE + provider, text, false, name)
            .ifPresent(value -> providerSection(STORAGE + provider, value));
        return;
      }
    }
    reading.problem(name
        + ": not a known name (environment); the nearest known one is "
        + Keys.nearestInEnvironment(name));
  }

  /** What Kubernetes puts into the environment of pods beside a service called tributary. */
  private static boolean isKubernetes(String name, String text) {
    return name.startsWith("TRIBUTARY_SERVICE_")
        || name.startsWith("TRIBUTARY_PORT_")
        || (name.equals("TRIBUTARY_PORT") && text.startsWith("tcp://"));
  }

  private void syncEnvironment(Map<String, String> environment) {
    String storage = environment.get(SYNC_STORAGE);
    if (storage != null) {
      parse("storage.provider", storage, true, SYNC_STORAGE)
          .ifPresent(value -> set("storage.provider", value));
    }
    String query = environment.get(SYNC_QUERY);
    if (query != null) {
      switch (query) {
        case "1", "true" -> set("auth.allowQueryToken", new Value.Text("true", true, SYNC_QUERY));
        case "0", "false" -> set("auth.allowQueryToken", new Value.Text("false", true, SYNC_QUERY));
        default ->
          reading.refuse(
              SYNC_QUERY, new Value.Text(query, true, "environment"), "1, true, 0 or false");
      }
    }
    // before the map, whose * counts more
    String token = environment.get(SYNC_TOKEN);
    if (token != null) {
      tokens(new Value.Fields(
          Map.of(AuthConfig.ANY_TENANT, new Value.Text(token, false, SYNC_TOKEN)), SYNC_TOKEN));
    }
    String map = environment.get(SYNC_TOKENS);
    if (map != null) {
      syncTokens(map);
    }
  }

  /** Anything but a map of tokens would leave the door open that somebody meant to close. */
  private void syncTokens(String text) {
    String allowed = "a JSON object of tenants and their tokens, non-empty texts";
    JsonObject object;
    try {
      object = new JsonObject(text);
    } catch (DecodeException e) {
      // its message quotes the text
      reading.refuse(SYNC_TOKENS, "something else", "environment", allowed);
      return;
    }
    if (object.isEmpty()) {
      reading.refuse(SYNC_TOKENS, "an empty object", "environment", allowed);
      return;
    }
    Map<String, Value> rules = new LinkedHashMap<>();
    for (String tenant : object.fieldNames()) {
      if (object.getValue(tenant) instanceof String token) {
        rules.put(tenant, new Value.Text(token, false, SYNC_TOKENS));
      } else {
        reading.refuse(
            SYNC_TOKENS + "." + tenant, "something else than a text", "environment", allowed);
      }
    }
    tokens(new Value.Fields(rules, SYNC_TOKENS));
  }

  private void flag(Flag flag) {
    Optional<Key<?>> key = Keys.named(flag.key());
    if (key.isPresent()) {
      parse(flag.key(), flag.value(), key.get().type().single(), flag.name())
          .ifPresent(value -> set(flag.key(), value));
      String earlier = flagged.put(flag.key(), flag.name());
      if (earlier != null && key.get().type().single()) {
        reading.problem(
            flag.key() + ": found twice (" + earlier + ", " + flag.name() + "), allowed: once");
      }
    } else if (Keys.isNotInThisVersion(flag.key())) {
      notInThisVersion(flag.key(), flag.name());
    } else if (isForeignProvider(flag.key())) {
      parse(flag.key(), flag.value(), false, flag.name())
          .ifPresent(value -> providerSection(flag.key(), value));
    } else if (Keys.isSection(flag.key())) {
      reading.refuse(flag.key(), "a section", flag.name(), "its keys: " + Keys.namesIn(flag.key()));
    } else {
      unknown(flag.key(), flag.name());
    }
  }

  /** A provider's section, or a part of it that is not a key of ours. */
  private void providerSection(String path, Value value) {
    if (!Keys.isSection(path)) {
      sections.add(new Section(providerOf(path), path, value));
    } else if (value instanceof Value.Fields fields) {
      fields.fields().forEach((name, field) -> {
        String key = path + "." + name;
        if (Keys.named(key).isPresent()) {
          set(key, field);
        } else {
          sections.add(new Section(providerOf(path), key, field));
        }
      });
    } else if (!(value instanceof Value.Nothing)) {
      reading.refuse(path, value.shape(), value.origin(), "a mapping with " + Keys.namesIn(path));
    }
  }

  /**
   * @param single whether only one text makes sense, which then needs no quotes
   */
  private Optional<Value> parse(String key, String text, boolean single, String origin) {
    boolean quoted = text.startsWith("\"") || text.startsWith("'");
    if (single && !quoted) {
      String stripped = text.strip();
      return Optional.of(
          stripped.isEmpty() || stripped.equals("null")
              ? new Value.Nothing(origin)
              : new Value.Text(stripped, true, origin));
    }
    try {
      return Optional.of(
          YamlReader.read(text, line -> origin).orElseGet(() -> new Value.Nothing(origin)));
    } catch (NotYamlException e) {
      reading.problem(
          key + ": found something that is not YAML (" + origin + "): " + e.getMessage());
      return Optional.empty();
    }
  }

  private void set(String key, Value value) {
    if (key.equals(Keys.AUTH_TOKENS.name())) {
      tokens(value);
    } else {
      values.put(key, value);
    }
  }

  private void tokens(Value value) {
    Keys.AUTH_TOKENS
        .type()
        .read(Keys.AUTH_TOKENS.name(), value, reading)
        .ifPresent(rules -> rules.forEach((tenant, rule) -> {
          tokens.put(tenant, rule);
          tokenOrigins.put(tenant, value.origin());
        }));
  }

  private boolean isForeignProvider(String path) {
    return path.startsWith(STORAGE)
        && providers.contains(providerOf(path))
        && !providerOf(path).equals("file");
  }

  private static String providerOf(String path) {
    int dot = path.indexOf('.', STORAGE.length());
    return path.substring(STORAGE.length(), dot < 0 ? path.length() : dot);
  }

  private void notInThisVersion(String name, String origin) {
    reading.problem(name + ": not in this version (" + origin + ")");
  }

  private void unknown(String path, String origin) {
    reading.problem(path + ": not a known key (" + origin + "); the nearest known one is "
        + Keys.nearest(path));
  }

  private LoadedConfig build(boolean insecureOpen) {
    Path dir = required(Keys.STORAGE_FILE_DIR);
    String provider = required(Keys.STORAGE_PROVIDER);
    if (!providers.contains(provider)) {
      reading.refuse(
          Keys.STORAGE_PROVIDER.name(),
          "\"" + provider + "\", which is not on the class path",
          origin(Keys.STORAGE_PROVIDER.name()),
          "those that are: " + String.join(", ", new TreeSet<>(providers)));
    }
    Map<String, Object> passed = passed(provider);
    Optional<String> adminToken = optional(Keys.ADMIN_TOKEN);
    Path tokenFile = optional(Keys.ADMIN_TOKEN_FILE).orElseGet(() -> {
      Path beside = dir.resolve(AdminConfig.TOKEN_FILE_NAME);
      show(Keys.ADMIN_TOKEN_FILE, beside);
      return beside;
    });
    Optional<Path> tokensFile = optional(Keys.AUTH_TOKENS_FILE);
    Map<String, TokenRule> tokensInFile =
        tokensFile.flatMap(file -> TokensFile.read(file, reading)).orElse(Map.of());
    HubConfig config = new HubConfig(
        required(Keys.HOST),
        required(Keys.PORT),
        new TcpConfig(
            required(Keys.TCP_ENABLED),
            required(Keys.TCP_HOST),
            required(Keys.TCP_PORT),
            required(Keys.TCP_TENANT)),
        new AdminConfig(
            required(Keys.ADMIN_HOST),
            required(Keys.ADMIN_PORT),
            adminToken.orElse(null),
            tokenFile),
        required(Keys.ORIGINS),
        required(Keys.HOSTS),
        new AuthConfig(tokens, tokensFile.orElse(null), required(Keys.AUTH_ALLOW_QUERY_TOKEN)),
        new HubAuthConfig(required(Keys.HUB_AUTH), required(Keys.HUB_ALLOW_LIST)),
        new StorageConfig(
            provider,
            provider.equals("file")
                ? new JsonObject().put("dir", dir.toString())
                : foreignSection(provider, passed)),
        new LimitsConfig(
            required(Keys.LIMITS_CONNECTIONS),
            required(Keys.LIMITS_CONNECTIONS_PER_TENANT),
            required(Keys.LIMITS_HANDSHAKE_TIMEOUT),
            required(Keys.LIMITS_FRAME),
            required(Keys.LIMITS_MESSAGE),
            required(Keys.LIMITS_CHUNK_BYTES),
            required(Keys.LIMITS_CHUNK_BYTES_TOTAL),
            required(Keys.LIMITS_IN_FLIGHT_BYTES),
            required(Keys.LIMITS_IN_FLIGHT_BYTES_TOTAL),
            required(Keys.LIMITS_OUTBOUND_BYTES),
            required(Keys.LIMITS_WRITE_RETRY),
            required(Keys.LIMITS_SUBSCRIPTIONS),
            required(Keys.LIMITS_PAYLOAD)),
        new FeedConfig(
            required(Keys.FEED_TAIL_BYTES),
            required(Keys.FEED_TAIL_BYTES_TOTAL),
            required(Keys.FEED_HEADS_CHECK)),
        new RetentionConfig(
            required(Keys.RETENTION_RULES),
            required(Keys.RETENTION_INTERVAL),
            required(Keys.RETENTION_TOMBSTONES).orElse(null)),
        new CompactionConfig(required(Keys.COMPACTION_WINDOW), required(Keys.COMPACTION_MAX_BYTES)),
        new RemoteConfig(
            required(Keys.REMOTE_ENABLED),
            required(Keys.REMOTE_ROLE),
            optional(Keys.REMOTE_URL).orElse(null),
            required(Keys.REMOTE_PROVIDER),
            optional(Keys.REMOTE_TENANT).orElse(null),
            required(Keys.REMOTE_SYNC_INTERVAL),
            required(Keys.REMOTE_CONNECT_TIMEOUT),
            optional(Keys.REMOTE_DISABLE_PING).orElse(null),
            required(Keys.REMOTE_STRICT),
            required(Keys.REMOTE_STRICT_TIMEOUT),
            required(Keys.REMOTE_ENCRYPTION_ENABLED),
            optional(Keys.REMOTE_ENCRYPTION_IDENTITY).orElse(null),
            optional(Keys.REMOTE_AUTH_TOKEN).orElse(null),
            required(Keys.REMOTE_AUTH_CARRIER),
            new Selection(
                required(Keys.REMOTE_SYNC_AUDIT_LOG),
                required(Keys.REMOTE_SYNC_CHAT_HISTORY),
                required(Keys.REMOTE_SYNC_ARTIFACTS))),
        new ReplicaConfig(
            required(Keys.CONFLICTS_POLICY),
            required(Keys.REPLICA_COMPACTION_ENABLED),
            optional(Keys.REPLICA_COMPACTION_BY_AGE).orElse(null),
            optional(Keys.REPLICA_COMPACTION_BY_COUNT).orElse(null),
            optional(Keys.REPLICA_COMPACTION_BY_SIZE_BYTES).orElse(null)),
        stores(),
        required(Keys.SHUTDOWN_GRACE),
        new LogConfig(required(Keys.LOG_FORMAT), required(Keys.LOG_LEVEL)),
        insecureOpen);
    reading.problems().addAll(Rules.problems(config, tokensInFile, this::origin));
    if (!reading.problems().isEmpty()) {
      throw new ConfigException(reading.problems());
    }
    return new LoadedConfig(config, settings(provider), Rules.warnings(config, tokensInFile));
  }

  private StoresOptions stores() {
    return new StoresOptions(
        new StoresOptions.Chat(
            required(Keys.STORES_CHAT_ENABLED),
            required(Keys.STORES_CHAT_MAX_EVENTS),
            required(Keys.STORES_CHAT_MAX_AGE),
            required(Keys.STORES_CHAT_PAGE_SIZE)),
        new StoresOptions.Artifacts(
            required(Keys.STORES_ARTIFACTS_ENABLED),
            required(Keys.STORES_ARTIFACTS_MAX_COUNT),
            required(Keys.STORES_ARTIFACTS_MAX_BYTES),
            required(Keys.STORES_ARTIFACTS_MAX_AGE),
            required(Keys.STORES_ARTIFACTS_PAGE_SIZE)),
        new StoresOptions.Audit(
            required(Keys.STORES_AUDIT_ENABLED),
            required(Keys.STORES_AUDIT_MAX_ENTRIES),
            required(Keys.STORES_AUDIT_MAX_AGE)),
        new StoresOptions.Index(required(Keys.STORES_INDEX_PAGE_SIZE)),
        new StoresOptions.Cleanup(
            required(Keys.STORES_CLEANUP_ENABLED),
            required(Keys.STORES_CLEANUP_INTERVAL),
            required(Keys.STORES_CLEANUP_RUN_ON_START)));
  }

  private <T> T required(Key<T> key) {
    return optional(key).or(key.fallback()).orElseThrow();
  }

  /** The value that was set, or the key's default; a refused one counts as not set. */
  private <T> Optional<T> optional(Key<T> key) {
    Value value = values.get(key.name());
    Optional<T> read =
        value == null ? key.fallback().get() : key.type().read(key.name(), value, reading);
    settings.put(key.name(), new Setting(key.name(), "", DEFAULT));
    read.ifPresent(v -> show(key, v));
    return read;
  }

  private <T> void show(Key<T> key, T value) {
    settings.put(key.name(), new Setting(key.name(), key.type().show(value), origin(key.name())));
  }

  /** Where the effective value of a key came from. */
  private String origin(String key) {
    Value value = values.get(key);
    return value == null ? DEFAULT : value.origin();
  }

  /** The values of keys that go to the provider as they are, by their names in its section. */
  private Map<String, Object> passed(String provider) {
    Map<String, Object> passed = new LinkedHashMap<>();
    String prefix = STORAGE + provider + ".";
    for (Key<?> key : Keys.PASSED) {
      optional(key)
          .filter(value -> key.name().startsWith(prefix))
          .ifPresent(value -> passed.put(key.name().substring(prefix.length()), value));
    }
    return passed;
  }

  /** The section of a provider that checks it itself. */
  private JsonObject foreignSection(String provider, Map<String, Object> passed) {
    JsonObject section = new JsonObject(passed);
    for (Section part : sections) {
      if (!part.provider().equals(provider) || part.value() instanceof Value.Nothing) {
        continue;
      }
      Object json = part.value().toJson();
      String base = STORAGE + provider;
      if (!part.path().equals(base)) {
        List<String> names = List.of(part.path().substring(base.length() + 1).split("\\.", -1));
        for (int i = names.size() - 1; i >= 0; i--) {
          json = new JsonObject().put(names.get(i), json);
        }
      }
      if (json instanceof JsonObject object) {
        section.mergeIn(object, true);
      } else {
        reading.refuse(base, part.value().shape(), part.value().origin(), "a mapping");
      }
    }
    return section;
  }

  private List<Setting> settings(String provider) {
    String name = Keys.AUTH_TOKENS.name();
    settings.put(
        name,
        new Setting(
            name,
            Keys.AUTH_TOKENS.type().show(tokens),
            tokens.isEmpty() ? DEFAULT : String.join(", ", new TreeSet<>(tokenOrigins.values()))));
    List<Setting> shown = new ArrayList<>();
    for (Key<?> key : Keys.all()) {
      shown.add(requireNonNull(settings.get(key.name()), key.name()));
    }
    for (Section section : sections) {
      if (section.provider().equals(provider)) {
        // it may hold passwords, and only the provider knows where
        shown.add(new Setting(
            section.path(), ValueTypes.quote(TokenRule.MASK), section.value().origin()));
      }
    }
    return shown;
  }
}
