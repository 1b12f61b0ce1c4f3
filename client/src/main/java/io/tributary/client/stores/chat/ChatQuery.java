package io.tributary.client.stores.chat;

/**
 * Which messages of a session are wanted.
 *
 * @param start the first sequence
 * @param end the last one
 * @param limit at most this many; 0 for the store's page size. Messages of one sequence are not torn
 *     apart: their last ones may exceed it, so that a next page begins at another sequence
 * @param reverse whether the last ones come first
 */
public record ChatQuery(long start, long end, int limit, boolean reverse) {
  /** The first page. */
  public static final ChatQuery FIRST = new ChatQuery(0, Long.MAX_VALUE, 0, false);

  /** The last page, from its end. */
  public static final ChatQuery LAST = new ChatQuery(0, Long.MAX_VALUE, 0, true);

  /** Checks it. */
  public ChatQuery {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: found " + limit + ", allowed is 0 or more");
    }
  }

  /** The same, of these sequences. */
  public ChatQuery between(long start, long end) {
    return new ChatQuery(start, end, limit, reverse);
  }

  /** The same, with at most this many. */
  public ChatQuery limit(int limit) {
    return new ChatQuery(start, end, limit, reverse);
  }
}
