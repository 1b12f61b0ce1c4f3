package io.tributary.storage.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;

/**
 * Gives back the room of what was removed, in steps between the writer's other work.
 *
 * <p>What is deleted is overwritten with zeros in its page (secure_delete). Copies of it are left
 *
 * <ul>
 *   <li>in older versions of its page: in the log, and until that is copied, in the database file.
 *       So the log is copied whole and made empty.
 *   <li>between the rows of pages it was in once, see {@link Scrubber}.
 * </ul>
 *
 * <p>One at a time: giving back room moves pages, which must not get from where was not yet looked
 * to where was already.
 */
final class Reclaim {
  /** Pages given back in one transaction: 2 MiB. */
  private static final int PAGES = 512;

  private static final long FIRST_PAUSE_MS = 5;
  private static final long LONGEST_PAUSE_MS = 1_000;

  /** About as many seconds. Our own readers are done long before, and copies are waited for. */
  private static final int ATTEMPTS = 300;

  private final Vertx vertx;
  private final Writer writer;
  private final Readers readers;

  /** The newest run. */
  @GuardedBy("this")
  private Future<Void> last = Future.succeededFuture();

  Reclaim(Vertx vertx, Writer writer, Readers readers) {
    this.vertx = vertx;
    this.writer = writer;
    this.readers = readers;
  }

  Future<Void> run() {
    Context context = vertx.getOrCreateContext();
    Promise<Void> promise = Promise.promise();
    Future<Void> before;
    synchronized (this) {
      before = last;
      last = promise.future();
    }
    var unused =
        before.onComplete(ended -> context.runOnContext(nothing -> FileJournals.sweep(writer)
            .compose(swept -> FileKeyValues.sweep(writer))
            .compose(swept -> writer.submit(WriteConnection::freePages, 0, 0))
            .compose(this::vacuum)
            .compose(vacuumed -> clear(new Scrubber.Found(List.of(), 1), FIRST_PAUSE_MS, 0))
            .onComplete(promise)));
    Promise<Void> answer = Promise.promise();
    var ignored = promise
        .future()
        .onComplete(result -> context.runOnContext(nothing -> answer.handle(result)));
    return answer.future();
  }

  /** Not until there are none left: others may be removing more all the time. */
  private Future<Void> vacuum(long pages) {
    if (pages <= 0) {
      return Future.succeededFuture();
    }
    return writer
        .submit(
            connection -> {
              connection.vacuum(PAGES);
              return connection.freePages();
            },
            PAGES,
            0)
        .compose(left -> vacuum(Math.min(left, pages - PAGES)));
  }

  /** Clears what was found, then looks on; all older versions are in the file by then. */
  private Future<Void> clear(Scrubber.Found found, long pauseMs, int attempts) {
    return writer.clearRemains(found.pages()).compose(done -> {
      if (done) {
        return found.next() == 0
            ? Future.succeededFuture()
            : writer.findRemains(found.next()).compose(this::clearIfAny);
      }
      if (attempts == ATTEMPTS) {
        return Future.failedFuture(new StorageException(
            Outcome.NOT_COMMITTED,
            "what was removed is still in the database's log, which another program has been"
                + " reading for minutes",
            null));
      }
      return pause(pauseMs)
          .compose(nothing -> clear(
              found,
              Math.min(2 * pauseMs, LONGEST_PAUSE_MS),
              readers.longRunning() ? attempts : attempts + 1));
    });
  }

  private Future<Void> clearIfAny(Scrubber.Found found) {
    if (!found.pages().isEmpty()) {
      return clear(found, FIRST_PAUSE_MS, 0);
    }
    return found.next() == 0
        ? Future.succeededFuture()
        : writer.findRemains(found.next()).compose(this::clearIfAny);
  }

  private Future<Void> pause(long ms) {
    Promise<Void> promise = Promise.promise();
    long unused = vertx.setTimer(ms, id -> promise.complete());
    return promise.future();
  }
}
