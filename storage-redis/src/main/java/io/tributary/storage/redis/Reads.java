package io.tributary.storage.redis;

import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.function.Supplier;

/**
 * Reads of what is changed in place, over the reading link, which show nothing that nobody has
 * confirmed: every answer says which commit changed last what it tells of. If that is above what was
 * confirmed to this node, a write of its own is confirmed first, and everything executed before it
 * with it; unlike a log's, the earlier state is gone, so the read fails where that fails.
 */
record Reads(Link reader, DataSet dataSet, Confirmed confirmed) {
  /** The reply of a script that answers first commits, then the commit that changed this last. */
  Future<Response> ask(Script script, List<byte[]> args) {
    return reader.call(script, args, false).compose(reply -> {
      if (reply.get(1).toLong() <= dataSet.commits()) {
        return Future.succeededFuture(reply);
      }
      return confirmed
          .confirm()
          .map(reply)
          .recover(e -> Future.failedFuture(
              new StorageException(Outcome.NOT_COMMITTED, String.valueOf(e.getMessage()), e)));
    });
  }

  /** Takes steps until one says that there are no more. */
  static Future<Void> steps(Supplier<Future<Boolean>> step) {
    return step.get().compose(more -> more ? steps(step) : Future.succeededFuture());
  }
}
