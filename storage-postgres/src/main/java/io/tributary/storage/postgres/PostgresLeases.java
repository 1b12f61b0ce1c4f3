package io.tributary.storage.postgres;

import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.LeaseStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** Leases are rows; the server's clock says when they end. */
final class PostgresLeases implements LeaseStore {
  private final Database database;
  private final String acquire;
  private final String renew;
  private final String release;

  PostgresLeases(Database database) {
    this.database = database;
    Names names = database.names();
    acquire = names.in("SELECT @acquire($1, $2) AS epoch");
    renew = names.in("UPDATE @lease SET ends_at = clock_timestamp() + $3 * interval '1 ms'"
        + " WHERE hash = sha256($1) AND epoch = $2 AND ends_at > clock_timestamp()");
    release = names.in(
        "UPDATE @lease SET ends_at = '-infinity'" + " WHERE hash = sha256($1) AND epoch = $2");
  }

  @Override
  public Future<Optional<Lease>> acquire(String name, Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease holds for at least 1 ms, not " + ttl);
    }
    return database
        .write(acquire, Tuple.of(bytes(name), ttl.toMillis()))
        .map(rows -> Optional.ofNullable(rows.iterator().next().getLong("epoch"))
            .map(epoch -> new Lease(name, epoch, ttl)));
  }

  @Override
  public Future<Void> renew(Lease lease) {
    return database
        .write(renew, Tuple.of(bytes(lease.name()), lease.epoch(), (double)
            lease.ttl().toMillis()))
        .compose(rows -> rows.rowCount() == 1
            ? Future.succeededFuture()
            : Future.failedFuture(new FencedException(lease)));
  }

  @Override
  public Future<Void> release(Lease lease) {
    return database.write(release, Tuple.of(bytes(lease.name()), lease.epoch())).mapEmpty();
  }

  private static Buffer bytes(String name) {
    return Buffer.buffer(name.getBytes(StandardCharsets.UTF_8));
  }
}
