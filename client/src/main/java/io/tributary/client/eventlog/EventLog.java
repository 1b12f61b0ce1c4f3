package io.tributary.client.eventlog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A replica's event log: takes local writes, and what remotes deliver, through conflict policy and
 * handlers into one journal.
 *
 * <p>Everything that changes the journal is done one after the other, in the order it was asked for;
 * what a remote delivers in many entries lets local writes in between. Local writes that wait are
 * committed together: they are decided and handled one after the other, each seeing those before, and
 * if their commit fails, all of them fail, though their handlers were called.
 *
 * <p>Handlers, policies, compactors and listeners are called on the event log's context. A handler that
 * never completes stops the event log.
 *
 * <p>The futures of all calls fail with {@link EventLogClosedException} once it is closed, and with the
 * storage's exception where the storage fails.
 */
public final class EventLog {
  private final Engine engine;
  private final Runner runner;
  private volatile @Nullable Function<Written, Future<Void>> afterWrite;

  private EventLog(Engine engine, Runner runner) {
    this.engine = engine;
    this.runner = runner;
  }

  /**
   * Opens an event log on the caller's context, or on a new one if the caller has none.
   *
   * @return fails with {@link IllegalStateException} if one is open on this journal, and with the
   *     storage's exception
   */
  public static Future<EventLog> open(Vertx vertx, EventJournal journal, EventLogOptions options) {
    return open(Runner.of(vertx, vertx.getOrCreateContext()), journal, options);
  }

  /** Opens an event log that lives on {@code runner}. */
  public static Future<EventLog> open(
      Runner runner, EventJournal journal, EventLogOptions options) {
    return answered(
        runner,
        () -> Engine.open(runner, journal, options).map(engine -> new EventLog(engine, runner)));
  }

  /** Its name. */
  public String name() {
    return engine.options().name();
  }

  /** Whose entries these are. */
  public Identity identity() {
    return engine.options().identity();
  }

  /** The events it knows. */
  public EventGroups groups() {
    return engine.options().groups();
  }

  /** Where it lives. */
  public Runner runner() {
    return runner;
  }

  /**
   * Writes an event: asks the policy, runs the handler, and commits. If any of these says no, nothing is
   * stored.
   *
   * @param event one that a group of this event log defines
   * @return fails with {@link UnknownEventException}, {@link PayloadException} if the payload can't be
   *     written or is too long, {@link OverloadedException} if too much waits, {@link
   *     ConflictRejectedException} if the policy is against it, with what the handler fails with, or
   *     with the storage's exception; if that says that nothing was committed, it may be tried again
   */
  public <P> Future<Written> write(EventDefinition<P> event, P payload) {
    return followed(engine.writes().write(event, payload, Optional.empty()));
  }

  /**
   * As {@link #write(EventDefinition, Object)}, as what comes after another entry, whatever the clocks
   * of their authors: the new one's id is greater than that one's, unless that is more than 24 hours
   * ahead of the clock. For events of which one undoes another; what stands for the event's own key is
   * seen to in any case. Groups that are append-only take no notice.
   */
  public <P> Future<Written> writeAfter(EntryId other, EventDefinition<P> event, P payload) {
    return followed(engine.writes().write(event, payload, Optional.of(other)));
  }

  /**
   * Writes an event by its tag.
   *
   * @param payload a {@code JsonObject} of the payload's fields; or the payload's bytes, in a {@code
   *     Buffer} or an array, as an entry has them; or null for an event without payload
   * @return as that of {@link #write(EventDefinition, Object)}; {@link PayloadException} also if it is
   *     no payload of this event
   */
  public Future<Written> write(String tag, @Nullable Object payload) {
    return followed(engine.writes().write(tag, payload));
  }

  private Future<Written> followed(Future<Written> write) {
    Function<Written, Future<Void>> then = afterWrite;
    return then == null
        ? write
        : write.compose(written -> answered(runner, () -> then.apply(written)).map(written));
  }

  /**
   * Says what the futures of writes wait for after the commit, such as acks of remotes; the writes
   * themselves go on. If it fails, they fail with that, and the entries stay.
   *
   * @param then called on the event log's context; in the place of what was said before
   */
  public void afterWrite(Function<Written, Future<Void>> then) {
    afterWrite = then;
  }

  /**
   * Takes entries in that were written elsewhere, with the ids they have, as if they had been written
   * here: remotes are sent them too. They go through compaction, policy and handlers as what a remote
   * delivers does; each gets one outcome, and what is known already is passed over, so that it may be
   * asked for again after any failure. They are committed some at a time, local writes in between.
   *
   * @param entries held in memory until all are in
   * @param dryRun whether only to tell what would become of them
   * @return fails with {@link UnknownEventException} or {@link PayloadException} before any is taken in,
   *     if an entry's event is unknown or it breaks {@code EntryRules}; with the storage's exception when
   *     some may be in. Handlers may be called again for those of a commit that failed
   */
  public Future<Adoption> adopt(List<Entry> entries, boolean dryRun) {
    List<Entry> all = List.copyOf(entries);
    try {
      all.forEach(engine.writes()::check);
    } catch (UnknownEventException | PayloadException e) {
      return Future.failedFuture(e);
    }
    return ask(() -> {
      Promise<Adoption> promise = Promise.promise();
      engine.submit(new Adopt(engine, all, dryRun, promise));
      return promise.future();
    });
  }

  /**
   * Lists entries in the order of insertion. A page looks at a bounded number of entries, whatever the
   * filter: it may have fewer items than asked for, or none, and more may follow.
   *
   * @param after a position; 0 for the first
   * @param max at most this many, at least 1
   */
  public Future<EntryPage> entries(EntryFilter filter, long after, int max) {
    atLeastOne(max);
    return ask(() -> engine.entries(filter, after, max));
  }

  /** The entry with that id, if it is here. */
  public Future<Optional<LoggedEntry>> entry(EntryId id) {
    return ask(() -> engine.entry(id));
  }

  /**
   * What failed, in id order: its payload could not be decoded, or its policy or handler failed.
   *
   * @param after an id; empty for the first
   * @param max at most this many, at least 1
   */
  public Future<List<EntryOutcome>> failed(Optional<EntryId> after, int max) {
    atLeastOne(max);
    return ask(() -> engine.failed(after, max));
  }

  /** What became of an entry, if it is known. */
  public Future<Optional<EntryOutcome>> outcome(EntryId id) {
    return ask(() -> engine.outcome(id));
  }

  /**
   * Handles an entry again whose outcome is {@code FAILED} or {@code UNHANDLED}. If another one stands
   * for its key by now, it is recorded as superseded and not handled.
   *
   * @return the new outcome; empty if there is no such outcome, the entry is gone, or there is no handler
   */
  public Future<Optional<EntryOutcome>> retry(EntryId id) {
    return ask(() -> engine.retry(id));
  }

  /**
   * Lets an entry be whose outcome is {@code FAILED} or {@code UNHANDLED}.
   *
   * @return the new outcome; empty if there is no such outcome
   */
  public Future<Optional<EntryOutcome>> discard(EntryId id) {
    return ask(() -> engine.discard(id));
  }

  /**
   * Removes entries for retention. They stay known: no remote brings them again, none is sent them. Not
   * removed is what a remote is yet to get: not known to be there, or refused there and not discarded.
   *
   * @param remotes all stores of remotes that are to get everything
   * @return which were removed
   */
  public Future<List<EntryId>> trim(List<EntryId> ids, Collection<RemoteStore> remotes) {
    List<EntryId> some = List.copyOf(ids);
    Set<RemoteStore> all = Set.copyOf(remotes);
    return ask(() -> engine.trim(some, all));
  }

  /** Who wants to know what was handled. Told on the event log's context, after the commit. */
  public Reactivity reactivity() {
    return engine.reactivity();
  }

  /** Adds keys that an event's handling invalidates. */
  public void registerReactivity(String event, Collection<String> keys) {
    engine.reactivity().register(event, keys);
  }

  /** Subscribes to a key, whatever the primary key. */
  @CanIgnoreReturnValue
  public Reactivity.Subscription subscribe(String key, Reactivity.Listener listener) {
    return engine.reactivity().subscribe(key, listener);
  }

  /** Subscribes to one primary key of a key. */
  @CanIgnoreReturnValue
  public Reactivity.Subscription subscribe(
      String key, String primaryKey, Reactivity.Listener listener) {
    return engine.reactivity().subscribe(key, primaryKey, listener);
  }

  /** Runs a query now and on every invalidation of these keys; see {@link Reactivity#query}. */
  @CanIgnoreReturnValue
  public <T> Reactivity.Subscription query(
      Map<String, Set<String>> keys, Supplier<Future<T>> supplier, Reactivity.Results<T> results) {
    return engine.reactivity().query(keys, supplier, results);
  }

  /** For those who sync it; to be used on the event log's context only. */
  public SyncAccess syncAccess() {
    return engine.syncAccess();
  }

  /**
   * Ends it: local writes asked for before are done, what a remote has delivered stops where it is.
   * Idempotent. A commit that could not be repeated until its outcome was known fails.
   */
  public Future<Void> close() {
    return answered(runner, engine::close);
  }

  /** Closes it and removes the journal. */
  public Future<Void> destroy() {
    return answered(runner, engine::destroy);
  }

  private <T> Future<T> ask(Supplier<Future<T>> question) {
    return answered(runner, () -> engine.isClosed() ? engine.closed() : question.get());
  }

  /** Asks on the event log's context; the answer comes on the caller's, if it has one. */
  static <T> Future<T> answered(Runner runner, Supplier<Future<T>> question) {
    Promise<T> answer = Promise.promise();
    Runner caller = caller(runner);
    runner.execute(() -> question.get().onComplete(done -> complete(answer, done, caller, runner)));
    return answer.future();
  }

  /** Where a caller's futures complete. */
  static Runner caller(Runner runner) {
    Context context = Vertx.currentContext();
    return context == null || !(runner instanceof ContextRunner its)
        ? runner
        : new ContextRunner(its.vertx(), context);
  }

  /** To be called on {@code runner}. */
  static <T> void complete(Promise<T> answer, AsyncResult<T> done, Runner caller, Runner runner) {
    if (caller.equals(runner)) {
      finish(answer, done);
    } else {
      caller.execute(() -> finish(answer, done));
    }
  }

  private static <T> void finish(Promise<T> answer, AsyncResult<T> done) {
    if (done.succeeded()) {
      answer.complete(done.result());
    } else {
      answer.fail(done.cause());
    }
  }

  private static void atLeastOne(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max: found " + max + ", allowed is 1 or more");
    }
  }
}
