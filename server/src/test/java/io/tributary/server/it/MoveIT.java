package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Data that moves through all storages is in the end what it was, for clients too. */
@ExtendWith(HubLogs.class)
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class MoveIT {
  private static final String TENANT = "move";
  private static final List<String> KEYS = List.of("left", "right \u00e9\u0000/:%");
  private static final int ENTRIES = 400;
  private static final List<String> REMOVED = List.of("1", "7", "8", "400");

  private final Vertx vertx = Vertx.vertx();

  @TempDir
  Path directory;

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void fromFileToPostgresToRedisToFile() {
    List<Replica> writers = new ArrayList<>();
    try (Database postgres = Database.of(HubKind.POSTGRES);
        Database redis = Database.of(HubKind.REDIS)) {
      List<HubProcess.Options> way = List.of(
          HubProcess.Options.of("file"),
          postgres.hub(),
          redis.hub(),
          HubProcess.Options.of("file"));
      List<List<String>> first = List.of();
      String firstStats = "";
      RemoteId remote = null;
      Path export = null;
      for (int hop = 0; hop < way.size(); hop++) {
        HubProcess.Options options =
            way.get(hop).withDataDirectory(directory.resolve("hub-" + hop));
        if (export != null) {
          Jar.Result imported = verb(options, "import", export.toString(), "--move");
          assertThat(imported.err()).isEmpty();
          assertThat(imported.exitCode()).isZero();
        }
        try (HubProcess hub = HubProcess.start(options)) {
          String url = hub.url(TENANT);
          if (hop == 0) {
            for (String key : KEYS) {
              Replica writer = new Replica(vertx, key, key, 16, 100);
              writers.add(writer);
              writer.connect(url);
              var unused = writer.write(ENTRIES);
              writer.awaitAllAcked();
              List<String> remove = new ArrayList<>(
                  List.of("entries", "remove", new StoreKey.Sealed(TENANT, key).toString()));
              remove.addAll(REMOVED);
              assertThat(verb(options, remove.toArray(String[]::new)).exitCode())
                  .isZero();
            }
          } else {
            for (Replica writer : writers) {
              writer.connect(url);
              writer.ping();
              assertThat(writer.remoteId()).as("the same data set").isEqualTo(remote);
            }
          }
          remote = writers.get(0).remoteId();
          List<List<String>> received = KEYS.stream()
              .map(key -> Replica.record(vertx, url, key, ENTRIES - REMOVED.size()))
              .toList();
          String stats = verb(options, "stores", "stats", "--json", "--full").out();
          if (hop == 0) {
            first = received;
            firstStats = stats;
            assertThat(received.get(0)).hasSize(ENTRIES - REMOVED.size());
            assertThat(stats).contains("\"tombstones\":" + REMOVED.size());
          }
          assertThat(received).as("what clients receive after hop " + hop).isEqualTo(first);
          assertThat(stats).as("after hop " + hop).isEqualTo(firstStats);
          Path next = directory.resolve("export-" + hop);
          Jar.Result exported = verb(options, "export", next.toString());
          assertThat(exported.err()).isEmpty();
          assertThat(exported.exitCode()).isZero();
          if (export != null) {
            assertThat(next).hasSameBinaryContentAs(export);
          }
          export = next;
        }
      }
    } finally {
      for (Replica writer : writers) {
        assertThat(writer.faults()).isEmpty();
        writer.close();
      }
    }
  }

  /** A verb on the data of such a hub, whether it runs or not. */
  private static Jar.Result verb(HubProcess.Options options, String... verb) {
    List<String> arguments = new ArrayList<>(Arrays.asList(verb));
    arguments.addAll(List.of("--storage", options.provider()));
    arguments.addAll(List.of("--data-dir", String.valueOf(options.dataDirectory())));
    arguments.addAll(options.serveArguments());
    return Jar.run(arguments.toArray(String[]::new));
  }
}
