package io.tributary.server.it;

import io.vertx.core.json.JsonObject;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The stores of an agent runtime on the npm package's real event log, with the events of effect-claude-agent-sdk, in a
 * process of its own. Each store has its own log, identity and connection. {@link #close} kills the process.
 * Thread-safe.
 */
final class NpmAgent implements AutoCloseable {
  /** A store and the events that are in its log. */
  enum Store {
    CHAT,
    ARTIFACTS,
    AUDIT;

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * An entry whose handler ran.
   *
   * @param payload as the package decoded it; a field that is undefined is missing
   * @param bytes the payload as it is in the journal
   * @param own written by this agent
   */
  record Entry(
      String id, String event, String primaryKey, JsonObject payload, byte[] bytes, boolean own) {}

  private final NpmProcess process;

  private NpmAgent(String name) {
    this.process = new NpmProcess("npm agent " + name, "agent.mjs");
  }

  /** A new process with these stores, each with an empty journal and its identity string. */
  static NpmAgent start(String name, Map<Store, String> identities) {
    NpmAgent agent = new NpmAgent(name);
    JsonObject byName = new JsonObject();
    identities.forEach((store, identity) -> byName.put(store.id(), identity));
    try {
      JsonObject unused = agent.process.call("open", new JsonObject().put("identities", byName));
      return agent;
    } catch (RuntimeException e) {
      agent.close();
      throw e;
    }
  }

  /** Connects every store, and waits until all are subscribed and push what is written. */
  void connect(String url) {
    JsonObject unused = process.call(
        "connect",
        new JsonObject().put("url", url).put("timeoutMs", NpmProcess.PATIENCE.toMillis()));
  }

  /** Writes an event; returns when its handler ran and it is in the journal. */
  void write(Store store, String event, JsonObject payload) {
    JsonObject unused = process.call(
        "write",
        new JsonObject().put("store", store.id()).put("event", event).put("payload", payload));
  }

  /** Waits for this many handled entries of a store, own ones included, and tells all in the order of their handling. */
  List<Entry> awaitEntries(Store store, int count) {
    JsonObject options = new JsonObject()
        .put("store", store.id())
        .put("n", count)
        .put("timeoutMs", NpmProcess.PATIENCE.toMillis());
    return process
        .get("entries", process.request("entries", options), NpmProcess.PATIENCE.plusSeconds(10))
        .getJsonArray("entries")
        .stream()
        .map(JsonObject.class::cast)
        .map(json -> new Entry(
            json.getString("id"),
            json.getString("event"),
            json.getString("primaryKey"),
            json.getJsonObject("payload"),
            HexFormat.of().parseHex(json.getString("hex")),
            json.getBoolean("own")))
        .toList();
  }

  @Override
  public void close() {
    process.close();
  }
}
