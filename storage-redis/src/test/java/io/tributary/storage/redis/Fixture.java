package io.tributary.storage.redis;

import io.tributary.storage.Storage;
import io.tributary.storage.contract.StorageFixture;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The kit's way to a server: one of its own, which it kills, or one that somebody else runs. */
final class Fixture implements StorageFixture {
  private static final int MANY = 12;

  private final @Nullable TestServer server;
  private final JsonObject section;
  private final AtomicLong ahead = new AtomicLong();
  private final RedisStorageProvider provider = new RedisStorageProvider(ahead::get);
  private int crashes;

  Fixture(TestServer server) {
    this.server = server;
    this.section = server.section();
  }

  /** Under keys that nobody else has; they stay. */
  Fixture(String uri) {
    this.server = null;
    this.section = new JsonObject().put("uri", uri).put("prefix", "kit-" + UUID.randomUUID() + ":");
  }

  @Override
  public Survives survives() {
    return Survives.CRASH;
  }

  @Override
  public boolean singleNode() {
    return false;
  }

  @Override
  public Future<Storage> open(Vertx vertx) {
    return provider.open(vertx, section);
  }

  /**
   * Ends the server, which takes about a second once it has much to load; so, after a good many
   * times, only now and then. The node goes each time, and
   * nothing else does if somebody else runs the server.
   */
  @Override
  public void crash(Storage storage) {
    if (server != null && (++crashes < MANY || crashes % MANY == 0)) {
      server.kill();
      server.start();
    }
    storage.close().toCompletionStage().toCompletableFuture().join();
  }

  @Override
  public void passTime(Duration time) {
    ahead.addAndGet(time.toMillis());
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}
