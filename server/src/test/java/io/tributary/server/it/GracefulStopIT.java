package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.tributary.core.model.EntryId;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A hub that is told to stop while many writes are in flight, and what it prints over its life. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class GracefulStopIT {
  private static final int NEWEST = 25;
  private static final int SIGTERM = 128 + 15;
  private static final String STORE = "stopped";
  private static final Pattern LOG_LINE =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+\\S+ (INFO|WARN) .*");

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void aHubToldToStopUnderLoadKeepsWhatItAcked() {
    // HubProcess waits for the grace and what closing may take, not longer.
    stopsUnderLoad(HubProcess.Options.of("file"), 4);
  }

  @Test
  void runsOnTheNewestJavaWithoutAWarning() {
    stopsUnderLoad(HubProcess.Options.of("file").withJavaHome(newestJava()), 1);
  }

  private void stopsUnderLoad(HubProcess.Options options, int writers) {
    List<Replica> replicas = new ArrayList<>();
    try (HubProcess hub = HubProcess.start(options)) {
      String url = hub.url("stop");
      for (int i = 0; i < writers; i++) {
        Replica replica = new Replica(vertx, "writer " + i, STORE, 32, 200);
        replicas.add(replica);
        if (i % 2 == 0) {
          replica.connect(url);
        } else {
          replica.connectAndSubscribe(url);
        }
        replica.writeEndlessly(true);
      }
      for (Replica replica : replicas) {
        replica.awaitAcks(200);
      }
      assertThat(hub.terminate()).isEqualTo(SIGTERM);
      for (Replica replica : replicas) {
        assertThat(replica.awaitClosed()).isEqualTo(1001);
        replica.writeEndlessly(false);
      }
      assertThat(hub.log()).last().asString().endsWith(" stopped");
      assertThat(hub.dataDirectory().resolve("tributary.db-wal"))
          .as("the log is in the database")
          .doesNotExist();

      hub.start();
      NavigableMap<Long, EntryId> kept = Replica.readAll(vertx, url, STORE);
      Replica.assertContiguous(kept);
      for (Replica replica : replicas) {
        Replica.assertHolds(kept, replica.acked());
        replica.connect(url);
        replica.awaitAllAcked();
        assertThat(replica.faults()).isEmpty();
      }
      assertThat(hub.terminate()).isEqualTo(SIGTERM);
      assertThat(hub.log())
          .filteredOn(line -> !line.startsWith("Picked up "))
          .allMatch(line -> LOG_LINE.matcher(line).matches());
    } finally {
      replicas.forEach(Replica::close);
    }
  }

  /** A JDK beside the one that runs this, or that one. */
  private static Path newestJava() {
    Path own = Path.of(System.getProperty("java.home"));
    List<Path> homes = new ArrayList<>(List.of(own));
    try (Stream<Path> siblings = Files.list(own.resolveSibling("."))) {
      siblings.forEach(homes::add);
    } catch (IOException e) {
      // only the own one, then
    }
    Optional<Path> found =
        homes.stream().filter(home -> version(home) >= NEWEST).findFirst();
    if (found.isEmpty()) {
      String reason = "there is no JDK " + NEWEST + " or newer beside " + own;
      System.err.println("JDK " + NEWEST + " TESTS SKIPPED: " + reason);
      abort(reason);
    }
    return found.get();
  }

  /** A JDK's feature release; 0 if it is none. */
  private static int version(Path home) {
    try {
      Matcher matcher = Pattern.compile("JAVA_VERSION=\"(\\d+)")
          .matcher(Files.readString(home.resolve("release")));
      return matcher.find() && Files.isExecutable(home.resolve(Path.of("bin", "java")))
          ? Integer.parseInt(matcher.group(1))
          : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
