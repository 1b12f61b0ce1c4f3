package io.tributary.client.stores.view;

import io.vertx.core.Future;
import java.nio.ByteBuffer;

/**
 * How many rows of a space exceeded its limits and went since that was told: counted in the commits that
 * took them, so that neither a failure nor a crash makes it another number.
 */
public final class Removals {
  private static final byte[] KEY = {'g'};

  private Removals() {}

  /** Counts some that go. */
  public static Future<Void> add(Draft draft, long some) {
    return some == 0
        ? Future.succeededFuture()
        : count(draft).map(before -> {
          draft.put(KEY, ByteBuffer.allocate(Long.BYTES).putLong(before + some).array());
          return null;
        });
  }

  /** How many went; they are told of then. */
  public static Future<Long> take(Draft draft) {
    return count(draft).map(count -> {
      if (count > 0) {
        draft.delete(KEY);
      }
      return count;
    });
  }

  private static Future<Long> count(Draft draft) {
    return draft
        .get(KEY)
        .map(row -> row.map(its -> ByteBuffer.wrap(its).getLong()).orElse(0L));
  }
}
