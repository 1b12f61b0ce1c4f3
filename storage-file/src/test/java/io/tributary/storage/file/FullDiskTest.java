package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.log.NewRecord;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Health;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A disk of 8 MiB that is really full. */
class FullDiskTest {
  private static final StoreKey STORE = new StoreKey.Plain("tenant", "store");

  private final Path disk = Dirs.make();
  private final Path dir = disk.resolve("data");
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    mounted = Processes.run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString()) == 0;
    if (!mounted) {
      System.err.println("MOUNT TESTS SKIPPED: only root may mount the small disk it needs");
    }
    assumeTrue(mounted, "mount");
    Files.write(disk.resolve("filler"), new byte[3 * 1024 * 1024]);
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertThat(Processes.run("umount", disk.toString())).isZero();
    }
    Dirs.delete(disk);
  }

  @Test
  void writesWaitReadsAreServedAndItGoesOnWhenThereIsRoom() throws Exception {
    int records;
    NewRecord refused;
    try (Opened opened = new Opened(dir)) {
      records = fill(opened);
      refused = Opened.record(50_000);
      StorageException failure = opened.refused(STORE, refused);
      assertThat(failure.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
      assertThat(failure).hasMessageContaining("disk full in " + dir.toAbsolutePath());
      Health full = Opened.await(opened.storage.check());
      assertThat(full.status()).isEqualTo(Health.Status.READ_ONLY);
      assertThat(full.message())
          .contains("disk full in " + dir.toAbsolutePath())
          .contains("make room");
      assertThat(opened.all(STORE)).hasSize(records);

      Files.delete(disk.resolve("filler"));
      assertThat(opened.append(STORE, refused).head()).isEqualTo(records + 1);
      assertThat(Opened.await(opened.storage.check())).isEqualTo(Health.UP);
    }
    try (Opened opened = new Opened(dir)) {
      assertThat(opened.all(STORE)).hasSize(records + 1);
      assertThat(opened.append(STORE, refused).slots().get(0).stored()).isFalse();
    }
  }

  @Test
  void askingAloneFindsThatThereIsRoomAgain() throws Exception {
    try (Opened opened = new Opened(dir)) {
      int records = fill(opened);
      assertThat(Opened.await(opened.storage.check()).status()).isEqualTo(Health.Status.READ_ONLY);
      Files.delete(disk.resolve("filler"));
      assertThat(Opened.await(opened.storage.check())).isEqualTo(Health.UP);
      assertThat(opened.all(STORE)).hasSize(records);
    }
  }

  @Test
  void whatIsOnAFullDiskCanBeOpenedAndRead() throws Exception {
    int records;
    try (Opened opened = new Opened(dir)) {
      records = fill(opened);
    }
    // Closing may have given back the room of the log: take that too, to the last byte.
    try (var rest = Files.newOutputStream(disk.resolve("rest"))) {
      while (true) {
        rest.write(new byte[4096]);
      }
    } catch (IOException e) {
      // full
    }
    try (Opened opened = new Opened(dir)) {
      assertThat(opened.all(STORE)).hasSize(records);
      assertThat(opened.refused(STORE, Opened.record(50_000)).outcome())
          .isEqualTo(Outcome.NOT_COMMITTED);
      assertThat(Opened.await(opened.storage.check()).status()).isEqualTo(Health.Status.READ_ONLY);
    }
    Files.delete(disk.resolve("filler"));
    try (Opened opened = new Opened(dir)) {
      assertThat(opened.all(STORE)).hasSize(records);
      assertThat(opened.append(STORE, Opened.record(50_000)).head()).isEqualTo(records + 1);
    }
  }

  /** Appends until that fails; how many it took. */
  private static int fill(Opened opened) {
    int records = 0;
    while (true) {
      StorageException failure = opened
          .submit(STORE, Opened.record(50_000))
          .map((StorageException) null)
          .otherwise(e -> (StorageException) e)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
      if (failure != null) {
        assertThat(failure.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
        return records;
      }
      records++;
      assertThat(records).as("8 MiB hold").isLessThan(200);
    }
  }
}
