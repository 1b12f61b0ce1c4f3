package io.tributary.storage;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;

/**
 * Leases: at most one holder per name, by the storage's clock. Each grant has a greater epoch than
 * every grant of that name before it, over restarts too. Opening a single-node storage ends earlier
 * leases.
 */
public interface LeaseStore {
  /**
   * Asks for a lease.
   *
   * @param name any text; equal text is the same name
   * @param ttl how long it holds without renewal, at least 1 ms
   * @return the lease, or empty if it is held, by whomever
   * @throws IllegalArgumentException if {@code ttl} is below 1 ms
   */
  Future<Optional<Lease>> acquire(String name, Duration ttl);

  /**
   * Lets a lease hold for its ttl from now.
   *
   * @return fails with {@link FencedException} if the lease has ended: its time passed (even if
   *     nobody asked for it since), it was released, or a single-node storage was
   *     opened anew
   */
  Future<Void> renew(Lease lease);

  /** Gives a lease back; nothing happens if it has ended. */
  Future<Void> release(Lease lease);
}
