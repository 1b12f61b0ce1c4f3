package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.move.Exporter;
import io.tributary.server.move.MoveProgress;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.Storage;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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

  @Test
  void whatHandlersMadeMovesThroughAllStorages() throws Exception {
    Path first = directory.resolve("processed");
    exportProcessed(first);
    assertThat(Files.readString(first))
        .contains("\"state\":\"failed\"", "\"state\":\"removed\"", "\"type\":\"progress\"");
    try (Database postgres = Database.of(HubKind.POSTGRES);
        Database redis = Database.of(HubKind.REDIS)) {
      List<HubProcess.Options> way = List.of(
          HubProcess.Options.of("file"),
          postgres.hub(),
          redis.hub(),
          HubProcess.Options.of("file"));
      Path export = first;
      for (int hop = 0; hop < way.size(); hop++) {
        HubProcess.Options options =
            way.get(hop).withDataDirectory(directory.resolve("processed-hub-" + hop));
        // the second time all is there
        for (int i = 0; i < 2; i++) {
          Jar.Result imported = verb(options, "import", export.toString(), "--move");
          assertThat(imported.err()).isEmpty();
          assertThat(imported.exitCode()).isZero();
        }
        export = directory.resolve("processed-" + hop);
        Jar.Result exported = verb(options, "export", export.toString());
        assertThat(exported.err()).isEmpty();
        assertThat(export).as("after hop " + hop).hasSameBinaryContentAs(first);
        assertThat(verb(options, "stores", "stats").out()).contains(TENANT + "/plain:todos-of-all");
      }
    }
  }

  /** A store in the clear, most of whose entries a hub has processed. */
  private void exportProcessed(Path file) throws IOException {
    Storage storage = new MemoryStorageProvider().open(vertx, new JsonObject()).await();
    StoreKey.Plain store = new StoreKey.Plain(TENANT, "todos-of-all");
    EntryIdGenerator generator = new EntryIdGenerator(InstantSource.system());
    List<NewRecord> records = new ArrayList<>();
    List<EntryId> removed = new ArrayList<>();
    List<JournalEntry> entries = new ArrayList<>();
    List<EntryOutcome> outcomes = new ArrayList<>();
    int processed = 2 * ENTRIES;
    for (int i = 1; i <= processed + 100; i++) {
      EntryId id = generator.next();
      byte[] key = ("todo \u20ac " + i).getBytes(StandardCharsets.UTF_8);
      byte[] event = {'e'};
      records.add(NewRecord.plain(id, event, key, new byte[40], true, null));
      EntryOutcome.State state = EntryOutcome.State.of(1 + i % 7);
      if (i > processed) {
        continue;
      } else if (state == EntryOutcome.State.REMOVED) {
        removed.add(id);
      } else {
        entries.add(new JournalEntry(id, event, key, new byte[0], i));
      }
      String reason = state == EntryOutcome.State.FAILED ? "no room \u20ac" : null;
      outcomes.add(new EntryOutcome(id, state, i % 3, 1_790_000_000_000L + i, reason));
    }
    assertThat(storage.log().append(List.of(new Append(store, 5, records))).await())
        .hasSize(1);
    RemoteProgress progress = new RemoteProgress(
        ProcessingJournals.remote(store),
        ProcessingJournals.storeOf(store),
        processed + 1,
        processed + 3,
        2,
        0);
    assertThat(storage
            .journals()
            .commit(
                ProcessingJournals.name(store),
                new JournalCommit(
                    removed, entries, outcomes, List.of(), List.of(progress), List.of(), List.of()),
                Optional.empty())
            .await())
        .hasSize(entries.size());
    try (OutputStream out = Files.newOutputStream(file)) {
      new Exporter(storage, MoveProgress.NONE).export(out);
    }
    storage.close().await();
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
