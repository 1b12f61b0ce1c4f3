package io.tributary.client.eventlog;

import io.tributary.client.audit.AuditEvent;
import io.tributary.core.eventlog.Compactor;
import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.eventlog.Replacement;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes new entries through compaction, policy and handlers. Commits nothing. */
final class Intake {
  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
  private static final int VERSION_7 = 7;

  private final Engine engine;
  private final Keys keys;
  private final Origin origin;

  private final Map<EntryId, EntryOutcome> outcomes = new HashMap<>();
  private final List<Entry> handled = new ArrayList<>();
  private final List<AuditEvent> audit = new ArrayList<>();

  /** Entries that are handled together: one, or those that a compactor has folded. */
  private sealed interface Unit {
    record Single(Arrival arrival) implements Unit {}

    record Folded(List<Arrival> arrivals, List<Replacement> replacements) implements Unit {}
  }

  private record Bucket(Compactor compactor, String primaryKey) {}

  Intake(Engine engine, Keys keys, Origin origin) {
    this.engine = engine;
    this.keys = keys;
    this.origin = origin;
  }

  /** Handles them, one unit after the other. Fails only if the event log ends. */
  Future<Void> handle(List<Arrival> fresh) {
    return Steps.each(
        units(fresh),
        unit -> unit instanceof Unit.Folded folded
            ? folded(folded)
            : single(((Unit.Single) unit).arrival()));
  }

  /** What became of one, once all are handled. */
  EntryOutcome outcome(Arrival arrival) {
    EntryOutcome outcome = outcomes.get(arrival.entry().id());
    if (outcome == null) {
      throw new IllegalStateException("an entry has no outcome");
    }
    return outcome;
  }

  /** What handlers have succeeded on: to be invalidated. */
  List<Entry> handled() {
    return handled;
  }

  /** To be noted. */
  List<AuditEvent> audit() {
    return audit;
  }

  private Optional<RegisteredEvent<?>> event(String tag) {
    return engine.groups().find(tag);
  }

  private int attempt(Arrival arrival) {
    return origin.attempt(arrival.sequence());
  }

  // Compaction.

  /** In the order of arrival; what is folded together comes where its first entry is. */
  private List<Unit> units(List<Arrival> fresh) {
    Map<Bucket, List<Arrival>> buckets = new LinkedHashMap<>();
    for (Arrival arrival : fresh) {
      bucket(arrival)
          .ifPresent(bucket ->
              buckets.computeIfAbsent(bucket, key -> new ArrayList<>()).add(arrival));
    }
    Map<Bucket, Unit.Folded> folds = new HashMap<>();
    buckets.forEach((bucket, arrivals) -> fold(bucket, arrivals)
        .ifPresent(written -> folds.put(bucket, new Unit.Folded(arrivals, written))));
    noteCompaction(folds);
    List<Unit> units = new ArrayList<>();
    Set<Bucket> placed = new LinkedHashSet<>();
    for (Arrival arrival : fresh) {
      Bucket bucket = bucket(arrival).orElse(null);
      Unit.Folded folded = bucket == null ? null : folds.get(bucket);
      if (bucket == null || folded == null) {
        units.add(new Unit.Single(arrival));
      } else if (placed.add(bucket)) {
        units.add(folded);
      }
    }
    return units;
  }

  private Optional<Bucket> bucket(Arrival arrival) {
    Entry entry = arrival.entry();
    // Where ids decide, those that never win are not to hide in one that does.
    if (Engine.conflicts(event(entry.event())) && entry.id().version() != VERSION_7) {
      return Optional.empty();
    }
    return engine.options().compactors().stream()
        .filter(compactor -> compactor.events().contains(entry.event()))
        .findFirst()
        .map(compactor -> new Bucket(compactor, entry.primaryKey()));
  }

  private Optional<List<Replacement>> fold(Bucket bucket, List<Arrival> arrivals) {
    List<Entry> entries = arrivals.stream().map(Arrival::entry).toList();
    try {
      return Optional.of(List.copyOf(bucket.compactor().compact(bucket.primaryKey(), entries)));
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      LOG.warn(
          "{}: compactor {} failed, {} entries pass as they are",
          engine.options().name(),
          bucket.compactor().name(),
          arrivals.size(),
          e);
      return Optional.empty();
    }
  }

  private void noteCompaction(Map<Bucket, Unit.Folded> folds) {
    Map<Compactor, List<Unit.Folded>> byCompactor = new LinkedHashMap<>();
    folds.forEach((bucket, folded) -> byCompactor
        .computeIfAbsent(bucket.compactor(), compactor -> new ArrayList<>())
        .add(folded));
    byCompactor.forEach((compactor, all) -> {
      Set<String> events = new LinkedHashSet<>();
      long before = 0;
      long after = 0;
      for (Unit.Folded folded : all) {
        folded.arrivals().forEach(arrival -> events.add(arrival.entry().event()));
        before += folded.arrivals().size();
        after += folded.replacements().size();
      }
      audit.add(new AuditEvent.SyncCompaction(
          origin.remote(), before, after, List.copyOf(events), engine.now()));
    });
  }

  /**
   * Handles what replaces entries. What stands depends on the entries themselves, as on a replica that
   * got them one by one; a replacement is handled if one of those of its key came to stand.
   */
  private Future<Void> folded(Unit.Folded folded) {
    Fold fold = new Fold(folded);
    return fold.run();
  }

  private final class Fold {
    private final Unit.Folded folded;
    private final Map<Key, @Nullable Winner> before = new HashMap<>();
    private final Set<Key> moved = new LinkedHashSet<>();
    private final Map<EntryId, Throwable> undecided = new HashMap<>();
    private final List<Entry> succeeded = new ArrayList<>();
    private boolean called;
    private boolean lost;
    private @Nullable Throwable failure;

    Fold(Unit.Folded folded) {
      this.folded = folded;
    }

    Future<Void> run() {
      List<Key> others = folded.replacements().stream()
          .map(replacement -> new Key(replacement.event(), replacement.primaryKey()))
          .filter(key -> Engine.conflicts(event(key.event())))
          .toList();
      return engine
          .access()
          .insist(() -> keys.load(others))
          .compose(loaded -> Steps.each(folded.arrivals(), this::decide))
          .compose(decided -> Steps.each(folded.replacements(), this::handle))
          .map(done -> {
            record();
            return null;
          });
    }

    private Future<Void> decide(Arrival arrival) {
      Entry entry = arrival.entry();
      if (!Engine.conflicts(event(entry.event()))) {
        return Future.succeededFuture();
      }
      KeyState state = keys.get(Key.of(entry));
      if (!before.containsKey(state.key)) {
        before.put(state.key, state.winner);
      }
      return keys.decide(state, entry).map(decided -> {
        if (decided instanceof Decided.Stands stands) {
          state.move(stands.winner());
          moved.add(state.key);
        } else if (decided instanceof Decided.Failed failed) {
          undecided.put(entry.id(), failed.cause());
        }
        return null;
      });
    }

    private Future<Void> handle(Replacement replacement) {
      Optional<RegisteredEvent<?>> event = event(replacement.event());
      if (failure != null || event.flatMap(RegisteredEvent::handler).isEmpty()) {
        return Future.succeededFuture();
      }
      Entry entry = new Entry(
          greatest().entry().id(),
          replacement.event(),
          replacement.primaryKey(),
          replacement.payload());
      if (!Engine.conflicts(event)) {
        return call(event.get(), entry, List.of());
      }
      KeyState state = keys.get(Key.of(entry));
      return verdict(state, entry).compose(decided -> {
        if (decided instanceof Decided.Failed failed) {
          failure = failed.cause();
          return Future.succeededFuture();
        }
        if (decided instanceof Decided.Lost) {
          lost = true;
          audit.add(engine.conflict(
              origin.remote(), entry, AuditEvent.Decision.REJECT, state.winner, List.of()));
          return Future.succeededFuture();
        }
        Decided.Stands stands = (Decided.Stands) decided;
        return engine.access().insist(() -> keys.conflicts(state, entry)).compose(conflicts -> {
          stands
              .note()
              .ifPresent(note -> audit.add(
                  engine.conflict(origin.remote(), entry, note, state.winner, conflicts)));
          return call(event.get(), stands.entry(), conflicts);
        });
      });
    }

    /** About a replacement; it moves nothing. */
    private Future<Decided> verdict(KeyState state, Entry entry) {
      if (!before.containsKey(state.key)) {
        return keys.decide(state, entry);
      }
      Winner stood = before.get(state.key);
      if (!moved.contains(state.key)) {
        return Future.succeededFuture(new Decided.Lost(stood, "another entry stands"));
      }
      return keys.decide(state, entry, stood)
          .map(decided -> decided instanceof Decided.Lost
              ? new Decided.Stands(
                  entry, Optional.ofNullable(state.winner).orElseThrow(), Optional.empty())
              : decided);
    }

    private Future<Void> call(RegisteredEvent<?> event, Entry entry, List<Entry> conflicts) {
      called = true;
      return engine
          .handle(event, entry, attempt(), origin.store(), sequence(), conflicts)
          .transform(result -> {
            if (result.succeeded()) {
              succeeded.add(entry);
            } else {
              failure = result.cause();
              engine.failed(entry, result.cause());
            }
            return Future.succeededFuture();
          });
    }

    private Arrival greatest() {
      Arrival greatest = folded.arrivals().get(0);
      for (Arrival arrival : folded.arrivals()) {
        if (arrival.entry().id().compareTo(greatest.entry().id()) > 0) {
          greatest = arrival;
        }
      }
      return greatest;
    }

    private long sequence() {
      return folded.arrivals().stream().mapToLong(Arrival::sequence).max().orElse(0);
    }

    private int attempt() {
      return folded.arrivals().stream().mapToInt(Intake.this::attempt).max().orElse(1);
    }

    private void record() {
      Throwable cause = failure;
      State state = lost && !called ? State.SUPERSEDED : State.COMPACTED;
      for (Arrival arrival : folded.arrivals()) {
        EntryId id = arrival.entry().id();
        Throwable its = cause == null ? undecided.get(id) : cause;
        int attempts = called ? attempt() : Intake.this.attempt(arrival) - 1;
        if (its == null) {
          put(id, state, attempts, null);
        } else {
          put(id, State.FAILED, attempts, Texts.reason(its));
        }
        added(arrival.entry());
      }
      if (cause == null) {
        handled.addAll(succeeded);
      }
    }
  }

  // One by one.

  private Future<Void> single(Arrival arrival) {
    Entry entry = arrival.entry();
    Optional<RegisteredEvent<?>> event = event(entry.event());
    if (!Engine.conflicts(event)) {
      return call(arrival, entry, event, List.of());
    }
    KeyState state = keys.get(Key.of(entry));
    return keys.decide(state, entry).compose(decided -> {
      if (decided instanceof Decided.Failed failed) {
        engine.failed(entry, failed.cause());
        put(entry.id(), State.FAILED, attempt(arrival) - 1, Texts.reason(failed.cause()));
        added(entry);
        return Future.succeededFuture();
      }
      if (decided instanceof Decided.Lost lost) {
        put(entry.id(), State.SUPERSEDED, attempt(arrival) - 1, null);
        note(entry, AuditEvent.Decision.REJECT, lost.winner(), List.of());
        added(entry);
        return Future.succeededFuture();
      }
      Decided.Stands stands = (Decided.Stands) decided;
      // Also if the handler fails: what stands depends on entries only.
      state.move(stands.winner());
      Future<List<Entry>> asked = event.flatMap(RegisteredEvent::handler).isEmpty()
          ? Future.succeededFuture(List.of())
          : engine.access().insist(() -> keys.conflicts(state, entry));
      return asked.compose(conflicts -> {
        stands.note().ifPresent(note -> note(entry, note, stands.winner(), conflicts));
        return call(arrival, stands.entry(), event, conflicts);
      });
    });
  }

  private void note(
      Entry entry, AuditEvent.Decision decision, @Nullable Winner stands, List<Entry> conflicts) {
    audit.add(engine.conflict(origin.remote(), entry, decision, stands, conflicts));
  }

  private Future<Void> call(
      Arrival arrival, Entry entry, Optional<RegisteredEvent<?>> event, List<Entry> conflicts) {
    int attempt = attempt(arrival);
    EntryId id = entry.id();
    if (event.isEmpty() || event.get().handler().isEmpty()) {
      put(id, State.UNHANDLED, attempt - 1, null);
      added(arrival.entry());
      return Future.succeededFuture();
    }
    return engine
        .handle(event.get(), entry, attempt, origin.store(), arrival.sequence(), conflicts)
        .transform(result -> {
          if (result.succeeded()) {
            put(id, State.HANDLED, attempt, null);
            handled.add(entry);
          } else {
            put(id, State.FAILED, attempt, Texts.reason(result.cause()));
            engine.failed(entry, result.cause());
          }
          added(arrival.entry());
          return Future.succeededFuture();
        });
  }

  private void put(EntryId id, State state, int attempts, @Nullable String reason) {
    outcomes.put(id, new EntryOutcome(id, state, attempts, engine.now(), reason));
  }

  private void added(Entry entry) {
    if (Engine.conflicts(event(entry.event()))) {
      keys.get(Key.of(entry)).added.add(entry);
    }
  }
}
