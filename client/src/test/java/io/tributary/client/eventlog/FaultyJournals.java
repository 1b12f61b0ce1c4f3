package io.tributary.client.eventlog;

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
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A real storage's journals that answer late, fail when told to, and count. */
final class FaultyJournals implements JournalStore {
  /** What becomes of a commit. */
  enum Fate {
    /** It succeeds. */
    DONE,
    /** Nothing is committed, and it says so. */
    NOT_COMMITTED,
    /** Nothing is committed, and nobody can say. */
    LOST,
    /** It is committed, and nobody can say. */
    UNKNOWN,
    /** Nothing is committed, and there is no answer, ever. */
    CRASH_BEFORE,
    /** It is committed, and there is no answer, ever. */
    CRASH_AFTER
  }

  private final JournalStore real;
  private final Runner runner;
  private final ArrayDeque<Fate> fates = new ArrayDeque<>();
  private final ArrayDeque<Runnable> held = new ArrayDeque<>();

  /** All commits that were asked for and took effect. */
  final List<JournalCommit> commits = new ArrayList<>();

  /** Commits that are not answered yet, and how many there were at most. */
  int inFlight;

  int mostInFlight;

  /** How often entries of a key were asked for. */
  int keyReads;

  /** Decides about commits that no fate is set for. */
  Function<JournalCommit, Fate> fate = commit -> Fate.DONE;

  /** How many commits go through before they wait for {@link #release}. */
  int free = Integer.MAX_VALUE;

  /** Nothing is answered any more. */
  boolean dead;

  /** How many reads fail from now on. */
  int failingReads;

  FaultyJournals(JournalStore real, Runner runner) {
    this.real = real;
    this.runner = runner;
  }

  /** The fates of the next commits. */
  void next(Fate... some) {
    fates.addAll(List.of(some));
  }

  /** Lets the commits that are held go on. */
  void release() {
    free = Integer.MAX_VALUE;
    while (!held.isEmpty()) {
      held.remove().run();
    }
  }

  @Override
  public Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence) {
    Promise<List<Long>> promise = Promise.promise();
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    Runnable commit = () -> runner.execute(() -> decide(journal, changes, fence, promise));
    if (free == 0) {
      held.add(commit);
    } else {
      free--;
      commit.run();
    }
    return promise.future();
  }

  private void decide(
      String journal, JournalCommit changes, Optional<Lease> fence, Promise<List<Long>> promise) {
    if (dead) {
      return;
    }
    inFlight--;
    @Nullable Fate set = fates.poll();
    Fate its = set == null ? fate.apply(changes) : set;
    if (its == Fate.DONE || its == Fate.UNKNOWN || its == Fate.CRASH_AFTER) {
      commits.add(changes);
      Future<List<Long>> positions = real.commit(journal, changes, fence);
      if (its == Fate.DONE) {
        promise.complete(positions.result());
      }
    }
    switch (its) {
      case NOT_COMMITTED -> promise.fail(failure(Outcome.NOT_COMMITTED));
      case LOST, UNKNOWN -> promise.fail(failure(Outcome.UNKNOWN));
      case CRASH_BEFORE, CRASH_AFTER -> dead = true;
      case DONE -> {}
    }
  }

  static StorageException failure(Outcome outcome) {
    return new StorageException(outcome, "as the test asked", null);
  }

  private <T> Future<T> later(Supplier<Future<T>> question) {
    Promise<T> promise = Promise.promise();
    runner.execute(() -> {
      if (dead) {
        return;
      }
      if (failingReads > 0) {
        failingReads--;
        promise.fail(failure(Outcome.NOT_COMMITTED));
      } else {
        promise.complete(question.get().result());
      }
    });
    return promise.future();
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    return later(() -> real.known(journal, ids));
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return later(() -> real.entry(journal, id));
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    keyReads++;
    return later(() -> real.sameKey(journal, event, primaryKey, above, max));
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return later(() -> real.winner(journal, event, primaryKey));
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    return later(() -> real.entries(journal, after, max, maxBytes));
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    return later(() -> real.pending(journal, remote, store, after, max, maxBytes));
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    return later(() -> real.marks(journal, remote, store, state, after, max));
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return later(() -> real.progress(journal, remote, store));
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return later(() -> real.progress(journal));
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    return later(() -> real.outcomes(journal, state, after, max));
  }

  @Override
  public Future<List<String>> journals(Optional<String> after, int max) {
    return later(() -> real.journals(after, max));
  }

  @Override
  public Future<Void> destroy(String journal) {
    return later(() -> real.destroy(journal));
  }
}
