package io.tributary.client.stores.audit;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Adoption;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Draft;
import io.tributary.client.stores.view.JournalTrim;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Projection;
import io.tributary.client.stores.view.Space;
import io.tributary.client.stores.view.Turns;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An audit log in an event log, shown from a space that follows it. */
final class JournaledAuditEvents implements AuditEventStore {
  private static final Logger logger = LoggerFactory.getLogger(AuditEventStore.class);

  private final EventLog log;
  private final Place place;
  private final AuditRows rows;
  private final JournalTrim trim;
  private final EntryIdGenerator ids;
  private final AuditSink sink;

  // On the runner.
  private final Turns turns;
  private long writes;
  private @Nullable Projection projection;

  private JournaledAuditEvents(Journaled journaled, Place place, StoresOptions.Audit options) {
    log = journaled.log();
    this.place = place;
    rows = new AuditRows(place.space(), options, true);
    trim = new JournalTrim(place.space(), journaled.journal(), journaled.remover());
    ids = new EntryIdGenerator(place.clock());
    turns = new Turns(place.space().name());
    sink = new StoreSink(place.space().name(), this::write);
  }

  static Future<AuditEventStore> open(
      Journaled journaled, Place place, StoresOptions.Audit options) {
    JournaledAuditEvents store = new JournaledAuditEvents(journaled, place, options);
    return Projection.open(journaled.log(), place.space(), AuditRows.VERSION, store.new Events())
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

  /** Shows the events of the event log. */
  private final class Events implements Projection.View {
    @Override
    public Future<Void> take(LoggedEntry logged, @Nullable RemoteId from, Draft draft) {
      Entry entry = logged.entry();
      if (entry.payload().length > AuditRows.MAX_PAYLOAD) {
        logger.warn(
            "{}: entry {} is not shown: it has {} bytes, allowed are {}",
            place.space().name(),
            entry.id(),
            entry.payload().length,
            AuditRows.MAX_PAYLOAD);
        return Future.succeededFuture();
      }
      return isEvent(entry)
          ? rows.take(draft, entry.id(), entry.event(), entry.payload())
          : Future.succeededFuture();
    }

    /** Of what is no event the event log has recorded that it failed. */
    private boolean isEvent(Entry entry) {
      try {
        return AuditEvents.decode(entry.event(), entry.payload()).isPresent();
      } catch (PayloadException e) {
        return false;
      }
    }

    @Override
    public Future<Void> committing(List<LoggedEntry> entries) {
      return Future.succeededFuture();
    }

    @Override
    public void shown(List<LoggedEntry> entries) {}
  }

  @Override
  public Future<EntryId> write(AuditEvent event) {
    return Steps.attempt(() -> {
      AuditEvent kept = AuditRows.fitting(event);
      byte[] checked = AuditRows.payload(kept);
      return Space.answered(
          log.runner(),
          () -> turns.take(
              "write " + ++writes,
              () -> log.write(kept.tag(), checked)
                  // It is written: that it can't be shown yet is no failure of that.
                  .compose(written ->
                      projection().upTo(written.position()).otherwiseEmpty().map(written.id()))));
    });
  }

  @Override
  public Future<Adoption> adopt(List<AuditEntry> entries, boolean dryRun) {
    return Steps.attempt(() -> {
      List<Entry> all = AuditRows.entries(entries);
      return Space.answered(
          log.runner(),
          () -> turns.take(
              "adopt " + ++writes,
              () -> log.adopt(all, dryRun)
                  // They are in: that they can't be shown yet is no failure of that.
                  .compose(adoption -> projection()
                      .upTo(log.syncAccess().lastPosition())
                      .otherwiseEmpty()
                      .map(adoption))));
    });
  }

  @Override
  public Future<AuditPage> list(AuditQuery query) {
    return projection().current().compose(shown -> rows.list(query));
  }

  @Override
  public AuditSink sink() {
    return sink;
  }

  @Override
  public Future<CleanupReport> cleanup() {
    return Space.answered(
        log.runner(),
        () -> turns.take(
            "cleanup",
            () -> projection()
                .upTo(log.syncAccess().lastPosition())
                .compose(shown -> rows.clean(place.clock().millis(), ids.next()))
                .compose(cleaned -> trim.run()
                    .map(pending ->
                        new CleanupReport(cleaned.before(), cleaned.removed(), pending)))));
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
