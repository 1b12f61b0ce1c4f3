package io.tributary.client.stores.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.eventlog.Adoption;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.core.eventlog.Reactivity;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/**
 * Artifacts, by session and name. One that is put again is replaced; one that was deleted stays deleted,
 * whatever older record of it arrives later, until it is put anew.
 *
 * <p>Of each session the newest artifacts are kept, by the store's limits: by count and bytes as they
 * come, by age when {@link #cleanup} runs.
 *
 * <p>Futures fail with the storage's exception where that fails, and with {@link
 * io.tributary.client.stores.StoreException} once the store is closed or too much waits. Names that are
 * empty or longer than 1,024 bytes of UTF-8 throw {@link IllegalArgumentException}.
 */
public interface ArtifactStore {
  /**
   * Artifacts that are kept in a space only.
   *
   * @param index is told which sessions there are
   */
  static ArtifactStore plain(
      Place place, StoresOptions.Artifacts options, Optional<SessionIndexStore> index) {
    return new PlainArtifacts(place, options, index);
  }

  /**
   * Artifacts in an event log, which may be synced.
   *
   * @param journaled an event log with {@link ArtifactEvents#GROUP}, by {@link ArtifactEvents#register}
   * @param index is told which sessions there are
   */
  static Future<ArtifactStore> journaled(
      Journaled journaled,
      Place place,
      StoresOptions.Artifacts options,
      Optional<SessionIndexStore> index) {
    return JournaledArtifacts.open(journaled, place, options, index);
  }

  /**
   * Puts an artifact.
   *
   * @return completes when it is durable, and shown by this store; fails with {@link
   *     io.tributary.core.eventlog.PayloadException} if it can't be written or is too long, with {@link
   *     io.tributary.client.eventlog.ConflictRejectedException} if the store's conflict policy is
   *     against it, and with {@link io.tributary.client.stores.StoreException} if its key, {@code
   *     sessionId:id}, is that of another session's artifact
   */
  Future<Void> put(Artifact artifact);

  /**
   * Takes artifacts in that were put elsewhere, with the times they have: from another store, or what it
   * was made from. Where artifacts are journaled, they get ids that follow from session, name and time,
   * so that the same artifacts again change nothing, wherever and by whom, and what was put or deleted
   * later stands. A plain store keeps what it has if that isn't older. A call that failed may be repeated.
   *
   * @param artifacts held in memory until all are in
   * @param dryRun whether only to tell what would become of them
   * @return completes when they are durable and shown. Fails with {@link
   *     io.tributary.core.eventlog.PayloadException} before any is taken in, if one of them can't be
   *     written or is too long
   */
  Future<Adoption> adopt(List<Artifact> artifacts, boolean dryRun);

  /**
   * The names of the sessions that have artifacts, in an order of their own.
   *
   * @param after a session, which need not be there any more; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<String>> sessions(Optional<String> after, int max);

  /** An artifact, if it is there. */
  Future<Optional<Artifact>> get(String sessionId, String id);

  /** The first artifacts of a session. */
  default Future<ArtifactPage> list(String sessionId) {
    return list(sessionId, Optional.empty(), 0);
  }

  /**
   * Artifacts of a session by the time they were created.
   *
   * @param after where to go on; empty for the first
   * @param limit at most this many; 0 for the store's page size
   */
  Future<ArtifactPage> list(String sessionId, Optional<ArtifactCursor> after, int limit);

  /**
   * Deletes an artifact, on all replicas.
   *
   * @return whether there was one
   */
  Future<Boolean> delete(String sessionId, String id);

  /**
   * Deletes all artifacts that a session has here, on all replicas.
   *
   * @return how many there were
   */
  Future<Long> purgeSession(String sessionId);

  /** Removes what exceeds the limits, here only, and what was waiting to be let go. */
  Future<CleanupReport> cleanup();

  /**
   * Tells of changes of a session: new artifacts, and such as went.
   *
   * @param changed called after the change is shown, on the store's context; must not block
   */
  @CanIgnoreReturnValue
  Reactivity.Subscription subscribe(String sessionId, Runnable changed);

  /** Ends it when what was asked for is done. Idempotent. */
  Future<Void> close();
}
