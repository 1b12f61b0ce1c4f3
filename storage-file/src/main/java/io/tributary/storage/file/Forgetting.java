package io.tributary.storage.file;

import io.tributary.core.log.Tombstone;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Drops tombstones. Readers look for those that are due, going once round all ids, some at a time;
 * the writer deletes what they found, which is still due then, unless it was deleted already.
 */
final class Forgetting {
  /** Ids looked at in one read: a few dozen milliseconds. */
  private static final int ROWS = 50_000;

  /** Tombstones dropped in one transaction. */
  private static final int TOMBSTONES = 1_000;

  /** Rows of days looked at in one transaction. */
  private static final int DAYS = 1_000;

  private final Writer writer;
  private final Readers readers;

  /** How many times tombstones may have been added. The writer thread's own. */
  private long additions;

  /** Where the last call stopped: the next one for that store goes on from there. */
  private volatile @Nullable Position stopped;

  private record Position(StoreKey store, EntryId id) {}

  Forgetting(Writer writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
  }

  /** To be called in the transaction that adds some. */
  void tombstonesAdded() {
    additions++;
  }

  Future<Integer> forget(StoreKey store, long removedBefore, int max) {
    Position position = stopped;
    Optional<EntryId> start = position != null && position.store.equals(store)
        ? Optional.of(position.id)
        : Optional.empty();
    return writer
        .submit(connection -> new Before(additions, connection.log().tombstones(store)), 0, 0)
        .compose(before -> {
          Call call =
              new Call(store, RemovalDays.firstKept(removedBefore), max, start, before.additions);
          return before.tombstones == 0 ? call.dropDays(0) : call.go(start);
        });
  }

  private record Before(long additions, long tombstones) {}

  /** One call's way round. Runs on its caller's context. */
  private final class Call {
    private final StoreKey store;
    private final int firstKept;
    private final int max;
    private final Optional<EntryId> start;
    private final long additionsBefore;
    private boolean roundTheEnd;
    private int dropped;

    Call(StoreKey store, int firstKept, int max, Optional<EntryId> start, long additionsBefore) {
      this.store = store;
      this.firstKept = firstKept;
      this.max = max;
      this.start = start;
      this.additionsBefore = additionsBefore;
      this.roundTheEnd = start.isEmpty();
    }

    Future<Integer> go(Optional<EntryId> after) {
      int wanted = Math.min(TOMBSTONES, max - dropped);
      return readers
          .submit(connection -> connection.due(store, after, firstKept, ROWS, wanted))
          .compose(due -> drop(due.tombstones()).compose(nothing -> goOn(due.last())));
    }

    private Future<Integer> drop(List<Tombstone> due) {
      return due.isEmpty()
          ? Future.succeededFuture(0)
          : writer
              .submit(connection -> connection.log().forget(store, due), due.size(), 0)
              .onSuccess(some -> dropped += some);
    }

    private Future<Integer> goOn(Optional<EntryId> last) {
      if (dropped == max) {
        stopped = last.map(id -> new Position(store, id)).orElse(null);
        return Future.succeededFuture(dropped);
      }
      if (last.isEmpty() && !roundTheEnd) {
        roundTheEnd = true;
        return go(Optional.empty());
      }
      boolean round = roundTheEnd
          && (last.isEmpty() || (start.isPresent() && last.get().compareTo(start.get()) >= 0));
      return round ? dropDays(0) : go(last);
    }

    /**
     * Once all that were due are dropped, so are their days; but not if others may have been added
     * behind us.
     */
    Future<Integer> dropDays(long row) {
      stopped = null;
      return writer
          .submit(
              connection -> additions == additionsBefore
                  ? connection.log().forgetDays(store, firstKept, row, DAYS)
                  : Optional.<Long>empty(),
              DAYS,
              0)
          .compose(
              next -> next.isPresent() ? dropDays(next.get()) : Future.succeededFuture(dropped));
    }
  }
}
