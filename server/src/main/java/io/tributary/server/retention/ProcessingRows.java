package io.tributary.server.retention;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.Lease;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the hub's processing keeps about the entries of stores in the clear: event, primary key and
 * outcome, and how far it is.
 */
final class ProcessingRows {
  private static final int PAGE = 500;
  private static final long PAGE_BYTES = 4 << 20;

  private final Vertx vertx;
  private final Storage storage;
  private final InstantSource clock;

  ProcessingRows(Vertx vertx, Storage storage, InstantSource clock) {
    this.vertx = vertx;
    this.storage = storage;
    this.clock = clock;
  }

  /** The sequence that is processed next; empty if no hub has ever processed that store. */
  Future<OptionalLong> next(StoreKey.Plain store) {
    return storage
        .journals()
        .progress(ProcessingJournals.name(store))
        .map(all -> all.stream()
            .filter(progress -> progress.remote().equals(ProcessingJournals.remote(store))
                && progress.store().equals(ProcessingJournals.storeOf(store)))
            .mapToLong(RemoteProgress::next)
            .findFirst());
  }

  /** Drops events and primary keys of processed entries; their outcomes stay. */
  Future<Void> drop(StoreKey.Plain store, Collection<EntryId> ids, Lease fence) {
    return commit(store, JournalCommit.removed(List.copyOf(ids), List.of()), Optional.of(fence));
  }

  /** Drops all that is kept about entries, processed or not, and records that they were erased. */
  Future<Void> erase(StoreKey.Plain store, Collection<EntryId> ids) {
    if (ids.isEmpty()) {
      return Future.succeededFuture();
    }
    return storage
        .journals()
        .known(ProcessingJournals.name(store), ids)
        .compose(known -> erase(store, ids, known));
  }

  private Future<Void> erase(
      StoreKey.Plain store, Collection<EntryId> ids, Map<EntryId, KnownEntry> known) {
    List<EntryOutcome> erased = new ArrayList<>(ids.size());
    for (EntryId id : ids) {
      KnownEntry entry = known.get(id);
      EntryOutcome before = entry == null ? null : entry.outcome();
      // Without the reason of a failure: it may tell what was in the entry.
      erased.add(new EntryOutcome(
          id, State.REMOVED, before == null ? 0 : before.attempts(), clock.millis(), null));
    }
    return commit(store, JournalCommit.removed(List.copyOf(ids), erased), Optional.empty());
  }

  /** The same for those whose records and journal entries are gone, but whose outcomes are there. */
  Future<Void> eraseLeftOvers(StoreKey.Plain store) {
    String journal = ProcessingJournals.name(store);
    List<Optional<EntryId>> after = new ArrayList<>(List.of(Optional.empty()));
    return Steps.repeatGently(
        vertx,
        () -> storage
            .journals()
            .outcomes(journal, Optional.empty(), after.get(0), PAGE)
            .compose(page -> {
              if (page.isEmpty()) {
                return Future.succeededFuture(false);
              }
              after.set(0, Optional.of(page.get(page.size() - 1).id()));
              List<EntryId> ids = page.stream()
                  .filter(outcome -> outcome.state() != State.REMOVED)
                  .map(EntryOutcome::id)
                  .toList();
              return storage
                  .journals()
                  .known(journal, ids)
                  .compose(known -> {
                    // An entry that is in the journal is in the log, too, written since.
                    List<EntryId> left = known.values().stream()
                        .filter(entry -> entry.position() == 0)
                        .map(KnownEntry::id)
                        .toList();
                    return left.isEmpty() ? Future.succeededFuture() : erase(store, left, known);
                  })
                  .map(v -> page.size() == PAGE);
            }));
  }

  private Future<Void> commit(StoreKey.Plain store, JournalCommit changes, Optional<Lease> fence) {
    return changes.isEmpty()
        ? Future.succeededFuture()
        : storage
            .journals()
            .commit(ProcessingJournals.name(store), changes, fence)
            .mapEmpty();
  }

  /**
   * The ids in the records that hold these sequences.
   *
   * @param sequences in order, as many as one step removes
   */
  Future<List<EntryId>> ids(StoreKey store, List<Long> sequences) {
    List<EntryId> ids = new ArrayList<>();
    int[] at = {0};
    return Steps.repeat(vertx, () -> {
          int left = sequences.size() - at[0];
          return left == 0
              ? Future.succeededFuture(false)
              : storage
                  .log()
                  .read(store, sequences.get(at[0]), left, PAGE_BYTES)
                  .map(page -> {
                    for (StoredRecord record : page.records()) {
                      at[0] = firstFrom(sequences, at[0], record.firstSequence());
                      int behind = firstFrom(sequences, at[0], record.lastSequence() + 1);
                      if (behind > at[0]) {
                        ids.addAll(record.record().ids());
                        at[0] = behind;
                      }
                    }
                    at[0] = firstFrom(sequences, at[0], page.next());
                    // Beyond the head there is nothing, and no way on.
                    return page.next() <= page.head() && at[0] < sequences.size();
                  });
        })
        .map(v -> ids);
  }

  private static int firstFrom(List<Long> sequences, int at, long from) {
    int first = at;
    while (first < sequences.size() && sequences.get(first) < from) {
      first++;
    }
    return first;
  }
}
