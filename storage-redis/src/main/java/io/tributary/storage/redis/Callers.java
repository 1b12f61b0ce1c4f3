package io.tributary.storage.redis;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings what is composed of several calls back to the context it was asked for on. */
final class Callers {
  private static final Logger log = LoggerFactory.getLogger(Callers.class);

  private Callers() {}

  /** The future, complete on the context this is called on; as it is if that is none. */
  static <T> Future<T> here(Future<T> future) {
    Context context = Vertx.currentContext();
    if (context == null || future.isComplete()) {
      return future;
    }
    Promise<T> promise = Promise.promise();
    var unused = future.onComplete(result -> {
      if (Vertx.currentContext() == context) {
        promise.handle(result);
        return;
      }
      try {
        context.runOnContext(nothing -> promise.handle(result));
      } catch (RejectedExecutionException e) {
        log.debug("nobody waits for this result any more");
      }
    });
    return promise.future();
  }
}
