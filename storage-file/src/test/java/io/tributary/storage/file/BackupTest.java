package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.log.Append;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackupTest {
  private static final StoreKey STORE = new StoreKey.Plain("tenant", "store");
  private static final StoreKey OTHER = new StoreKey.Plain("tenant", "other");

  private final Path root = Dirs.make();
  private final Path dir = root.resolve("data");
  private final Path backup = root.resolve("some/backup");
  private final Path restored = root.resolve("restored");

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(root);
  }

  @Test
  void aBackupIsRestoredUnderANewIdentity() throws Exception {
    DataSetId id;
    try (Opened opened = new Opened(dir)) {
      id = opened.storage.dataSetId();
      opened.append(STORE, Opened.record(10), Opened.record(3_000_000), Opened.record(10));
      opened.remove(STORE, 3);
      Opened.await(opened.storage.backup(backup));
      opened.append(STORE, Opened.record(10));
    }
    assertThat(names(backup)).containsExactly("tributary-backup.db");
    DataSetId other = FileStorageProvider.restore(backup, restored);
    assertThat(other).isNotEqualTo(id);
    assertThat(FileStorageProvider.check(restored)).isEmpty();
    try (Opened opened = new Opened(restored)) {
      assertThat(opened.storage.dataSetId()).isEqualTo(other);
      assertThat(opened.stats(STORE).records()).isEqualTo(2);
      assertThat(opened.append(STORE, Opened.record(10)).previousHead()).isEqualTo(3);
    }
    // It is as it was, and can be restored again.
    assertThat(FileStorageProvider.restore(backup, root.resolve("again"))).isNotEqualTo(other);
  }

  @Test
  void whatIsWrittenIsForItsOwnerOnly() throws Exception {
    try (Opened opened = new Opened(dir)) {
      Opened.await(opened.storage.backup(backup));
    }
    var unused = FileStorageProvider.restore(backup, restored);
    for (Path made : List.of(backup, restored)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
          .isEqualTo("rwx------");
    }
    for (Path made :
        List.of(backup.resolve("tributary-backup.db"), restored.resolve("tributary.db"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
          .isEqualTo("rw-------");
    }
  }

  /** Each record goes into both stores in one commit: a copy of two moments would have different heads. */
  @Test
  void aBackupIsOfOneMomentAndHoldsNobodyUp() throws Exception {
    int during = 0;
    try (Opened opened = new Opened(dir)) {
      for (int i = 0; i < 60; i++) {
        opened.append(STORE, Opened.record(1024 * 1024));
      }
      Future<Void> copied = opened.storage.backup(backup);
      while (!copied.isComplete()) {
        var record = Opened.record(10);
        Opened.await(opened
            .storage
            .log()
            .append(List.of(
                new Append(STORE, 1, List.of(record)), new Append(OTHER, 1, List.of(record)))));
        during++;
      }
      Opened.await(copied);
      assertThat(opened.all(OTHER)).hasSize(during);
    }
    assertThat(during).as("appends while it was copied").isPositive();
    var unused = FileStorageProvider.restore(backup, restored);
    try (Opened opened = new Opened(restored)) {
      int there = opened.all(OTHER).size();
      assertThat(there).isLessThanOrEqualTo(during);
      assertThat(opened.all(STORE)).hasSize(60 + there);
    }
  }

  @Test
  void closingEndsABackupAndLeavesNoneThatLooksWhole() throws Exception {
    Opened opened = new Opened(dir);
    for (int i = 0; i < 60; i++) {
      opened.append(STORE, Opened.record(1024 * 1024));
    }
    Future<Void> copied = opened.storage.backup(backup);
    Path unfinished = backup.resolve("tributary-backup.db.unfinished");
    while (!Files.exists(unfinished)) {
      Thread.onSpinWait();
    }
    opened.close();
    if (copied.failed()) {
      assertThat(copied.cause())
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED));
      assertThat(backup).isEmptyDirectory();
    } else {
      // It was faster.
      var unused = FileStorageProvider.restore(backup, restored);
    }
    assertThat(FileStorageProvider.check(dir)).isEmpty();
  }

  @Test
  void aDirectoryWithAnythingInItIsLeftAlone() throws Exception {
    try (Opened opened = new Opened(dir)) {
      opened.append(STORE, Opened.record(10));
      Files.createDirectories(backup);
      Path theirs = Files.writeString(backup.resolve("theirs"), "x");
      assertRefused("not empty", () -> Opened.await(opened.storage.backup(backup)));
      assertThat(names(backup)).containsExactly("theirs");
      Files.delete(theirs);
      Opened.await(opened.storage.backup(backup));
      assertRefused("not empty", () -> Opened.await(opened.storage.backup(backup)));
      assertRefused("in use", () -> FileStorageProvider.restore(backup, dir));
    }
    assertRefused("not empty", () -> FileStorageProvider.restore(backup, dir));
    try (Opened opened = new Opened(dir)) {
      assertThat(opened.all(STORE)).hasSize(1);
    }
  }

  @Test
  void aBackupIsNotUsedAsItIs() throws Exception {
    try (Opened opened = new Opened(dir)) {
      Opened.await(opened.storage.backup(backup));
    }
    Files.move(backup.resolve("tributary-backup.db"), backup.resolve("tributary.db"));
    assertRefused("restore it", () -> new Opened(backup).close());
  }

  @Test
  void whatIsNoWholeBackupIsRefused() throws Exception {
    try (Opened opened = new Opened(dir)) {
      for (int i = 0; i < 200; i++) {
        opened.append(STORE, Opened.record(3_000));
      }
      Opened.await(opened.storage.backup(backup));
    }
    Path file = backup.resolve("tributary-backup.db");
    byte[] whole = Files.readAllBytes(file);

    assertRefused("no tributary-backup.db", () -> FileStorageProvider.restore(dir, restored));
    Files.copy(dir.resolve("tributary.db"), root.resolve("tributary-backup.db"));
    assertRefused("not made by", () -> FileStorageProvider.restore(root, restored));

    for (int bytes : new int[] {0, 100, 4096 * 3, whole.length / 2, whole.length - 1}) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(bytes);
      }
      assertRefused("not a whole backup", () -> FileStorageProvider.restore(backup, restored));
      Files.write(file, whole);
    }
    for (int at : new int[] {0, 4096 * 2, whole.length / 4096 / 2 * 4096}) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[200]).put(0, (byte) 7), at);
      }
      assertRefused("not a whole backup", () -> FileStorageProvider.restore(backup, restored));
      Files.write(file, whole);
    }
    assertThat(names(restored)).containsExactly("lock");
    var unused = FileStorageProvider.restore(backup, restored);
    try (Opened opened = new Opened(restored)) {
      assertThat(opened.all(STORE)).hasSize(200);
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static void assertRefused(String why, ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(StorageException.class).hasMessageContaining(why);
  }
}
