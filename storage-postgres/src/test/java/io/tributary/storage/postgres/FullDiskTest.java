package io.tributary.storage.postgres;

import static io.tributary.storage.postgres.Sql.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Health;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server whose disk, a few MiB, is really full while two nodes append. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FullDiskTest {
  /** What the writers find. */
  private static final long ROOM = 6L << 20;

  @TempDir
  Path disk;

  private final Vertx vertx = Vertx.vertx();
  private final Semaphore acks = new Semaphore(0);
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk.toString()) == 0;
    if (!mounted) {
      System.err.println("MOUNT TESTS SKIPPED: only root may mount the small disk it needs");
    }
    assumeTrue(mounted, "mount");
  }

  @AfterEach
  void unmount() throws Exception {
    await(vertx.close());
    if (mounted) {
      assertThat(run("umount", disk.toString())).isZero();
    }
  }

  @Test
  void writesWaitReadsAreServedAndItGoesOnWhenThereIsRoom() throws Exception {
    try (PostgresServer server = PostgresServer.startWithDataOn(disk)) {
      Storage one = open(server);
      Storage two = open(server);
      leaveRoom();
      List<AckingWriter> writers = write(one, two);
      Health full = awaitStatus(one, Health.Status.READ_ONLY);
      assertThat(full.message())
          .contains("127.0.0.1:" + server.port() + ",")
          .contains("has no room left on its disk")
          .contains("No space left on device")
          .contains("make room");

      // A node that starts now reads, too.
      Storage late = open(server);
      for (StoreKey store : AckingWriter.STORES) {
        Set<Long> acked = Set.copyOf(writers.get(0).acked.get(store).keySet());
        List<StoredRecord> records = PostgresStorageTest.all(late, store);
        PostgresStorageTest.assertContiguous(records, records.size());
        assertThat(records).extracting(StoredRecord::firstSequence).containsAll(acked);
      }

      writers.forEach(AckingWriter::finish);
      makeRoom();
      for (AckingWriter writer : writers) {
        writer.stop();
        assertThat(writer.failures).containsOnly(Outcome.NOT_COMMITTED);
      }
      AckingWriter.assertExactlyOnce(late, writers);
      for (Storage storage : List.of(one, two, late)) {
        assertThat(await(storage.check())).isEqualTo(Health.UP);
        await(storage.close());
      }
    }
  }

  /** Without room for its log a server ends, at any point of a commit. */
  @Test
  void theEndOfAServerThatHasNoRoomForItsLogLosesNothing() throws Exception {
    try (PostgresServer server = PostgresServer.startWithLogOn(disk)) {
      Storage one = open(server);
      Storage two = open(server);
      leaveRoom();
      List<AckingWriter> writers = write(one, two);
      Health down = awaitStatus(one, Health.Status.DOWN);
      assertThat(down.message()).contains("127.0.0.1:" + server.port());
      assertThat(server.log()).contains("PANIC").contains("No space left on device");

      writers.forEach(AckingWriter::finish);
      makeRoom();
      // It may just be trying by itself, with the room there is now or that there was before.
      while (await(one.check()).status() != Health.Status.UP) {
        if (!server.isRunning()) {
          server.start();
        }
      }
      for (AckingWriter writer : writers) {
        writer.stop();
      }
      assertThat(writers).flatExtracting(writer -> writer.failures).contains(Outcome.UNKNOWN);
      AckingWriter.assertExactlyOnce(two, writers);
      for (Storage storage : List.of(one, two)) {
        assertThat(await(storage.check())).isEqualTo(Health.UP);
        await(storage.close());
      }
    }
  }

  private Storage open(PostgresServer server) {
    return await(
        new PostgresStorageProvider().open(vertx, new JsonObject().put("uri", server.uri())));
  }

  private List<AckingWriter> write(Storage one, Storage two) {
    return List.of(
        new AckingWriter(vertx, one, 30, 10_000, acks),
        new AckingWriter(vertx, two, 7, 10_000, acks));
  }

  private static Health awaitStatus(Storage storage, Health.Status status) {
    Health health = await(storage.check());
    while (health.status() != status) {
      health = await(storage.check());
    }
    return health;
  }

  private void leaveRoom() throws IOException {
    try (OutputStream filler = Files.newOutputStream(disk.resolve("filler"))) {
      long left = Files.getFileStore(disk).getUsableSpace() - ROOM;
      assertThat(left).as("what makes room later").isGreaterThan(ROOM);
      for (; left > 0; left -= 4096) {
        filler.write(new byte[4096]);
      }
    }
  }

  private void makeRoom() throws IOException {
    Files.delete(disk.resolve("filler"));
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
