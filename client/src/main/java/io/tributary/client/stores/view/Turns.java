package io.tributary.client.stores.view;

import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.StoreException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Lets steps about one thing follow each other, in the order they came. Lives on one runner. */
public final class Turns {
  /** Steps that may wait, of all things. */
  private static final int MAX_WAITING = 10_000;

  private final String name;

  /** What waits, of all things that a step runs about. */
  private final Map<String, ArrayDeque<Step<?>>> queues = new HashMap<>();

  private int waiting;
  private @Nullable Promise<Void> closing;

  private record Step<T>(Supplier<Future<T>> work, Promise<T> done) {}

  /** @param name of whose steps these are, for messages */
  public Turns(String name) {
    this.name = name;
  }

  /**
   * Runs a step after those about the same thing.
   *
   * @return fails with what the step fails with, and with {@link StoreException} if it is closed, or too
   *     many steps wait
   */
  public <T> Future<T> take(String about, Supplier<Future<T>> work) {
    if (closing != null) {
      return Future.failedFuture(closed());
    }
    Step<T> step = new Step<>(work, Promise.promise());
    ArrayDeque<Step<?>> queue = queues.get(about);
    if (queue == null) {
      queues.put(about, new ArrayDeque<>());
      run(about, step);
    } else if (waiting >= MAX_WAITING) {
      return Future.failedFuture(new StoreException(
          name + ": " + MAX_WAITING + " calls wait already, try again when some are done"));
    } else {
      waiting++;
      queue.add(step);
    }
    return step.done().future();
  }

  private void run(String about, Step<?> first) {
    Step<?> step = first;
    while (step != null) {
      Future<Void> run = run(step);
      if (!run.isComplete()) {
        run.onComplete(done -> {
          Step<?> next = next(about);
          if (next != null) {
            run(about, next);
          }
        });
        return;
      }
      step = next(about);
    }
  }

  private @Nullable Step<?> next(String about) {
    ArrayDeque<Step<?>> queue = queues.get(about);
    Step<?> next = queue == null ? null : queue.poll();
    if (next != null) {
      waiting--;
      return next;
    }
    queues.remove(about);
    Promise<Void> ended = closing;
    if (ended != null && queues.isEmpty()) {
      ended.tryComplete();
    }
    return null;
  }

  private static <T> Future<Void> run(Step<T> step) {
    return Steps.attempt(step.work()).transform(done -> {
      if (done.succeeded()) {
        step.done().tryComplete(done.result());
      } else {
        step.done().tryFail(done.cause());
      }
      return Future.succeededFuture();
    });
  }

  /** Whether it takes no more. */
  public boolean isClosed() {
    return closing != null;
  }

  /** What those get who come too late. */
  public StoreException closed() {
    return new StoreException(name + " is closed");
  }

  /** Takes no more; completes when those that were taken are done. Idempotent. */
  public Future<Void> close() {
    Promise<Void> ended = closing;
    if (ended == null) {
      ended = Promise.promise();
      closing = ended;
      if (queues.isEmpty()) {
        ended.complete();
      }
    }
    return ended.future();
  }
}
