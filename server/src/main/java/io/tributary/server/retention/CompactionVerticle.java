package io.tributary.server.retention;

import io.tributary.server.config.RetentionConfig;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs retention on its schedule: first a minute after the start, or after the interval if that is
 * less, so that a hub that is often started anew gets to it; then every interval. Where several nodes
 * share a storage, one runs at a time.
 */
public final class CompactionVerticle extends VerticleBase {
  private static final Logger logger = LoggerFactory.getLogger(CompactionVerticle.class);
  private static final Duration FIRST = Duration.ofMinutes(1);

  private final RetentionConfig config;
  private final Retention retention;
  private Future<?> running = Future.succeededFuture();

  /** To be deployed only where the configuration has something to do. */
  public CompactionVerticle(RetentionConfig config, Retention retention) {
    this.config = config;
    this.retention = retention;
  }

  @Override
  public Future<?> start() {
    long intervalMs = config.interval().toMillis();
    vertx.setPeriodic(Math.min(FIRST.toMillis(), intervalMs), intervalMs, id -> run());
    return Future.succeededFuture();
  }

  /** Completes once a run that is under way has ended. */
  @Override
  public Future<?> stop() {
    retention.stop();
    return running.transform(v -> Future.succeededFuture());
  }

  private void run() {
    if (running.isComplete()) {
      running = retention.run("schedule").onFailure(failure -> {
        if (failure instanceof RetentionBusyException) {
          logger.debug("retention: {}", failure.getMessage());
        } else {
          logger.warn("retention could not run: {}", failure.getMessage());
        }
      });
    }
  }
}
