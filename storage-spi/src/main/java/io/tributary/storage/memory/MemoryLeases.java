package io.tributary.storage.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.LeaseStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

final class MemoryLeases implements LeaseStore {
  private record Held(long epoch, long endsAt) {}

  private final InstantSource clock;

  @GuardedBy("this")
  private final Map<String, Held> held = new HashMap<>();

  /** The newest epoch of all names, so that a name without a holder needs no memory. */
  @GuardedBy("this")
  private long epoch;

  @GuardedBy("this")
  private boolean closed;

  MemoryLeases(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public synchronized Future<Optional<Lease>> acquire(String name, Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease holds for at least 1 ms, not " + ttl);
    }
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    long now = clock.millis();
    Held current = held.get(name);
    if (current != null && now < current.endsAt) {
      return Future.succeededFuture(Optional.empty());
    }
    epoch++;
    held.put(name, new Held(epoch, now + ttl.toMillis()));
    return Future.succeededFuture(Optional.of(new Lease(name, epoch, ttl)));
  }

  @Override
  public synchronized Future<Void> renew(Lease lease) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    long now = clock.millis();
    if (!holds(lease, now)) {
      return Future.failedFuture(new FencedException(lease));
    }
    held.put(lease.name(), new Held(lease.epoch(), now + lease.ttl().toMillis()));
    return Future.succeededFuture();
  }

  /** Does the work while the lease can't go to anybody else; fails if it has ended. */
  synchronized <T> Future<T> under(Lease lease, Supplier<Future<T>> work) {
    return holds(lease, clock.millis())
        ? work.get()
        : Future.failedFuture(new FencedException(lease));
  }

  @GuardedBy("this")
  private boolean holds(Lease lease, long now) {
    Held current = held.get(lease.name());
    return current != null && current.epoch == lease.epoch() && now < current.endsAt;
  }

  @Override
  public synchronized Future<Void> release(Lease lease) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    Held current = held.get(lease.name());
    if (current != null && current.epoch == lease.epoch()) {
      held.remove(lease.name());
    }
    return Future.succeededFuture();
  }

  synchronized void close() {
    closed = true;
    held.clear();
  }
}
