package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Data directories that a hub can't serve: one clear line on stderr, and exit code 1. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class StartFailuresIT {
  @TempDir
  Path directory;

  @Test
  void aSecondHubOnTheDirectory() {
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file"))) {
      Path data = hub.dataDirectory();
      assertThat(refused(data))
          .isEqualTo("serve: the data directory " + data + " is in use by process " + hub.pid()
              + ": stop that one first, or choose another storage.file.dir");
      Jar.Result reseed = Jar.run("reseed", "--data-dir", data.toString());
      assertThat(reseed.exitCode()).isEqualTo(1);
      assertThat(reseed.err()).hasLineCount(1).contains("is in use by process " + hub.pid());
      assertThat(HubPages.get(hub, "/readyz").status()).as("the first goes on").isEqualTo(200);
    }
  }

  @Test
  void aFileInTheDirectorysPlace() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");
    assertThat(refused(file)).contains(file + " is not a directory");
    assertThat(refused(file.resolve("below"))).contains(file + " is not a directory");
    assertThat(file).hasContent("not a directory");
  }

  @Test
  void aReadOnlyDirectory() {
    try (SmallDisk disk = SmallDisk.mount(directory, 8)) {
      disk.makeReadOnly();
      assertThat(refused(directory))
          .contains(directory.toString())
          .contains("Read-only file system");
      Path below = directory.resolve("data");
      assertThat(refused(below)).contains(below.toString()).contains("Read-only file system");
    }
  }

  @Test
  void anotherProgramsFile() throws IOException {
    Path data = Files.createDirectory(directory.resolve("data"));
    Path file = Files.writeString(data.resolve("tributary.db"), "somebody's notes ".repeat(1000));
    assertThat(refused(data)).contains(file.toString()).contains("not a database");
    assertThat(file).hasContent("somebody's notes ".repeat(1000));
  }

  @Test
  void aDamagedDatabase() throws IOException {
    Path data = directory.resolve("data");
    Vertx vertx = Vertx.vertx();
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file").withDataDirectory(data));
        Replica writer = new Replica(vertx, "writer", "store", 8, 2000)) {
      writer.connect(hub.url("damaged"));
      var unused = writer.write(200);
      writer.awaitAcks(200);
      assertThat(hub.terminate()).isEqualTo(128 + 15);
    } finally {
      vertx.close().await();
    }
    Path file = data.resolve("tributary.db");
    byte[] whole = Files.readAllBytes(file);
    Map<String, long[]> damages = Map.of(
        "its header", new long[] {0, 100},
        "its schema", new long[] {100, 4096},
        "all but its first page", new long[] {4096, whole.length});
    for (Map.Entry<String, long[]> damage : damages.entrySet()) {
      Files.write(file, whole);
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        bytes.seek(damage.getValue()[0]);
        for (long at = damage.getValue()[0]; at < damage.getValue()[1]; at++) {
          bytes.write(0x5a);
        }
      }
      assertThat(refused(data)).as(damage.getKey()).contains(file.toString());
    }
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.setLength(0);
      bytes.write(whole, 0, whole.length / 2);
    }
    assertThat(refused(data)).as("half of it").contains(file.toString());
  }

  /** The one line. */
  private static String refused(Path data) {
    Jar.Result result =
        Jar.run("serve", "--port", "0", "--set", "admin.port=0", "--data-dir", data.toString());
    System.out.println("StartFailuresIT: " + result);
    assertThat(result.err()).hasLineCount(1).endsWith("\n");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    return result.err().strip();
  }
}
