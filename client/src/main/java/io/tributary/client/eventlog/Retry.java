package io.tributary.client.eventlog;

import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An operator's request about one entry whose outcome is open. */
final class Retry {
  private final Engine engine;
  private final EntryId id;
  private final Keys keys;

  Retry(Engine engine, EntryId id) {
    this.engine = engine;
    this.id = id;
    keys = engine.keys();
  }

  /** What is to be handled, and what stands then. */
  private record Ready(Entry entry, List<Entry> conflicts) {}

  Future<Optional<EntryOutcome>> discard() {
    return open().compose(open -> {
      if (open.isEmpty()) {
        return Future.succeededFuture(Optional.empty());
      }
      EntryOutcome before = open.get();
      return commit(outcome(before, State.DISCARDED, before.attempts(), before.reason()), false);
    });
  }

  Future<Optional<EntryOutcome>> run() {
    return open().compose(open -> {
      if (open.isEmpty()) {
        return Future.succeededFuture(Optional.empty());
      }
      return engine.access().ask((its, name) -> its.entry(name, id)).compose(found -> {
        Optional<RegisteredEvent<?>> event = found
            .map(placed -> Texts.entry(placed.entry()))
            .flatMap(entry -> engine.groups().find(entry.event()))
            .filter(its -> its.handler().isPresent());
        return event.isEmpty() || found.isEmpty()
            ? Future.succeededFuture(Optional.empty())
            : again(open.get(), found.get(), event.get());
      });
    });
  }

  private Future<Optional<EntryOutcome>> open() {
    return engine
        .outcome(id)
        .map(outcome ->
            outcome.filter(its -> its.state() == State.FAILED || its.state() == State.UNHANDLED));
  }

  private Future<Optional<EntryOutcome>> again(
      EntryOutcome before, PlacedEntry placed, RegisteredEvent<?> event) {
    Entry entry = Texts.entry(placed.entry());
    if (event.group().appendOnly()) {
      return call(before, placed.entry(), event, new Ready(entry, List.of()));
    }
    Key key = Key.of(entry);
    return keys.load(List.of(key)).compose(loaded -> {
      KeyState state = keys.get(key);
      Winner stood = state.winner;
      return keys.decide(state, entry).compose(decided -> {
        if (decided instanceof Decided.Failed failed) {
          engine.failed(entry, failed.cause());
          return commit(
              outcome(before, State.FAILED, before.attempts(), Texts.reason(failed.cause())),
              false);
        }
        if (decided instanceof Decided.Lost) {
          return superseded(before);
        }
        Decided.Stands stands = (Decided.Stands) decided;
        boolean within = stood != null
            && !stood.id().equals(id)
            && Arrays.equals(stood.payload(), stands.winner().payload())
            && stood.id().equals(stands.winner().id());
        return (within ? laterHandled(state, placed.position()) : Future.succeededFuture(false))
            .compose(later -> {
              if (later) {
                return superseded(before);
              }
              state.move(stands.winner());
              return keys.conflicts(state, entry)
                  .compose(conflicts ->
                      call(before, placed.entry(), event, new Ready(stands.entry(), conflicts)));
            });
      });
    });
  }

  /** Whether what this one was merged into has been merged on, and that was handled. */
  private Future<Boolean> laterHandled(KeyState state, long position) {
    boolean[] handled = new boolean[1];
    return engine
        .access()
        .eachOfKey(state.event, state.primaryKey, Keys.PAGE, page -> {
          List<EntryId> later = page.stream()
              .filter(placed -> placed.position() > position)
              .map(placed -> placed.entry().id())
              .toList();
          return later.isEmpty()
              ? Future.succeededFuture()
              : engine.known(later).map(known -> {
                handled[0] |= known.values().stream().anyMatch(Retry::isHandled);
                return null;
              });
        })
        .map(done -> handled[0]);
  }

  private static boolean isHandled(KnownEntry entry) {
    EntryOutcome outcome = entry.outcome();
    return outcome != null && outcome.state() == State.HANDLED;
  }

  private Future<Optional<EntryOutcome>> superseded(EntryOutcome before) {
    return commit(outcome(before, State.SUPERSEDED, before.attempts(), null), false);
  }

  private Future<Optional<EntryOutcome>> call(
      EntryOutcome before, JournalEntry stored, RegisteredEvent<?> event, Ready ready) {
    int attempt = before.attempts() + 1;
    // Recorded before the call, with what stands then.
    return commit(outcome(before, before.state(), attempt, before.reason()), false)
        .compose(begun -> engine.handle(
            event, ready.entry(), attempt, null, stored.sequence(), ready.conflicts()))
        .transform(result -> {
          if (result.failed()) {
            engine.failed(ready.entry(), result.cause());
            return commit(
                outcome(before, State.FAILED, attempt, Texts.reason(result.cause())), true);
          }
          return commit(outcome(before, State.HANDLED, attempt, null), true).map(outcome -> {
            engine.invalidate(List.of(ready.entry()));
            return outcome;
          });
        });
  }

  private EntryOutcome outcome(
      EntryOutcome before, State state, int attempts, @Nullable String reason) {
    return new EntryOutcome(before.id(), state, attempts, engine.now(), reason);
  }

  private Future<Optional<EntryOutcome>> commit(EntryOutcome outcome, boolean insist) {
    JournalCommit changes =
        Engine.changes(List.of(), List.of(outcome), keys.moved(), Optional.empty());
    return engine.access().commit(changes, insist).map(done -> {
      keys.settled();
      return Optional.of(outcome);
    });
  }
}
