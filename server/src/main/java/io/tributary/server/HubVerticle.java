package io.tributary.server;

import io.tributary.server.config.ConfigReader;
import io.tributary.server.config.LoadedConfig;
import io.tributary.server.config.Providers;
import io.tributary.server.hub.Hub;
import io.tributary.server.runtime.HubModules;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A hub as a verticle: deploy one with the sections and keys of the config file as its configuration.
 * It brings the {@link io.tributary.server.runtime.HubModule}s of the class path.
 */
public final class HubVerticle extends VerticleBase {
  private static final Logger logger = LoggerFactory.getLogger(HubVerticle.class);

  private @Nullable Hub hub;
  private @Nullable HubModules modules;

  /** Not running yet. */
  public HubVerticle() {}

  /** The hub; null unless it is deployed. */
  public @Nullable Hub hub() {
    return hub;
  }

  @Override
  public Future<?> start() {
    return vertx
        .executeBlocking(() -> {
          LoadedConfig loaded = ConfigReader.read(config(), Providers.names());
          modules = HubModules.load(Optional.empty());
          return loaded;
        })
        .compose(loaded -> {
          loaded.warnings().forEach(logger::warn);
          HubModules found = Objects.requireNonNull(modules);
          return Hub.start(vertx, loaded.config(), found.extensions()).compose(started -> {
            hub = started;
            return found
                .start(started.runtime())
                .recover(e -> started.stop().transform(v -> Future.failedFuture(e)));
          });
        });
  }

  @Override
  public Future<?> stop() {
    Hub running = hub;
    hub = null;
    return (running == null ? Future.<Void>succeededFuture() : running.stop()).onComplete(done -> {
      if (modules != null) {
        modules.close();
      }
    });
  }
}
