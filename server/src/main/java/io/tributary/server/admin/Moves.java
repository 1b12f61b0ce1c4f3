package io.tributary.server.admin;

import io.tributary.core.model.StoreKey;
import io.tributary.server.move.Exporter;
import io.tributary.server.move.Importer;
import io.tributary.server.move.MoveProgress;
import io.tributary.server.move.Moved;
import io.tributary.storage.Storage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Exports and imports of a running hub's data. To be asked from an event loop. */
final class Moves {
  private static final int THREADS = 2;
  private static final long DAYS = 30;

  private final Vertx vertx;
  private final Storage storage;
  private final InstantSource clock;
  private final LiveHub hub;

  Moves(Vertx vertx, Storage storage, InstantSource clock, LiveHub hub) {
    this.vertx = vertx;
    this.storage = storage;
    this.clock = clock;
    this.hub = hub;
  }

  /**
   * Writes an export as fast as {@code response} takes it, and does not end it.
   *
   * @param stores which; empty = all there is
   */
  Future<JsonObject> export(List<StoreKey> stores, HttpServerResponse response) {
    Context context = vertx.getOrCreateContext();
    return onThread(() -> {
          Exporter exporter = new Exporter(storage, MoveProgress.NONE);
          try (OutputStream out = new ResponseStream(context, response)) {
            return stores.isEmpty() ? exporter.export(out) : exporter.export(stores, out);
          }
        })
        .map(Moved::toJson);
  }

  /** Imports a file. Whatever becomes of it, followers of the stores hear of what came. */
  Future<JsonObject> importFrom(Path file, boolean move) {
    Map<StoreKey, Long> heads = new ConcurrentHashMap<>();
    return onThread(() -> new Importer(
                storage, clock, (store, sequence, head) -> heads.merge(store, sequence, Math::max))
            .run(() -> Files.newInputStream(file), move))
        .onComplete(outcome -> heads.forEach(hub::grown))
        .compose(moved -> hub.reseeded().map(moved.toJson()));
  }

  private <T> Future<T> onThread(Callable<T> work) {
    WorkerExecutor thread =
        vertx.createSharedWorkerExecutor("tributary-move", THREADS, DAYS, TimeUnit.DAYS);
    return thread.executeBlocking(work, false).eventually(thread::close);
  }

  /** Goes to a response, a chunk at a time: the next one waits until the peer has taken it. */
  private static final class ResponseStream extends OutputStream {
    private static final int CHUNK = 64 * 1024;

    private final Context context;
    private final HttpServerResponse response;
    private Buffer gathered = Buffer.buffer();

    ResponseStream(Context context, HttpServerResponse response) {
      this.context = context;
      this.response = response;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      gathered.appendBytes(bytes, from, length);
      if (gathered.length() >= CHUNK) {
        flush();
      }
    }

    @Override
    public void flush() throws IOException {
      if (gathered.length() == 0) {
        return;
      }
      Buffer chunk = gathered;
      gathered = Buffer.buffer();
      CompletableFuture<Boolean> written = new CompletableFuture<>();
      context.runOnContext(v -> response
          .write(chunk)
          .onComplete(done -> written.complete(true), written::completeExceptionally));
      try {
        var unused = written.get();
      } catch (ExecutionException e) {
        throw new IOException("whoever asked for the export has gone", e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
