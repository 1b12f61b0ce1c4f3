package io.tributary.server.retention;

import io.tributary.core.log.Removed;
import io.tributary.core.model.StoreKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/** What a run has done so far. Confined to the run's context. */
final class Report {
  /** How a run can end. */
  enum Status {
    /** As it should. */
    DONE,
    /** Another node has the lease. */
    LOST,
    /** The hub stops. */
    STOPPED,
    /** The storage failed. */
    FAILED
  }

  /** More stores than this are counted, not listed. */
  private static final int LISTED = 200;

  private final Instant startedAt;
  private final long begunNanos = System.nanoTime();
  private final String trigger;
  private final boolean dry;
  private final JsonArray listed = new JsonArray();
  private long stores;
  private long forgotten;
  private Removed removed = Removed.NOTHING;

  Report(Instant startedAt, String trigger, boolean dry) {
    this.startedAt = startedAt;
    this.trigger = trigger;
    this.dry = dry;
  }

  /** One store is through. */
  void add(StoreKey store, Removed some, long forgottenIds) {
    if (some.records() == 0 && forgottenIds == 0) {
      return;
    }
    stores++;
    removed = removed.plus(some);
    forgotten += forgottenIds;
    if (listed.size() < LISTED) {
      listed.add(new JsonObject()
          .put("store", store.toString())
          .put("records", some.records())
          .put("entries", some.entries())
          .put("bytes", some.bytes())
          .put("forgotten", forgottenIds));
    }
  }

  boolean hasRemoved() {
    return removed.records() > 0;
  }

  /** As JSON, for the history, the admin API and the command line. */
  JsonObject toJson(Status status, String error) {
    JsonObject json = new JsonObject()
        .put("startedAt", startedAt.toString())
        .put("tookMs", tookMs())
        .put("trigger", trigger)
        .put("dryRun", dry)
        .put("status", status.name().toLowerCase(java.util.Locale.ROOT))
        .put("storesChanged", stores)
        .put("records", removed.records())
        .put("entries", removed.entries())
        .put("bytes", removed.bytes())
        .put("forgotten", forgotten)
        .put("stores", listed);
    return error.isEmpty() ? json : json.put("error", error);
  }

  private long tookMs() {
    return (System.nanoTime() - begunNanos) / 1_000_000;
  }
}
