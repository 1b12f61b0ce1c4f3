package io.tributary.server.move;

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

  /** The last line; without a sum nothing says whether the lines outside stores are as written. */
  record End(@Nullable Sum sum) implements Line {}

  /** What lines are compared with. */
  record Sum(long lines, byte[] sha256) {}
}
