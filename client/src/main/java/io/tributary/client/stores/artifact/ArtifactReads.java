package io.tributary.client.stores.artifact;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.DerivedIds;
import io.tributary.client.stores.Names;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What plain and journaled artifacts have in common: lists, checks, and who is told of changes. */
final class ArtifactReads {
  private static final Logger logger = LoggerFactory.getLogger(ArtifactStore.class);
  private static final String KEY = "artifacts";

  private final ArtifactRows rows;
  private final StoresOptions.Artifacts options;
  private final Optional<SessionIndexStore> index;
  private final Supplier<Future<Void>> current;
  private final Reactivity changes = new Reactivity();

  /**
   * For one store.
   *
   * @param current completes when what is to be read is there
   */
  ArtifactReads(
      ArtifactRows rows,
      StoresOptions.Artifacts options,
      Optional<SessionIndexStore> index,
      Supplier<Future<Void>> current) {
    this.current = current;
    this.rows = rows;
    this.options = options;
    this.index = index;
  }

  Future<ArtifactPage> list(String sessionId, Optional<ArtifactCursor> after, int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: found " + limit + ", allowed is 0 or more");
    }
    Names.check("sessionId", sessionId);
    return current.get().compose(ready -> rows.list(sessionId, after, limit));
  }

  /** Fails if it is more than a session may hold: it would be gone at once. */
  void check(Artifact artifact) {
    Names.check("sessionId", artifact.sessionId());
    Names.check("id", artifact.id());
    if (artifact.size() < 0) {
      throw new PayloadException("sizeBytes: found " + artifact.size() + ", allowed is 0 or more");
    }
    if (artifact.size() > options.maxBytes()) {
      throw new PayloadException("content: found " + artifact.size()
          + " bytes, allowed are stores.artifacts.maxBytes = " + options.maxBytes());
    }
  }

  Future<List<String>> sessions(Optional<String> after, int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max: found " + max + ", allowed is 1 or more");
    }
    return rows.sessions(after, max);
  }

  /** Artifacts from elsewhere, as entries that all replicas would make of them; fails as a check does. */
  List<Entry> entries(List<Artifact> artifacts) {
    DerivedIds ids = new DerivedIds();
    List<Entry> entries = new ArrayList<>(artifacts.size());
    for (Artifact artifact : artifacts) {
      check(artifact);
      String tag = ArtifactEvents.ARTIFACT_RECORD.tag();
      String key = ArtifactEvents.key(artifact.sessionId(), artifact.id());
      entries.add(new Entry(
          ids.next(tag, key, artifact.createdAt()),
          tag,
          key,
          ArtifactEvents.ARTIFACT_RECORD.encode(artifact)));
    }
    return entries;
  }

  Reactivity.Subscription subscribe(String sessionId, Runnable changed) {
    return changes.subscribe(
        KEY, Names.check("sessionId", sessionId), invalidated -> changed.run());
  }

  void changed(Collection<String> sessions) {
    if (!sessions.isEmpty()) {
      changes.invalidate(Map.of(KEY, new HashSet<>(sessions)));
    }
  }

  /** Tells of what a cleanup did. */
  CleanupReport cleaned(ArtifactRows.Cleaned cleaned, AuditSink audit, long now) {
    changed(cleaned.sessions());
    if (cleaned.removed() > 0) {
      audit.note(new AuditEvent.SyncCompaction(
          null,
          cleaned.before(),
          cleaned.before() - cleaned.removed(),
          List.of(ArtifactEvents.ARTIFACT_RECORD.tag()),
          now));
    }
    return new CleanupReport(cleaned.before(), cleaned.removed(), 0);
  }

  /** Tells the index; that it can't be told hinders nobody. */
  Future<Void> touch(String sessionId, long timestamp) {
    return index
        .map(its -> its.touch(sessionId, timestamp).<Void>mapEmpty())
        .orElseGet(Future::succeededFuture)
        .recover(failure -> {
          logger.warn("session={} the index of sessions was not touched", sessionId, failure);
          return Future.succeededFuture();
        });
  }
}
