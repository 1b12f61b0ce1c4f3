package io.tributary.server.it;

import static io.tributary.server.it.Convergence.assertConverged;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.server.it.NpmClient.Journal;
import io.tributary.server.it.NpmClient.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A backup of a running hub is put back under two live npm clients. */
@ExtendWith(HubLogs.class)
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class BackupIT {
  @TempDir
  Path directory;

  @BeforeAll
  static void needsNode() {
    NodeEnvironment.require();
  }

  @Test
  void clientsBringBackWhatTheBackupLacks() throws IOException {
    String identity = NpmClient.newIdentity();
    String copy = directory.resolve("copy").toString();
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file"));
        NpmClient left = NpmClient.start("left", Journal.INDEXEDDB, identity);
        NpmClient right = NpmClient.start("right", Journal.INDEXEDDB, identity)) {
      String url = hub.url("backup");
      String data = hub.dataDirectory().toString();
      left.connect(url);
      right.connect(url);
      left.write("left-before", 60, 200);
      right.write("right-before", 60, 200);
      Status unused = left.awaitSynced(120, 60);
      unused = right.awaitSynced(120, 60);

      Jar.Result backup = Jar.run("backup", copy, "--data-dir", data);
      assertThat(backup.err()).isEmpty();
      assertThat(backup.exitCode()).isZero();
      left.write("left-after", 40, 200);
      right.write("right-after", 40, 200);
      unused = left.awaitSynced(200, 100);
      unused = right.awaitSynced(200, 100);
      assertConverged(200, left, right);

      assertThat(hub.terminate()).isEqualTo(128 + 15);
      unused = left.awaitLost(1);
      unused = right.awaitLost(1);
      Files.move(hub.dataDirectory(), directory.resolve("old"));
      Jar.Result restore = Jar.run("restore", copy, "--data-dir", data);
      assertThat(restore.err()).isEmpty();
      assertThat(restore.exitCode()).isZero();
      hub.startAs(HubProcess.Options.of("file").withServeArguments("--check"));
      assertThat(hub.log()).anyMatch(line -> line.contains("is as it has to be"));
      left.register(url);
      right.register(url);

      unused = left.awaitSynced(200, 100);
      unused = right.awaitSynced(200, 100);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertConverged(200, left, right));
      assertThat(left.status().remoteIds()).hasSize(2).isEqualTo(right.status().remoteIds());
      try (NpmClient late = NpmClient.start("late", Journal.MEMORY, identity)) {
        late.connect(url);
        unused = late.awaitHandled(200);
        assertConverged(200, left, right, late);
      }
    }
  }
}
