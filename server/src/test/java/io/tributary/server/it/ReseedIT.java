package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An old copy of the data directory is put back. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ReseedIT {
  private static final String STORE = "restored";

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void reseededReplicasBringBackWhatTheCopyLacks() throws IOException {
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file"));
        Replica left = new Replica(vertx, "left", STORE, 8, 200);
        Replica right = new Replica(vertx, "right", STORE, 8, 200)) {
      String url = hub.url("reseed");
      left.connectAndSubscribe(url);
      right.connectAndSubscribe(url);
      RemoteId before = left.remoteId();
      assertThat(right.remoteId()).isEqualTo(before);
      var unused = left.write(50);
      unused = right.write(50);
      awaitAll(100, left, right);

      // The copy is made of a hub that was killed: the log is part of it.
      hub.kill9();
      left.awaitClosed();
      right.awaitClosed();
      Path copy = directory.resolve("copy");
      copy(hub.dataDirectory(), copy);
      hub.start();
      left.connectAndSubscribe(url);
      right.connectAndSubscribe(url);
      assertThat(left.remoteId()).as("over a restart").isEqualTo(before);
      unused = left.write(50);
      unused = right.write(50);
      awaitAll(200, left, right);
      assertThat(hub.terminate()).isEqualTo(128 + 15);
      left.awaitClosed();
      right.awaitClosed();

      // Without reseed: the hub is known to have what it lacks, and can only say that somebody
      // knows more.
      delete(hub.dataDirectory());
      copy(copy, hub.dataDirectory());
      hub.start();
      left.connectAndSubscribe(url);
      assertThat(left.remoteId()).isEqualTo(before);
      String complaint = "asks from sequence 201, the store ends at 100";
      Awaitility.await(complaint)
          .atMost(Duration.ofSeconds(30))
          .until(() -> hub.log().stream().anyMatch(line -> line.contains(complaint)));
      assertThat(hub.log())
          .filteredOn(line -> line.contains(complaint))
          .hasSize(1)
          .allMatch(line -> line.contains(" WARN "));
      assertThat(HubPages.metric(hub, "tributary_cursors_beyond_head_total")).isEqualTo(1);
      assertThat(left.acked()).hasSize(100);
      assertThat(hub.terminate()).isEqualTo(128 + 15);
      left.awaitClosed();

      Jar.Result reseeded = Jar.run("reseed", "--data-dir", hub.dataDirectory().toString());
      assertThat(reseeded.err()).isEmpty();
      assertThat(reseeded.exitCode()).isZero();
      assertThat(reseeded.out()).matches("old [0-9a-f]{32}\nnew [0-9a-f]{32}\n");
      hub.start();
      left.connectAndSubscribe(url);
      right.connectAndSubscribe(url);
      assertThat(left.remoteId()).isNotEqualTo(before).isEqualTo(right.remoteId());
      left.awaitAllAcked();
      right.awaitAllAcked();
      Set<EntryId> all = new HashSet<>(left.journal());
      all.addAll(right.journal());
      assertThat(all).hasSize(200);
      NavigableMap<Long, EntryId> healed = Replica.readAll(vertx, url, STORE);
      Replica.assertContiguous(healed);
      assertThat(healed).hasSize(201);
      assertThat(healed.values()).containsAll(all);
      for (Replica replica : List.of(left, right)) {
        assertThat(replica.faults()).isEmpty();
        Replica.assertHolds(healed, replica.acked());
      }
    }
  }

  private static void awaitAll(int entries, Replica... replicas) {
    for (Replica replica : replicas) {
      replica.awaitAllAcked();
      replica.awaitKnown(entries);
      assertThat(replica.faults()).isEmpty();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
