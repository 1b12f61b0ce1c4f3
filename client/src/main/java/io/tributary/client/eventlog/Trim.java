package io.tributary.client.eventlog;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** Removes entries, but those that a remote is yet to get. */
final class Trim {
  /** Entries that are removed in one commit. */
  static final int MAX_ENTRIES = 1_000;

  private static final int MARKS = 1_000;

  private final Engine engine;
  private final List<EntryId> ids;
  private final Set<RemoteStore> stores;

  Trim(Engine engine, List<EntryId> ids, Set<RemoteStore> stores) {
    this.engine = engine;
    this.ids = ids;
    this.stores = stores;
  }

  Future<List<EntryId>> run() {
    return ids.isEmpty()
        ? Future.succeededFuture(List.of())
        : engine.known(ids).compose(known -> {
          NavigableMap<Long, KnownEntry> there = new TreeMap<>();
          known.values().stream()
              .filter(entry -> entry.position() > 0)
              .forEach(entry -> there.put(entry.position(), entry));
          return Steps.each(stores, store -> keep(there, store)).compose(kept -> remove(there));
        });
  }

  /** Takes those out that this store is yet to get. */
  private Future<Void> keep(NavigableMap<Long, KnownEntry> there, RemoteStore store) {
    if (there.isEmpty()) {
      return Future.succeededFuture();
    }
    long uploaded = engine.remotes().get(store).progress.uploaded();
    Set<Long> settled = new HashSet<>();
    Set<Long> refused = new HashSet<>();
    return marks(there, store, UploadMark.State.KNOWN, settled)
        .compose(done -> marks(there, store, UploadMark.State.DROPPED, settled))
        .compose(done -> marks(there, store, UploadMark.State.REFUSED, refused))
        .map(done -> {
          there
              .keySet()
              .removeIf(position -> refused.contains(position)
                  || (position > uploaded && !settled.contains(position)));
          return null;
        });
  }

  /** Collects the positions of a store's marks, of those entries that are to be removed. */
  private Future<Void> marks(
      NavigableMap<Long, KnownEntry> there,
      RemoteStore store,
      UploadMark.State state,
      Set<Long> found) {
    long[] after = {there.firstKey() - 1};
    long last = there.lastKey();
    return Steps.repeat(() -> engine
        .access()
        .ask((its, name) -> its.marks(name, store.remote(), store.store(), state, after[0], MARKS))
        .map(some -> {
          for (UploadMark mark : some) {
            after[0] = mark.position();
            if (there.containsKey(mark.position())) {
              found.add(mark.position());
            }
          }
          return some.size() == MARKS && after[0] < last;
        }));
  }

  private Future<List<EntryId>> remove(NavigableMap<Long, KnownEntry> there) {
    if (there.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    List<EntryId> removed = there.values().stream().map(KnownEntry::id).toList();
    // What failed can't be tried again any more.
    List<EntryOutcome> outcomes = new ArrayList<>();
    for (KnownEntry entry : there.values()) {
      EntryOutcome outcome = entry.outcome();
      if (outcome != null && outcome.state() == EntryOutcome.State.FAILED) {
        outcomes.add(new EntryOutcome(
            entry.id(), EntryOutcome.State.REMOVED, outcome.attempts(), engine.now(), null));
      }
    }
    return engine
        .access()
        .commit(JournalCommit.removed(removed, outcomes), false)
        .map(done -> removed);
  }
}
