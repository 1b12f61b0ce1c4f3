package io.tributary.server.retention;

import io.tributary.core.model.StoreKey;
import io.tributary.server.config.RetentionConfig;
import io.tributary.server.retention.Report.Status;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs retention: removes what exceeds the rules' limits, store by store, at most {@value
 * Eraser#STEP} records at a time, every removal fenced by the lease {@code retention}. Each run
 * leaves one log line and one record in the storage's history.
 *
 * <p>Thread-safe; a run stays on the context it was begun on.
 */
public final class Retention {
  private static final Logger logger = LoggerFactory.getLogger(Retention.class);
  private static final String LEASE = "retention";
  private static final Duration TTL = Duration.ofSeconds(10);
  private static final long RENEW_MS = 3_000;
  private static final int KEPT_RUNS = 100;
  private static final int STORES_PAGE = 200;

  private final Vertx vertx;
  private final Storage storage;
  private final RetentionConfig config;
  private final InstantSource clock;
  private final Eraser eraser;
  private volatile boolean stopped;

  /** What one run does and knows. */
  private final class Run {
    final Report report;
    final @Nullable Lease lease;
    final long nowMs = clock.millis();
    boolean lost;

    Run(String trigger, @Nullable Lease lease) {
      this.lease = lease;
      this.report = new Report(clock.instant(), trigger, lease == null);
    }

    boolean isDry() {
      return lease == null;
    }
  }

  /** What makes a run end before it is through. */
  private static final class EndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final Status status;

    EndedException(Status status) {
      super(status.name(), null, false, false);
      this.status = status;
    }
  }

  /** @param eraser what removes, here and everywhere */
  public Retention(
      Vertx vertx, Storage storage, RetentionConfig config, InstantSource clock, Eraser eraser) {
    this.vertx = vertx;
    this.storage = storage;
    this.config = config;
    this.clock = clock;
    this.eraser = eraser;
  }

  /**
   * Runs once.
   *
   * @param trigger why, for the record
   * @return the run's record, also if it ended early; fails with {@link RetentionBusyException} if a
   *     run is under way, or if the storage can't be asked for the lease
   */
  public Future<JsonObject> run(String trigger) {
    return storage
        .leases()
        .acquire(LEASE, TTL)
        .compose(lease -> lease.isPresent()
            ? run(trigger, lease.get())
            : Future.failedFuture(new RetentionBusyException()));
  }

  /** What a run would remove now. Leaves no record, and forgets nothing. */
  public Future<JsonObject> dryRun() {
    Run run = new Run("admin", null);
    return overStores(run).map(v -> run.report.toJson(Status.DONE, ""));
  }

  /** Lets no run go on. */
  public void stop() {
    stopped = true;
  }

  private Future<JsonObject> run(String trigger, Lease lease) {
    Run run = new Run(trigger, lease);
    long timer = vertx.setPeriodic(RENEW_MS, id -> renew(run, lease));
    return overStores(run)
        .compose(v -> run.report.hasRemoved() ? storage.reclaim() : Future.succeededFuture())
        .transform(outcome -> {
          vertx.cancelTimer(timer);
          JsonObject record = outcome.succeeded()
              ? run.report.toJson(Status.DONE, "")
              : ended(run, outcome.cause());
          return storage
              .leases()
              .release(lease)
              .transform(v -> keep(record))
              .map(number -> new JsonObject().put("number", number).mergeIn(record))
              .otherwise(record)
              .onSuccess(Retention::log);
        });
  }

  private void renew(Run run, Lease lease) {
    // Any other failure may pass before the lease does; every removal is fenced in any case.
    storage.leases().renew(lease).onFailure(failure -> {
      if (failure instanceof FencedException) {
        run.lost = true;
      }
    });
  }

  private static JsonObject ended(Run run, Throwable cause) {
    if (cause instanceof EndedException ended) {
      return run.report.toJson(ended.status, "");
    }
    return run.report.toJson(
        cause instanceof FencedException ? Status.LOST : Status.FAILED,
        String.valueOf(cause.getMessage()));
  }

  private Future<Long> keep(JsonObject record) {
    return storage
        .compactions()
        .add(record.encode().getBytes(StandardCharsets.UTF_8), KEPT_RUNS)
        .onFailure(failure ->
            logger.warn("the run of retention could not be recorded: {}", failure.getMessage()));
  }

  private static void log(JsonObject record) {
    String line = "retention run={} trigger={} status={} stores={} records={} entries={} bytes={}"
        + " forgotten={} ms={}{}";
    Object[] values = {
      record.getLong("number", 0L),
      record.getString("trigger"),
      record.getString("status"),
      record.getLong("storesChanged"),
      record.getLong("records"),
      record.getLong("entries"),
      record.getLong("bytes"),
      record.getLong("forgotten"),
      record.getLong("tookMs"),
      record.containsKey("error") ? " error=" + record.getString("error") : ""
    };
    if (record.getString("status").equals("failed")) {
      logger.warn(line, values);
    } else {
      logger.info(line, values);
    }
  }

  private void check(Run run) {
    if (run.lost) {
      throw new EndedException(Status.LOST);
    } else if (stopped) {
      throw new EndedException(Status.STOPPED);
    }
  }

  private Future<Void> overStores(Run run) {
    @Nullable StoreKey[] last = {null};
    return Steps.repeat(
        vertx,
        () -> storage.log().stores(Optional.ofNullable(last[0]), STORES_PAGE).compose(page -> {
          int[] at = {0};
          return Steps.repeat(vertx, () -> {
                if (at[0] == page.size()) {
                  return Future.succeededFuture(false);
                }
                StoreKey store = page.get(at[0]++);
                last[0] = store;
                return store(run, store).map(true);
              })
              .map(v -> page.size() == STORES_PAGE);
        }));
  }

  private Future<Void> store(Run run, StoreKey store) {
    Trim trim = new Trim(vertx, storage, eraser, store, run.nowMs, run.lease, () -> check(run));
    return trim.run(config.rules())
        .compose(v -> forget(run, store))
        // What went before the run ended is part of its record.
        .onFailure(failure -> run.report.add(store, trim.removed(), 0))
        .map(forgotten -> {
          run.report.add(store, trim.removed(), forgotten);
          return null;
        });
  }

  private Future<Long> forget(Run run, StoreKey store) {
    Duration kept = config.tombstones();
    if (kept == null || run.isDry()) {
      return Future.succeededFuture(0L);
    }
    check(run);
    return eraser.forget(store, run.nowMs - kept.toMillis());
  }
}
