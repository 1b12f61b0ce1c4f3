package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.log.StoredRecord;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the operating system is asked, and what becomes of a sync that fails. Needs strace. */
class SyncTest {
  private final Path dir = Dirs.make();

  @BeforeEach
  void needsStrace() throws InterruptedException {
    boolean there = Processes.run("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true") == 0;
    if (!there) {
      // .ci/run looks for this line
      System.err.println(
          "STRACE TESTS SKIPPED: there is no strace, or it may not trace processes here");
    }
    assumeTrue(there, "strace");
  }

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(dir);
  }

  @Test
  void everyAckComesAfterASyncOfTheLog() throws Exception {
    Path trace = dir.resolve("trace");
    Path data = dir.resolve("data");
    List<String> answers =
        run(trace, List.of("-e", "trace=fsync,fdatasync,write"), data, "100", "1", "false");
    assertThat(answers).filteredOn(line -> line.startsWith("ack ")).hasSize(100);
    Pattern sync = Pattern.compile("f(data)?sync\\([0-9]+<.*/data/tributary\\.db-wal>\\) += 0");
    int acks = 0;
    int syncsSince = 0;
    for (String line : Files.readAllLines(trace)) {
      if (sync.matcher(line).find()) {
        syncsSince++;
      } else if (line.contains("\"ack ")) {
        acks++;
        assertThat(syncsSince).as("syncs before ack %s", acks).isPositive();
        syncsSince = 0;
      }
    }
    assertThat(acks).isEqualTo(100);
  }

  @Test
  void appendsInFlightShareSyncs() throws Exception {
    Path trace = dir.resolve("trace");
    List<String> answers = run(
        trace, List.of("-e", "trace=fsync,fdatasync"), dir.resolve("data"), "2000", "100", "false");
    assertThat(answers).filteredOn(line -> line.startsWith("ack ")).hasSize(2000);
    assertThat(Files.readAllLines(trace).stream().filter(line -> line.contains("-wal>")))
        .hasSizeLessThan(1900);
  }

  @Test
  void nothingIsAcknowledgedWhoseSyncFailed() throws Exception {
    List<String> answers =
        run(dir.resolve("trace"), failingSyncs("50+"), dir.resolve("data"), "100", "1", "false");
    int firstFailed = answers.indexOf("failed UNKNOWN");
    assertThat(firstFailed).isGreaterThan(10);
    assertThat(answers.subList(0, firstFailed)).allMatch(line -> line.startsWith("ack "));
    assertThat(answers.subList(firstFailed, answers.size() - 1))
        .allMatch(line -> line.startsWith("failed "));
    assertThat(answers.get(answers.size() - 1)).isEqualTo("health READ_ONLY");
    // What was acknowledged is there; the one in doubt may be.
    assertThat(recordsIn(dir.resolve("data")).size()).isBetween(firstFailed, firstFailed + 1);
  }

  @Test
  void writesGoOnByThemselvesOnceSyncsDo() throws Exception {
    List<String> answers =
        run(dir.resolve("trace"), failingSyncs("50..53"), dir.resolve("data"), "100", "1", "true");
    assertThat(answers).filteredOn(line -> line.startsWith("failed ")).isNotEmpty();
    assertThat(answers).filteredOn(line -> line.startsWith("ack ")).hasSize(100);
    assertThat(answers.get(answers.size() - 1)).isEqualTo("health UP");
    List<String> ids = new ArrayList<>();
    for (StoredRecord record : recordsIn(dir.resolve("data"))) {
      ids.add(record.record().ids().get(0).toHex() + " " + record.firstSequence());
    }
    assertThat(
            answers.stream().filter(line -> line.startsWith("ack ")).map(line -> line.substring(4)))
        .containsExactlyElementsOf(ids);
  }

  private static List<String> failingSyncs(String when) {
    return List.of(
        "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=" + when);
  }

  private List<String> run(
      Path trace, List<String> options, Path data, String appends, String inFlight, String again)
      throws Exception {
    List<String> strace =
        new ArrayList<>(List.of("strace", "-f", "--seccomp-bpf", "-y", "-o", trace.toString()));
    strace.addAll(options);
    Process process =
        Processes.java(strace, AckingWriter.class, data.toString(), appends, inFlight, again);
    List<String> answers;
    try (BufferedReader lines = process.inputReader()) {
      answers = lines.lines().toList();
    }
    assertThat(process.waitFor()).isZero();
    return answers;
  }

  private static List<StoredRecord> recordsIn(Path data) {
    try (Opened opened = new Opened(data)) {
      return opened.all(AckingWriter.STORE);
    }
  }
}
