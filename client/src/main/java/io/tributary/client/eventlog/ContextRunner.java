package io.tributary.client.eventlog;

import io.vertx.core.Context;
import io.vertx.core.Vertx;

record ContextRunner(Vertx vertx, Context context) implements Runner {
  @Override
  public void execute(Runnable task) {
    context.runOnContext(nothing -> task.run());
  }

  @Override
  public Runnable after(long delayMs, Runnable task) {
    long timer = vertx.setTimer(delayMs, id -> execute(task));
    // One that has fired is on its way, and finds itself out of date.
    return () -> vertx.cancelTimer(timer);
  }
}
