package io.tributary.client.eventlog;

import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Optional;

/** What syncing needs, on the engine. */
final class Access implements SyncAccess {
  private final Engine engine;

  Access(Engine engine) {
    this.engine = engine;
  }

  @Override
  public String name() {
    return engine.options().name();
  }

  @Override
  public Identity identity() {
    return engine.options().identity();
  }

  @Override
  public Future<RemoteProgress> progress(RemoteId remote, String store) {
    return engine.isClosed()
        ? engine.closed()
        : Future.succeededFuture(engine.remotes().get(new RemoteStore(remote, store)).progress);
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      RemoteId remote, String store, long after, int max, long maxBytes) {
    return ask((its, name) -> its.pending(name, remote, store, after, max, maxBytes));
  }

  @Override
  public Future<List<UploadMark>> marks(
      RemoteId remote, String store, UploadMark.State state, long after, int max) {
    return ask((its, name) -> its.marks(name, remote, store, state, after, max));
  }

  @Override
  public Future<Optional<PlacedEntry>> entryAt(long position) {
    return ask((its, name) -> its.entries(name, position - 1, 1, 1))
        .map(some ->
            some.stream().filter(placed -> placed.position() == position).findFirst());
  }

  private <T> Future<T> ask(JournalAccess.Question<T> question) {
    return engine.isClosed() ? engine.closed() : engine.access().ask(question);
  }

  @Override
  public Optional<Entry> redacted(Entry entry) {
    return engine.redacted(entry);
  }

  @Override
  public Future<List<Long>> receive(
      RemoteId remote, String store, List<Arrival> arrivals, long next) {
    if (engine.isClosed()) {
      return engine.closed();
    }
    Promise<List<Long>> promise = Promise.promise();
    Remotes.State state = engine.remotes().get(new RemoteStore(remote, store));
    Receive delivery = new Receive(engine, state, List.copyOf(arrivals), next, promise);
    state.deliveries.add(delivery);
    if (state.deliveries.size() == 1) {
      engine.submit(delivery);
    }
    return promise.future();
  }

  @Override
  public Future<Void> recordUploads(
      RemoteId remote,
      String store,
      long uploaded,
      long next,
      List<UploadMark> marks,
      List<UploadMark> unmarked) {
    if (engine.isClosed()) {
      return engine.closed();
    }
    List<UploadMark> marked = List.copyOf(marks);
    List<UploadMark> gone = List.copyOf(unmarked);
    Remotes.State state = engine.remotes().get(new RemoteStore(remote, store));
    return engine.inTurn(() -> {
      RemoteProgress before = state.progress;
      RemoteProgress then = new RemoteProgress(
          remote,
          store,
          Math.max(before.next(), next),
          before.begun(),
          before.attempt(),
          Math.max(before.uploaded(), uploaded));
      boolean moves = !then.equals(before);
      if (!moves && marked.isEmpty() && gone.isEmpty()) {
        return Future.succeededFuture();
      }
      JournalCommit commit = new JournalCommit(
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          moves ? List.of(then) : List.of(),
          marked,
          gone);
      return engine
          .access()
          .commit(commit, true)
          .map(positions -> {
            state.progress = then;
            return (Void) null;
          })
          .recover(cause -> engine.closed());
    });
  }

  @Override
  public long lastPosition() {
    return engine.lastPosition();
  }

  @Override
  public Runnable onPlaced(PlacedListener listener) {
    return engine.onPlaced(listener);
  }
}
