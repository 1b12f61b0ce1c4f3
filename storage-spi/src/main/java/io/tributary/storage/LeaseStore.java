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
   * @param ttl how long it holds without renewal, at least 1 ms
   * @return the lease, or empty if another holds it
   */
  Future<Optional<Lease>> acquire(String name, Duration ttl);

  /**
   * Extends a lease by its ttl from now.
   *
   * @return fails with {@link FencedException} if the lease has ended or was granted anew
   */
  Future<Void> renew(Lease lease);

  /** Gives a lease back; nothing happens if it has ended. */
  Future<Void> release(Lease lease);
}
