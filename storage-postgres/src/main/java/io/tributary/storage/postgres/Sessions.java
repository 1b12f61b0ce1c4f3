package io.tributary.storage.postgres;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pool of connections. Unlike the client's own it closes a connection that doesn't answer, and
 * lets appends go first. A connection that had trouble isn't used again. The event loop's own.
 */
final class Sessions {
  private record Waiting(Promise<PgConnection> promise) {}

  private final Database database;
  private final int size;
  private final Deque<PgConnection> free = new ArrayDeque<>();
  private final Set<PgConnection> all = new HashSet<>();
  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** Open, or being opened. */
  private int count;

  private boolean closed;

  Sessions(Database database, int size) {
    this.database = database;
    this.size = size;
  }

  /**
   * Uses a connection.
   *
   * @param patience how long the work may take once it has a connection
   * @param first whether it goes before what waits
   * @return fails with {@link io.tributary.storage.StorageException} if no connection could be made,
   *     else as the work does
   */
  <T> Future<T> use(Function<PgConnection, Future<T>> work, Duration patience, boolean first) {
    return connection(first)
        .compose(connection -> work.apply(connection)
            .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
            .onSuccess(done -> release(connection))
            .onFailure(e -> discard(connection)));
  }

  private Future<PgConnection> connection(boolean first) {
    if (closed) {
      return Future.failedFuture(Database.closedException());
    }
    @Nullable PgConnection ready = free.pollLast();
    if (ready != null) {
      return Future.succeededFuture(ready);
    }
    Waiting next = new Waiting(Promise.promise());
    if (first) {
      waiting.addFirst(next);
    } else {
      waiting.addLast(next);
    }
    if (count < size) {
      open();
    }
    return next.promise.future();
  }

  /** For whoever waits first once it is open. */
  private void open() {
    count++;
    var unused = database
        .connect()
        .onSuccess(connection -> {
          if (closed) {
            var ignored = connection.close();
            return;
          }
          boolean ignored = all.add(connection);
          connection.closeHandler(nothing -> forget(connection));
          release(connection);
        })
        .onFailure(e -> {
          count--;
          @Nullable Waiting next = waiting.poll();
          if (next != null) {
            next.promise.fail(e);
          }
          openForWaiting();
        });
  }

  private void release(PgConnection connection) {
    if (!all.contains(connection)) {
      return;
    }
    @Nullable Waiting next = waiting.poll();
    if (next == null) {
      free.addLast(connection);
    } else {
      next.promise.complete(connection);
    }
  }

  private void discard(PgConnection connection) {
    forget(connection);
    var unused = connection.close();
  }

  private void forget(PgConnection connection) {
    if (all.remove(connection)) {
      boolean unused = free.remove(connection);
      count--;
      openForWaiting();
    }
  }

  private void openForWaiting() {
    if (!closed && !waiting.isEmpty() && count < size) {
      open();
    }
  }

  Future<Void> close() {
    closed = true;
    List<Future<Void>> closing = new ArrayList<>();
    for (PgConnection connection : List.copyOf(all)) {
      all.remove(connection);
      closing.add(connection.close());
    }
    free.clear();
    waiting.forEach(next -> next.promise.fail(Database.closedException()));
    waiting.clear();
    return Future.join(closing).mapEmpty();
  }
}
