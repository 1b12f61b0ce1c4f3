package io.tributary.server.move;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.log.LogItem;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StoreRegistry;
import org.jspecify.annotations.Nullable;

/** A line of the file. */
sealed interface Line {
  record Header(DataSetId dataSetId) implements Line {}

  record Store(StoreKey store, long head) implements Line {}

  /** A record or a tombstone. */
  record Item(LogItem item) implements Line {}

  record Digest(StoreKey store, Sum sum) implements Line {}

  record Mapping(StoreRegistry.Listed listed) implements Line {}

  record Binding(StoreRegistry.Binding binding) implements Line {}

  /** What became of an entry, and what the processing keeps of it; null if that is gone. */
  record Outcome(
      StoreKey.Plain store, EntryOutcome outcome, @Nullable JournalEntry entry) implements Line {}

  /** How far the processing of a store is. */
  record Progress(StoreKey.Plain store, long next, long begun, int attempt) implements Line {}

  /** The last line; without a sum nothing says whether the lines outside stores are as written. */
  record End(@Nullable Sum sum) implements Line {}

  /** What lines are compared with. */
  record Sum(long lines, byte[] sha256) {}
}
