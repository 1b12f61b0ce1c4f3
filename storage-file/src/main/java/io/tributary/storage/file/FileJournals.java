package io.tributary.storage.file;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.FencedException;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Lease;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The journals: what changes them goes to the writer, reads to the readers. */
final class FileJournals implements JournalStore {
  /** Rows of a destroyed journal that are deleted in one transaction. */
  private static final int ROWS = 1_000;

  private final Writer writer;
  private final Readers readers;
  private final FileLeases leases;

  private volatile boolean closed;

  FileJournals(Writer writer, Readers readers, FileLeases leases) {
    this.writer = writer;
    this.readers = readers;
    this.leases = leases;
  }

  @Override
  public Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence) {
    byte[] name = FileRegistry.utf8(journal);
    int records = changes.removed().size()
        + changes.entries().size()
        + changes.outcomes().size()
        + changes.winners().size()
        + changes.progress().size()
        + changes.marks().size()
        + changes.unmarked().size();
    long bytes = changes.entries().stream().mapToLong(JournalEntry::bytes).sum();
    for (Winner winner : changes.winners()) {
      bytes += winner.payload() == null ? 0 : winner.payload().length;
    }
    return writer
        .submit(
            connection -> {
              if (fence.isPresent() && !leases.holds(fence.get())) {
                return Optional.<List<Long>>empty();
              }
              return Optional.of(
                  changes.isEmpty()
                      ? List.<Long>of()
                      : connection.journals().commit(name, changes));
            },
            records,
            bytes)
        .compose(positions -> positions.isPresent() || fence.isEmpty()
            ? Future.succeededFuture(positions.orElse(List.of()))
            : Future.failedFuture(new FencedException(fence.get())));
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    return read(journal, (journals, name) -> journals.known(name, ids));
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return read(journal, (journals, name) -> journals.entry(name, id));
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    FileLog.requireSome(max);
    return read(journal, (journals, name) -> journals.sameKey(name, event, primaryKey, above, max));
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return read(journal, (journals, name) -> journals.winner(name, event, primaryKey));
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    FileLog.requireSome(max);
    return read(journal, (journals, name) -> journals.entries(name, after, max, maxBytes));
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    FileLog.requireSome(max);
    byte[] its = FileRegistry.utf8(store);
    return read(
        journal, (journals, name) -> journals.pending(name, remote, its, after, max, maxBytes));
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    FileLog.requireSome(max);
    return read(
        journal, (journals, name) -> journals.marks(name, remote, store, state, after, max));
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return read(journal, (journals, name) -> journals.progress(name, remote, store));
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return read(journal, JournalReads::progress);
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    FileLog.requireSome(max);
    return read(journal, (journals, name) -> journals.outcomes(name, state, after, max));
  }

  @Override
  public Future<List<String>> journals(Optional<String> after, int max) {
    FileLog.requireSome(max);
    Optional<byte[]> name = after.map(FileRegistry::utf8);
    return closed
        ? Future.failedFuture(Writer.closedException())
        : readers.submit(
            connection -> connection.journals(journals -> journals.journals(name, max)));
  }

  /** At once nobody sees it any more; then its rows go, in steps between the writer's other work. */
  @Override
  public Future<Void> destroy(String journal) {
    byte[] name = FileRegistry.utf8(journal);
    return writer
        .submit(
            connection -> {
              connection.journals().destroy(name);
              return true;
            },
            1,
            0)
        .compose(done -> sweep(writer));
  }

  /** Deletes the rows of all destroyed journals, those that a sudden end has left, too. */
  static Future<Void> sweep(Writer writer) {
    return writer
        .submit(connection -> connection.journals().sweep(ROWS), ROWS, 0)
        .compose(more -> more ? sweep(writer) : Future.succeededFuture());
  }

  /** What is asked of a journal. */
  private interface Question<T> {
    T ask(JournalReads journals, byte[] name) throws SQLException;
  }

  private <T> Future<T> read(String journal, Question<T> question) {
    byte[] name = FileRegistry.utf8(journal);
    return closed
        ? Future.failedFuture(Writer.closedException())
        : readers.submit(
            connection -> connection.journals(journals -> question.ask(journals, name)));
  }

  void close() {
    closed = true;
  }
}
