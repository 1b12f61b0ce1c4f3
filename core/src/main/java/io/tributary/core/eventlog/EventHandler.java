package io.tributary.core.eventlog;

import io.vertx.core.Future;
import java.util.List;

/**
 * What an application does about an event.
 *
 * <p>Per store one handler runs at a time, in the order of sequences. Each entry gets one recorded
 * outcome; but after a crash a handler may be called again for an entry that was in flight, with a
 * greater {@link HandledEntry#attempt()}: what it does elsewhere is to be idempotent by the entry's
 * id. It is called on the context of the runtime that owns it and must not block.
 *
 * @param <P> the event's payload
 * @param <R> what the writer of an event is given
 */
@FunctionalInterface
public interface EventHandler<P, R> {
  /**
   * Handles one entry.
   *
   * @param payload the entry's
   * @param entry the entry, and what is known of it
   * @param conflicts entries with the same event and primary key and a greater id that came before
   *     this one, in id order; those whose payload can't be decoded are left out. Empty for groups
   *     that are append-only
   * @return completes, on any thread, when the entry is handled; a failure is recorded against the
   *     entry, as is a null and what is thrown
   */
  Future<R> handle(P payload, HandledEntry entry, List<Conflict<P>> conflicts);
}
