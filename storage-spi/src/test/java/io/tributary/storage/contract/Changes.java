package io.tributary.storage.contract;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import java.util.ArrayList;
import java.util.List;

/** A commit in the making. */
final class Changes {
  private final List<EntryId> removed = new ArrayList<>();
  private final List<JournalEntry> entries = new ArrayList<>();
  private final List<EntryOutcome> outcomes = new ArrayList<>();
  private final List<Winner> winners = new ArrayList<>();
  private final List<RemoteProgress> progress = new ArrayList<>();
  private final List<UploadMark> marks = new ArrayList<>();
  private final List<UploadMark> unmarked = new ArrayList<>();

  @CanIgnoreReturnValue
  Changes remove(EntryId... ids) {
    removed.addAll(List.of(ids));
    return this;
  }

  @CanIgnoreReturnValue
  Changes insert(JournalEntry... some) {
    entries.addAll(List.of(some));
    return this;
  }

  @CanIgnoreReturnValue
  Changes outcome(EntryOutcome... some) {
    outcomes.addAll(List.of(some));
    return this;
  }

  @CanIgnoreReturnValue
  Changes winner(Winner... some) {
    winners.addAll(List.of(some));
    return this;
  }

  @CanIgnoreReturnValue
  Changes progress(RemoteProgress... some) {
    progress.addAll(List.of(some));
    return this;
  }

  @CanIgnoreReturnValue
  Changes mark(UploadMark... some) {
    marks.addAll(List.of(some));
    return this;
  }

  @CanIgnoreReturnValue
  Changes unmark(UploadMark... some) {
    unmarked.addAll(List.of(some));
    return this;
  }

  JournalCommit commit() {
    return new JournalCommit(
        List.copyOf(removed),
        List.copyOf(entries),
        List.copyOf(outcomes),
        List.copyOf(winners),
        List.copyOf(progress),
        List.copyOf(marks),
        List.copyOf(unmarked));
  }
}
