package io.tributary.server.cli;

import io.tributary.client.eventlog.Arrival;
import io.tributary.client.eventlog.SyncAccess;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What syncs as a replica that keeps nothing, has nothing, and only looks at what comes. */
final class TailAccess implements SyncAccess {
  private final Identity identity;
  private final Consumer<Arrival> arrivals;
  private long next;

  /**
   * @param from the first sequence wanted
   * @param arrivals is told of each entry, once
   */
  TailAccess(Identity identity, long from, Consumer<Arrival> arrivals) {
    this.identity = identity;
    this.arrivals = arrivals;
    this.next = from;
  }

  @Override
  public String name() {
    return "tail";
  }

  @Override
  public Identity identity() {
    return identity;
  }

  @Override
  public Future<RemoteProgress> progress(RemoteId remote, String store) {
    return Future.succeededFuture(new RemoteProgress(remote, store, next, 0, 0, 0));
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      RemoteId remote, String store, long after, int max, long maxBytes) {
    return Future.succeededFuture(List.of());
  }

  @Override
  public Future<Optional<PlacedEntry>> entryAt(long position) {
    return Future.succeededFuture(Optional.empty());
  }

  @Override
  public Future<List<UploadMark>> marks(
      RemoteId remote, String store, UploadMark.State state, long after, int max) {
    return Future.succeededFuture(List.of());
  }

  @Override
  public Optional<Entry> redacted(Entry entry) {
    return Optional.empty();
  }

  @Override
  public Future<List<Long>> receive(RemoteId remote, String store, List<Arrival> come, long then) {
    come.forEach(arrivals);
    next = Math.max(next, then);
    return Future.succeededFuture(Collections.nCopies(come.size(), 0L));
  }

  @Override
  public Future<Void> recordUploads(
      RemoteId remote,
      String store,
      long uploaded,
      long then,
      List<UploadMark> marks,
      List<UploadMark> unmarked) {
    next = Math.max(next, then);
    return Future.succeededFuture();
  }

  @Override
  public long lastPosition() {
    return 0;
  }

  @Override
  public Runnable onPlaced(PlacedListener listener) {
    return () -> {};
  }
}
