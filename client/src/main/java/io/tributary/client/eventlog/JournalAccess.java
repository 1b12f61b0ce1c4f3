package io.tributary.client.eventlog;

import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.storage.JournalStore;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The journal as an event log uses it: futures complete where it lives, and it can insist. */
final class JournalAccess {
  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
  private static final long FIRST_BACKOFF_MS = 100;
  private static final int MAX_DOUBLINGS = 6;

  private final Runner runner;
  private final EventJournal journal;
  private final JournalStore store;

  /** What ends the waiting for another attempt, and makes it. */
  private final List<Runnable> waiting = new ArrayList<>();

  private boolean ending;

  JournalAccess(Runner runner, EventJournal journal) {
    this.runner = runner;
    this.journal = journal;
    this.store = journal.store();
  }

  /** Brings a future that may complete anywhere to where the event log lives. */
  <T> Future<T> here(Future<T> elsewhere) {
    if (elsewhere.isComplete()) {
      return elsewhere;
    }
    Promise<T> here = Promise.promise();
    elsewhere.onComplete(done -> runner.execute(() -> {
      if (done.succeeded()) {
        here.complete(done.result());
      } else {
        here.fail(done.cause());
      }
    }));
    return here.future();
  }

  /** Asks once. */
  <T> Future<T> ask(Question<T> question) {
    return here(Steps.attempt(() -> question.of(store, journal.name())));
  }

  /** A question about the journal of that name. */
  interface Question<T> {
    Future<T> of(JournalStore store, String journal);
  }

  /** Asks until there is an answer; fails with the last failure if the event log ends before. */
  <T> Future<T> insist(Supplier<Future<T>> call) {
    Promise<T> answer = Promise.promise();
    attempt(call, answer, 0);
    return answer.future();
  }

  private <T> void attempt(Supplier<Future<T>> call, Promise<T> answer, int failures) {
    Steps.attempt(call).onComplete(done -> {
      if (done.succeeded()) {
        answer.complete(done.result());
      } else if (ending) {
        answer.fail(done.cause());
      } else {
        again(call, answer, failures, done.cause());
      }
    });
  }

  private <T> void again(
      Supplier<Future<T>> call, Promise<T> answer, int failures, Throwable cause) {
    long delayMs = FIRST_BACKOFF_MS << Math.min(failures, MAX_DOUBLINGS);
    LOG.warn("{}: the journal fails, trying again in {} ms", journal.name(), delayMs, cause);
    Runnable[] end = new Runnable[1];
    Runnable cancel = runner.after(delayMs, () -> {
      if (waiting.remove(end[0])) {
        attempt(call, answer, failures + 1);
      }
    });
    end[0] = () -> {
      cancel.run();
      attempt(call, answer, failures + 1);
    };
    waiting.add(end[0]);
  }

  /** Insists no longer: what waits is tried once more, at once. */
  void end() {
    ending = true;
    List<Runnable> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(Runnable::run);
  }

  /**
   * Commits. The same changes are committed again as long as nobody knows whether they were.
   *
   * @param insist also if it is known that they were not
   */
  Future<List<Long>> commit(JournalCommit changes, boolean insist) {
    Question<List<Long>> commit = (its, name) -> its.commit(name, changes, Optional.empty());
    if (insist) {
      return insist(() -> ask(commit));
    }
    return ask(commit).recover(cause -> {
      if (cause instanceof StorageException failure
          && failure.outcome() != StorageException.Outcome.UNKNOWN) {
        return Future.failedFuture(failure);
      }
      return ending ? Future.failedFuture(cause) : insist(() -> ask(commit));
    });
  }

  Future<Optional<Winner>> winner(byte[] event, byte[] primaryKey) {
    return ask((its, name) -> its.winner(name, event, primaryKey));
  }

  Future<List<PlacedEntry>> sameKey(
      byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    return ask((its, name) -> its.sameKey(name, event, primaryKey, above, max));
  }

  /** Takes all entries of a key through a step, in id order. */
  Future<Void> eachOfKey(
      byte[] event, byte[] primaryKey, int page, Function<List<PlacedEntry>, Future<Void>> step) {
    EntryId[] above = new EntryId[1];
    return Steps.repeat(() -> sameKey(event, primaryKey, Optional.ofNullable(above[0]), page)
        .compose(some -> {
          if (some.isEmpty()) {
            return Future.succeededFuture(false);
          }
          above[0] = some.get(some.size() - 1).entry().id();
          return step.apply(some).map(some.size() == page);
        }));
  }
}
