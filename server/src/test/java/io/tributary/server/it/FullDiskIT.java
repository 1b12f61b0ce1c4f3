package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.tributary.storage.postgres.PostgresServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A hub whose disk is full, or its database's. */
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

  @Test
  void writesWaitForRoomOnTheDatabasesDisk() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(mountPoint, 96);
        Database.Postgres database =
            new Database.Postgres(() -> PostgresServer.startWithDataOn(mountPoint));
        HubProcess hub = HubProcess.start(database.hub());
        Replica writer = new Replica(vertx, "writer", STORE, 4, 50_000);
        Replica idler = new Replica(vertx, "idler", STORE, 4, 50_000);
        Replica late = new Replica(vertx, "late", STORE, 4, 50_000)) {
      disk.occupyAllBut(6);
      String url = hub.url("full");
      writer.connect(url);
      idler.connectAndSubscribe(url);
      int entries = 200;
      var unused = writer.write(entries);
      JsonObject check = awaitTrouble(hub);
      assertThat(check.getString("status")).isEqualTo("read-only");
      assertThat(check.getString("message"))
          .contains("has no room left on its disk")
          .endsWith("make room there, writes go on by themselves");

      writer.ping();
      unused = idler.write(1);
      idler.ping();
      int acked = writer.acks();
      assertThat(acked).isBetween(10, entries - 5);
      late.connectAndSubscribe(url);
      late.awaitReceived(acked);
      idler.awaitReceived(acked);

      disk.makeRoom();
      assertAllAckedOnOneConnection(hub, writer, idler);
    }
  }

  /** Without room for its write-ahead log PostgreSQL ends: an operator makes room and starts it. */
  @Test
  void writesWaitForADatabaseThatEndedForWantOfRoom() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(mountPoint, 96);
        Database.Postgres database =
            new Database.Postgres(() -> PostgresServer.startWithLogOn(mountPoint));
        HubProcess hub = HubProcess.start(database.hub());
        Replica writer = new Replica(vertx, "writer", STORE, 4, 50_000);
        Replica idler = new Replica(vertx, "idler", STORE, 4, 50_000)) {
      disk.occupyAllBut(6);
      String url = hub.url("full");
      writer.connect(url);
      idler.connectAndSubscribe(url);
      // It may start again by itself, with the room that a checkpoint gives back, and end again.
      writer.writeEndlessly(true);
      assertThat(awaitTrouble(hub).getString("status")).isEqualTo("down");
      writer.writeEndlessly(false);
      assertThat(writer.acks()).isPositive();
      assertThat(writer.hasUnacked()).isTrue();
      writer.ping();
      var unused = idler.write(1);
      idler.ping();

      disk.makeRoom();
      Awaitility.await("PostgreSQL goes on").atMost(Duration.ofSeconds(60)).until(() -> {
        if (!database.isRunning()) {
          database.start();
        }
        return HubPages.get(hub, "/readyz").status() == 200;
      });
      assertAllAckedOnOneConnection(hub, writer, idler);
    }
  }

  /** What is wrong, once something is. */
  private static JsonObject awaitTrouble(HubProcess hub) {
    JsonObject report = Awaitility.await("/readyz 503")
        .atMost(Duration.ofSeconds(60))
        .until(() -> HubPages.get(hub, "/readyz"), page -> page.status() == 503)
        .json();
    assertThat(report.getString("status")).isEqualTo("storage");
    assertThat(HubPages.get(hub, "/healthz").status()).isEqualTo(200);
    return report.getJsonArray("checks").getJsonObject(0);
  }

  private void assertAllAckedOnOneConnection(HubProcess hub, Replica writer, Replica idler) {
    idler.awaitAllAcked();
    writer.awaitAllAcked();
    int entries = writer.journal().size();
    assertThat(writer.acks()).isEqualTo(entries);
    NavigableMap<Long, EntryId> all = Replica.readAll(vertx, hub.url("full"), STORE);
    Replica.assertContiguous(all);
    // Theirs and the reader's.
    assertThat(all).hasSize(entries + 2);
    for (Replica replica : List.of(writer, idler)) {
      Replica.assertHolds(all, replica.acked());
      assertThat(replica.closeCode()).as("the socket stayed open").isNull();
      assertThat(replica.faults()).isEmpty();
    }
    awaitStatus(hub, 200);
    assertThat(hub.log()).noneMatch(line -> line.startsWith("\tat "));
  }

  private static void awaitStatus(HubProcess hub, int status) {
    Awaitility.await("/readyz " + status)
        .atMost(Duration.ofSeconds(60))
        .until(() -> HubPages.get(hub, "/readyz").status() == status);
  }
}
