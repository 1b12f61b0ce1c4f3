package io.tributary.client.stores.index;

import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Place;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * The sessions that conversations and artifacts are about, by time. Local: derived from the other stores,
 * which touch it, and never synced. Touching and paging cost the same for any number of sessions.
 *
 * <p>Futures fail with the storage's exception where that fails, and with {@link
 * io.tributary.client.stores.StoreException} once it is closed. A session's name that is empty or longer than
 * 1,024 bytes of UTF-8 throws {@link IllegalArgumentException}.
 */
public interface SessionIndexStore {
  /** An index that is kept in a space. */
  static SessionIndexStore of(Place place, StoresOptions.Index options) {
    return new SessionRows(place, options);
  }

  /** Notes that something happened now in a session. */
  Future<SessionMeta> touch(String sessionId);

  /**
   * Notes that something happened in a session.
   *
   * @param timestamp Unix milliseconds; the session is from its earliest to its latest
   */
  Future<SessionMeta> touch(String sessionId, long timestamp);

  /** A session, if it is known. */
  Future<Optional<SessionMeta>> get(String sessionId);

  /** A page of sessions. */
  Future<SessionPage> list(SessionQuery query);

  /**
   * Forgets a session; it comes back when it is touched.
   *
   * @return whether it was known
   */
  Future<Boolean> remove(String sessionId);

  /** Ends it when what was asked for is done. Idempotent. The storage stays open. */
  Future<Void> close();
}
