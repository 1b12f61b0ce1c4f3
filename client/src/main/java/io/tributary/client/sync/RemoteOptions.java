package io.tributary.client.sync;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A hub to sync with. Make one with {@link #builder}, or read one with {@link #fromJson}. Immutable.
 *
 * @param name the remote's key in status and requests; null = its URL without credentials
 * @param url {@code ws://}, {@code wss://}, {@code http://} or {@code https://} with or without path,
 *     or {@code tcp://HOST:PORT}; empty if {@code connector} is there
 * @param tenant whose event log it is, if {@code url} doesn't name it
 * @param token what the hub lets the tenant in with; null = none
 * @param carrier how the token travels
 * @param headers sent with the upgrade request
 * @param trust a PEM file with the certificates, or those of the authorities, to trust with {@code
 *     wss}; null = those that this Java trusts
 * @param connectTimeout how long to try to connect, from 1 ms
 * @param disablePing whether to send no pings of the protocol
 * @param provider what kind of server it is
 * @param wire how entries travel
 * @param syncInterval how often to reconcile on top of what is pushed at once; zero = never
 * @param strict whether a write completes only once this remote has acked it
 * @param strictTimeout how long a strict write waits, from 1 ms
 * @param logs the names of the event logs to sync; empty = as {@code sync} says
 * @param sync which stores are synced, beside all other event logs; null = {@link Selection#DEFAULT},
 *     or as {@code logs} says
 * @param connector where to connect instead of {@code url}: a hub in this process
 */
public record RemoteOptions(
    @Nullable String name,
    String url,
    @Nullable String tenant,
    @Nullable String token,
    Carrier carrier,
    Map<String, String> headers,
    @Nullable String trust,
    Duration connectTimeout,
    boolean disablePing,
    Preset provider,
    Wire wire,
    Duration syncInterval,
    boolean strict,
    Duration strictTimeout,
    Set<String> logs,
    @Nullable Selection sync,
    @Nullable Connector connector) {
  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Duration LONGEST = Duration.ofDays(1);

  /** How a token travels. */
  public enum Carrier {
    /** In the header {@code Authorization}. */
    BEARER,
    /** As the WebSocket subprotocol {@code sync-auth.TOKEN}. */
    SUBPROTOCOL,
    /** As {@code ?token=}, which ends up in logs on the way, and which a hub must allow. */
    QUERY;

    /** Its name in JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How entries travel. */
  public enum Wire {
    /** Sealed: the hub never sees what is in them. */
    V3("v3"),
    /** In the clear: the hub may handle them. */
    V3_PLAINTEXT("v3-plaintext"),
    /** The wire of the next generation of clients: not in this version. */
    V4("v4");

    private final String word;

    Wire(String word) {
      this.word = word;
    }

    /** Its name in JSON. */
    public String word() {
      return word;
    }
  }

  /**
   * Checks everything.
   *
   * @throws OptionsException naming every key that is wrong
   */
  public RemoteOptions(
      @Nullable String name,
      String url,
      @Nullable String tenant,
      @Nullable String token,
      Carrier carrier,
      Map<String, String> headers,
      @Nullable String trust,
      Duration connectTimeout,
      boolean disablePing,
      Preset provider,
      Wire wire,
      Duration syncInterval,
      boolean strict,
      Duration strictTimeout,
      Set<String> logs,
      @Nullable Selection sync,
      @Nullable Connector connector) {
    this.name = name;
    this.url = url;
    this.tenant = tenant;
    this.token = token;
    this.carrier = carrier;
    this.headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    this.trust = trust;
    this.connectTimeout = connectTimeout;
    this.disablePing = disablePing;
    this.provider = provider;
    this.wire = wire;
    this.syncInterval = syncInterval;
    this.strict = strict;
    this.strictTimeout = strictTimeout;
    this.logs = Collections.unmodifiableSet(new LinkedHashSet<>(logs));
    this.sync = sync;
    this.connector = connector;
    List<String> problems = new ArrayList<>();
    if (name != null && name.isEmpty()) {
      problems.add(OptionsReader.problem("name", "\"\"", "a text that is not empty"));
    }
    if (connector == null) {
      checkTarget(problems);
    } else if (!url.isEmpty()) {
      problems.add(OptionsReader.problem(
          "url", RemoteTarget.shown(url) + " beside a connector", "one of the two"));
    }
    if (token != null && (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~'))) {
      problems.add(OptionsReader.problem(
          "token",
          "a token that is empty or has characters no header can carry",
          "printable ASCII without spaces"));
    }
    this.headers.forEach((header, value) -> {
      if (!HEADER.matcher(header).matches()
          || value.chars().anyMatch(c -> (c < ' ' && c != '\t') || c > '~')) {
        problems.add(OptionsReader.problem(
            "headers." + header.replaceAll("[^\\x20-\\x7e]", "?"),
            "what no HTTP header can be",
            "a header's name, and printable ASCII"));
      }
    });
    range(problems, "connectTimeout", connectTimeout, Duration.ofMillis(1));
    range(problems, "strictTimeout", strictTimeout, Duration.ofMillis(1));
    range(problems, "syncInterval", syncInterval, Duration.ZERO);
    if (wire == Wire.V4) {
      problems.add("wire: v4 is not in this version, allowed: v3, v3-plaintext");
    }
    if (logs.contains("")) {
      problems.add(OptionsReader.problem("logs", "\"\"", "names of event logs"));
    }
    if (sync != null && !logs.isEmpty()) {
      problems.add(OptionsReader.problem("sync", "it beside logs", "one of the two"));
    }
    if (!problems.isEmpty()) {
      throw new OptionsException(problems);
    }
  }

  private void checkTarget(List<String> problems) {
    if (tenant != null && !TENANT.matcher(tenant).matches()) {
      problems.add(OptionsReader.problem(
          "tenant",
          "\"" + tenant.replaceAll("[^\\x20-\\x7e]", "?") + "\"",
          "1 to 128 of A-Z a-z 0-9 . _ -, the first a letter or digit"));
      return;
    }
    RemoteTarget target;
    try {
      target = RemoteTarget.of(this);
    } catch (IllegalArgumentException e) {
      problems.add("url: " + e.getMessage());
      return;
    }
    if (target instanceof RemoteTarget.Tcp) {
      refuseOnTcp(problems, "tenant", tenant != null, "the listener has one tenant");
      refuseOnTcp(problems, "token", token != null, "TCP carries no token");
      refuseOnTcp(problems, "headers", !headers.isEmpty(), "TCP carries no headers");
      refuseOnTcp(problems, "trust", trust != null, "TCP is without TLS");
    }
  }

  private static void refuseOnTcp(List<String> problems, String key, boolean there, String why) {
    if (there) {
      problems.add(OptionsReader.problem(key, "one with a tcp:// url", "none, since " + why));
    }
  }

  private static void range(List<String> problems, String key, Duration value, Duration least) {
    if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
      problems.add(OptionsReader.problem(
          key, value.toString(), "from " + least.toMillis() + " ms to 1 day"));
    }
  }

  /** Where it leads, without credentials. */
  public String shownUrl() {
    return connector == null ? RemoteTarget.of(this).toString() : connector.url();
  }

  /** The key by which status and requests know this remote: its name, else its URL. */
  public String key() {
    return name == null ? shownUrl() : name;
  }

  /** {@code url}, or {@code remoteId} for a hub in the same process. */
  String kind() {
    return connector == null ? "url" : "remoteId";
  }

  /** Whether an event log is synced with this remote. */
  public boolean covers(String log) {
    if (!logs.isEmpty()) {
      return logs.contains(log);
    }
    return (sync == null ? Selection.DEFAULT : sync).covers(log);
  }

  /** Begins with a URL and the defaults. */
  public static Builder builder(String url) {
    return new Builder(url, null);
  }

  /** Begins with a connector, such as that of a hub in this process, and the defaults. */
  public static Builder builder(Connector connector) {
    return new Builder("", connector);
  }

  /**
   * Reads the form of {@link #toJson}; all keys but {@code url} may be absent. {@code token} may also
   * be {@code file:/path} or {@code env:NAME}; durations are texts such as {@code 5 seconds}.
   *
   * @throws OptionsException naming every key that is wrong
   */
  public static RemoteOptions fromJson(JsonObject json) {
    OptionsReader reader = OptionsReader.of(json);
    Optional<RemoteOptions> options = read(reader);
    reader.done();
    return options.orElseThrow();
  }

  /**
   * Reads with others; the caller ends the reading.
   *
   * @return empty only if the reader has noted why
   */
  public static Optional<RemoteOptions> read(OptionsReader reader) {
    Optional<String> url = reader.text("url");
    if (!reader.has("url")) {
      reader.refuse("url", "none", "ws://HOST:PORT/event-log/TENANT, wss://… or tcp://HOST:PORT");
    }
    Builder builder = builder(url.orElse("ws://127.0.0.1:8787/event-log/default"));
    reader.text("name").ifPresent(builder::name);
    reader.text("tenant").ifPresent(builder::tenant);
    reader.secret("token").ifPresent(builder::token);
    reader.oneOf("carrier", List.of(Carrier.values()), Carrier::word).ifPresent(builder::carrier);
    reader.texts("headers").ifPresent(headers -> headers.forEach(builder::header));
    reader.text("trust").ifPresent(builder::trust);
    reader.duration("connectTimeout").ifPresent(builder::connectTimeout);
    reader.bool("disablePing").ifPresent(builder::disablePing);
    reader
        .oneOf("provider", List.of(Preset.values()), Preset::wireName)
        .ifPresent(builder::provider);
    reader.oneOf("wire", List.of(Wire.values()), Wire::word).ifPresent(builder::wire);
    reader.duration("syncInterval").ifPresent(builder::syncInterval);
    reader.bool("strict").ifPresent(builder::strict);
    reader.duration("strictTimeout").ifPresent(builder::strictTimeout);
    reader.list("logs").ifPresent(names -> builder.logs(new LinkedHashSet<>(names)));
    if (reader.has("sync")) {
      builder.sync(Selection.read(reader.object("sync")));
    }
    try {
      return Optional.of(builder.build());
    } catch (OptionsException e) {
      reader.refuse("", e);
      return Optional.empty();
    }
  }

  /**
   * The form that {@link #fromJson} reads, the token and headers included: not for logs.
   *
   * @throws IllegalStateException with a connector, which JSON cannot hold
   */
  public JsonObject toJson() {
    if (connector != null) {
      throw new IllegalStateException("a connector has no JSON form");
    }
    JsonObject json = new JsonObject();
    put(json, "name", name);
    json.put("url", url);
    put(json, "tenant", tenant);
    put(json, "token", token);
    json.put("carrier", carrier.word());
    if (!headers.isEmpty()) {
      json.put("headers", new JsonObject(new LinkedHashMap<>(headers)));
    }
    put(json, "trust", trust);
    json.put("connectTimeout", connectTimeout.toString())
        .put("disablePing", disablePing)
        .put("provider", provider.wireName())
        .put("wire", wire.word())
        .put("syncInterval", syncInterval.toString())
        .put("strict", strict)
        .put("strictTimeout", strictTimeout.toString());
    if (!logs.isEmpty()) {
      json.put("logs", new JsonArray(new ArrayList<>(logs)));
    }
    if (sync != null) {
      json.put("sync", sync.toJson());
    }
    return json;
  }

  private static void put(JsonObject json, String key, @Nullable String value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  /** For logs: without token and headers. */
  @Override
  public String toString() {
    return "RemoteOptions[" + key() + ", " + shownUrl() + ", " + wire.word() + "]";
  }

  /** Collects options, each method for the component of its name. Not thread-safe. */
  public static final class Builder {
    private final String url;
    private final @Nullable Connector connector;
    private @Nullable String name;
    private @Nullable String tenant;
    private @Nullable String token;
    private Carrier carrier = Carrier.BEARER;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private @Nullable String trust;
    private Duration connectTimeout = Duration.ofSeconds(10);
    private @Nullable Boolean disablePing;
    private Preset provider = Preset.TRIBUTARY;
    private Wire wire = Wire.V3;
    private Duration syncInterval = Duration.ofSeconds(5);
    private boolean strict;
    private Duration strictTimeout = Duration.ofSeconds(30);
    private Set<String> logs = Set.of();
    private @Nullable Selection sync;

    private Builder(String url, @Nullable Connector connector) {
      this.url = url;
      this.connector = connector;
    }

    @CanIgnoreReturnValue
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder tenant(String tenant) {
      this.tenant = tenant;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder token(String token) {
      this.token = token;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder carrier(Carrier carrier) {
      this.carrier = carrier;
      return this;
    }

    /** One more header. */
    @CanIgnoreReturnValue
    public Builder header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    @CanIgnoreReturnValue
    public Builder trust(String trust) {
      this.trust = trust;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder connectTimeout(Duration connectTimeout) {
      this.connectTimeout = connectTimeout;
      return this;
    }

    /** Unless told, pings are off for {@link Preset#CLOUDFLARE} only. */
    @CanIgnoreReturnValue
    public Builder disablePing(boolean disablePing) {
      this.disablePing = disablePing;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder provider(Preset provider) {
      this.provider = provider;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder wire(Wire wire) {
      this.wire = wire;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder syncInterval(Duration syncInterval) {
      this.syncInterval = syncInterval;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder strict(boolean strict) {
      this.strict = strict;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder strictTimeout(Duration strictTimeout) {
      this.strictTimeout = strictTimeout;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder logs(Set<String> logs) {
      this.logs = logs;
      return this;
    }

    /** Which stores are synced, {@link Selection#DEFAULT} unless told; not beside {@link #logs}. */
    @CanIgnoreReturnValue
    public Builder sync(Selection sync) {
      this.sync = sync;
      return this;
    }

    /**
     * The options.
     *
     * @throws OptionsException naming every key that is wrong
     */
    public RemoteOptions build() {
      return new RemoteOptions(
          name,
          url,
          tenant,
          token,
          carrier,
          headers,
          trust,
          connectTimeout,
          disablePing == null ? provider == Preset.CLOUDFLARE : disablePing,
          provider,
          wire,
          syncInterval,
          strict,
          strictTimeout,
          logs,
          sync,
          connector);
    }
  }
}
