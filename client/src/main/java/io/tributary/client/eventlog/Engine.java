package io.tributary.client.eventlog;

import io.tributary.client.audit.AuditEvent;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An event log where it lives: the queue of operations, each of which has the journal for itself, and
 * what they share. Confined to the runner.
 */
final class Engine {
  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
  private static final int SCANNED = 1_000;
  private static final long SCANNED_BYTES = 4L << 20;

  private final Runner runner;
  private final EventJournal journal;
  private final EventLogOptions options;
  private final JournalAccess access;
  private final Reactivity reactivity = new Reactivity();
  private final LocalWrites writes;
  private final Remotes remotes;
  private final Access syncAccess;

  private final ArrayDeque<Operation> queue = new ArrayDeque<>();
  private boolean running;
  private boolean closing;
  private @Nullable Promise<Void> closed;

  private List<SyncAccess.PlacedListener> listeners = List.of();
  private long lastPosition;

  private Engine(
      Runner runner, EventJournal journal, EventLogOptions options, JournalAccess access) {
    this.runner = runner;
    this.journal = journal;
    this.options = options;
    this.access = access;
    writes = new LocalWrites(this);
    remotes = new Remotes(access);
    syncAccess = new Access(this);
    reactivity.register(options.reactivity());
  }

  static Future<Engine> open(Runner runner, EventJournal journal, EventLogOptions options) {
    if (!journal.take()) {
      return Future.failedFuture(new IllegalStateException(
          "an event log is open on the journal " + journal.name() + " already"));
    }
    JournalAccess access = new JournalAccess(runner, journal);
    Engine engine = new Engine(runner, journal, options, access);
    return engine
        .remotes
        .load()
        .compose(uploaded -> engine.findLast(uploaded))
        .map(engine)
        .onFailure(cause -> journal.release());
  }

  /** The journal doesn't tell its last position: it is found by halving. */
  private Future<Void> findLast(long uploaded) {
    long[] bounds = {0, 1};
    boolean[] bounded = {false};
    return Steps.repeat(() -> {
          long at = bounded[0] ? bounds[0] + (bounds[1] - bounds[0]) / 2 : bounds[1];
          return entriesAfter(at, 1, 1).map(some -> {
            if (some.isEmpty()) {
              bounds[1] = at;
              bounded[0] = true;
            } else {
              bounds[0] = some.get(0).position();
              bounds[1] = bounded[0] ? bounds[1] : Math.max(2 * at, bounds[0]);
            }
            return !bounded[0] || bounds[0] < bounds[1];
          });
        })
        .map(done -> {
          lastPosition = Math.max(bounds[0], uploaded);
          return null;
        });
  }

  private Future<List<PlacedEntry>> entriesAfter(long position, int max, long maxBytes) {
    return access.ask((its, name) -> its.entries(name, position, max, maxBytes));
  }

  Runner runner() {
    return runner;
  }

  EventLogOptions options() {
    return options;
  }

  EventGroups groups() {
    return options.groups();
  }

  ConflictPolicy policy() {
    return options.policy();
  }

  JournalAccess access() {
    return access;
  }

  Reactivity reactivity() {
    return reactivity;
  }

  LocalWrites writes() {
    return writes;
  }

  Remotes remotes() {
    return remotes;
  }

  SyncAccess syncAccess() {
    return syncAccess;
  }

  long lastPosition() {
    return lastPosition;
  }

  long now() {
    return options.clock().millis();
  }

  boolean isClosed() {
    return closing;
  }

  <T> Future<T> closed() {
    return Future.failedFuture(closedException());
  }

  EventLogClosedException closedException() {
    return new EventLogClosedException(options.name());
  }

  Keys keys() {
    return new Keys(access, options.policy());
  }

  /** Whether a policy decides about these entries. */
  static boolean conflicts(Optional<RegisteredEvent<?>> event) {
    return event.isPresent() && !event.get().group().appendOnly();
  }

  // The queue.

  /** Lets it run when those before it have. */
  void submit(Operation operation) {
    if (closing) {
      operation.fail(closedException());
      return;
    }
    queue.add(operation);
    pump();
  }

  /** Puts back what was taken from the queue's head and not begun, in its order. */
  void putBack(List<? extends Operation> operations) {
    for (int i = operations.size() - 1; i >= 0; i--) {
      queue.addFirst(operations.get(i));
    }
  }

  private void pump() {
    if (running) {
      return;
    }
    running = true;
    while (true) {
      Operation next = queue.poll();
      if (next == null) {
        running = false;
        return;
      }
      Operation operation = next instanceof LocalWrite first ? group(first) : next;
      Future<Void> run = Steps.attempt(operation::run);
      if (!run.isComplete()) {
        run.onComplete(done -> {
          ended(operation, done);
          running = false;
          pump();
        });
        return;
      }
      ended(operation, run);
    }
  }

  private static void ended(Operation operation, AsyncResult<Void> run) {
    if (run.failed()) {
      LOG.error("an operation of an event log has failed unexpectedly", run.cause());
      operation.fail(run.cause());
    }
  }

  /** Local writes that wait right behind each other share a commit. */
  private WriteGroup group(LocalWrite first) {
    List<LocalWrite> group = new ArrayList<>();
    group.add(first);
    long bytes = first.bytes();
    while (group.size() < WriteGroup.MAX_WRITES
        && queue.peek() instanceof LocalWrite next
        && bytes + next.bytes() <= WriteGroup.MAX_BYTES) {
      queue.remove();
      group.add(next);
      bytes += next.bytes();
    }
    return new WriteGroup(this, group);
  }

  /** An operation that gives something, and fails with what goes wrong. */
  <T> Future<T> inTurn(Supplier<Future<T>> work) {
    Promise<T> answer = Promise.promise();
    submit(new Operation() {
      @Override
      public Future<Void> run() {
        return Steps.attempt(work).transform(done -> {
          if (done.succeeded()) {
            answer.complete(done.result());
          } else {
            fail(done.cause());
          }
          return Future.succeededFuture();
        });
      }

      @Override
      public void fail(Throwable cause) {
        answer.tryFail(cause);
      }
    });
    return answer.future();
  }

  // What operations share.

  /**
   * Calls the handler of an event. Doesn't throw.
   *
   * @param store null if it was written here
   */
  Future<Object> handle(
      RegisteredEvent<?> event,
      Entry entry,
      int attempt,
      @Nullable String store,
      long sequence,
      List<Entry> conflicts) {
    return access.here(event.handle(new HandledEntry(entry, attempt, store, sequence), conflicts));
  }

  void failed(Entry entry, Throwable cause) {
    LOG.warn("{}: entry {} of {} failed", options.name(), entry.id(), entry.event(), cause);
  }

  static JournalCommit changes(
      List<JournalEntry> entries,
      List<EntryOutcome> outcomes,
      List<Winner> winners,
      Optional<RemoteProgress> progress) {
    return new JournalCommit(
        List.of(),
        entries,
        outcomes,
        winners,
        progress.map(List::of).orElse(List.of()),
        List.of(),
        List.of());
  }

  /** Entries are in the journal: tells those who listen. */
  void placed(List<JournalEntry> entries, List<Long> positions, @Nullable RemoteId from) {
    long before = lastPosition;
    List<Placed> placed = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      if (positions.get(i) > before) {
        placed.add(new Placed(positions.get(i), entries.get(i).id(), from));
        lastPosition = Math.max(lastPosition, positions.get(i));
      }
    }
    if (!placed.isEmpty()) {
      List<Placed> all = List.copyOf(placed);
      for (SyncAccess.PlacedListener listener : listeners) {
        guarded(() -> listener.placed(before, all));
      }
    }
  }

  Runnable onPlaced(SyncAccess.PlacedListener listener) {
    List<SyncAccess.PlacedListener> more = new ArrayList<>(listeners);
    more.add(listener);
    listeners = List.copyOf(more);
    return () -> {
      List<SyncAccess.PlacedListener> fewer = new ArrayList<>(listeners);
      fewer.remove(listener);
      listeners = List.copyOf(fewer);
    };
  }

  /** Handlers have succeeded, and that is committed. */
  void invalidate(List<Entry> handled) {
    Map<String, Set<String>> keys = reactivity.invalidations(handled);
    if (!keys.isEmpty()) {
      reactivity.invalidate(keys);
    }
  }

  void audit(AuditEvent event) {
    guarded(() -> options.audit().note(event));
  }

  /** A conflict, for the audit. */
  AuditEvent conflict(
      @Nullable RemoteId from,
      Entry entry,
      AuditEvent.Decision decision,
      @Nullable Winner stands,
      List<Entry> conflicts) {
    boolean shown = options.auditEntries();
    return new AuditEvent.SyncConflict(
        from,
        entry.event(),
        entry.primaryKey(),
        entry.id(),
        Math.max(1, conflicts.size()),
        decision,
        stands == null ? null : stands.id(),
        shown ? redacted(entry).orElse(null) : null,
        shown ? conflicts.stream().flatMap(other -> redacted(other).stream()).toList() : List.of());
  }

  /** What leaves in the place of an entry. */
  Optional<Entry> redacted(Entry entry) {
    Redaction redaction = groups()
        .find(entry.event())
        .map(event -> options.redactions().get(event.group().name()))
        .orElse(null);
    if (redaction == null) {
      return Optional.of(entry);
    }
    try {
      return redaction.redact(entry).map(payload -> Keys.with(entry, payload));
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      LOG.warn(
          "{}: the redaction of {} failed on entry {}, which doesn't leave",
          options.name(),
          entry.event(),
          entry.id(),
          e);
      return Optional.empty();
    }
  }

  private void guarded(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      LOG.warn("{}: a listener failed", options.name(), e);
    }
  }

  // Questions.

  Future<Optional<LoggedEntry>> entry(EntryId id) {
    return access.ask((its, name) -> its.entry(name, id)).map(found -> found.map(LoggedEntry::of));
  }

  Future<EntryPage> entries(EntryFilter filter, long after, int max) {
    return entriesAfter(after, SCANNED, SCANNED_BYTES).map(some -> {
      List<LoggedEntry> items = new ArrayList<>();
      for (PlacedEntry placed : some) {
        LoggedEntry entry = LoggedEntry.of(placed);
        if (filter.matches(entry.entry())) {
          items.add(entry);
          if (items.size() == max) {
            return new EntryPage(List.copyOf(items), OptionalLong.of(placed.position()));
          }
        }
      }
      return new EntryPage(
          List.copyOf(items),
          some.isEmpty()
              ? OptionalLong.empty()
              : OptionalLong.of(some.get(some.size() - 1).position()));
    });
  }

  Future<List<EntryOutcome>> failed(Optional<EntryId> after, int max) {
    return access.ask(
        (its, name) -> its.outcomes(name, Optional.of(EntryOutcome.State.FAILED), after, max));
  }

  Future<Optional<EntryOutcome>> outcome(EntryId id) {
    return known(List.of(id))
        .map(known -> Optional.ofNullable(known.get(id)).map(KnownEntry::outcome));
  }

  Future<Map<EntryId, KnownEntry>> known(List<EntryId> ids) {
    return access.ask((its, name) -> its.known(name, ids));
  }

  // Operators' requests.

  Future<Optional<EntryOutcome>> retry(EntryId id) {
    return inTurn(() -> new Retry(this, id).run());
  }

  Future<Optional<EntryOutcome>> discard(EntryId id) {
    return inTurn(() -> new Retry(this, id).discard());
  }

  Future<List<EntryId>> trim(List<EntryId> ids, Set<RemoteStore> stores) {
    return inTurn(() -> new Trim(this, ids, stores).run());
  }

  // The end.

  Future<Void> close() {
    Promise<Void> before = closed;
    if (before != null) {
      return before.future();
    }
    Promise<Void> ended = Promise.promise();
    closed = ended;
    closing = true;
    List<Operation> dropped = new ArrayList<>();
    for (Operation waiting : queue) {
      if (!(waiting instanceof LocalWrite)) {
        dropped.add(waiting);
      }
    }
    queue.removeAll(dropped);
    remotes.dropWaiting(closedException());
    dropped.forEach(waiting -> waiting.fail(closedException()));
    queue.add(new Operation() {
      @Override
      public Future<Void> run() {
        // What was never begun is not to look as if it had been.
        return remotes.unbegin().transform(done -> {
          listeners = List.of();
          journal.release();
          ended.complete();
          return Future.succeededFuture();
        });
      }

      @Override
      public void fail(Throwable cause) {
        ended.tryFail(cause);
      }
    });
    access.end();
    pump();
    return ended.future();
  }

  Future<Void> destroy() {
    return close().compose(ended -> access.here(journal.destroy()));
  }

  /** Tags that may be written, for messages. */
  List<String> tags() {
    Map<String, RegisteredEvent<?>> tags = new LinkedHashMap<>();
    groups().events().forEach(event -> tags.put(event.definition().tag(), event));
    return List.copyOf(tags.keySet());
  }
}
