package io.tributary.server.retention;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Long work in steps, each a turn of its own on the calling context. */
public final class Steps {
  private Steps() {}

  /**
   * Takes steps one after the other until one says that it was the last.
   *
   * @param step completes with whether there is more to do
   * @return completes after the last step, fails with the first that fails
   */
  public static Future<Void> repeat(Vertx vertx, Supplier<Future<Boolean>> step) {
    Promise<Void> done = Promise.promise();
    next(vertx.getOrCreateContext(), step, done);
    return done.future();
  }

  private static void next(Context context, Supplier<Future<Boolean>> step, Promise<Void> done) {
    Future<Boolean> taken;
    try {
      taken = step.get();
    } catch (RuntimeException e) {
      done.fail(e);
      return;
    }
    taken.onComplete(
        more -> {
          if (more) {
            context.runOnContext(v -> next(context, step, done));
          } else {
            done.complete();
          }
        },
        done::fail);
  }

  /**
   * The same, and between two steps as much time as the one before took, so that whatever else uses
   * the storage has at least half of it.
   */
  public static Future<Void> repeatGently(Vertx vertx, Supplier<Future<Boolean>> step) {
    return repeat(vertx, () -> {
      long begun = System.nanoTime();
      return step.get().compose(more -> {
        if (!more) {
          return Future.succeededFuture(false);
        }
        long tookMs = (System.nanoTime() - begun) / 1_000_000;
        return vertx.timer(Math.max(1, tookMs), TimeUnit.MILLISECONDS).map(true);
      });
    });
  }
}
