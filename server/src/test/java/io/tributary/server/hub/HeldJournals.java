package io.tributary.server.hub;

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
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Journals whose commits are answered no more from some commit on, as in a process that is killed. */
final class HeldJournals implements JournalStore {
  private final Supplier<JournalStore> journals;
  private final boolean takeEffect;
  private final List<Runnable> held = new ArrayList<>();
  private int before;

  HeldJournals(Supplier<JournalStore> journals, int before, boolean takeEffect) {
    this.journals = journals;
    this.before = before;
    this.takeEffect = takeEffect;
  }

  /** Whether a commit is held. */
  synchronized boolean holds() {
    return !held.isEmpty();
  }

  /**
   * Carries on, too late: what had no effect is committed now, what had is said to be in doubt. Later
   * commits are not held.
   */
  synchronized void letGo() {
    before = Integer.MAX_VALUE;
    held.forEach(Runnable::run);
    held.clear();
  }

  @Override
  public synchronized Future<List<Long>> commit(
      String journal, JournalCommit changes, Optional<Lease> fence) {
    if (before > 0) {
      before--;
      return journals.get().commit(journal, changes, fence);
    }
    Context caller = Vertx.currentContext();
    Promise<List<Long>> answer = Promise.promise();
    if (takeEffect) {
      Future<List<Long>> unused = journals.get().commit(journal, changes, fence);
      held.add(() -> caller.runOnContext(
          v -> answer.fail(new StorageException(Outcome.UNKNOWN, "the connection is gone", null))));
    } else {
      held.add(() -> caller.runOnContext(
          v -> journals.get().commit(journal, changes, fence).onComplete(answer)));
    }
    return answer.future();
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    return journals.get().known(journal, ids);
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return journals.get().entry(journal, id);
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    return journals.get().sameKey(journal, event, primaryKey, above, max);
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return journals.get().winner(journal, event, primaryKey);
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    return journals.get().entries(journal, after, max, maxBytes);
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    return journals.get().pending(journal, remote, store, after, max, maxBytes);
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    return journals.get().marks(journal, remote, store, state, after, max);
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return journals.get().progress(journal, remote, store);
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return journals.get().progress(journal);
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    return journals.get().outcomes(journal, state, after, max);
  }

  @Override
  public Future<List<String>> journals(Optional<String> after, int max) {
    return journals.get().journals(after, max);
  }

  @Override
  public Future<Void> destroy(String journal) {
    return journals.get().destroy(journal);
  }
}
