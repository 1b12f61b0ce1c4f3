package io.tributary.storage.file;

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

/**
 * Leases of a storage that one process uses: who holds them is known in memory only, so that they
 * end with the process; the newest epoch is in the database.
 */
final class FileLeases implements LeaseStore {
  /** Epoch 0 while its epoch is being written. */
  private record Held(long epoch, long endsAt, long attempt) {}

  private final Writer writer;
  private final InstantSource clock;

  @GuardedBy("this")
  private final Map<String, Held> held = new HashMap<>();

  @GuardedBy("this")
  private long attempts;

  private volatile boolean closed;

  FileLeases(Writer writer, InstantSource clock) {
    this.writer = writer;
    this.clock = clock;
  }

  @Override
  public Future<Optional<Lease>> acquire(String name, Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease holds for at least 1 ms, not " + ttl);
    }
    if (closed) {
      return Future.failedFuture(Writer.closedException());
    }
    Held reserved;
    synchronized (this) {
      long now = clock.millis();
      Held current = held.get(name);
      if (current != null && now < current.endsAt) {
        return Future.succeededFuture(Optional.empty());
      }
      reserved = new Held(0, now + ttl.toMillis(), ++attempts);
      held.put(name, reserved);
    }
    return writer
        .submit(WriteConnection::nextEpoch, 1, 0)
        .map(epoch -> {
          grant(name, reserved, new Held(epoch, clock.millis() + ttl.toMillis(), reserved.attempt));
          return Optional.of(new Lease(name, epoch, ttl));
        })
        .onFailure(e -> giveUp(name, reserved));
  }

  /** Unless it took longer than the ttl to write the epoch, and another has come in between. */
  private synchronized void grant(String name, Held reserved, Held granted) {
    if (reserved.equals(held.get(name))) {
      held.put(name, granted);
    }
  }

  private synchronized void giveUp(String name, Held reserved) {
    if (reserved.equals(held.get(name))) {
      held.remove(name);
    }
  }

  @Override
  public synchronized Future<Void> renew(Lease lease) {
    if (closed) {
      return Future.failedFuture(Writer.closedException());
    }
    long now = clock.millis();
    Held current = held.get(lease.name());
    if (current == null || current.epoch != lease.epoch() || now >= current.endsAt) {
      return Future.failedFuture(new FencedException(lease));
    }
    held.put(lease.name(), new Held(lease.epoch(), now + lease.ttl().toMillis(), current.attempt));
    return Future.succeededFuture();
  }

  /**
   * Whether it has not ended. Asked within a transaction: a later holder's epoch is committed with
   * or after it.
   */
  synchronized boolean holds(Lease lease) {
    Held current = held.get(lease.name());
    return current != null && current.epoch == lease.epoch() && clock.millis() < current.endsAt;
  }

  @Override
  public synchronized Future<Void> release(Lease lease) {
    if (closed) {
      return Future.failedFuture(Writer.closedException());
    }
    Held current = held.get(lease.name());
    if (current != null && current.epoch == lease.epoch()) {
      held.remove(lease.name());
    }
    return Future.succeededFuture();
  }

  void close() {
    closed = true;
  }
}
