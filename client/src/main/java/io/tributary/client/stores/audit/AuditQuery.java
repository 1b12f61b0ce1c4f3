package io.tributary.client.stores.audit;

import io.tributary.core.model.EntryId;
import java.util.Optional;

/**
 * What of the audit log is wanted.
 *
 * @param tag only events of this one; empty for all
 * @param sessionId only those about this session; empty for all
 * @param after where to go on, from {@link AuditPage#next()}; empty for the first page
 * @param limit at most this many, at least 1
 * @param reverse whether the latest come first
 */
public record AuditQuery(
    Optional<String> tag,
    Optional<String> sessionId,
    Optional<EntryId> after,
    int limit,
    boolean reverse) {
  /** The first entries. */
  public static final AuditQuery FIRST =
      new AuditQuery(Optional.empty(), Optional.empty(), Optional.empty(), 100, false);

  /** The latest entries, from the end. */
  public static final AuditQuery LATEST =
      new AuditQuery(Optional.empty(), Optional.empty(), Optional.empty(), 100, true);

  /** Checks it. */
  public AuditQuery {
    if (limit < 1) {
      throw new IllegalArgumentException("limit: found " + limit + ", allowed is 1 or more");
    }
  }

  /** The same, of events with this tag. */
  public AuditQuery tag(String tag) {
    return new AuditQuery(Optional.of(tag), sessionId, after, limit, reverse);
  }

  /** The same, about this session. */
  public AuditQuery session(String sessionId) {
    return new AuditQuery(tag, Optional.of(sessionId), after, limit, reverse);
  }

  /** The same, from there on. */
  public AuditQuery after(EntryId after) {
    return new AuditQuery(tag, sessionId, Optional.of(after), limit, reverse);
  }

  /** The same, with at most this many. */
  public AuditQuery limit(int limit) {
    return new AuditQuery(tag, sessionId, after, limit, reverse);
  }
}
