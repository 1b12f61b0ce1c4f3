package io.tributary.core.conflict;

import io.tributary.core.model.Entry;
import io.vertx.core.Future;

/** What was here first stays: the one built-in policy that depends on the order of arrival. */
final class FirstCome implements ConflictPolicy {
  private final String reason;

  FirstCome(String reason) {
    this.reason = reason;
  }

  @Override
  public String name() {
    return ConflictPolicies.REJECT;
  }

  @Override
  public boolean needsWinnerPayload() {
    return false;
  }

  @Override
  public Future<Resolution> resolve(Entry entry, Entry winner) {
    return Future.succeededFuture(new Resolution.Reject(reason));
  }

  @Override
  public String toString() {
    return name();
  }
}
