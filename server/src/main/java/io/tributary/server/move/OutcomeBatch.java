package io.tributary.server.move;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.JournalStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts outcomes, and what the processing keeps of the entries, into the journals of stores, several
 * at a time. Those of a store come one after the other.
 */
final class OutcomeBatch {
  private static final int MAX = 500;
  private static final long MAX_BYTES = 4 << 20;

  private final JournalStore journals;
  private final List<Line.Outcome> held = new ArrayList<>();
  private StoreKey.@Nullable Plain store;
  private long bytes;

  OutcomeBatch(JournalStore journals) {
    this.journals = journals;
  }

  void add(Line.Outcome outcome) throws IOException {
    if (held.size() == MAX || bytes >= MAX_BYTES || !outcome.store().equals(store)) {
      commit();
    }
    store = outcome.store();
    held.add(outcome);
    String reason = outcome.outcome().reason();
    bytes += (outcome.entry() == null ? 0 : outcome.entry().bytes())
        + (reason == null ? 0 : reason.length());
  }

  /** Puts those there that are left, unless their entries have an outcome there already. */
  void commit() throws IOException {
    if (store == null) {
      return;
    }
    String journal = ProcessingJournals.name(store);
    Map<EntryId, KnownEntry> known = Waiting.on(
        journals.known(journal, held.stream().map(line -> line.outcome().id()).toList()));
    List<EntryId> removed = new ArrayList<>();
    List<JournalEntry> entries = new ArrayList<>();
    List<EntryOutcome> outcomes = new ArrayList<>();
    for (Line.Outcome line : held) {
      KnownEntry here = known.get(line.outcome().id());
      if (here == null || here.outcome() == null) {
        outcomes.add(line.outcome());
        if (line.entry() == null) {
          removed.add(line.outcome().id());
        } else {
          entries.add(line.entry());
        }
      }
    }
    JournalCommit changes =
        new JournalCommit(removed, entries, outcomes, List.of(), List.of(), List.of(), List.of());
    if (!changes.isEmpty()) {
      Waiting.on(journals.commit(journal, changes, Optional.empty()));
    }
    held.clear();
    bytes = 0;
    store = null;
  }
}
