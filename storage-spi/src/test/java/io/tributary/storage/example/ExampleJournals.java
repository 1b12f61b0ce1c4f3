package io.tributary.storage.example;

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
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

final class ExampleJournals implements JournalStore {
  private final ExampleStorage storage;
  private final ExampleDatabase database;
  private final InstantSource clock;

  ExampleJournals(ExampleStorage storage, ExampleDatabase database, InstantSource clock) {
    this.storage = storage;
    this.database = database;
    this.clock = clock;
  }

  @Override
  public Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence) {
    return storage.call(
        Outcome.UNKNOWN, () -> database.commit(journal, changes, fence, clock.millis()));
  }

  private <T> Future<T> ask(String journal, Function<ExampleJournalRows, T> question) {
    return storage.call(Outcome.NOT_COMMITTED, () -> database.ask(journal, question));
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    return ask(journal, rows -> rows.known(ids));
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return ask(journal, rows -> rows.entry(id));
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    ExampleStorage.requireSome(max);
    return ask(journal, rows -> rows.sameKey(event, primaryKey, above, max));
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return ask(journal, rows -> rows.winner(event, primaryKey));
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    ExampleStorage.requireSome(max);
    return ask(journal, rows -> rows.entries(after, max, maxBytes));
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    ExampleStorage.requireSome(max);
    return ask(journal, rows -> rows.pending(remote, store, after, max, maxBytes));
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    ExampleStorage.requireSome(max);
    return ask(journal, rows -> rows.marks(remote, store, state, after, max));
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return ask(journal, rows -> rows.progress(remote, store));
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return ask(journal, ExampleJournalRows::progress);
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    ExampleStorage.requireSome(max);
    return ask(journal, rows -> rows.outcomes(state, after, max));
  }

  @Override
  public Future<List<String>> journals(Optional<String> after, int max) {
    ExampleStorage.requireSome(max);
    return storage.call(Outcome.NOT_COMMITTED, () -> database.journals(after, max));
  }

  @Override
  public Future<Void> destroy(String journal) {
    return storage.call(Outcome.UNKNOWN, () -> {
      database.destroy(journal);
      return null;
    });
  }
}
