package io.tributary.client.stores.view;

import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.Placed;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.StoreException;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a space in step with an event log: each entry is shown to a view once, in the order of insertion,
 * and what the view makes of it is committed together with how far it has come. After a crash it goes on
 * there. Lives on the event log's runner.
 */
public final class Projection {
  private static final Logger logger = LoggerFactory.getLogger(Projection.class);
  private static final byte[] CHECKPOINT = {'p'};
  private static final int PAGE = 256;

  /** Bytes of changes that are committed together, and one entry's. */
  private static final long MAX_BYTES = 4 << 20;

  /** Entries whose remote is remembered until they are shown. */
  private static final int MAX_ORIGINS = 10_000;

  private static final long RETRY_MS = 500;
  private static final long MAX_RETRY_MS = 30_000;

  /** What a space shows of its event log. */
  public interface View {
    /**
     * Takes one entry in. Called on the event log's runner; the future completes there.
     *
     * @param from the remote it came from, if it was told since the event log was opened; else null
     */
    Future<Void> take(LoggedEntry entry, @Nullable RemoteId from, Draft draft);

    /** What was taken in is about to be committed; perhaps again, after a crash. On the runner. */
    Future<Void> committing(List<LoggedEntry> entries);

    /** It is committed. Must not throw. */
    void shown(List<LoggedEntry> entries);
  }

  private final EventLog log;
  private final Space space;
  private final int version;
  private final View view;
  private final NavigableMap<Long, RemoteId> origins = new TreeMap<>();
  private final NavigableMap<Long, Promise<Void>> waiting = new TreeMap<>();
  private Runnable unsubscribe = () -> {};
  private long placed;
  private long shown;
  private long retryMs = RETRY_MS;
  private boolean running;
  private boolean closed;

  private Projection(EventLog log, Space space, int version, View view) {
    this.log = log;
    this.space = space;
    this.version = version;
    this.view = view;
  }

  /**
   * Brings a space up to what its event log holds, and keeps it there.
   *
   * @param space on the event log's runner
   * @param version of what the view writes: a space of another one is made anew
   */
  public static Future<Projection> open(EventLog log, Space space, int version, View view) {
    Projection projection = new Projection(log, space, version, view);
    return Space.answered(log.runner(), projection::begin).map(projection);
  }

  private Future<Void> begin() {
    unsubscribe = log.syncAccess().onPlaced(this::placed);
    return space
        .get(CHECKPOINT)
        .compose(value -> {
          if (value.isPresent() && ByteBuffer.wrap(value.get()).getInt() == version) {
            shown = ByteBuffer.wrap(value.get()).getLong(Integer.BYTES);
            return Future.succeededFuture();
          }
          return space.clear();
        })
        .compose(ready -> upTo(log.syncAccess().lastPosition()))
        .onFailure(failure -> close());
  }

  private void placed(long before, List<Placed> entries) {
    for (Placed entry : entries) {
      RemoteId from = entry.from();
      if (from != null && origins.size() < MAX_ORIGINS) {
        origins.put(entry.position(), from);
      }
    }
    placed = entries.get(entries.size() - 1).position();
    wake();
  }

  /**
   * Completes when the entries up to a position are shown. To be called on the runner.
   *
   * @return fails with what showing them fails with; it is tried again nevertheless
   */
  public Future<Void> upTo(long position) {
    if (position <= shown) {
      return Future.succeededFuture();
    }
    if (closed) {
      return Future.failedFuture(new StoreException(space.name() + " is closed"));
    }
    placed = Math.max(placed, position);
    Future<Void> future =
        waiting.computeIfAbsent(position, at -> Promise.promise()).future();
    wake();
    return future;
  }

  /** Completes when all that is in the event log now is shown, or can't be. For any thread. */
  public Future<Void> current() {
    return Space.answered(
        log.runner(), () -> upTo(log.syncAccess().lastPosition()).otherwiseEmpty());
  }

  private void wake() {
    if (running || closed || placed <= shown) {
      return;
    }
    running = true;
    Steps.repeat(this::page).onComplete(done -> {
      running = false;
      if (done.succeeded()) {
        retryMs = RETRY_MS;
        wake();
      } else {
        failed(done.cause());
      }
    });
  }

  private void failed(Throwable cause) {
    List<Promise<Void>> all = List.copyOf(waiting.values());
    waiting.clear();
    if (!closed) {
      if (retryMs == RETRY_MS) {
        logger.warn("{}: what is shown lags behind, it is tried again", space.name(), cause);
      }
      Runnable unused = log.runner().after(retryMs, this::wake);
      retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
    }
    all.forEach(promise -> promise.tryFail(cause));
  }

  /** Whether there is more to show. */
  private Future<Boolean> page() {
    if (closed) {
      return Future.succeededFuture(false);
    }
    // What is placed while the page is read is not in it.
    long known = placed;
    return log.entries(EntryFilter.ALL, shown, PAGE)
        .compose(page -> {
          long end = page.next().orElse(known);
          return page.items().isEmpty()
              ? Future.succeededFuture(new Taken(List.of(), end))
              : take(page.items(), end);
        })
        .map(taken -> {
          shown = Math.max(shown, taken.end());
          origins.headMap(shown, true).clear();
          if (!taken.entries().isEmpty()) {
            view.shown(taken.entries());
          }
          NavigableMap<Long, Promise<Void>> done = waiting.headMap(shown, true);
          List<Promise<Void>> all = List.copyOf(done.values());
          done.clear();
          all.forEach(Promise::tryComplete);
          return placed > shown;
        });
  }

  /** @param end the position that these entries reach, which may be beyond the last of them */
  private record Taken(List<LoggedEntry> entries, long end) {}

  /** Shows a page's entries, or the first of them if they are large. */
  private Future<Taken> take(List<LoggedEntry> entries, long end) {
    return space.change(draft -> {
      List<LoggedEntry> some = new ArrayList<>();
      Iterator<LoggedEntry> rest = entries.iterator();
      return Steps.repeat(() -> {
            if (!rest.hasNext() || draft.bytes() > MAX_BYTES) {
              return Future.succeededFuture(false);
            }
            LoggedEntry entry = rest.next();
            some.add(entry);
            return view.take(entry, origins.get(entry.position()), draft).map(true);
          })
          .compose(all -> view.committing(some))
          .map(ready -> {
            Taken taken =
                new Taken(some, rest.hasNext() ? some.get(some.size() - 1).position() : end);
            draft.put(
                CHECKPOINT,
                ByteBuffer.allocate(Integer.BYTES + Long.BYTES)
                    .putInt(version)
                    .putLong(taken.end())
                    .array());
            return taken;
          });
    });
  }

  /** Ends it: what is not shown by then is shown when it is opened again. On the runner. */
  public void close() {
    closed = true;
    unsubscribe.run();
    List<Promise<Void>> all = List.copyOf(waiting.values());
    waiting.clear();
    all.forEach(promise -> promise.tryFail(new StoreException(space.name() + " is closed")));
  }
}
