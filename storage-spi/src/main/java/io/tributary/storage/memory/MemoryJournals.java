package io.tributary.storage.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Lease;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** All journals, under one lock that each call holds for as long as its own page or changes take. */
final class MemoryJournals implements JournalStore {
  private final MemoryLeases leases;

  @GuardedBy("this")
  private final TreeMap<String, MemoryJournal> journals = new TreeMap<>(MemoryRegistry.BY_BYTES);

  /** What the others answer as. */
  @GuardedBy("this")
  private final MemoryJournal empty = new MemoryJournal();

  @GuardedBy("this")
  private boolean closed;

  MemoryJournals(MemoryLeases leases) {
    this.leases = leases;
  }

  @Override
  public Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence) {
    return fence.isEmpty() || isClosed()
        ? commit(journal, changes)
        : leases.under(fence.get(), () -> commit(journal, changes));
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized Future<List<Long>> commit(String journal, JournalCommit changes) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    return Future.succeededFuture(
        changes.isEmpty()
            ? List.of()
            : journals.computeIfAbsent(journal, name -> new MemoryJournal()).commit(changes));
  }

  /** Asks a journal; one that is not there answers as an empty one does. */
  private synchronized <T> Future<T> ask(String journal, Function<MemoryJournal, T> question) {
    return closed
        ? Future.failedFuture(MemoryStorage.closedException())
        : Future.succeededFuture(question.apply(journals.getOrDefault(journal, empty)));
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    return ask(journal, its -> its.known(ids));
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return ask(journal, its -> its.entry(id));
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    MemoryLog.requireSome(max);
    return ask(journal, its -> its.sameKey(event, primaryKey, above, max));
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return ask(journal, its -> its.winner(event, primaryKey));
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    MemoryLog.requireSome(max);
    return ask(journal, its -> its.entries(after, max, maxBytes));
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    MemoryLog.requireSome(max);
    return ask(journal, its -> its.pending(remote, store, after, max, maxBytes));
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    MemoryLog.requireSome(max);
    return ask(journal, its -> its.marks(remote, store, state, after, max));
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return ask(journal, its -> its.progress(remote, store));
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return ask(journal, MemoryJournal::progress);
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    MemoryLog.requireSome(max);
    return ask(journal, its -> its.outcomes(state, after, max));
  }

  @Override
  public synchronized Future<List<String>> journals(Optional<String> after, int max) {
    MemoryLog.requireSome(max);
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    var rest = after.isEmpty() ? journals : journals.tailMap(after.get(), false);
    return Future.succeededFuture(rest.keySet().stream().limit(max).toList());
  }

  @Override
  public synchronized Future<Void> destroy(String journal) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    journals.remove(journal);
    return Future.succeededFuture();
  }

  synchronized void close() {
    closed = true;
    journals.clear();
  }
}
