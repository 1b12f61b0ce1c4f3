package io.tributary.client.stores.cleanup;

import io.tributary.client.eventlog.Runner;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.audit.AuditEventStore;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.view.Space;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets stores clean up: conversations, artifacts, the audit log, in this order, one at a time; at once
 * when it is started, and then again each time the interval has passed since the last run's end. What
 * fails is logged, and hinders neither the stores after it nor the next run.
 *
 * <p>For any thread.
 */
public final class CleanupSchedule {
  private static final Logger logger = LoggerFactory.getLogger(CleanupSchedule.class);

  private final Runner runner;
  private final StoresOptions.Cleanup options;
  private final List<Cleaner> cleaners = new ArrayList<>();

  // On the runner.
  private @Nullable Future<Void> begun;
  private Future<Void> running = Future.succeededFuture();
  private Runnable timer = () -> {};
  private boolean closed;

  private record Cleaner(String name, Supplier<Future<CleanupReport>> cleanup) {}

  private CleanupSchedule(
      Runner runner,
      StoresOptions.Cleanup options,
      Optional<ChatHistoryStore> chat,
      Optional<ArtifactStore> artifacts,
      Optional<AuditEventStore> audit) {
    this.runner = runner;
    this.options = options;
    chat.ifPresent(store -> cleaners.add(new Cleaner("chat", store::cleanup)));
    artifacts.ifPresent(store -> cleaners.add(new Cleaner("artifacts", store::cleanup)));
    audit.ifPresent(store -> cleaners.add(new Cleaner("audit", store::cleanup)));
  }

  /**
   * A schedule that is yet to be started.
   *
   * @param runner where it lives
   */
  public static CleanupSchedule of(
      Runner runner,
      StoresOptions.Cleanup options,
      Optional<ChatHistoryStore> chat,
      Optional<ArtifactStore> artifacts,
      Optional<AuditEventStore> audit) {
    return new CleanupSchedule(runner, options, chat, artifacts, audit);
  }

  /**
   * Starts it, if it is enabled and there is a store. Idempotent.
   *
   * @return completes at once; or after the first run, if the options say {@code runOnStart}. Never fails
   */
  public Future<Void> start() {
    return Space.answered(runner, () -> {
      Future<Void> first = begun;
      if (first == null) {
        first =
            closed || !options.enabled() || cleaners.isEmpty() ? Future.succeededFuture() : run();
        begun = first;
      }
      return options.runOnStart() ? first : Future.succeededFuture();
    });
  }

  private Future<Void> run() {
    Promise<Void> promise = Promise.promise();
    running = promise.future();
    return Steps.each(cleaners, this::clean).transform(done -> {
      if (!closed) {
        timer = runner.after(options.interval().toMillis(), () -> {
          if (!closed) {
            Future<Void> unused = run();
          }
        });
      }
      promise.complete();
      return Future.succeededFuture();
    });
  }

  private Future<Void> clean(Cleaner cleaner) {
    if (closed) {
      return Future.succeededFuture();
    }
    return Steps.attempt(cleaner.cleanup()).transform(done -> {
      if (done.failed()) {
        logger.warn("cleaning up {} failed and is tried again later", cleaner.name(), done.cause());
      } else if (done.result().removed() > 0) {
        logger.info(
            "{}: {} of {} exceeded the limits and went",
            cleaner.name(),
            done.result().removed(),
            done.result().before());
      }
      return Future.succeededFuture();
    });
  }

  /** Ends it; waits for the store that is cleaning up, and lets no other begin. Idempotent. */
  public Future<Void> close() {
    return Space.answered(runner, () -> {
      closed = true;
      timer.run();
      return running;
    });
  }
}
