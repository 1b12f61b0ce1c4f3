package io.tributary.core.journal;

import io.tributary.core.model.EntryId;
import java.util.List;

/**
 * Changes to one journal that take effect together, in the order of the components.
 *
 * @param removed ids whose entries go; they stay known, also if they never were, and their outcomes
 *     and winner rows stay
 * @param entries to be inserted, in this order; those whose ids have an entry or were removed are
 *     left as they are; an outcome alone keeps no entry out
 * @param outcomes each replaces its id's outcome, except one that is {@code REMOVED}; the journal
 *     need not hold the entry
 * @param winners each replaces that of its event and primary key
 * @param progress each replaces that of its remote and store; marks that are not {@code REFUSED} at or
 *     below its {@code uploaded} are dropped
 * @param marks each replaces that of its remote, store and position
 * @param unmarked marks to be dropped; their state and reason don't count
 */
public record JournalCommit(
    List<EntryId> removed,
    List<JournalEntry> entries,
    List<EntryOutcome> outcomes,
    List<Winner> winners,
    List<RemoteProgress> progress,
    List<UploadMark> marks,
    List<UploadMark> unmarked) {
  /** Whether it changes nothing. */
  public boolean isEmpty() {
    return removed.isEmpty()
        && entries.isEmpty()
        && outcomes.isEmpty()
        && winners.isEmpty()
        && progress.isEmpty()
        && marks.isEmpty()
        && unmarked.isEmpty();
  }

  /** What came from a remote, or is to be processed: entries, what became of them, how far it is. */
  public static JournalCommit received(
      List<JournalEntry> entries, List<EntryOutcome> outcomes, RemoteProgress progress) {
    return new JournalCommit(
        List.of(), entries, outcomes, List.of(), List.of(progress), List.of(), List.of());
  }

  /** Entries are erased; {@code outcomes} usually says so for each. */
  public static JournalCommit removed(List<EntryId> removed, List<EntryOutcome> outcomes) {
    return new JournalCommit(
        removed, List.of(), outcomes, List.of(), List.of(), List.of(), List.of());
  }

  /** Only outcomes change. */
  public static JournalCommit outcomes(List<EntryOutcome> outcomes) {
    return new JournalCommit(
        List.of(), List.of(), outcomes, List.of(), List.of(), List.of(), List.of());
  }

  /** Only a progress changes. */
  public static JournalCommit progress(RemoteProgress progress) {
    return new JournalCommit(
        List.of(), List.of(), List.of(), List.of(), List.of(progress), List.of(), List.of());
  }
}
