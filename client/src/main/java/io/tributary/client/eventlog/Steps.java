package io.tributary.client.eventlog;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Iterator;
import java.util.function.Function;
import java.util.function.Supplier;

/** Asynchronous steps one after the other, on a stack that doesn't grow. For futures of one thread. */
public final class Steps {
  private Steps() {}

  /** Repeats a step as long as it gives true. */
  public static Future<Void> repeat(Supplier<Future<Boolean>> step) {
    Promise<Void> done = Promise.promise();
    run(step, done);
    return done.future();
  }

  /** Does a step for each, in order; ends with the first that fails. */
  public static <T> Future<Void> each(Iterable<T> items, Function<T, Future<Void>> step) {
    Iterator<T> rest = items.iterator();
    return repeat(
        () -> rest.hasNext() ? step.apply(rest.next()).map(true) : Future.succeededFuture(false));
  }

  private static void run(Supplier<Future<Boolean>> step, Promise<Void> done) {
    while (true) {
      Future<Boolean> result = attempt(step);
      if (!result.isComplete()) {
        result.onComplete(now -> {
          if (now.failed()) {
            done.fail(now.cause());
          } else if (now.result()) {
            run(step, done);
          } else {
            done.complete();
          }
        });
        return;
      }
      if (result.failed()) {
        done.fail(result.cause());
        return;
      }
      if (!result.result()) {
        done.complete();
        return;
      }
    }
  }

  /** What a call gives, also if it throws. */
  public static <T> Future<T> attempt(Supplier<Future<T>> call) {
    try {
      Future<T> result = call.get();
      return result == null
          ? Future.failedFuture(new IllegalStateException("there was no future"))
          : result;
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      return Future.failedFuture(e);
    }
  }
}
