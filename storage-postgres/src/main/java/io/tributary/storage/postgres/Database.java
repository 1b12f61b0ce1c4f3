package io.tributary.storage.postgres;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.Health;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database of one open storage, as a verticle: the connections and what is known about them
 * belong to its event loop. {@link #submit} gets there from anywhere.
 */
final class Database extends VerticleBase {
  static final String CLOSED = "the storage is closed";

  /** Without an answer for that long, a connection is given up. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Logger log = LoggerFactory.getLogger(Database.class);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

  private static final int OLDEST = 14;
  private static final int NEWEST_TESTED = 18;

  private static final int PROBE_BYTES = 64 * 1024;

  /** Whatever a role or database is set to, these are what our statements count on. */
  static final Map<String, String> SESSION = Map.ofEntries(
      // Each statement of the append function sees what was committed before it.
      Map.entry("default_transaction_isolation", "read committed"),
      // All there is to do goes by index, however little a plan that is kept knew of the tables.
      Map.entry("enable_seqscan", "off"),
      Map.entry("enable_bitmapscan", "off"),
      Map.entry("enable_hashjoin", "off"),
      Map.entry("enable_mergejoin", "off"),
      Map.entry("plan_cache_mode", "force_generic_plan"),
      Map.entry("max_parallel_workers_per_gather", "0"),
      Map.entry("jit", "off"),
      // We lose patience ourselves.
      Map.entry("statement_timeout", "0"),
      Map.entry("lock_timeout", "0"),
      Map.entry("idle_session_timeout", "0"));

  private static final String SETTINGS =
      "SELECT current_setting('server_version_num')::integer AS version,"
          + " current_setting('synchronous_commit') AS synchronous_commit,"
          + " current_setting('fsync') AS fsync,"
          + " current_setting('full_page_writes') AS full_page_writes,"
          + " pg_is_in_recovery() AS standby";

  /** Tables with bytes of entries. */
  private static final String VACUUM = "VACUUM @record, @entry_id, @journal_entry,"
      + " @journal_removed, @journal_outcome, @journal_winner, @journal_mark,"
      + " @space_item";

  private final PostgresConfig config;
  private final Names names;
  private final Migration migration;
  private final Sessions sessions;
  private final PostgresHints hints;
  private final AtomicLong underWay = new AtomicLong();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Promise<Void> idle = Promise.promise();

  private volatile DataSetId dataSetId = new DataSetId(0, 0);

  /** Why writes fail; null if nothing is known to be wrong. */
  private volatile @Nullable String readOnly;

  // The event loop's own:
  private PgConnectOptions options;
  private @Nullable String trouble;
  private boolean warned;

  Database(PostgresConfig config, Migration migration) {
    this.config = config;
    this.names = migration.names();
    this.migration = migration;
    this.sessions = new Sessions(this, config.poolSize());
    this.hints = new PostgresHints(this);
    this.options = new PgConnectOptions(config.server()).setCachePreparedStatements(true);
    SESSION.forEach(this.options::addProperty);
  }

  // ---- from anywhere ----

  DataSetId dataSetId() {
    return dataSetId;
  }

  Names names() {
    return names;
  }

  static StorageException closedException() {
    return new StorageException(Outcome.NOT_COMMITTED, CLOSED, null);
  }

  PostgresHints hints() {
    return hints;
  }

  Vertx vertx() {
    return vertx;
  }

  Context callersContext() {
    return vertx.getOrCreateContext();
  }

  /** Runs it on the event loop. */
  void post(Runnable work) {
    context.runOnContext(nothing -> work.run());
  }

  boolean isClosed() {
    return closing.get();
  }

  /**
   * Does it on the event loop.
   *
   * @return completes on the caller's context
   */
  <T> Future<T> submit(Supplier<Future<T>> work) {
    Context caller = vertx.getOrCreateContext();
    long unused = underWay.incrementAndGet();
    if (closing.get()) {
      done();
      return Future.failedFuture(closedException());
    }
    Promise<T> promise = Promise.promise();
    context.runOnContext(nothing -> {
      Future<T> future;
      try {
        future = work.get();
      } catch (RuntimeException e) {
        future = Future.failedFuture(e);
      }
      var ignored = future.onComplete(result -> {
        done();
        try {
          caller.runOnContext(there -> promise.handle(result));
        } catch (RejectedExecutionException e) {
          // Vert.x has been closed, and whoever waits with it.
          log.debug("nobody waits for a result", e);
        }
      });
    });
    return promise.future();
  }

  private void done() {
    if (underWay.decrementAndGet() == 0 && closing.get()) {
      boolean unused = idle.tryComplete();
    }
  }

  /** One statement that reads. */
  Future<RowSet<Row>> read(String sql, Tuple parameters) {
    return submit(() -> run(sql, parameters, Outcome.NOT_COMMITTED));
  }

  /** One statement that writes, in a transaction of its own. */
  Future<RowSet<Row>> write(String sql, Tuple parameters) {
    return submit(() -> run(sql, parameters, Outcome.UNKNOWN));
  }

  /** Gives the data another identity. */
  Future<Void> reseed(DataSetId id) {
    return write(names.in("UPDATE @data_set SET id = $1"), Tuple.of(Buffer.buffer(id.toBytes())))
        .map(updated -> {
          dataSetId = id;
          return null;
        });
  }

  /** Makes the room of removed rows usable again. */
  Future<Void> vacuum() {
    return submit(() -> sessions
        .use(connection -> connection.query(names.in(VACUUM)).execute(), Duration.ofDays(1), false)
        .<Void>mapEmpty()
        .recover(e -> Future.failedFuture(failure(e, Outcome.NOT_COMMITTED))));
  }

  /** How it is. Never fails. */
  Future<Health> check() {
    return submit(() -> {
          Future<?> written = readOnly == null ? Future.succeededFuture() : probe();
          return written.transform(ignored -> run(
              names.in("SELECT id, (" + "SELECT current_setting('fsync')) AS fsync FROM @data_set"),
              Tuple.tuple(),
              Outcome.NOT_COMMITTED));
        })
        .map(rows -> health(rows.iterator().next()))
        .otherwise(e -> new Health(Health.Status.DOWN, String.valueOf(e.getMessage())));
  }

  private Health health(Row row) {
    DataSetId now = Migration.dataSetId(row);
    if (!now.equals(dataSetId)) {
      return new Health(
          Health.Status.DOWN,
          "the data in PostgreSQL at " + config.where() + " has a new identity, " + now
              + " instead of " + dataSetId + ": it was reseeded elsewhere, restart this node");
    }
    if (row.getString("fsync").equals("off")) {
      return new Health(Health.Status.DOWN, noFsync());
    }
    String unwritable = readOnly;
    return unwritable == null ? Health.UP : new Health(Health.Status.READ_ONLY, unwritable);
  }

  /** Writes and deletes something, to see whether there is room again. */
  private Future<?> probe() {
    return run(
            names.in("WITH p AS (INSERT INTO @probe VALUES ($1)) DELETE FROM @probe"),
            Tuple.of(Buffer.buffer(new byte[PROBE_BYTES])),
            Outcome.NOT_COMMITTED)
        .onSuccess(written -> writable());
  }

  /** Finishes what is under way, then lets go of the connections. Idempotent. */
  Future<Void> close() {
    Vertx owner = vertx;
    Context caller = owner.getOrCreateContext();
    if (closing.compareAndSet(false, true)) {
      if (underWay.get() == 0) {
        boolean unused = idle.tryComplete();
      }
    }
    Promise<Void> promise = Promise.promise();
    var unused = idle.future()
        .transform(finished -> owner.undeploy(deploymentID()))
        .onComplete(undeployed -> {
          // Undeployed by Vert.x itself, or by an earlier call, is as well.
          try {
            caller.runOnContext(nothing -> promise.complete());
          } catch (RejectedExecutionException e) {
            promise.complete();
          }
        });
    return promise.future();
  }

  // ---- on the event loop ----

  @Override
  public Future<?> start() {
    long start = System.nanoTime();
    return firstConnection(start, 1)
        .compose(connection -> settings(connection, true)
            .compose(ignored -> migration.run(connection))
            .onSuccess(id -> dataSetId = id)
            .eventually(connection::close))
        .onSuccess(id -> hints.start())
        .recover(e -> Future.failedFuture(
            e instanceof StorageException
                ? e
                : new StorageException(
                    Outcome.NOT_COMMITTED, PostgresError.inWords(config, e), e)));
  }

  private Future<PgConnection> firstConnection(long start, int tries) {
    return rawConnection().recover(e -> {
      Duration left = config.connectWait().minusNanos(System.nanoTime() - start);
      String what = PostgresError.inWords(config, e);
      if (!PostgresError.isUnreachable(e) || left.isNegative() || left.isZero()) {
        String waited = tries > 1 ? " (tried for " + config.connectWait().toMillis() + " ms)" : "";
        return Future.failedFuture(new StorageException(
            Outcome.NOT_COMMITTED, "storage.postgres.uri: " + what + waited, e));
      }
      Duration pause = left.compareTo(BETWEEN_TRIES) < 0 ? left : BETWEEN_TRIES;
      log.warn(
          "try {}: {}; trying again for {} ms (storage.postgres.connectWait)",
          tries,
          what,
          left.toMillis());
      return vertx
          .timer(Math.max(1, pause.toMillis()), TimeUnit.MILLISECONDS)
          .compose(passed -> firstConnection(start, tries + 1));
    });
  }

  private Future<PgConnection> rawConnection() {
    Future<PgConnection> connecting = PgConnection.connect(vertx, options);
    return connecting.timeout(CONNECT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).onFailure(e -> {
      if (!connecting.isComplete()) {
        var unused = connecting.onSuccess(PgConnection::close);
      }
    });
  }

  /** A connection whose commits are durable. */
  Future<PgConnection> connect() {
    return rawConnection()
        .compose(connection ->
            settings(connection, false).map(connection).onFailure(e -> connection.close()))
        .recover(e -> Future.failedFuture(
            e instanceof StorageException
                ? e
                : new StorageException(
                    Outcome.NOT_COMMITTED,
                    inTrouble(PostgresError.inWords(config, e) + "; all goes on by itself then"),
                    e)))
        .onSuccess(connection -> outOfTrouble());
  }

  private Future<Void> settings(PgConnection connection, boolean first) {
    return connection.query(SETTINGS).execute().compose(rows -> {
      Row row = rows.iterator().next();
      String where = "PostgreSQL at " + config.where();
      int version = row.getInteger("version") / 10_000;
      if (version < OLDEST) {
        return refused(where + " has version " + version + ", needed is " + OLDEST + " or newer");
      }
      if (row.getString("fsync").equals("off")) {
        return refused(noFsync());
      }
      if (row.getBoolean("standby")) {
        return Future.failedFuture(new StorageException(
            Outcome.NOT_COMMITTED,
            where + " is a standby: let storage.postgres.uri name the primary",
            null));
      }
      String commit = row.getString("synchronous_commit");
      if (first) {
        // Off is only a default that sessions may override; the others all wait for the disk, and
        // are said explicitly so that nobody else's default counts from now on.
        String ours = commit.equals("off") ? "on" : commit;
        options = new PgConnectOptions(options).addProperty("synchronous_commit", ours);
        if (!ours.equals(commit)) {
          log.info("{} has synchronous_commit off: our connections set it to on", where);
        }
        if (version > NEWEST_TESTED) {
          log.info(
              "{} has version {}, newer than what was tested ({})", where, version, NEWEST_TESTED);
        }
      } else if (commit.equals("off")) {
        return refused(where + " does not let our connections set synchronous_commit");
      }
      if (row.getString("full_page_writes").equals("off") && !warned) {
        warned = true;
        log.warn(
            "{} has full_page_writes off: acked entries survive a crash of the machine only where"
                + " the file system never tears a page",
            where);
      }
      return Future.succeededFuture();
    });
  }

  private String noFsync() {
    return "PostgreSQL at " + config.where()
        + " has fsync off and would lose acked entries: set fsync = on there";
  }

  private static Future<Void> refused(String why) {
    return Future.failedFuture(new StorageException(Outcome.REJECTED, why, null));
  }

  /** One statement on a connection of the pool. */
  Future<RowSet<Row>> run(String sql, Tuple parameters, Outcome ifLost) {
    return sessions
        .use(connection -> connection.preparedQuery(sql).execute(parameters), PATIENCE, false)
        .recover(e -> Future.failedFuture(failure(e, ifLost)));
  }

  /** The statement that writes what all wait for: it goes before others. */
  Future<RowSet<Row>> runFirst(String sql, Tuple parameters, long bytes) {
    // A second more per MiB: the way there may be long.
    Duration patience = PATIENCE.plusSeconds(bytes >> 20);
    return sessions
        .use(connection -> connection.preparedQuery(sql).execute(parameters), patience, true)
        .onSuccess(rows -> {
          if (readOnly != null) {
            writable();
          }
        })
        .recover(e -> Future.failedFuture(failure(e, Outcome.UNKNOWN)));
  }

  /**
   * What to tell the caller.
   *
   * @param ifLost what can have become of the statement if its answer was lost
   */
  private StorageException failure(Throwable e, Outcome ifLost) {
    if (e instanceof StorageException told) {
      return told;
    }
    String what = PostgresError.inWords(config, e);
    if (PostgresError.isReadOnly(e)) {
      if (readOnly == null) {
        log.warn("{}", what);
      }
      readOnly = what;
    }
    Outcome outcome = PostgresError.outcome(e);
    return new StorageException(outcome == Outcome.UNKNOWN ? ifLost : outcome, what, e);
  }

  private void writable() {
    readOnly = null;
    log.info("PostgreSQL at {}: writes go on", config.where());
  }

  /** What an operator can act on is said once, in one line. */
  String inTrouble(String what) {
    if (!what.equals(trouble)) {
      trouble = what;
      log.warn("{}", what);
    }
    return what;
  }

  private void outOfTrouble() {
    if (trouble != null) {
      trouble = null;
      log.info("PostgreSQL at {}: connected again", config.where());
    }
  }

  @Override
  public Future<?> stop() {
    boolean unused = closing.getAndSet(true);
    return Future.join(hints.stop(), sessions.close());
  }
}
