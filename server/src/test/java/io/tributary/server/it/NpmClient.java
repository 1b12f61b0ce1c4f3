package io.tributary.server.it;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One real client of {@code @effect/experimental} in a process of its own. A client that lost its connection never
 * connects again: {@link #register} replaces it over the same journal, as applications do. {@link #close} kills the
 * process; the client is never disposed. Thread-safe.
 */
final class NpmClient implements AutoCloseable {
  /** The package's journals. The memory journal ends with the process and re-runs handlers on repeated entries. */
  enum Journal {
    MEMORY,
    INDEXEDDB
  }

  /**
   * An entry as the client saw it.
   *
   * @param own written by this client, in this process or the one its journal comes from
   * @param runs how often its handler ran in this process
   * @param deliveries how often the hub sent or acknowledged it in this process
   * @param sequence the hub's, or null if the client wasn't told one
   */
  record Seen(
      String id,
      @Nullable String key,
      int size,
      @Nullable String digest,
      boolean own,
      int runs,
      int deliveries,
      @Nullable Long sequence) {}

  /**
   * What the client noticed so far.
   *
   * @param handled entries handled, own ones included
   * @param acked own entries that have a sequence
   * @param lost registrations whose subscription ended
   * @param faults what no correct server makes a client see
   */
  record Status(
      int handled,
      int acked,
      int own,
      int lost,
      int opens,
      boolean open,
      List<String> remoteIds,
      List<Integer> closeCodes,
      List<String> faults,
      int framesIn,
      int largestFrameIn,
      int largestFrameOut) {
    static Status of(JsonObject json) {
      JsonObject frames = json.getJsonObject("frames");
      return new Status(
          json.getInteger("handled"),
          json.getInteger("acked"),
          json.getInteger("own"),
          json.getInteger("ended"),
          json.getInteger("opens"),
          json.getBoolean("open"),
          strings(json.getJsonArray("remoteIds")),
          json.getJsonArray("closes").stream()
              .map(close -> ((JsonObject) close).getInteger("code"))
              .toList(),
          strings(json.getJsonArray("faults")),
          frames.getInteger("in"),
          frames.getInteger("largestIn"),
          frames.getInteger("largestOut"));
    }

    private static List<String> strings(JsonArray array) {
      return array.stream().map(String.class::cast).toList();
    }
  }

  private final NpmProcess process;

  private NpmClient(String name) {
    this.process = new NpmProcess("npm client " + name, "client.mjs");
  }

  /** A new identity as the package writes it: a name that hubs know and a key that they don't. */
  static String newIdentity() {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    String json = new JsonObject()
        .put("publicKey", UUID.randomUUID().toString())
        .put("privateKey", Base64.getEncoder().encodeToString(key))
        .encode();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /** A new process with an empty journal. */
  static NpmClient start(String name, Journal journal, String identity) {
    return open(name, new JsonObject().put("journal", lower(journal)).put("identity", identity));
  }

  /** A new process with the journal that {@link #dump} left in a file. */
  static NpmClient load(String name, String identity, Path journal) {
    return open(
        name,
        new JsonObject()
            .put("journal", lower(Journal.INDEXEDDB))
            .put("identity", identity)
            .put("load", journal.toString()));
  }

  private static NpmClient open(String name, JsonObject options) {
    NpmClient client = new NpmClient(name);
    try {
      JsonObject unused = client.process.call("open", options);
      return client;
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /** Connects, and waits until the client is subscribed and pushes what is written. */
  void connect(String url) {
    connect(url, Map.of(), List.of());
    awaitLive();
  }

  /**
   * Connects with headers and subprotocols of an application's choice. Returns at once; until its first subscription the
   * client tries again and again.
   */
  void connect(String url, Map<String, String> headers, List<String> protocols) {
    JsonObject options = new JsonObject().put("url", url);
    headers.forEach((key, value) -> {
      JsonObject all = options.getJsonObject("headers", new JsonObject());
      options.put("headers", all.put(key, value));
    });
    if (!protocols.isEmpty()) {
      options.put("protocols", new JsonArray(protocols));
    }
    JsonObject unused = process.call("connect", options);
  }

  /** A new registration on the same journal, as applications reconnect; waits as {@link #connect(String)} does. */
  void register(String url) {
    JsonObject unused = process.call("register", new JsonObject().put("url", url));
    awaitLive();
  }

  /** Writes events with the keys {@code prefix-0} and so on, as fast as it goes. */
  void write(String prefix, int n, int bodyBytes) {
    JsonObject unused =
        process.get("write", write(prefix, n, bodyBytes, Duration.ZERO), NpmProcess.PATIENCE);
  }

  /** Writes one event after another with a pause between; completes when all are in the journal. */
  CompletableFuture<JsonObject> write(String prefix, int n, int bodyBytes, Duration pause) {
    return process.request(
        "write",
        new JsonObject()
            .put("prefix", prefix)
            .put("n", n)
            .put("size", bodyBytes)
            .put("paceMs", pause.toMillis()));
  }

  /**
   * Writes an event with any value.
   *
   * @param told the value: maps as {@code {$map: {...}}}, and {@code {$hex}}, {@code {$number}}, {@code {$bigint}},
   *     {@code {$undefined: true}} for what JSON can't tell; null stands for itself
   */
  void writeThing(String key, @Nullable Object told) {
    JsonObject unused =
        process.call("writeThing", new JsonObject().put("key", key).put("told", told));
  }

  /** The same with a second field, which may be {@code {$undefined: true}}. */
  void writeThing(String key, @Nullable Object told, Object extra) {
    JsonObject unused = process.call(
        "writeThing", new JsonObject().put("key", key).put("told", told).put("extra", extra));
  }

  /** Waits for this many things, own ones included, and tells the payloads by their keys. */
  JsonObject awaitThings(int count) {
    JsonObject options =
        new JsonObject().put("n", count).put("timeoutMs", NpmProcess.PATIENCE.toMillis());
    return process
        .get("things", process.request("things", options), NpmProcess.PATIENCE.plusSeconds(10))
        .getJsonObject("things");
  }

  /** Waits until this many entries, own ones included, were handled. */
  Status awaitHandled(int count) {
    return await(new JsonObject().put("count", count));
  }

  /** Waits until the hub acknowledged this many own entries. */
  Status awaitAcked(int count) {
    return await(new JsonObject().put("acked", count));
  }

  /** Waits until both counts are reached. */
  Status awaitSynced(int handled, int acked) {
    return await(new JsonObject().put("count", handled).put("acked", acked));
  }

  /**
   * Waits until the hub acknowledged the first push of the latest registration. What is written before that but after
   * the push began, the client doesn't push until something else is written.
   */
  @CanIgnoreReturnValue
  Status awaitLive() {
    return await(new JsonObject().put("live", true));
  }

  /** Waits until this many connections ended. */
  Status awaitClosed(int count) {
    return await(new JsonObject().put("closed", count));
  }

  /** Waits until this many subscriptions ended, which is when the application may go on. */
  Status awaitLost(int count) {
    return await(new JsonObject().put("lost", count));
  }

  private Status await(JsonObject condition) {
    return Status.of(process.get(
        "waitFor",
        process.request("waitFor", condition.put("timeoutMs", NpmProcess.PATIENCE.toMillis())),
        NpmProcess.PATIENCE.plusSeconds(10)));
  }

  Status status() {
    return Status.of(process.call("status", new JsonObject()));
  }

  /** Every entry, in the order of its first sight. */
  List<Seen> list() {
    return process.call("list", new JsonObject()).getJsonArray("entries").stream()
        .map(JsonObject.class::cast)
        .map(json -> new Seen(
            json.getString("id"),
            json.getString("key"),
            json.getInteger("size"),
            json.getString("digest"),
            json.getBoolean("own"),
            json.getInteger("runs"),
            json.getInteger("deliveries"),
            json.getLong("sequence")))
        .toList();
  }

  /** Entry id to the rest of what the client saw. */
  Map<String, Seen> byId() {
    return list().stream().collect(Collectors.toMap(Seen::id, seen -> seen));
  }

  /** The ids in the journal, in its order; a memory journal may hold one twice. */
  List<String> journalIds() {
    return process.call("journal", new JsonObject()).getJsonArray("ids").stream()
        .map(String.class::cast)
        .toList();
  }

  /** Drops the connection with a TCP reset. */
  void cut() {
    JsonObject unused = process.call("cut", new JsonObject());
  }

  /** Writes the IndexedDB journal into a file, for {@link #load}. */
  void dump(Path file) {
    JsonObject unused = process.call("dump", new JsonObject().put("path", file.toString()));
  }

  private static String lower(Journal journal) {
    return journal.name().toLowerCase(Locale.ROOT);
  }

  /** Kills the process, as {@link #close} does. */
  void kill() {
    process.kill();
  }

  @Override
  public void close() {
    kill();
  }
}
