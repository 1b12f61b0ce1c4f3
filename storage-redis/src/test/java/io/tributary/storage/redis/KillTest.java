package io.tributary.storage.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.redis.TestServer.Version;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KillTest {
  private static final StoreKey STORE = new StoreKey.Sealed("tenant", "public key");
  private static final int NODES = 2;
  private static final int IN_FLIGHT = 50;

  /** Two nodes go on appending, with the same ids until they know, while the server is killed. */
  @ParameterizedTest
  @EnumSource(Version.class)
  void killingTheServerLosesNothingThatWasAcknowledged(Version version) throws Exception {
    assumeTrue(version.program() != null, "no redis-server is installed");
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KillTest: -Dseed=" + seed);
    Random random = new Random(seed);
    int kills = Boolean.getBoolean("tributary.long") ? 20 : 3;
    Map<EntryId, Long> acknowledged = new ConcurrentHashMap<>();
    AtomicInteger acks = new AtomicInteger();
    AtomicInteger unknown = new AtomicInteger();
    try (TestServer server = new TestServer(version)) {
      List<Opened> nodes = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        nodes.add(new Opened(server.section()));
      }
      AtomicBoolean writing = new AtomicBoolean(true);
      List<Future<Void>> writers = new ArrayList<>();
      for (Opened node : nodes) {
        for (int i = 0; i < IN_FLIGHT; i++) {
          Writer writer = new Writer(node, writing, acknowledged, acks, unknown);
          node.vertx.getOrCreateContext().runOnContext(nothing -> writer.next());
          writers.add(writer.done.future());
        }
      }
      for (int i = 0; i < kills; i++) {
        int until = acks.get() + 200 + random.nextInt(2000);
        while (acks.get() < until) {
          Thread.onSpinWait();
        }
        server.kill();
        server.start();
      }
      int until = acks.get() + 200;
      while (acks.get() < until) {
        Thread.onSpinWait();
      }
      writing.set(false);
      writers.forEach(Opened::await);
      server.kill();
      server.start();
      for (Opened node : nodes) {
        node.close();
      }
      try (Opened after = new Opened(server.section())) {
        Map<EntryId, Long> stored = new HashMap<>();
        for (StoredRecord record : after.all(STORE)) {
          assertThat(stored.put(record.record().ids().get(0), record.firstSequence()))
              .as("once")
              .isNull();
        }
        // All that was tried was tried until it was acknowledged.
        assertThat(stored).isEqualTo(acknowledged);
      }
    }
    System.out.println("KillTest: " + acks + " acks, " + unknown + " unknown outcomes");
  }

  private static final class Writer {
    final Promise<Void> done = Promise.promise();
    private final Opened node;
    private final AtomicBoolean writing;
    private final Map<EntryId, Long> acknowledged;
    private final AtomicInteger acks;
    private final AtomicInteger unknown;

    Writer(
        Opened node,
        AtomicBoolean writing,
        Map<EntryId, Long> acknowledged,
        AtomicInteger acks,
        AtomicInteger unknown) {
      this.node = node;
      this.writing = writing;
      this.acknowledged = acknowledged;
      this.acks = acks;
      this.unknown = unknown;
    }

    void next() {
      if (writing.get()) {
        append(Opened.newId());
      } else {
        done.complete();
      }
    }

    private void append(EntryId id) {
      var unused = node.submit(STORE, Opened.record(id, 50)).onComplete(result -> {
        if (result.succeeded()) {
          acknowledged.put(id, result.result().get(0).slots().get(0).sequences()[0]);
          acks.incrementAndGet();
          next();
        } else if (((StorageException) result.cause()).outcome() == Outcome.REJECTED) {
          done.fail(result.cause());
        } else {
          if (((StorageException) result.cause()).outcome() == Outcome.UNKNOWN) {
            unknown.incrementAndGet();
          }
          // As the hub does: again, but not at once.
          long ignored = node.vertx.setTimer(10, timer -> append(id));
        }
      });
    }
  }
}
