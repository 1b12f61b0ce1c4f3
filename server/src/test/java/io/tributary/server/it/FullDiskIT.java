package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A hub whose disk is full. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class FullDiskIT {
  private static final String STORE = "full";

  @TempDir
  Path mountPoint;

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void writesWaitReadsGoOnAndWithRoomEverythingIsAckedByItself() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(mountPoint, 8)) {
      disk.occupy(3);
      Path data = mountPoint.resolve("data");
      try (HubProcess hub =
              HubProcess.start(HubProcess.Options.of("file").withDataDirectory(data));
          Replica writer = new Replica(vertx, "writer", STORE, 4, 50_000);
          Replica idler = new Replica(vertx, "idler", STORE, 4, 50_000);
          Replica late = new Replica(vertx, "late", STORE, 4, 50_000)) {
        String url = hub.url("full");
        writer.connect(url);
        idler.connectAndSubscribe(url);
        // More than there is room for, less than without the filler.
        int entries = 130;
        var unused = writer.write(entries);
        awaitStatus(hub, 503);

        JsonObject report = HubPages.get(hub, "/readyz").json();
        assertThat(report.getString("status")).isEqualTo("storage");
        JsonObject check = report.getJsonArray("checks").getJsonObject(0);
        assertThat(check.getString("status")).isEqualTo("read-only");
        assertThat(check.getString("message"))
            .isEqualTo("disk full in " + data + ": make room, writes go on by themselves");
        assertThat(HubPages.get(hub, "/healthz").status()).isEqualTo(200);

        int acked = writer.acks();
        assertThat(acked).isBetween(10, entries - 5);
        // Nobody is closed, everybody is answered, and a newcomer is served what there is.
        writer.ping();
        idler.ping();
        late.connectAndSubscribe(url);
        late.awaitReceived(acked);
        idler.awaitReceived(acked);
        unused = idler.write(1);
        idler.ping();
        assertThat(writer.acks()).isEqualTo(acked);
        assertThat(idler.acks()).isZero();
        assertThat(late.entries().values()).containsAll(writer.acked().keySet());
        assertThat(hub.log())
            .filteredOn(line -> line.contains(" Writer - disk full in "))
            .hasSize(1);

        disk.makeRoom();
        idler.awaitAllAcked();
        writer.awaitAllAcked();
        assertThat(writer.acks()).isEqualTo(entries);
        assertThat(writer.closeCode()).isNull();
        assertThat(idler.closeCode()).isNull();
        assertThat(writer.faults()).isEmpty();
        assertThat(idler.faults()).isEmpty();
        awaitStatus(hub, 200);
        assertThat(hub.log())
            .filteredOn(line -> line.endsWith(data + ": writes go on"))
            .hasSize(1);
        assertThat(hub.log()).noneMatch(line -> line.startsWith("\tat "));
      }
    }
  }

  private static void awaitStatus(HubProcess hub, int status) {
    Awaitility.await("/readyz " + status)
        .atMost(Duration.ofSeconds(60))
        .until(() -> HubPages.get(hub, "/readyz").status() == status);
  }
}
