package io.tributary.core.conflict;

import io.tributary.core.model.Entry;
import io.vertx.core.Future;

/** One end of the order of ids wins: a maximum doesn't depend on the order of arrival. */
final class ByEntryId implements ConflictPolicy {
  static final ByEntryId LAST = new ByEntryId(
      ConflictPolicies.LAST_WRITE_WINS,
      1,
      "an entry of this event and key with a greater id stands");
  static final ByEntryId FIRST = new ByEntryId(
      ConflictPolicies.FIRST_WRITE_WINS,
      -1,
      "an entry of this event and key with a smaller id stands");

  private final String name;
  private final int winning;
  private final Future<Resolution> wins = Future.succeededFuture(new Resolution.Accept());
  private final Future<Resolution> loses;

  /** @param winning the sign of comparing an entry that wins with what stood */
  private ByEntryId(String name, int winning, String reason) {
    this.name = name;
    this.winning = winning;
    this.loses = Future.succeededFuture(new Resolution.Reject(reason));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean needsWinnerPayload() {
    return false;
  }

  @Override
  public Future<Resolution> resolve(Entry entry, Entry winner) {
    return Integer.signum(entry.id().compareTo(winner.id())) == winning ? wins : loses;
  }

  @Override
  public String toString() {
    return name;
  }
}
