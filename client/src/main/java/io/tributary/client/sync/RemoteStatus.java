package io.tributary.client.sync;

import io.tributary.core.model.RemoteId;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How one event log's syncing with one remote stands.
 *
 * @param key the remote's key, given or its URL
 * @param log the event log's name
 * @param kind {@code url}, or {@code remoteId} for a hub in the same process
 * @param remoteId who the hub is; null until it has said so
 * @param url without credentials
 * @param connected whether a connection is open
 * @param state where it stands
 * @param pendingUploads how many entries are not known to be there; with very many an upper bound
 * @param refused how many entries the hub refused since the remote was connected, and that were
 *     neither retried nor discarded
 * @param lastSequence the greatest sequence up to which everything is here; 0 if none is
 * @param lastSyncAt when both sides last had everything the other had; null if never yet
 * @param lastError what went wrong last, without credentials; null if nothing has, or it is over
 * @param clockSkewMs by how many milliseconds the greatest id received is ahead of the clock here; 0
 *     if none is
 */
public record RemoteStatus(
    String key,
    String log,
    String kind,
    @Nullable RemoteId remoteId,
    String url,
    boolean connected,
    RemoteState state,
    long pendingUploads,
    long refused,
    long lastSequence,
    @Nullable Instant lastSyncAt,
    @Nullable String lastError,
    long clockSkewMs) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public RemoteStatus(
      String key,
      String log,
      String kind,
      @Nullable RemoteId remoteId,
      String url,
      boolean connected,
      RemoteState state,
      long pendingUploads,
      long refused,
      long lastSequence,
      @Nullable Instant lastSyncAt,
      @Nullable String lastError,
      long clockSkewMs) {
    this.key = key;
    this.log = log;
    this.kind = kind;
    this.remoteId = remoteId;
    this.url = url;
    this.connected = connected;
    this.state = state;
    this.pendingUploads = pendingUploads;
    this.refused = refused;
    this.lastSequence = lastSequence;
    this.lastSyncAt = lastSyncAt;
    this.lastError = lastError;
    this.clockSkewMs = clockSkewMs;
  }

  /** With the components' names; what is null is left out, {@code lastSyncAt} is ISO-8601 text. */
  public JsonObject toJson() {
    JsonObject json = new JsonObject().put("key", key).put("log", log).put("kind", kind);
    if (remoteId != null) {
      json.put("remoteId", remoteId.toString());
    }
    json.put("url", url)
        .put("connected", connected)
        .put("state", state.wireName())
        .put("pendingUploads", pendingUploads)
        .put("refused", refused)
        .put("lastSequence", lastSequence);
    if (lastSyncAt != null) {
      json.put("lastSyncAt", lastSyncAt.toString());
    }
    if (lastError != null) {
      json.put("lastError", lastError);
    }
    return json.put("clockSkewMs", clockSkewMs);
  }
}
