package io.tributary.client.stores.artifact;

import io.tributary.client.eventlog.Adoption;
import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.Written;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.Names;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.Draft;
import io.tributary.client.stores.view.JournalTrim;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Projection;
import io.tributary.client.stores.view.Space;
import io.tributary.client.stores.view.Turns;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Artifacts in an event log. Which record and which deletion stand for a key, the event log's policy
 * decides; the artifact is there if that record's id is greater than that deletion's. The space follows.
 */
final class JournaledArtifacts implements ArtifactStore {
  private static final String RECORD = ArtifactEvents.ARTIFACT_RECORD.tag();
  private static final String DELETED = ArtifactEvents.ARTIFACT_DELETED.tag();

  private final EventLog log;
  private final EventJournal journal;
  private final Place place;
  private final StoresOptions.Artifacts options;
  private final ArtifactRows rows;
  private final ArtifactReads reads;
  private final JournalTrim trim;
  private final Turns turns;

  private @Nullable Projection projection;

  private JournaledArtifacts(
      Journaled journaled,
      Place place,
      StoresOptions.Artifacts options,
      Optional<SessionIndexStore> index) {
    log = journaled.log();
    journal = journaled.journal();
    this.place = place;
    this.options = options;
    rows = new ArtifactRows(place.space(), options);
    reads = new ArtifactReads(rows, options, index, () -> projection().current());
    trim = new JournalTrim(place.space(), journal, journaled.remover());
    turns = new Turns(place.space().name());
  }

  static Future<ArtifactStore> open(
      Journaled journaled,
      Place place,
      StoresOptions.Artifacts options,
      Optional<SessionIndexStore> index) {
    JournaledArtifacts store = new JournaledArtifacts(journaled, place, options, index);
    return Projection.open(
            journaled.log(), place.space(), ArtifactRows.VERSION, store.new Artifacts())
        .map(projection -> {
          store.projection = projection;
          return store;
        });
  }

  private Projection projection() {
    Projection its = projection;
    if (its == null) {
      throw new IllegalStateException("it is not open yet");
    }
    return its;
  }

  /** What is about one artifact: the record and the deletion that stand for its key. */
  private record Standing(Optional<Winner> record, Optional<Winner> deletion) {
    boolean isShown() {
      return record.isPresent()
          && (deletion.isEmpty() || record.get().id().compareTo(deletion.get().id()) > 0);
    }
  }

  private Future<Standing> standing(String key) {
    return journal
        .winner(RECORD, key)
        .compose(
            record -> journal.winner(DELETED, key).map(deletion -> new Standing(record, deletion)));
  }

  /** The artifact that stands for a key, if its entry is still there. */
  private Future<Optional<Artifact>> artifact(Winner winner) {
    byte[] merged = winner.payload();
    return merged != null
        ? Future.succeededFuture(decoded(merged))
        : log.entry(winner.id())
            .map(logged -> logged.flatMap(its -> decoded(its.entry().payload())));
  }

  private static Optional<Artifact> decoded(byte[] payload) {
    try {
      return Optional.of(ArtifactEvents.ARTIFACT_RECORD.decode(payload));
    } catch (PayloadException e) {
      // The event log has recorded that it failed.
      return Optional.empty();
    }
  }

  /** Shows the artifacts of the event log. */
  private final class Artifacts implements Projection.View {
    private record Name(String sessionId, String id) {}

    @Override
    public Future<Void> take(LoggedEntry logged, @Nullable RemoteId from, Draft draft) {
      Optional<Name> name = name(logged);
      if (name.isEmpty()) {
        return Future.succeededFuture();
      }
      EntryId id = logged.entry().id();
      return standing(logged.entry().primaryKey()).compose(standing -> {
        if (isPast(logged, standing)) {
          JournalTrim.note(draft, id);
        }
        return settle(draft, name.get(), standing);
      });
    }

    private Optional<Name> name(LoggedEntry logged) {
      byte[] payload = logged.entry().payload();
      if (logged.entry().event().equals(RECORD)) {
        return decoded(payload).map(artifact -> new Name(artifact.sessionId(), artifact.id()));
      }
      if (!logged.entry().event().equals(DELETED)) {
        return Optional.empty();
      }
      try {
        ArtifactDelete delete = ArtifactEvents.ARTIFACT_DELETED.decode(payload);
        return Optional.of(new Name(delete.sessionId(), delete.id()));
      } catch (PayloadException e) {
        return Optional.empty();
      }
    }

    /** Whether an entry has been replaced or deleted for good. */
    private boolean isPast(LoggedEntry logged, Standing standing) {
      EntryId id = logged.entry().id();
      if (logged.entry().event().equals(DELETED)) {
        return standing.deletion().map(its -> isPast(id, its)).orElse(false);
      }
      return isPast(id, standing);
    }

    private boolean isPast(EntryId record, Standing standing) {
      return standing.record().map(its -> isPast(record, its)).orElse(false)
          || standing.deletion().map(its -> isPast(record, its)).orElse(false);
    }

    /** Only where the last one wins what comes later can't make up for it. */
    private boolean isPast(EntryId id, Winner winner) {
      return winner.policy().equals(ConflictPolicies.LAST_WRITE_WINS)
          && id.compareTo(winner.id()) < 0;
    }

    private Future<Void> settle(Draft draft, Name name, Standing standing) {
      return shown(draft, name, standing)
          .compose(artifact -> ArtifactRows.row(draft, name.sessionId(), name.id())
              .compose(before -> {
                before.map(ArtifactRow::entry).ifPresent(id -> {
                  if (isPast(id, standing)) {
                    JournalTrim.note(draft, id);
                  }
                });
                if (artifact.isEmpty()) {
                  return rows.hide(draft, name.sessionId(), name.id()).<Void>mapEmpty();
                }
                Winner record = standing.record().orElseThrow();
                return rows.show(
                    draft,
                    ArtifactRow.of(artifact.get(), record.id(), record.payload() != null),
                    null);
              }));
    }

    /** The artifact of that name that is to be shown, if one is. */
    private Future<Optional<Artifact>> shown(Draft draft, Name name, Standing standing) {
      if (!standing.isShown()) {
        return Future.succeededFuture(Optional.empty());
      }
      Winner record = standing.record().orElseThrow();
      return JournalTrim.isNoted(draft, record.id())
          .compose(goes -> goes
              ? Future.succeededFuture(Optional.empty())
              : artifact(record)
                  // Two names can make one key: then it is the other's.
                  .map(found -> found.filter(its ->
                      its.sessionId().equals(name.sessionId()) && its.id().equals(name.id()))));
    }

    @Override
    public Future<Void> committing(List<LoggedEntry> entries) {
      Map<String, long[]> times = new LinkedHashMap<>();
      for (LoggedEntry logged : entries) {
        if (logged.entry().event().equals(RECORD)) {
          decoded(logged.entry().payload()).ifPresent(artifact -> {
            long at = artifact.createdAt();
            long[] its =
                times.computeIfAbsent(artifact.sessionId(), session -> new long[] {at, at});
            its[0] = Math.min(its[0], at);
            its[1] = Math.max(its[1], at);
          });
        }
      }
      List<Future<Void>> touches = new ArrayList<>();
      times.forEach((session, its) -> {
        touches.add(reads.touch(session, its[0]));
        if (its[1] != its[0]) {
          touches.add(reads.touch(session, its[1]));
        }
      });
      return Future.join(touches).mapEmpty();
    }

    @Override
    public void shown(List<LoggedEntry> entries) {
      Set<String> sessions = new LinkedHashSet<>();
      entries.forEach(logged -> name(logged).ifPresent(name -> sessions.add(name.sessionId())));
      reads.changed(sessions);
    }
  }

  @Override
  public Future<Void> put(Artifact artifact) {
    try {
      reads.check(artifact);
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
    String key = ArtifactEvents.key(artifact.sessionId(), artifact.id());
    return inTurn(
        key,
        () -> standing(key).compose(standing -> {
          Future<Optional<Artifact>> other = standing.record().isPresent()
              ? artifact(standing.record().get())
              : Future.succeededFuture(Optional.empty());
          return other.compose(its -> {
            if (its.isPresent() && !its.get().sessionId().equals(artifact.sessionId())) {
              return Future.failedFuture(new StoreException("id: its key " + key
                  + " is that of an artifact of another session; choose an id without a colon"));
            }
            return standing
                .deletion()
                .map(deletion ->
                    log.writeAfter(deletion.id(), ArtifactEvents.ARTIFACT_RECORD, artifact))
                .orElseGet(() -> log.write(ArtifactEvents.ARTIFACT_RECORD, artifact))
                .compose(this::shown);
          });
        }));
  }

  @Override
  public Future<Adoption> adopt(List<Artifact> artifacts, boolean dryRun) {
    List<Entry> entries;
    try {
      entries = reads.entries(artifacts);
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
    return Space.answered(log.runner(), () -> {
      if (turns.isClosed()) {
        return Future.failedFuture(turns.closed());
      }
      // They are in: that they can't be shown yet is no failure of that.
      return log.adopt(entries, dryRun)
          .compose(adoption -> projection()
              .upTo(log.syncAccess().lastPosition())
              .otherwiseEmpty()
              .map(adoption));
    });
  }

  @Override
  public Future<List<String>> sessions(Optional<String> after, int max) {
    return Space.answered(log.runner(), () -> current(() -> reads.sessions(after, max)));
  }

  /** It is written: that it can't be shown yet is no failure of that. */
  private Future<Void> shown(Written written) {
    return projection().upTo(written.position()).otherwiseEmpty();
  }

  /** Does something about a key once all that is written is shown. */
  private <T> Future<T> inTurn(String key, Supplier<Future<T>> work) {
    return Space.answered(log.runner(), () -> turns.take(key, () -> current(work)));
  }

  private <T> Future<T> current(Supplier<Future<T>> work) {
    return projection().upTo(log.syncAccess().lastPosition()).compose(shown -> work.get());
  }

  @Override
  public Future<Optional<Artifact>> get(String sessionId, String id) {
    Names.check("sessionId", sessionId);
    Names.check("id", id);
    return place
        .space()
        .ask(() -> projection()
            .current()
            .compose(shown -> rows.row(sessionId, id))
            .compose(row -> {
              EntryId entry = row.map(ArtifactRow::entry).orElse(null);
              if (entry == null) {
                return Future.succeededFuture(Optional.empty());
              }
              return row.get().merged()
                  ? journal
                      .winner(RECORD, ArtifactEvents.key(sessionId, id))
                      .compose(winner -> winner.isPresent()
                          ? artifact(winner.get())
                          : Future.succeededFuture(Optional.empty()))
                  : log.entry(entry)
                      .map(found -> found.flatMap(its -> decoded(its.entry().payload())));
            }));
  }

  @Override
  public Future<ArtifactPage> list(String sessionId, Optional<ArtifactCursor> after, int limit) {
    return reads.list(sessionId, after, limit);
  }

  @Override
  public Future<Boolean> delete(String sessionId, String id) {
    Names.check("sessionId", sessionId);
    Names.check("id", id);
    String key = ArtifactEvents.key(sessionId, id);
    return inTurn(
        key,
        () -> rows.row(sessionId, id).compose(row -> {
          EntryId entry = row.map(ArtifactRow::entry).orElse(null);
          if (entry == null) {
            return Future.succeededFuture(false);
          }
          ArtifactDelete delete =
              new ArtifactDelete(id, sessionId, place.clock().millis());
          return log.writeAfter(entry, ArtifactEvents.ARTIFACT_DELETED, delete)
              .compose(written -> shown(written)
                  .compose(shown -> rows.row(sessionId, id))
                  .compose(still -> still.isPresent()
                      ? Future.failedFuture(new StoreException("artifact " + key
                          + " is dated more than 24 hours ahead of this clock, and stays until that"
                          + " time"))
                      : Future.succeededFuture(true)));
        }));
  }

  @Override
  public Future<Long> purgeSession(String sessionId) {
    return ArtifactPurge.run(this, Names.check("sessionId", sessionId));
  }

  @Override
  public Future<CleanupReport> cleanup() {
    return Space.answered(
        log.runner(),
        () -> current(() -> {
          long now = place.clock().millis();
          return rows.clean(StoresOptions.oldest(now, options.maxAge()))
              .map(cleaned -> reads.cleaned(cleaned, place.audit(), now))
              .compose(report -> trim.run()
                  .map(pending -> new CleanupReport(report.before(), report.removed(), pending)));
        }));
  }

  @Override
  public Reactivity.Subscription subscribe(String sessionId, Runnable changed) {
    return reads.subscribe(sessionId, changed);
  }

  /** Its event log stays open. */
  @Override
  public Future<Void> close() {
    return Space.answered(
        log.runner(),
        () -> turns.close().compose(ended -> {
          projection().close();
          return place.space().close();
        }));
  }
}
