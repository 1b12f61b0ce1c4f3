package io.tributary.client.stores.chat;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.eventlog.Adoption;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.OverloadedException;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.eventlog.Written;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.Names;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.Draft;
import io.tributary.client.stores.view.JournalTrim;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Projection;
import io.tributary.client.stores.view.Space;
import io.tributary.client.stores.view.Turns;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Conversations in an event log, shown from a space that follows it. */
final class JournaledChatHistory implements ChatHistoryStore {
  private static final String TAG = ChatEvents.CHAT_EVENT.tag();

  /** Messages of one call that are written together. */
  private static final int TOGETHER = 256;

  private final EventLog log;
  private final Place place;
  private final StoresOptions.Chat options;
  private final ChatRows rows;
  private final ChatReads reads;
  private final JournalTrim trim;
  private final Turns turns;

  /** What was noted about entries that are not committed yet. */
  private final Map<EntryId, AuditEvent> clashes = new LinkedHashMap<>();

  private @Nullable Projection projection;

  private JournaledChatHistory(
      Journaled journaled,
      Place place,
      StoresOptions.Chat options,
      Optional<SessionIndexStore> index) {
    log = journaled.log();
    this.place = place;
    this.options = options;
    rows = new ChatRows(place.space(), options.maxEvents(), true);
    reads = new ChatReads(rows, options, index, () -> projection().current());
    trim = new JournalTrim(place.space(), journaled.journal(), journaled.remover());
    turns = new Turns(place.space().name());
  }

  static Future<ChatHistoryStore> open(
      Journaled journaled,
      Place place,
      StoresOptions.Chat options,
      Optional<SessionIndexStore> index) {
    JournaledChatHistory store = new JournaledChatHistory(journaled, place, options, index);
    return Projection.open(journaled.log(), place.space(), ChatRows.VERSION, store.new Messages())
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

  /** Shows the messages of the event log. */
  private final class Messages implements Projection.View {
    @Override
    public Future<Void> take(LoggedEntry logged, @Nullable RemoteId from, Draft draft) {
      Optional<ChatEvent> event = decoded(logged);
      if (event.isEmpty()) {
        return Future.succeededFuture();
      }
      return rows.take(draft, event.get(), logged.entry().id(), logged.entry().payload())
          .map(taken -> {
            if (taken.others() > 0) {
              EntryId id = logged.entry().id();
              clashes.put(
                  id,
                  new AuditEvent.SyncConflict(
                      from,
                      TAG,
                      logged.entry().primaryKey(),
                      id,
                      taken.others(),
                      AuditEvent.Decision.ACCEPT,
                      null,
                      null,
                      List.of()));
            }
            return null;
          });
    }

    @Override
    public Future<Void> committing(List<LoggedEntry> entries) {
      Map<String, long[]> times = times(entries);
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
      clashes.values().forEach(place.audit()::note);
      clashes.clear();
      reads.changed(times(entries).keySet());
    }

    /** The sessions that entries are about, with the earliest and latest time of each. */
    private Map<String, long[]> times(List<LoggedEntry> entries) {
      Map<String, long[]> times = new LinkedHashMap<>();
      for (LoggedEntry logged : entries) {
        decoded(logged).ifPresent(event -> {
          long[] its = times.computeIfAbsent(
              event.sessionId(), name -> new long[] {event.timestamp(), event.timestamp()});
          its[0] = Math.min(its[0], event.timestamp());
          its[1] = Math.max(its[1], event.timestamp());
        });
      }
      return times;
    }

    /** Of what is no message the event log has recorded that it failed. */
    private Optional<ChatEvent> decoded(LoggedEntry logged) {
      if (!logged.entry().event().equals(TAG)) {
        return Optional.empty();
      }
      try {
        return Optional.of(ChatEvents.CHAT_EVENT.decode(logged.entry().payload()));
      } catch (PayloadException e) {
        return Optional.empty();
      }
    }
  }

  @Override
  public Future<List<ChatEvent>> appendMessages(
      String sessionId, List<JsonObject> messages, ChatAppend how) {
    Names.check("sessionId", sessionId);
    if (messages.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    long timestamp = how.timestamp().orElseGet(place.clock()::millis);
    List<JsonObject> all = messages.stream().map(JsonObject::copy).toList();
    // One after the other, as each needs to see the sequences of those before.
    return Space.answered(
        log.runner(),
        () -> turns.take(
            sessionId,
            () -> projection()
                .upTo(log.syncAccess().lastPosition())
                .compose(current -> rows.session(sessionId))
                .compose(session -> write(
                    sessionId,
                    session.map(ChatSession::last).orElse(0L),
                    all,
                    timestamp,
                    how.source()))));
  }

  private Future<List<ChatEvent>> write(
      String sessionId, long last, List<JsonObject> messages, long timestamp, ChatSource source) {
    List<ChatEvent> events = new ArrayList<>(messages.size());
    long next = last;
    for (JsonObject message : messages) {
      next = ChatSession.following(next);
      events.add(new ChatEvent(sessionId, next, timestamp, source, message));
    }
    ArrayDeque<ChatEvent> rest = new ArrayDeque<>(events);
    return Steps.repeat(() -> some(rest).map(done -> !rest.isEmpty()))
        .compose(written ->
            // They are written: that they can't be shown yet is no failure of that.
            projection()
                .upTo(log.syncAccess().lastPosition())
                .otherwiseEmpty()
                .map(List.copyOf(events)));
  }

  /** Writes as many as can wait together, and none behind one that can't be written. */
  private Future<Void> some(ArrayDeque<ChatEvent> rest) {
    List<Future<Written>> writes = new ArrayList<>();
    while (!rest.isEmpty() && writes.size() < TOGETHER) {
      Future<Written> write = log.write(ChatEvents.CHAT_EVENT, rest.element());
      boolean tooMany = write.failed() && write.cause() instanceof OverloadedException;
      if (tooMany && !writes.isEmpty()) {
        break;
      }
      writes.add(write);
      if (write.failed()) {
        break;
      }
      ChatEvent unused = rest.remove();
    }
    return Future.join(writes).mapEmpty();
  }

  @Override
  public Future<Adoption> adopt(List<ChatEvent> events, boolean dryRun) {
    List<Entry> entries;
    try {
      entries = ChatReads.entries(events);
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
    return current(() -> reads.sessions(after, max));
  }

  @Override
  public Future<List<ChatEvent>> list(String sessionId, ChatQuery query) {
    return reads.list(sessionId, query);
  }

  @Override
  public ReadStream<ChatEvent> stream(String sessionId, ChatQuery query) {
    return reads.stream(sessionId, query);
  }

  @Override
  public Future<Long> purge(String sessionId) {
    Names.check("sessionId", sessionId);
    return current(() -> rows.purge(sessionId)
        .compose(removed -> reads.forget(sessionId).map(removed))
        .compose(removed -> {
          reads.changed(List.of(sessionId));
          return trim.run().map(removed);
        }));
  }

  @Override
  public Future<CleanupReport> cleanup() {
    return current(() -> {
      long now = place.clock().millis();
      return rows.clean(StoresOptions.oldest(now, options.maxAge()))
          .map(cleaned -> reads.cleaned(cleaned, place.audit(), now))
          .compose(report -> trim.run()
              .map(pending -> new CleanupReport(report.before(), report.removed(), pending)));
    });
  }

  /** Does something once all that is written is shown. */
  private <T> Future<T> current(Supplier<Future<T>> work) {
    return Space.answered(
        log.runner(),
        () -> projection().upTo(log.syncAccess().lastPosition()).compose(shown -> work.get()));
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
