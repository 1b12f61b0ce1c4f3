package io.tributary.client.eventlog;

import io.vertx.core.Future;

/** Something that has the journal for itself while it runs. */
interface Operation {
  /** Runs it, once it is its turn. Completes when the next one may run; doesn't fail. */
  Future<Void> run();

  /** It won't run, or has ended unexpectedly: whoever waits is told. */
  void fail(Throwable cause);
}
