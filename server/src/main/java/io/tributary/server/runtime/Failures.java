package io.tributary.server.runtime;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.JournalStore;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Entries whose handlers failed, as the storage knows them: also where no hub runs. */
public final class Failures {
  private Failures() {}

  /**
   * Lists them in id order.
   *
   * @param after an id to go on after; empty for the first
   * @param max at most this many, at least 1
   */
  public static Future<List<FailedEntry>> list(
      JournalStore journals, StoreKey.Plain store, Optional<EntryId> after, int max) {
    String journal = ProcessingJournals.name(store);
    return journals
        .outcomes(journal, Optional.of(EntryOutcome.State.FAILED), after, max)
        .compose(outcomes -> describe(journals, journal, outcomes, 0, new ArrayList<>()));
  }

  private static Future<List<FailedEntry>> describe(
      JournalStore journals,
      String journal,
      List<EntryOutcome> outcomes,
      int at,
      List<FailedEntry> described) {
    if (at == outcomes.size()) {
      return Future.succeededFuture(described);
    }
    EntryOutcome outcome = outcomes.get(at);
    return journals.entry(journal, outcome.id()).compose(placed -> {
      described.add(new FailedEntry(
          outcome.id(),
          placed.map(found -> found.entry().sequence()).orElse(0L),
          placed.map(found -> text(found.entry().event())).orElse(""),
          placed.map(found -> text(found.entry().primaryKey())).orElse(""),
          outcome.attempts(),
          outcome.at(),
          outcome.reason()));
      return describe(journals, journal, outcomes, at + 1, described);
    });
  }

  /**
   * Lets failed entries be, where no handlers run that could be at them.
   *
   * @return the new outcomes of those that had failed
   */
  public static Future<List<EntryOutcome>> discard(
      JournalStore journals, StoreKey.Plain store, List<EntryId> ids, long nowMs) {
    String journal = ProcessingJournals.name(store);
    return journals.known(journal, ids).compose(known -> {
      List<EntryOutcome> discarded = new ArrayList<>();
      for (EntryId id : ids) {
        EntryOutcome before = known.containsKey(id) ? known.get(id).outcome() : null;
        if (before != null && before.state() == EntryOutcome.State.FAILED) {
          discarded.add(new EntryOutcome(
              id, EntryOutcome.State.DISCARDED, before.attempts(), nowMs, before.reason()));
        }
      }
      return discarded.isEmpty()
          ? Future.succeededFuture(discarded)
          : journals
              .commit(journal, JournalCommit.outcomes(discarded), Optional.empty())
              .map(discarded);
    });
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
