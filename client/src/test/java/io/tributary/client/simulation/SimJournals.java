package io.tributary.client.simulation;

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
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A disk as one life of a replica sees it: calls take their time; commits fail before or after they took
 * effect; and when the life ends, those under way did or did not, and nobody is told.
 */
final class SimJournals implements JournalStore {
  private final World world;
  private final JournalStore disk;
  private boolean dead;
  boolean faults = true;

  SimJournals(World world, JournalStore disk) {
    this.world = world;
    this.disk = disk;
  }

  void crash() {
    dead = true;
  }

  @Override
  public Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence) {
    Promise<List<Long>> promise = Promise.promise();
    world.soon(4, () -> {
      if (dead && world.random.nextBoolean()) {
        return;
      }
      int fault = faults ? world.random.nextInt(40) : 39;
      Future<List<Long>> done =
          fault <= 1 ? Future.succeededFuture(List.of()) : disk.commit(journal, changes, fence);
      world.soon(4, () -> {
        if (dead) {
          return;
        }
        switch (fault) {
          case 0 ->
            promise.fail(
                new StorageException(StorageException.Outcome.NOT_COMMITTED, "simulated", null));
          case 1, 2 ->
            promise.fail(new StorageException(StorageException.Outcome.UNKNOWN, "simulated", null));
          default -> done.onComplete(promise);
        }
      });
    });
    return promise.future();
  }

  private <T> Future<T> ask(Supplier<Future<T>> question) {
    Promise<T> promise = Promise.promise();
    world.soon(2, () -> {
      if (!dead) {
        Future<T> answer = question.get();
        world.soon(2, () -> {
          if (!dead) {
            answer.onComplete(promise);
          }
        });
      }
    });
    return promise.future();
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    List<EntryId> copy = List.copyOf(ids);
    return ask(() -> disk.known(journal, copy));
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return ask(() -> disk.entry(journal, id));
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    return ask(() -> disk.sameKey(journal, event, primaryKey, above, max));
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return ask(() -> disk.winner(journal, event, primaryKey));
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    return ask(() -> disk.entries(journal, after, max, maxBytes));
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    return ask(() -> disk.pending(journal, remote, store, after, max, maxBytes));
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    return ask(() -> disk.marks(journal, remote, store, state, after, max));
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return ask(() -> disk.progress(journal, remote, store));
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return ask(() -> disk.progress(journal));
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    return ask(() -> disk.outcomes(journal, state, after, max));
  }

  @Override
  public Future<List<String>> journals(Optional<String> after, int max) {
    return ask(() -> disk.journals(after, max));
  }

  @Override
  public Future<Void> destroy(String journal) {
    return ask(() -> disk.destroy(journal));
  }
}
