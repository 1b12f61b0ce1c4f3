package io.tributary.client.sync;

import io.tributary.core.model.RemoteId;
import org.jspecify.annotations.Nullable;

/**
 * Where the sync of one event log with one remote stands.
 *
 * @param state the connection's
 * @param connected whether there is a connection
 * @param remoteId who the hub said it is, last; null before it did
 * @param pendingUploads how many entries the remote is not known to have. Those beyond what is loaded
 *     are counted by their positions, so that it is an upper bound then; 0 before the hub said who it
 *     is
 * @param pendingExact whether {@code pendingUploads} is exact
 * @param refused how many entries the remote refused, of those neither retried nor discarded; at most
 *     10,000 are counted
 * @param lastSequence the greatest sequence up to which everything is in the journal; 0 = nothing, or
 *     not known yet
 * @param lastSyncAt when everything the hub had was last in the journal, Unix milliseconds; null =
 *     not since the start
 * @param lastError what went wrong last; trouble with the connection is forgotten once it is live
 *     again
 * @param clockSkewMs how far the time in the id of a live entry was ahead of this clock at most,
 *     milliseconds; null if none was seen
 * @param unreadable how many entries could not be read since the start
 */
public record SyncSnapshot(
    RemoteState state,
    boolean connected,
    @Nullable RemoteId remoteId,
    long pendingUploads,
    boolean pendingExact,
    long refused,
    long lastSequence,
    @Nullable Long lastSyncAt,
    @Nullable String lastError,
    @Nullable Long clockSkewMs,
    long unreadable) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public SyncSnapshot(
      RemoteState state,
      boolean connected,
      @Nullable RemoteId remoteId,
      long pendingUploads,
      boolean pendingExact,
      long refused,
      long lastSequence,
      @Nullable Long lastSyncAt,
      @Nullable String lastError,
      @Nullable Long clockSkewMs,
      long unreadable) {
    this.state = state;
    this.connected = connected;
    this.remoteId = remoteId;
    this.pendingUploads = pendingUploads;
    this.pendingExact = pendingExact;
    this.refused = refused;
    this.lastSequence = lastSequence;
    this.lastSyncAt = lastSyncAt;
    this.lastError = lastError;
    this.clockSkewMs = clockSkewMs;
    this.unreadable = unreadable;
  }

  /** How the remote is known: {@code remoteId} once it has said who it is, {@code url} before. */
  public String kind() {
    return remoteId == null ? "url" : "remoteId";
  }
}
