package io.tributary.core.conflict;

import io.tributary.core.model.Entry;
import io.vertx.core.Future;

/**
 * Decides about an entry when another one of its event and primary key stands already.
 *
 * <p>It is asked for local writes and for entries from remotes alike; never for the first entry of a
 * key, for events of append-only groups, for events no group defines, nor for ids that are not version
 * 7, which never win. For replicas to converge, what stands after any set of entries must not depend
 * on the order in which they came: the built-in ones but {@code reject} promise that.
 *
 * <p>For any thread; called on the context of the event log that owns it, and must not block.
 */
public interface ConflictPolicy {
  /**
   * Its name, kept with what it decided: when an event log is opened with another one, what stands is
   * decided anew from the entries, key by key as they are met. Not empty, and the same after restarts.
   */
  String name();

  /**
   * Whether {@link #resolve} looks at the payload of the winner. If so it is kept beside the entries
   * and outlives them.
   */
  boolean needsWinnerPayload();

  /**
   * Decides.
   *
   * @param entry the one that comes, with its own payload
   * @param winner what stands: the id of the entry that won, or the greatest of those merged; its
   *     payload (merged, if it was) if {@link #needsWinnerPayload}, else empty bytes
   * @return completes on any thread; a failure is recorded against {@code entry}, and what stands
   *     stays
   */
  Future<Resolution> resolve(Entry entry, Entry winner);
}
