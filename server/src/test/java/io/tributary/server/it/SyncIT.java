package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.tributary.core.wire.v3.ServerMessage;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the operating system is asked before an ack is sent, and what becomes of writes whose sync fails. A kill -9 alone
 * doesn't show that: what a process has written survives its end without any sync.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class SyncIT {
  private static final int WRITES = 100;
  private static final String STORE = "synced";

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();

  @BeforeAll
  static void needsStrace() {
    Strace.needed();
  }

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void everyAckIsSentAfterASyncOfItsOwn() throws IOException {
    Path trace = directory.resolve("trace");
    Path data;
    try (HubProcess hub =
            HubProcess.start(HubProcess.Options.of("file").withLauncher(Strace.command(trace)));
        Replica writer = new Replica(vertx, "writer", STORE, 1, 200)) {
      data = hub.dataDirectory().toRealPath();
      writer.connect(hub.url("sync"));
      var unused = writer.write(WRITES);
      writer.awaitAcks(WRITES);
      assertThat(writer.faults()).isEmpty();
      long pid = hub.pid();
      hub.kill9();
      await(() -> Strace.isComplete(trace, pid));
    }
    boolean connected = false;
    int syncs = 0;
    int before = 0;
    int acks = 0;
    for (Strace.Event event : Strace.read(trace)) {
      if (event instanceof Strace.Sync sync) {
        // Those of the start don't count.
        if (connected && sync.succeeded() && sync.file().startsWith(data)) {
          syncs++;
        }
      } else if (event instanceof Strace.Sent sent) {
        if (sent.message() instanceof ServerMessage.Hello) {
          connected = true;
        } else if (sent.message() instanceof ServerMessage.Ack ack) {
          assertThat(ack.id()).isEqualTo(acks++);
          assertThat(syncs).as("syncs before ack %s", acks).isGreaterThanOrEqualTo(acks);
          assertThat(syncs).as("syncs since the last, at ack %s", acks).isGreaterThan(before);
          before = syncs;
        }
      }
    }
    assertThat(acks).isEqualTo(WRITES);
    System.out.println("SyncIT: " + syncs + " syncs for " + acks + " acks");
  }

  @Test
  void nothingIsAckedOnceSyncsFail() {
    Path trace = directory.resolve("trace");
    HubProcess.Options healthy = HubProcess.Options.of("file");
    HubProcess.Options failing = healthy.withLauncher(
        Strace.command(trace, "-e", "inject=fsync,fdatasync:error=EIO:when=50+"));
    try (HubProcess hub = HubProcess.start(failing);
        Replica writer = new Replica(vertx, "writer", STORE, 1, 200)) {
      String url = hub.url("sync");
      writer.connect(url);
      var unused = writer.write(WRITES);
      // It has been tried again, and again.
      await(() -> failures(trace) >= 5);

      HubPages.Page ready = HubPages.get(hub, "/readyz");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.json().getString("status")).isEqualTo("storage");
      String message = ready.json().getJsonArray("checks").getJsonObject(0).getString("message");
      assertThat(message)
          .contains("can't write to " + hub.dataDirectory())
          .contains("writes go on by themselves");
      assertThat(HubPages.get(hub, "/healthz").status()).isEqualTo(200);
      assertThat(hub.log()).filteredOn(line -> line.contains("can't write to ")).isNotEmpty();
      unused = writer.write(1);
      writer.ping();
      assertThat(writer.closeCode()).isNull();
      assertThat(writer.acks()).isBetween(10, WRITES - 1);

      boolean failed = false;
      int acks = 0;
      for (Strace.Event event : Strace.read(trace)) {
        if (event instanceof Strace.Sync sync) {
          failed |= !sync.succeeded();
        } else if (event instanceof Strace.Sent sent
            && sent.message() instanceof ServerMessage.Ack) {
          assertThat(failed).as("ack %s is sent after a sync failed", acks).isFalse();
          acks++;
        }
      }
      assertThat(acks).isEqualTo(writer.acks());

      hub.kill9();
      writer.awaitClosed();
      hub.startAs(healthy);
      NavigableMap<Long, EntryId> kept = Replica.readAll(vertx, url, STORE);
      Replica.assertContiguous(kept);
      Replica.assertHolds(kept, writer.acked());
      // What was acked, perhaps the one in doubt, and the reader's.
      assertThat(kept.size()).isBetween(acks + 1, acks + 2);
      writer.connect(url);
      writer.awaitAllAcked();
      assertThat(writer.faults()).isEmpty();
      assertThat(writer.acked()).hasSize(WRITES + 1);
    }
  }

  private static int failures(Path trace) {
    List<Strace.Event> failed = new ArrayList<>(Strace.read(trace));
    failed.removeIf(event -> !(event instanceof Strace.Sync sync) || sync.succeeded());
    return failed.size();
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
  }
}
