package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FileStorageTest {
  private static final StoreKey STORE = new StoreKey.Plain("tenant", "store");

  private final Path root = Dirs.make();
  private final Path dir = root.resolve("some/data");

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(root);
  }

  @Test
  void isFoundByName() {
    assertThat(ServiceLoader.load(StorageProvider.class).stream()
            .map(provider -> provider.get().name()))
        .contains("file");
  }

  @Test
  void badSettingsAreRefusedByName() {
    assertRefused("dirs", new JsonObject().put("dir", dir.toString()).put("dirs", "x"), "dirs");
    assertRefused("dir", new JsonObject().put("dir", 7), "found 7");
    assertRefused("dir", new JsonObject().put("dir", " "), "path of a directory");
    assertRefused("dir", new JsonObject().put("dir", "a\0b"), "path of a directory");
    assertThat(dir).doesNotExist();
  }

  private static void assertRefused(String key, JsonObject config, String message) {
    Vertx vertx = Vertx.vertx();
    try {
      assertThatThrownBy(() -> Opened.await(new FileStorageProvider().open(vertx, config)))
          .isInstanceOfSatisfying(
              StorageConfigException.class, e -> assertThat(e.key()).isEqualTo(key))
          .hasMessageContaining(message);
    } finally {
      Opened.await(vertx.close());
    }
  }

  @Test
  void whatItMakesIsForItsOwnerOnly() throws Exception {
    try (Opened opened = new Opened(dir)) {
      opened.append(STORE, Opened.record(10));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir)))
          .isEqualTo("rwx------");
      for (String file : List.of("tributary.db", "tributary.db-wal")) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve(file))))
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void theFileIsAsDesigned() throws Exception {
    try (Opened opened = new Opened(dir)) {
      opened.append(STORE, Opened.record(10));
    }
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      assertThat(text(statement, "PRAGMA journal_mode")).isEqualTo("wal");
      assertThat(text(statement, "PRAGMA auto_vacuum")).as("incremental").isEqualTo("2");
      assertThat(text(statement, "PRAGMA user_version")).isEqualTo(String.valueOf(Database.SCHEMA));
      assertThat(text(statement, "PRAGMA integrity_check")).isEqualTo("ok");
    }
  }

  @Test
  void pathsMayHoldAnyCharacters() {
    Path odd = root.resolve("a?mode=memory&b%41 #ü'");
    try (Opened opened = new Opened(odd)) {
      opened.append(STORE, Opened.record(10));
    }
    assertThat(odd.resolve("tributary.db")).exists();
    try (Opened opened = new Opened(odd)) {
      assertThat(opened.all(STORE)).hasSize(1);
    }
  }

  @Test
  void aDirectoryThatCantBeMadeIsRefusedWithTheReason() throws Exception {
    Path absolute = root.toAbsolutePath();
    Path nowhere = Files.createSymbolicLink(absolute.resolve("link"), absolute.resolve("nowhere"));
    Path file = Files.createFile(absolute.resolve("file"));
    assertNotMade(nowhere, "something else is at " + nowhere);
    assertNotMade(file, file + " is not a directory");
    assertNotMade(file.resolve("below"), file + " is not a directory");
    // a file system where directories can't be made
    Path proc = Path.of("/proc/tributary");
    assumeTrue(Files.isDirectory(Path.of("/proc/self")));
    assertNotMade(proc, proc + " does not exist and can't be made");
    assertNotMade(proc.resolve("data"), proc + " does not exist and can't be made");
  }

  private static void assertNotMade(Path directory, String reason) {
    assertThatThrownBy(() -> new Opened(directory).close())
        .isInstanceOf(StorageException.class)
        .hasMessage("can't open the data directory " + directory + ": " + reason);
  }

  @Test
  void aDirectoryIsOpenOncePerProcess() throws Exception {
    try (Opened first = new Opened(dir)) {
      Path alias = Files.createSymbolicLink(root.resolve("alias"), dir.toAbsolutePath());
      for (Path path : List.of(dir, alias)) {
        assertThatThrownBy(() -> new Opened(path).close())
            .isInstanceOf(StorageException.class)
            .hasMessageContaining(path.toAbsolutePath().toString())
            .hasMessageContaining("this process")
            .hasMessageContaining("stop");
      }
      first.append(STORE, Opened.record(10));
      // Being refused must not have given up this process's right to it.
      Process other =
          Processes.java(List.of(), AckingWriter.class, dir.toString(), "1", "1", "false");
      assertThat(other.inputReader().readLine()).isNull();
      assertThat(other.waitFor()).isNotZero();
    }
    new Opened(dir).close();
  }

  @Test
  void aDirectoryIsForOneProcessAtATime() throws Exception {
    Process other =
        Processes.java(List.of(), AckingWriter.class, dir.toString(), "0", "1", "false");
    try (BufferedReader lines = other.inputReader()) {
      assertThat(lines.readLine()).startsWith("ack ");
      assertThatThrownBy(() -> new Opened(dir).close())
          .isInstanceOf(StorageException.class)
          .hasMessageContaining(dir.toAbsolutePath().toString())
          .hasMessageContaining("process " + other.pid());
      assertThatThrownBy(() -> FileStorageProvider.reseed(dir))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("process " + other.pid());
    } finally {
      other.destroyForcibly();
      other.waitFor();
    }
    try (Opened opened = new Opened(dir)) {
      assertThat(opened.all(AckingWriter.STORE)).isNotEmpty();
    }
  }

  @Test
  void aNewerSchemaIsRefused() throws Exception {
    new Opened(dir).close();
    execute("PRAGMA user_version = 7");
    assertThatThrownBy(() -> new Opened(dir).close())
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("schema version 7")
        .hasMessageContaining("newer version of Tributary");
    execute("PRAGMA user_version = " + Database.SCHEMA);
    new Opened(dir).close();
  }

  @Test
  void anothersDatabaseIsRefusedAndLeftAlone() throws Exception {
    Files.createDirectories(dir);
    execute("CREATE TABLE theirs (x)");
    byte[] before = Files.readAllBytes(dir.resolve("tributary.db"));
    assertThatThrownBy(() -> new Opened(dir).close())
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("not a database of Tributary");
    assertThat(Files.readAllBytes(dir.resolve("tributary.db"))).isEqualTo(before);
    Files.writeString(dir.resolve("tributary.db"), "something else".repeat(1000));
    assertThatThrownBy(() -> new Opened(dir).close())
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(dir.toString());
  }

  @Test
  void whatCannotBeStoredFailsAlone() throws Exception {
    new Opened(dir).close();
    execute("CREATE TRIGGER no BEFORE INSERT ON record WHEN NEW.body = x'bad0'"
        + " BEGIN SELECT RAISE(ABORT, 'bad record'); END");
    try (Opened opened = new Opened(dir)) {
      NewRecord bad =
          NewRecord.sealed(Opened.newId(), new byte[12], new byte[] {(byte) 0xba, (byte) 0xd0});
      // Submitted while the writer is busy with the first, the others are committed together.
      List<Future<List<AppendResult>>> appends = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        StoreKey store = i % 2 == 0 ? STORE : new StoreKey.Plain("tenant", "other");
        appends.add(
            i % 10 == 5
                ? opened.submit(store, Opened.record(10), bad)
                : opened.submit(store, Opened.record(1000)));
      }
      for (int i = 0; i < appends.size(); i++) {
        Future<List<AppendResult>> append = appends.get(i);
        if (i % 10 == 5) {
          assertThatThrownBy(() -> Opened.await(append))
              .isInstanceOfSatisfying(
                  StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED))
              .hasMessageContaining("bad record");
        } else {
          AppendResult result = Opened.await(append).get(0);
          assertThat(result.head()).isEqualTo(result.previousHead() + 1);
        }
      }
      assertThat(opened.all(STORE)).hasSize(50);
      assertThat(opened.all(new StoreKey.Plain("tenant", "other"))).hasSize(40);
      assertThat(Opened.await(opened.storage.check()).message()).isEmpty();
    }
  }

  @Test
  void theLogIsReusedAndGoneAfterClosing() throws Exception {
    Path log = dir.resolve("tributary.db-wal");
    long greatest = 0;
    try (Opened opened = new Opened(dir)) {
      for (int i = 0; i < 100; i++) {
        opened.append(STORE, Opened.record(1024 * 1024));
        assertThat(Opened.await(opened.storage.log().read(STORE, i, 1, 1)).records())
            .isNotEmpty();
        greatest = Math.max(greatest, Files.size(log));
      }
    }
    assertThat(greatest).isBetween(10L * 1024 * 1024, 32L * 1024 * 1024);
    assertThat(log).doesNotExist();
  }

  @Test
  void whatWasSubmittedIsFinishedByClosing() {
    List<Future<List<AppendResult>>> appends = new ArrayList<>();
    try (Opened opened = new Opened(dir)) {
      for (int i = 0; i < 500; i++) {
        appends.add(opened.submit(STORE, Opened.record(100)));
      }
    }
    assertThat(appends).allMatch(Future::succeeded);
    try (Opened opened = new Opened(dir)) {
      assertThat(opened.all(STORE)).hasSize(500);
    }
  }

  @Test
  void reseedingMakesAnotherDataSetOfTheSameData() {
    DataSetId before;
    try (Opened opened = new Opened(dir)) {
      before = opened.storage.dataSetId();
      opened.append(STORE, Opened.record(10), Opened.record(10));
      assertThatThrownBy(() -> FileStorageProvider.reseed(dir))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("in use");
    }
    FileStorageProvider.Reseeded reseeded = FileStorageProvider.reseed(dir);
    assertThat(reseeded.before()).isEqualTo(before);
    assertThat(reseeded.after()).isNotEqualTo(before);
    try (Opened opened = new Opened(dir)) {
      assertThat(opened.storage.dataSetId()).isEqualTo(reseeded.after());
      assertThat(opened.all(STORE)).hasSize(2);
    }
  }

  @Test
  void reseedingMakesNoData() {
    assertThatThrownBy(() -> FileStorageProvider.reseed(dir))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("no data set in " + dir.toAbsolutePath());
    assertThat(dir).doesNotExist();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  private static String text(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }
}
