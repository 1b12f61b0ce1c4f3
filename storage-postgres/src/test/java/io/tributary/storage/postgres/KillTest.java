package io.tributary.storage.postgres;

import static io.tributary.storage.postgres.Sql.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.storage.Health;
import io.tributary.storage.Storage;
import io.tributary.storage.postgres.PostgresServer.Version;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KillTest {
  private static final int KILLS = Boolean.getBoolean("tributary.long") ? 20 : 3;

  /** The server ends under two nodes that append, suddenly and in order, again and again. */
  @Test
  void theEndOfTheServerLosesNothingThatWasAcknowledged() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KillTest: -Dseed=" + seed);
    Random random = new Random(seed);
    Vertx vertx = Vertx.vertx();
    try (PostgresServer server = PostgresServer.start(Version.NEWEST)) {
      JsonObject section = new JsonObject().put("uri", server.uri());
      Storage one = await(new PostgresStorageProvider().open(vertx, section));
      Storage two = await(new PostgresStorageProvider().open(vertx, section));
      Semaphore acks = new Semaphore(0);
      List<AckingWriter> writers = List.of(
          new AckingWriter(vertx, one, 30, 16, acks), new AckingWriter(vertx, two, 7, 16, acks));
      for (int i = 0; i <= KILLS; i++) {
        int unused = acks.drainPermits();
        acks.acquire(1 + random.nextInt(500));
        if (i == KILLS) {
          server.stop();
        } else {
          server.kill();
        }
        Health down = await(one.check());
        assertThat(down.status()).isEqualTo(Health.Status.DOWN);
        assertThat(down.message()).contains("127.0.0.1:" + server.port());
        server.start();
      }
      for (AckingWriter writer : writers) {
        writer.stop();
      }
      AckingWriter.assertExactlyOnce(one, writers);
      assertThat(await(two.check())).isEqualTo(Health.UP);
      await(one.close());
      await(two.close());
    } finally {
      await(vertx.close());
    }
  }
}
