package io.tributary.client.stores.view;

import io.tributary.client.eventlog.Runner;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.StoreException;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One space of a storage, changed in steps that follow each other. For any thread; steps and reads run on
 * its runner, and the futures complete on the caller's context, if it has one.
 */
public final class Space {
  private static final String WHOLE = "";

  private final KeyValueStore store;
  private final String name;
  private final Runner runner;

  /** On the runner. */
  private final Turns turns;

  private Space(KeyValueStore store, String name, Runner runner) {
    this.store = store;
    this.name = name;
    this.runner = runner;
    turns = new Turns(name);
  }

  /** A space by its name. Nobody else may change it meanwhile. */
  public static Space of(KeyValueStore store, String name, Runner runner) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a space's name is not empty");
    }
    return new Space(store, name, runner);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Where it lives. */
  public Runner runner() {
    return runner;
  }

  /**
   * Changes it, after the steps asked for before.
   *
   * @param change what to do, on the runner; if its future succeeds, what was done to the draft is
   *     committed, and else nothing. It must not wait for another change
   * @return completes with the change's result after the commit. Fails with what the change or the
   *     commit fails with, and with {@link StoreException} if the space is closed or too many wait
   */
  public <T> Future<T> change(Function<Draft, Future<T>> change) {
    return answered(
        runner,
        () -> turns.take(WHOLE, () -> {
          Draft draft = new Draft(store, name);
          return change.apply(draft).compose(result -> draft.commit().map(result));
        }));
  }

  /** The value of a key, as it is committed. */
  public Future<Optional<byte[]>> get(byte[] key) {
    return ask(() -> store.get(name, key));
  }

  /** As {@link KeyValueStore#range}, of what is committed. */
  public Future<List<Item>> range(Range range, int max, long maxBytes) {
    return ask(() -> store.range(name, range, max, maxBytes));
  }

  /** Asks something on the runner, unless it is closed. */
  public <T> Future<T> ask(Supplier<Future<T>> question) {
    return answered(
        runner, () -> turns.isClosed() ? Future.failedFuture(turns.closed()) : question.get());
  }

  /** Takes all that is in it away, at once. To be called before anything else is. */
  public Future<Void> clear() {
    return ask(() -> store.destroy(name));
  }

  /** Ends it when the steps asked for before are done. Idempotent. The storage stays open. */
  public Future<Void> close() {
    return answered(runner, turns::close);
  }

  /** Asks on a runner; the answer comes on the caller's context, if it has one. */
  public static <T> Future<T> answered(Runner runner, Supplier<Future<T>> question) {
    Promise<T> answer = Promise.promise();
    Context context = Vertx.currentContext();
    runner.execute(() -> Steps.attempt(question).onComplete(done -> {
      if (context == null || context == Vertx.currentContext()) {
        complete(answer, done);
      } else {
        context.runOnContext(there -> complete(answer, done));
      }
    }));
    return answer.future();
  }

  private static <T> void complete(Promise<T> answer, AsyncResult<T> done) {
    if (done.succeeded()) {
      answer.complete(done.result());
    } else {
      answer.fail(done.cause());
    }
  }
}
