package io.tributary.client.eventlog;

import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a remote delivered, slice by slice: in between it goes to the queue's end, so that others have
 * their turn. Each slice is one commit: entries, outcomes, what stands, progress; before its handlers
 * are called, it is recorded that they may be, if the commit before has not done so already.
 */
final class Receive implements Operation {
  static final int MAX_ENTRIES = 256;
  static final long MAX_BYTES = 4L << 20;

  private final Engine engine;
  private final Remotes.State remote;
  private final List<Arrival> arrivals;
  private final long next;
  private final Promise<List<Long>> promise;

  /** Of each arrival, as far as it is done. */
  private final List<Long> positions = new ArrayList<>();

  Receive(
      Engine engine,
      Remotes.State remote,
      List<Arrival> arrivals,
      long next,
      Promise<List<Long>> promise) {
    this.engine = engine;
    this.remote = remote;
    this.arrivals = arrivals;
    this.next = next;
    this.promise = promise;
  }

  @Override
  public Future<Void> run() {
    int from = positions.size();
    int to = sliceEnd(from);
    return new SliceRun(arrivals.subList(from, to), to)
        .run()
        .map(its -> {
          positions.addAll(its);
          goOn();
          return (Void) null;
        })
        .recover(cause -> {
          // Only the end of the event log ends its insisting; handlers may have been called.
          remote.inDoubt = true;
          fail(engine.isClosed() ? engine.closedException() : cause);
          return Future.succeededFuture();
        });
  }

  private void goOn() {
    if (positions.size() < arrivals.size()) {
      // Not within this turn: what the thread has waiting comes first.
      engine.runner().execute(() -> engine.submit(this));
      return;
    }
    boolean first = remote.deliveries.remove(this);
    Receive waiting = remote.deliveries.peek();
    promise.tryComplete(List.copyOf(positions));
    if (first && waiting != null) {
      engine.submit(waiting);
    }
  }

  @Override
  public void fail(Throwable cause) {
    boolean mine = remote.deliveries.remove(this);
    promise.tryFail(cause);
    Receive waiting = remote.deliveries.peek();
    if (mine && waiting != null && !engine.isClosed()) {
      engine.submit(waiting);
    }
  }

  /** Where the slice from there ends. Attempts differ up to what was begun in a former life. */
  private int sliceEnd(int from) {
    long bytes = 0;
    int to = from;
    while (to < arrivals.size() && to - from < MAX_ENTRIES) {
      Arrival arrival = arrivals.get(to);
      bytes += Texts.bytes(arrival.entry());
      if (to > from && (bytes > MAX_BYTES || inherited(arrival) != inherited(arrivals.get(from)))) {
        break;
      }
      to++;
    }
    return to;
  }

  private boolean inherited(Arrival arrival) {
    return arrival.sequence() <= remote.inheritedBegun;
  }

  private Optional<RegisteredEvent<?>> event(String tag) {
    return engine.groups().find(tag);
  }

  private boolean hasHandler(Arrival arrival) {
    return event(arrival.entry().event()).flatMap(RegisteredEvent::handler).isPresent();
  }

  /** One slice. */
  private final class SliceRun {
    private final List<Arrival> slice;
    private final int end;
    private final Keys keys = engine.keys();

    /** New ones, in their order, each id once. */
    private final List<Arrival> fresh = new ArrayList<>();

    private Map<EntryId, KnownEntry> known = Map.of();

    SliceRun(List<Arrival> slice, int end) {
      this.slice = slice;
      this.end = end;
    }

    Future<List<Long>> run() {
      List<EntryId> ids =
          slice.stream().map(arrival -> arrival.entry().id()).distinct().toList();
      Future<Map<EntryId, KnownEntry>> asked = ids.isEmpty()
          ? Future.succeededFuture(Map.of())
          : engine.access().insist(() -> engine.known(ids));
      return asked.compose(answer -> {
        known = answer;
        Map<EntryId, Arrival> distinct = new HashMap<>();
        for (Arrival arrival : slice) {
          EntryId id = arrival.entry().id();
          if (isNew(id) && distinct.putIfAbsent(id, arrival) == null) {
            fresh.add(arrival);
          }
        }
        return begin().compose(begun -> handle());
      });
    }

    private boolean isNew(EntryId id) {
      KnownEntry entry = known.get(id);
      return entry == null || (entry.position() == 0 && !entry.removed());
    }

    /** Records that handlers may be called, before they are. */
    private Future<Void> begin() {
      long upTo = 0;
      for (Arrival arrival : fresh) {
        if (hasHandler(arrival)) {
          upTo = Math.max(upTo, arrival.sequence());
        }
      }
      if (upTo <= remote.begun) {
        return Future.succeededFuture();
      }
      boolean inherited = upTo <= remote.inheritedBegun;
      long begun = inherited ? remote.inheritedBegun : upTo;
      RemoteProgress progress =
          remote.with(remote.progress.next(), begun, engine.remotes().attempt(remote, upTo));
      return engine
          .access()
          .commit(Engine.changes(List.of(), List.of(), List.of(), Optional.of(progress)), true)
          .map(done -> {
            remote.progress = progress;
            remote.begun = begun;
            return null;
          });
    }

    private Future<List<Long>> handle() {
      List<Key> concerned = fresh.stream()
          .map(Arrival::entry)
          .filter(entry -> Engine.conflicts(event(entry.event())))
          .map(Key::of)
          .toList();
      Intake intake = new Intake(engine, keys, engine.remotes().origin(remote));
      return engine
          .access()
          .insist(() -> keys.load(concerned))
          .compose(loaded -> intake.handle(fresh))
          .compose(handled -> commit(intake));
    }

    private Future<List<Long>> commit(Intake intake) {
      List<JournalEntry> entries = new ArrayList<>(fresh.size());
      List<EntryOutcome> outcomes = new ArrayList<>(fresh.size());
      for (Arrival arrival : fresh) {
        entries.add(Texts.journaled(arrival.entry(), arrival.sequence()));
        outcomes.add(intake.outcome(arrival));
      }
      List<Winner> winners = keys.moved();
      RemoteProgress progress = nextProgress();
      if (entries.isEmpty() && winners.isEmpty() && progress.equals(remote.progress)) {
        return Future.succeededFuture(positions(List.of()));
      }
      return engine
          .access()
          .commit(Engine.changes(entries, outcomes, winners, Optional.of(progress)), true)
          .map(placed -> {
            remote.progress = progress;
            remote.begun = Math.max(
                remote.begun, progress.next() > remote.inheritedBegun ? progress.begun() : 0);
            engine.placed(entries, placed, remote.key.remote());
            engine.invalidate(intake.handled());
            intake.audit().forEach(engine::audit);
            return positions(placed);
          });
    }

    /** With this slice in the journal, and perhaps the next one's handlers announced. */
    private RemoteProgress nextProgress() {
      RemoteProgress before = remote.progress;
      boolean last = end == arrivals.size();
      long reached = last ? next : Math.min(next, arrivals.get(end).sequence());
      long then = Math.max(before.next(), reached);
      long upTo = before.begun();
      if (!last && then > remote.inheritedBegun) {
        for (Arrival arrival : arrivals.subList(end, sliceEnd(end))) {
          if (hasHandler(arrival)) {
            upTo = Math.max(upTo, arrival.sequence());
          }
        }
      }
      if (upTo == before.begun()) {
        return remote.with(then, upTo, before.attempt());
      }
      return remote.with(then, upTo, engine.remotes().attempt(remote, upTo));
    }

    private List<Long> positions(List<Long> placed) {
      Map<EntryId, Long> all = new HashMap<>();
      known.forEach((id, entry) -> all.put(id, entry.position()));
      for (int i = 0; i < placed.size(); i++) {
        all.put(fresh.get(i).entry().id(), placed.get(i));
      }
      return slice.stream()
          .map(arrival -> all.getOrDefault(arrival.entry().id(), 0L))
          .toList();
    }
  }
}
