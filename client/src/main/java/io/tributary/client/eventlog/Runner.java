package io.tributary.client.eventlog;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.Executor;

/**
 * Where an event log lives: runs what it is given one after the other, in order, and each after what
 * ran before is visible to it. A Vert.x context is one; a simulation has its own.
 */
public interface Runner extends Executor {
  /** Runs a task soon: never within the call. */
  @Override
  void execute(Runnable task);

  /**
   * Runs a task after some time.
   *
   * @param delayMs milliseconds, at least 1
   * @return cancels it, if it has not run yet
   */
  Runnable after(long delayMs, Runnable task);

  /** A Vert.x context. */
  static Runner of(Vertx vertx, Context context) {
    return new ContextRunner(vertx, context);
  }
}
