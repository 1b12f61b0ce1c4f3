package io.tributary.server.cli;

import io.tributary.core.model.StoreKey;
import io.tributary.server.admin.AdminApi;
import io.tributary.server.admin.AdminException;
import io.tributary.server.admin.AdminRequest;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.move.Exporter;
import io.tributary.server.move.Importer;
import io.tributary.server.move.MoveProgress;
import io.tributary.server.move.Moved;
import io.tributary.server.retention.Caches;
import io.tributary.server.retention.Eraser;
import io.tributary.server.retention.Retention;
import io.tributary.server.runtime.StoreWrites;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** The data by itself, without a hub. */
final class OfflineData implements DataAccess {
  private final Vertx vertx;
  private final Storage storage;
  private final AdminApi api;

  private OfflineData(Vertx vertx, Storage storage, HubConfig config) {
    this.vertx = vertx;
    this.storage = storage;
    InstantSource clock = InstantSource.system();
    Eraser eraser = new Eraser(vertx, storage, clock, Caches.NONE);
    this.api = new AdminApi(
        vertx,
        storage,
        clock,
        new Retention(vertx, storage, config.retention(), clock, eraser),
        eraser,
        new StoreWrites(storage, clock, config.limits().payload()),
        Optional.empty());
  }

  /**
   * Opens it.
   *
   * @param make whether a new data set may be made where there is none
   * @throws FailedException if it can't be opened, in words
   */
  static OfflineData open(HubConfig config, boolean make) {
    StorageConfig storage = config.storage();
    if (storage.provider().equals("memory")) {
      throw new FailedException(
          "storage.provider is memory, which keeps nothing without its hub: give --admin URL",
          null);
    }
    String dir = storage.section().getString("dir");
    boolean file = storage.provider().equals("file");
    if (file && dir != null && !make && !isThere(Path.of(dir))) {
      throw new FailedException(
          "there is no data set in " + Path.of(dir).toAbsolutePath().normalize(), null);
    }
    Vertx vertx = Vertx.vertx();
    try {
      Storage opened = join(onContext(vertx, () -> storage.open(vertx)));
      return new OfflineData(vertx, opened, config);
    } catch (StorageException e) {
      join(vertx.close());
      throw new FailedException(
          e.getMessage() + (file ? " (or, if that is a hub, give --admin URL)" : ""), e);
    } catch (RuntimeException e) {
      join(vertx.close());
      throw e;
    }
  }

  /** Whether a data directory has data in it. */
  static boolean isThere(Path directory) {
    return Files.exists(directory.resolve("tributary.db"));
  }

  @Override
  public JsonObject ask(AdminRequest request) {
    return call(() -> api.answer(request));
  }

  @Override
  public void export(List<StoreKey> stores, OutputStream out) throws IOException {
    Exporter exporter = new Exporter(storage, MoveProgress.NONE);
    Moved unused = stores.isEmpty() ? exporter.export(out) : exporter.export(stores, out);
  }

  @Override
  public JsonObject importFrom(Path file, boolean move) throws IOException {
    return new Importer(storage, InstantSource.system(), MoveProgress.NONE)
        .run(() -> Files.newInputStream(file), move)
        .toJson();
  }

  /** Does something on a context, and puts what fails into words. */
  <T> T call(Supplier<Future<T>> action) {
    try {
      return join(onContext(vertx, action));
    } catch (RuntimeException e) {
      AdminException refusal = AdminException.of(e);
      if (refusal.status() == 500) {
        throw e;
      }
      throw new FailedException(String.valueOf(refusal.getMessage()), e);
    }
  }

  private static <T> Future<T> onContext(Vertx vertx, Supplier<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    vertx.runOnContext(v -> {
      try {
        action.get().onComplete(promise);
      } catch (RuntimeException e) {
        promise.fail(e);
      }
    });
    return promise.future();
  }

  private static <T> T join(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  @Override
  public void close() {
    join(storage.close().transform(v -> vertx.close()));
  }
}
