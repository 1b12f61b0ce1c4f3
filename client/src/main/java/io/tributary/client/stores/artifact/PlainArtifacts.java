package io.tributary.client.stores.artifact;

import io.tributary.client.eventlog.Adoption;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.Names;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.Place;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.model.Entry;
import io.tributary.storage.KeyValueStore;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Artifacts that are kept here only. */
final class PlainArtifacts implements ArtifactStore {
  private final Place place;
  private final StoresOptions.Artifacts options;
  private final ArtifactRows rows;
  private final ArtifactReads reads;

  PlainArtifacts(Place place, StoresOptions.Artifacts options, Optional<SessionIndexStore> index) {
    this.place = place;
    this.options = options;
    rows = new ArtifactRows(place.space(), options);
    reads = new ArtifactReads(rows, options, index, Future::succeededFuture);
  }

  @Override
  public Future<Void> put(Artifact artifact) {
    byte[] payload;
    try {
      reads.check(artifact);
      payload = encoded(artifact);
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
    return reads
        .touch(artifact.sessionId(), artifact.createdAt())
        .compose(touched -> place
            .space()
            .change(draft -> rows.show(draft, ArtifactRow.of(artifact, null, false), payload)))
        .<Void>mapEmpty()
        .onSuccess(done -> reads.changed(List.of(artifact.sessionId())));
  }

  @Override
  public Future<Adoption> adopt(List<Artifact> artifacts, boolean dryRun) {
    List<Artifact> all = List.copyOf(artifacts);
    List<byte[]> payloads;
    try {
      payloads = reads.entries(all).stream()
          .map(Entry::payload)
          .map(PlainArtifacts::limited)
          .toList();
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
    // In a dry run: what would have been put by then, by session and name.
    Map<List<String>, Long> put = new HashMap<>();
    long[] added = {0};
    int[] next = {0};
    return Steps.each(all, artifact -> {
          byte[] payload = payloads.get(next[0]++);
          return (dryRun ? missing(artifact, put) : adopted(artifact, payload)).map(its -> {
            added[0] += its ? 1 : 0;
            return null;
          });
        })
        .map(done -> new Adoption(added[0], all.size() - added[0]));
  }

  private Future<Boolean> missing(Artifact artifact, Map<List<String>, Long> put) {
    List<String> name = List.of(artifact.sessionId(), artifact.id());
    Long before = put.get(name);
    Future<Boolean> asked = before != null
        ? Future.succeededFuture(before < artifact.createdAt())
        : rows.row(artifact.sessionId(), artifact.id()).map(row -> isOlder(row, artifact));
    return asked.map(missing -> {
      if (missing) {
        put.put(name, artifact.createdAt());
      }
      return missing;
    });
  }

  private Future<Boolean> adopted(Artifact artifact, byte[] payload) {
    return reads
        .touch(artifact.sessionId(), artifact.createdAt())
        .compose(touched -> place
            .space()
            .change(draft -> ArtifactRows.row(draft, artifact.sessionId(), artifact.id())
                .compose(row -> isOlder(row, artifact)
                    ? rows.show(draft, ArtifactRow.of(artifact, null, false), payload)
                        .map(true)
                    : Future.succeededFuture(false))))
        .onSuccess(added -> reads.changed(added ? List.of(artifact.sessionId()) : List.of()));
  }

  private static boolean isOlder(Optional<ArtifactRow> row, Artifact artifact) {
    return row.map(its -> its.summary().createdAt() < artifact.createdAt()).orElse(true);
  }

  @Override
  public Future<List<String>> sessions(Optional<String> after, int max) {
    return reads.sessions(after, max);
  }

  private static byte[] encoded(Artifact artifact) {
    return limited(ArtifactEvents.ARTIFACT_RECORD.encode(artifact));
  }

  private static byte[] limited(byte[] payload) {
    if (payload.length > KeyValueStore.MAX_VALUE) {
      throw new PayloadException("content: the whole artifact has " + payload.length
          + " bytes, allowed are " + KeyValueStore.MAX_VALUE);
    }
    return payload;
  }

  @Override
  public Future<Optional<Artifact>> get(String sessionId, String id) {
    return rows.content(Names.check("sessionId", sessionId), Names.check("id", id))
        .map(content -> content.map(ArtifactEvents.ARTIFACT_RECORD::decode));
  }

  @Override
  public Future<ArtifactPage> list(String sessionId, Optional<ArtifactCursor> after, int limit) {
    return reads.list(sessionId, after, limit);
  }

  @Override
  public Future<Boolean> delete(String sessionId, String id) {
    Names.check("sessionId", sessionId);
    Names.check("id", id);
    return place
        .space()
        .change(draft -> rows.hide(draft, sessionId, id))
        .map(Optional::isPresent)
        .onSuccess(was -> reads.changed(was ? List.of(sessionId) : List.of()));
  }

  @Override
  public Future<Long> purgeSession(String sessionId) {
    return ArtifactPurge.run(this, Names.check("sessionId", sessionId));
  }

  @Override
  public Future<CleanupReport> cleanup() {
    long now = place.clock().millis();
    return rows.clean(StoresOptions.oldest(now, options.maxAge()))
        .map(cleaned -> reads.cleaned(cleaned, place.audit(), now));
  }

  @Override
  public Reactivity.Subscription subscribe(String sessionId, Runnable changed) {
    return reads.subscribe(sessionId, changed);
  }

  @Override
  public Future<Void> close() {
    return place.space().close();
  }
}
