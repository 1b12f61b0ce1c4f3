package io.tributary.client.stores.index;

import java.util.Optional;

/**
 * Which sessions are wanted, and in what order. Sessions of the same time are in an order of their own,
 * always the same.
 *
 * @param orderBy by which time
 * @param descending whether the latest comes first
 * @param cursor where to go on, from {@link SessionPage#next()}; empty for the first page
 * @param limit at most this many; 0 for the store's page size. No page has more than {@value #MAX_LIMIT}
 */
public record SessionQuery(
    OrderBy orderBy, boolean descending, Optional<SessionCursor> cursor, int limit) {
  /** Sessions that a page may have. */
  public static final int MAX_LIMIT = 10_000;

  /** The times of a session. */
  public enum OrderBy {
    UPDATED_AT,
    CREATED_AT
  }

  /** The latest first. */
  public static final SessionQuery LATEST =
      new SessionQuery(OrderBy.UPDATED_AT, true, Optional.empty(), 0);

  /** Checks it. */
  public SessionQuery {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: found " + limit + ", allowed is 0 or more");
    }
  }

  /** The same, from there on. */
  public SessionQuery after(SessionCursor cursor) {
    return new SessionQuery(orderBy, descending, Optional.of(cursor), limit);
  }

  /** The same, with at most this many. */
  public SessionQuery limit(int limit) {
    return new SessionQuery(orderBy, descending, cursor, limit);
  }
}
