package io.tributary.client.stores.audit;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Adoption;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Draft;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Space;
import io.tributary.client.stores.view.Turns;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An audit log that is kept here only. What waits is committed together. */
final class PlainAuditEvents implements AuditEventStore {
  private static final int MAX_WAITING = 10_000;
  private static final long MAX_WAITING_BYTES = 64 << 20;

  /** What is committed together. */
  private static final int MAX_EVENTS = 256;

  private static final long MAX_BYTES = 4 << 20;

  private final Place place;
  private final AuditRows rows;
  private final EntryIdGenerator ids;
  private final AuditSink sink;

  // On the runner.
  private final Turns turns;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private boolean writing;
  private @Nullable EntryId last;

  private record Waiting(String tag, byte[] payload, Promise<EntryId> done) {}

  PlainAuditEvents(Place place, StoresOptions.Audit options) {
    this.place = place;
    rows = new AuditRows(place.space(), options, false);
    ids = new EntryIdGenerator(place.clock());
    turns = new Turns(place.space().name());
    sink = new StoreSink(place.space().name(), this::write);
  }

  @Override
  public Future<EntryId> write(AuditEvent event) {
    return Steps.attempt(() -> {
      byte[] payload = AuditRows.payload(AuditRows.fitting(event));
      return Space.answered(
          place.space().runner(),
          () -> enqueue(new Waiting(event.tag(), payload, Promise.promise())));
    });
  }

  private Future<EntryId> enqueue(Waiting one) {
    if (turns.isClosed()) {
      return Future.failedFuture(turns.closed());
    }
    if (waiting.size() >= MAX_WAITING
        || (!waiting.isEmpty() && waitingBytes + one.payload().length > MAX_WAITING_BYTES)) {
      return Future.failedFuture(new StoreException(place.space().name() + ": " + waiting.size()
          + " events wait already, try again when some are done"));
    }
    waiting.add(one);
    waitingBytes += one.payload().length;
    if (!writing) {
      writing = true;
      Future<Void> unused = turns
          .take(
              "write",
              () -> Steps.repeat(this::some).onComplete(done -> {
                writing = false;
              }))
          .onFailure(this::refused);
    }
    return one.done().future();
  }

  /** There was no turn: nobody would come for those that wait. */
  private void refused(Throwable cause) {
    writing = false;
    waitingBytes = 0;
    List<Waiting> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(one -> one.done().tryFail(cause));
  }

  /** Writes some of what waits; whether there is more. */
  private Future<Boolean> some() {
    List<Waiting> some = new ArrayList<>();
    long bytes = 0;
    while (!waiting.isEmpty() && some.size() < MAX_EVENTS && bytes < MAX_BYTES) {
      Waiting next = waiting.remove();
      bytes += next.payload().length;
      some.add(next);
    }
    waitingBytes -= bytes;
    return place.space().change(draft -> write(draft, some)).transform(done -> {
      for (int i = 0; i < some.size(); i++) {
        if (done.succeeded()) {
          some.get(i).done().complete(done.result().get(i));
        } else {
          some.get(i).done().fail(done.cause());
        }
      }
      return Future.succeededFuture(!waiting.isEmpty());
    });
  }

  private Future<List<EntryId>> write(Draft draft, List<Waiting> some) {
    List<EntryId> written = new ArrayList<>(some.size());
    return lastOf(draft)
        .compose(known -> Steps.each(some, one -> {
          EntryId id = next();
          written.add(id);
          return rows.take(draft, id, one.tag(), one.payload());
        }))
        .map(done -> written);
  }

  /** Ids go on behind the last one, also if the clock went back while it was closed. */
  private Future<Void> lastOf(Draft draft) {
    return last != null
        ? Future.succeededFuture()
        : AuditRows.last(draft).map(found -> {
          last = found.orElse(ids.next());
          return null;
        });
  }

  private EntryId next() {
    EntryId next = ids.next();
    EntryId before = last;
    if (before != null && next.compareTo(before) <= 0) {
      next = before.low() == 0xbfffffffffffffffL
          ? new EntryId((before.millis() + 1) << 16 | 0x7000, 0x8000000000000000L)
          : new EntryId(before.high(), before.low() + 1);
    }
    last = next;
    return next;
  }

  @Override
  public Future<Adoption> adopt(List<AuditEntry> entries, boolean dryRun) {
    return Steps.attempt(() -> {
      List<Entry> all = AuditRows.entries(entries);
      long[] added = {0};
      if (dryRun) {
        Set<EntryId> distinct = new HashSet<>();
        return Steps.each(
                all,
                one -> !distinct.add(one.id())
                    ? Future.succeededFuture()
                    : rows.has(one.id()).map(there -> {
                      added[0] += there ? 0 : 1;
                      return null;
                    }))
            .map(done -> new Adoption(added[0], all.size() - added[0]));
      }
      Iterator<Entry> rest = all.iterator();
      return Space.answered(
          place.space().runner(),
          () -> turns.take(
              "write",
              () -> Steps.repeat(() -> adopted(rest).map(some -> {
                    added[0] += some;
                    return rest.hasNext();
                  }))
                  .map(done -> new Adoption(added[0], all.size() - added[0]))));
    });
  }

  /** Takes some in; how many of them are new. */
  private Future<Integer> adopted(Iterator<Entry> rest) {
    List<Entry> some = new ArrayList<>();
    long bytes = 0;
    while (rest.hasNext() && some.size() < MAX_EVENTS && bytes < MAX_BYTES) {
      Entry next = rest.next();
      bytes += next.payload().length;
      some.add(next);
    }
    int[] added = {0};
    return place
        .space()
        .change(draft -> lastOf(draft)
            .compose(known -> Steps.each(
                some,
                one -> AuditRows.has(draft, one.id()).compose(there -> {
                  if (there) {
                    return Future.succeededFuture();
                  }
                  added[0]++;
                  EntryId before = last;
                  if (before == null || one.id().compareTo(before) > 0) {
                    last = one.id();
                  }
                  return rows.take(draft, one.id(), one.event(), one.payload());
                }))))
        .map(done -> added[0]);
  }

  @Override
  public Future<AuditPage> list(AuditQuery query) {
    return rows.list(query);
  }

  @Override
  public AuditSink sink() {
    return sink;
  }

  @Override
  public Future<CleanupReport> cleanup() {
    return Space.answered(
        place.space().runner(),
        () -> turns.take(
            "cleanup",
            () -> place
                .space()
                .change(this::lastOf)
                .compose(known -> rows.clean(place.clock().millis(), next()))
                .map(cleaned -> new CleanupReport(cleaned.before(), cleaned.removed(), 0))));
  }

  @Override
  public Future<Void> close() {
    return Space.answered(
        place.space().runner(),
        () -> turns.close().compose(ended -> place.space().close()));
  }
}
