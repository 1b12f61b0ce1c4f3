package io.tributary.server.http;

import io.tributary.storage.Health;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the hub can take traffic. The storage is asked at most once a second, whoever asks here.
 * Thread-safe.
 */
public final class Readiness {
  private static final Logger log = LoggerFactory.getLogger(Readiness.class);
  private static final long FRESH_MS = 1000;
  private static final long PATIENCE_MS = 3000;

  /** What the hub is doing. */
  private enum Phase {
    STARTING,
    SERVING,
    STOPPING
  }

  /** What {@code /readyz} says. */
  public enum Status {
    /** All is well. */
    READY,
    /** Not yet. */
    STARTING,
    /** The storage does not take writes; {@code checks} says why. */
    STORAGE,
    /** No longer. */
    STOPPING
  }

  /**
   * One thing that was looked at.
   *
   * @param status {@code up}, {@code read-only} or {@code down}
   * @param message what is wrong; empty if nothing is
   */
  public record Check(String name, String status, String message) {}

  /** The answer. */
  public record Report(Status status, List<Check> checks) {
    public Report {
      checks = List.copyOf(checks);
    }

    /** {@code {status, checks: [{name, status, message?}]}}. */
    public JsonObject toJson() {
      JsonArray list = new JsonArray();
      for (Check check : checks) {
        JsonObject json = new JsonObject().put("name", check.name()).put("status", check.status());
        list.add(check.message().isEmpty() ? json : json.put("message", check.message()));
      }
      return new JsonObject()
          .put("status", status.name().toLowerCase(Locale.ROOT))
          .put("checks", list);
    }
  }

  private final InstantSource clock;

  // guarded by this
  private Phase phase = Phase.STARTING;
  private @Nullable Storage storage;
  private @Nullable Future<Health> latest;
  private long askedAtMs;

  public Readiness(InstantSource clock) {
    this.clock = clock;
  }

  /** The storage is open: ask it from now on. */
  public synchronized void storage(Storage storage) {
    this.storage = storage;
    latest = null;
  }

  /** The hub takes connections. */
  public synchronized void serving() {
    if (phase == Phase.STARTING) {
      phase = Phase.SERVING;
    }
  }

  /** The hub is about to stop; there is no way back. */
  public synchronized void stopping() {
    phase = Phase.STOPPING;
  }

  /** Whether the hub is about to stop. */
  public synchronized boolean isStopping() {
    return phase == Phase.STOPPING;
  }

  /** Looks. Never fails. */
  public Future<Report> report() {
    Future<Health> health = health();
    if (health == null) {
      return Future.succeededFuture(new Report(status(Health.UP), List.of()));
    }
    return health.map(h -> new Report(
        status(h),
        List.of(new Check(
            "storage",
            h.status().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            h.message()))));
  }

  private synchronized Status status(Health health) {
    return switch (phase) {
      case STARTING -> Status.STARTING;
      case STOPPING -> Status.STOPPING;
      case SERVING -> health.status() == Health.Status.UP ? Status.READY : Status.STORAGE;
    };
  }

  /** Null while there is no storage. */
  private synchronized @Nullable Future<Health> health() {
    if (storage == null) {
      return null;
    }
    long nowMs = clock.millis();
    Future<Health> known = latest;
    if (known != null && (!known.isComplete() || Math.abs(nowMs - askedAtMs) < FRESH_MS)) {
      return known;
    }
    askedAtMs = nowMs;
    Future<Health> asked = storage
        .check()
        .timeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
        .otherwise(e -> {
          log.warn("the storage's check failed", e);
          return new Health(Health.Status.DOWN, "the storage does not answer");
        });
    latest = asked;
    return asked;
  }
}
