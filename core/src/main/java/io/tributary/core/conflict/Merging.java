package io.tributary.core.conflict;

import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Function;

/** What stands and what comes become one; events without a function go by the greatest id. */
final class Merging implements ConflictPolicy {
  private final String name;
  private final Function<String, Optional<Merger>> mergers;

  /** Of one event. */
  interface Merger {
    Resolution resolve(Entry entry, Entry winner) throws Exception;
  }

  /** @param mergers by the event's tag */
  Merging(String name, Function<String, Optional<Merger>> mergers) {
    this.name = name;
    this.mergers = mergers;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean needsWinnerPayload() {
    return true;
  }

  @Override
  public Future<Resolution> resolve(Entry entry, Entry winner) {
    Optional<Merger> merger = mergers.apply(entry.event());
    if (merger.isEmpty()) {
      return ByEntryId.LAST.resolve(entry, winner);
    }
    try {
      return Future.succeededFuture(merger.get().resolve(entry, winner));
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      return Future.failedFuture(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
