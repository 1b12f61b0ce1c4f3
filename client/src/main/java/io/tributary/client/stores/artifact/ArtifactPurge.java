package io.tributary.client.stores.artifact;

import io.tributary.client.eventlog.Steps;
import io.vertx.core.Future;
import java.util.Optional;

/** Deletes what a session has, one after the other. */
final class ArtifactPurge {
  private ArtifactPurge() {}

  /** Gives how many there were. */
  static Future<Long> run(ArtifactStore store, String sessionId) {
    long[] deleted = {0};
    // By cursor: one that can't be deleted is not met again.
    @SuppressWarnings({"unchecked", "rawtypes"})
    Optional<ArtifactCursor>[] after = new Optional[] {Optional.empty()};
    return Steps.repeat(() -> store
            .list(sessionId, after[0], 0)
            .compose(page -> Steps.each(
                    page.items(),
                    item -> store.delete(sessionId, item.id()).map(was -> {
                      deleted[0] += was ? 1 : 0;
                      return null;
                    }))
                .map(done -> {
                  after[0] = page.next();
                  return page.next().isPresent();
                })))
        .map(done -> deleted[0]);
  }
}
