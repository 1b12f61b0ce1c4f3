package io.tributary.storage.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.model.StoreKey;
import io.tributary.storage.redis.TestServer.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That a reply means a sync: what the server asks of the operating system. Needs strace. */
class SyncTest {
  private static final StoreKey STORE = new StoreKey.Sealed("tenant", "public key");

  @BeforeEach
  void needsStrace() throws InterruptedException {
    boolean there;
    try {
      there = new ProcessBuilder("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      there = false;
    }
    if (!there) {
      // .ci/run looks for this line
      System.err.println(
          "STRACE TESTS SKIPPED: there is no strace, or it may not trace processes here");
    }
    assumeTrue(there, "strace");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void theReplyToAnAppendComesAfterASyncOfWhatItWrote(Version version) throws Exception {
    assumeTrue(version.program() != null, "no redis-server is installed");
    Path trace = Files.createTempFile("tributary-redis-trace-", "");
    List<String> strace = List.of(
        "strace",
        "-f",
        "--seccomp-bpf",
        "-y",
        "-s",
        "100000",
        "-e",
        "trace=fsync,fdatasync,write,writev",
        "-o",
        trace.toString());
    int count = 50;
    try (TestServer server = new TestServer(version, strace);
        Opened opened = new Opened(server.section())) {
      for (int i = 0; i < count; i++) {

        opened.append(STORE, Opened.record(10));
      }
    }
    // Per append, in this order: its record in the file, the file synced, a reply.
    int appends = 0;
    boolean written = false;
    boolean synced = false;
    for (String line : Files.readAllLines(trace)) {
      boolean file = line.contains("appendonly");
      if (file && line.contains("write(") && line.contains("tributary:page:")) {
        assertThat(written).as("two appends without a reply").isFalse();
        written = true;
        synced = false;
      } else if (file && line.contains("sync(") && line.contains("= 0")) {
        synced = true;
      } else if (written && line.contains("write") && line.contains("socket")) {
        assertThat(synced)
            .as("synced before the reply to append %s", appends + 1)
            .isTrue();
        written = false;
        appends++;
      }
    }
    assertThat(appends).isEqualTo(count);
    Files.delete(trace);
  }
}
