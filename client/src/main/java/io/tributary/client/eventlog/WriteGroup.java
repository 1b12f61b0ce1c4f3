package io.tributary.client.eventlog;

import io.tributary.client.audit.AuditEvent;
import io.tributary.core.conflict.LocalId;
import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Local writes that share a commit. They are decided and handled one after the other, each seeing what
 * those before it will have stored. As soon as one has to be waited for, those before it are committed
 * meanwhile.
 */
final class WriteGroup implements Operation {
  static final int MAX_WRITES = 256;
  static final long MAX_BYTES = 4L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

  private final Engine engine;
  private final List<LocalWrite> writes;
  private final Keys keys;

  /** Of {@link #writes}, how many were begun. */
  private int begun;

  /** Handled, and in no commit yet. */
  private List<Done> done = new ArrayList<>();

  /** Keys of a commit that failed: what was decided about them since is void. */
  private final Set<Key> lost = new HashSet<>();

  private @Nullable Throwable lostBy;

  /** A write that is to be committed. */
  private record Done(
      LocalWrite write,
      Entry entry,
      EntryOutcome outcome,
      @Nullable Object result,
      @Nullable AuditEvent audit) {
    Done(
        LocalWrite write,
        Entry entry,
        EntryOutcome outcome,
        @Nullable Object result,
        @Nullable AuditEvent audit) {
      this.write = write;
      this.entry = entry;
      this.outcome = outcome;
      this.result = result;
      this.audit = audit;
    }
  }

  /** A decision about a write, before its handler has been called. */
  private record Decision(
      Entry entry,
      Entry handled,
      Optional<KeyState> state,
      Optional<Winner> winner,
      Optional<AuditEvent.Decision> note) {}

  WriteGroup(Engine engine, List<LocalWrite> writes) {
    this.engine = engine;
    this.writes = writes;
    keys = engine.keys();
  }

  @Override
  public Future<Void> run() {
    List<Key> concerned = writes.stream()
        .filter(write -> !write.event.group().appendOnly())
        .map(write -> write.key)
        .toList();
    return keys.load(concerned)
        .compose(loaded -> Steps.repeat(this::next))
        .compose(all -> commit())
        .recover(cause -> {
          fail(cause);
          return Future.succeededFuture();
        });
  }

  /** All that were not committed; those that were don't mind. */
  @Override
  public void fail(Throwable cause) {
    writes.forEach(write -> write.fail(cause));
  }

  private Future<Boolean> next() {
    if (lostBy != null) {
      // What follows is decided anew, from what the journal has.
      engine.putBack(writes.subList(begun, writes.size()));
      return Future.succeededFuture(false);
    }
    if (begun == writes.size()) {
      return Future.succeededFuture(false);
    }
    LocalWrite write = writes.get(begun++);
    Future<Void> step = decideAndHandle(write);
    if (step.isComplete() || done.isEmpty()) {
      return step.map(true);
    }
    // A commit of those before is not kept waiting by this one's handler.
    return Future.join(commit(), step).map(true);
  }

  private Future<Void> decideAndHandle(LocalWrite write) {
    return decide(write).compose(decision -> handle(write, decision)).recover(cause -> {
      write.fail(cause);
      return Future.succeededFuture();
    });
  }

  private Future<Decision> decide(LocalWrite write) {
    EntryId generated = engine.options().ids().next();
    if (write.event.group().appendOnly()) {
      Entry entry = write.entry(generated);
      return Future.succeededFuture(
          new Decision(entry, entry, Optional.empty(), Optional.empty(), Optional.empty()));
    }
    KeyState state = keys.get(write.key);
    LocalId id = LocalId.of(
        generated,
        write.above(Optional.ofNullable(state.winner).map(Winner::id)),
        engine.now(),
        engine.options().random());
    Entry entry = write.entry(id.id());
    if (id.tooFarAhead()) {
      LOG.warn(
          "{}: an entry of {} stands that is more than {} ahead of the clock: {}",
          engine.options().name(),
          entry.event(),
          LocalId.MAX_AHEAD,
          state.winner == null ? "" : state.winner.id());
    }
    return keys.decide(state, entry).compose(decided -> {
      if (decided instanceof Decided.Stands stands) {
        return Future.succeededFuture(new Decision(
            entry,
            stands.entry(),
            Optional.of(state),
            Optional.of(stands.winner()),
            stands.note()));
      }
      if (decided instanceof Decided.Lost lost) {
        engine.audit(conflict(entry, AuditEvent.Decision.REJECT, lost.winner()));
        return Future.failedFuture(new ConflictRejectedException(
            entry.event(),
            entry.primaryKey(),
            lost.winner() == null ? entry.id() : lost.winner().id(),
            lost.reason()));
      }
      return Future.failedFuture(((Decided.Failed) decided).cause());
    });
  }

  private AuditEvent conflict(Entry entry, AuditEvent.Decision decision, @Nullable Winner stands) {
    return engine.conflict(null, entry, decision, stands, List.of());
  }

  private Future<Void> handle(LocalWrite write, Decision decision) {
    if (write.event.handler().isEmpty()) {
      finished(write, decision, EntryOutcome.State.UNHANDLED, null);
      return Future.succeededFuture();
    }
    RegisteredEvent<?> event = write.event;
    Future<List<Entry>> conflicts = decision.state().isEmpty()
        ? Future.succeededFuture(List.of())
        : keys.conflicts(decision.state().get(), decision.entry());
    return conflicts
        .compose(greater -> engine.handle(event, decision.handled(), 1, null, 0, greater))
        .map(result -> {
          finished(write, decision, EntryOutcome.State.HANDLED, result);
          return null;
        });
  }

  private void finished(
      LocalWrite write, Decision decision, EntryOutcome.State state, @Nullable Object result) {
    if (lostBy != null && lost.contains(write.key)) {
      // It was decided over an entry that isn't there after all.
      write.fail(lostBy);
      return;
    }
    Entry entry = decision.entry();
    decision.state().ifPresent(its -> {
      its.added.add(entry);
      decision.winner().ifPresent(its::move);
    });
    AuditEvent audit = decision
        .note()
        .map(note -> conflict(entry, note, decision.winner().orElse(null)))
        .orElse(null);
    int attempts = state == EntryOutcome.State.HANDLED ? 1 : 0;
    done.add(new Done(
        write,
        entry,
        new EntryOutcome(entry.id(), state, attempts, engine.now(), null),
        result,
        audit));
  }

  /** Commits what is done so far. Doesn't fail: the writes do. */
  private Future<Void> commit() {
    List<Done> all = done;
    done = new ArrayList<>();
    List<Winner> winners = keys.moved();
    if (all.isEmpty() && winners.isEmpty()) {
      return Future.succeededFuture();
    }
    List<JournalEntry> entries =
        all.stream().map(each -> Texts.journaled(each.entry(), 0)).toList();
    List<EntryOutcome> outcomes = all.stream().map(Done::outcome).toList();
    keys.settled();
    return engine
        .access()
        .commit(Engine.changes(entries, outcomes, winners, Optional.empty()), false)
        .map(positions -> {
          committed(all, entries, positions);
          return (Void) null;
        })
        .recover(cause -> {
          lostBy = cause;
          all.forEach(each -> lost.add(each.write().key));
          all.forEach(each -> each.write().fail(cause));
          dropLost(cause);
          return Future.succeededFuture();
        });
  }

  /** What has been decided meanwhile over entries that aren't there after all. */
  private void dropLost(Throwable cause) {
    done.removeIf(each -> {
      boolean isLost = lost.contains(each.write().key);
      if (isLost) {
        each.write().fail(cause);
      }
      return isLost;
    });
    keys.dismiss(lost);
  }

  private void committed(List<Done> all, List<JournalEntry> entries, List<Long> positions) {
    engine.placed(entries, positions, null);
    engine.invalidate(all.stream()
        .filter(each -> each.outcome().state() == EntryOutcome.State.HANDLED)
        .map(Done::entry)
        .toList());
    for (Done each : all) {
      if (each.audit() != null) {
        engine.audit(each.audit());
      }
    }
    for (int i = 0; i < all.size(); i++) {
      Done each = all.get(i);
      each.write().complete(new Written(each.entry().id(), positions.get(i), each.result()));
    }
  }
}
