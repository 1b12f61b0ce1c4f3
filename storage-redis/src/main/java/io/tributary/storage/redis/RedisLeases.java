package io.tributary.storage.redis;

import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.LeaseStore;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Leases by the server's clock. */
final class RedisLeases implements LeaseStore {
  private final Link writer;
  private final String prefix;
  private final LongSupplier shift;

  /**
   * @param shift milliseconds that the server's clock counts as ahead, for tests
   */
  RedisLeases(Link writer, String prefix, LongSupplier shift) {
    this.writer = writer;
    this.prefix = prefix;
    this.shift = shift;
  }

  /** Where the lease is kept. */
  byte[] key(String name) {
    return (prefix + "lease:" + name).getBytes(StandardCharsets.UTF_8);
  }

  long shiftMs() {
    return shift.getAsLong();
  }

  static boolean isFenced(Throwable e) {
    Throwable cause = e.getCause();
    return cause != null && Failures.code(cause).equals("FENCED");
  }

  @Override
  public Future<Optional<Lease>> acquire(String name, Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease holds for at least 1 ms, not " + ttl);
    }
    return call("acquire", name, 0, ttl).map(reply -> {
      long epoch = reply.get(1).toLong();
      return epoch == 0 ? Optional.empty() : Optional.of(new Lease(name, epoch, ttl));
    });
  }

  @Override
  public Future<Void> renew(Lease lease) {
    return call("renew", lease.name(), lease.epoch(), lease.ttl())
        .<Void>mapEmpty()
        .recover(e -> Future.failedFuture(isFenced(e) ? new FencedException(lease) : e));
  }

  @Override
  public Future<Void> release(Lease lease) {
    return call("release", lease.name(), lease.epoch(), lease.ttl())
        .<Void>mapEmpty()
        .recover(e -> isFenced(e) ? Future.succeededFuture() : Future.failedFuture(e));
  }

  private Future<Response> call(String verb, String name, long epoch, Duration ttl) {
    return writer.call(
        Script.LEASE,
        new Args()
            .add(verb)
            .add(key(name))
            .add(epoch)
            .add(ttl.toMillis())
            .add(shiftMs())
            .list(),
        true);
  }
}
