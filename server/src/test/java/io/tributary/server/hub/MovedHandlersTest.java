package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.Entry;
import io.tributary.core.model.StoreKey;
import io.tributary.server.Main;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.runtime.FailedEntry;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.server.runtime.HubRuntime;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** After data was moved or restored no handler is called again for it. */
class MovedHandlersTest {
  private static final StoreKey.Plain STORE = new StoreKey.Plain("t", "todos");
  private static final EventDefinition<JsonObject> CREATED =
      EventDefinition.of("created", PayloadCodec.json(), todo -> todo.getString("id"));

  @TempDir
  Path dir;

  private final List<String> calls = new CopyOnWriteArrayList<>();

  private TestHub start(Path data) {
    return TestHub.start(
        TestHub.config()
            .storage(new StorageConfig("file", new JsonObject().put("dir", data.toString()))),
        HubExtensions.builder()
            .group(EventGroup.named("todos").event(CREATED).build())
            .handle(CREATED, (todo, entry, conflicts) -> {
              calls.add(entry.primaryKey());
              return entry.primaryKey().startsWith("fails")
                  ? Future.failedFuture("as told")
                  : Future.succeededFuture();
            })
            .build());
  }

  private void write(TestHub hub, String... ids) {
    HubRuntime runtime = hub.hub().runtime();
    List<Entry> entries = List.of(ids).stream()
        .map(id -> new Entry(
            runtime.ids().next(), "created", id, CREATED.encode(new JsonObject().put("id", id))))
        .toList();
    assertThat(TestHub.get(runtime.writeToStore(STORE, entries, true))).hasSize(ids.length);
  }

  private void awaitCalls(String... ids) {
    await().atMost(Duration.ofSeconds(60)).until(() -> calls.size() >= ids.length);
    assertThat(calls).containsExactly(ids);
  }

  private static void verb(String... args) {
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(new StringWriter()));
    line.setErr(new PrintWriter(err));
    assertThat(line.execute(args)).as(err.toString()).isZero();
  }

  private Path processed() {
    Path data = dir.resolve("data");
    try (TestHub hub = start(data)) {
      write(hub, "a", "b", "fails");
      awaitCalls("a", "b", "fails");
      await().atMost(Duration.ofSeconds(60)).until(() -> failures(hub).size() == 1);
    }
    calls.clear();
    return data;
  }

  private static List<FailedEntry> failures(TestHub hub) {
    return TestHub.get(hub.hub().runtime().failures(STORE, Optional.empty(), 10));
  }

  private void assertGoesOn(Path data) {
    try (TestHub hub = start(data)) {
      assertThat(failures(hub)).extracting(FailedEntry::primaryKey).containsExactly("fails");
      write(hub, "c");
      awaitCalls("c");
    }
  }

  @Test
  void anExportTakesAlongWhatWasHandled() {
    Path data = processed();
    String export = dir.resolve("export").toString();
    verb("export", export, "--data-dir", data.toString());
    Path moved = dir.resolve("moved");
    verb("import", export, "--move", "--data-dir", moved.toString());
    assertGoesOn(moved);
  }

  @Test
  void aBackupTakesAlongWhatWasHandled() {
    Path data = processed();
    String backup = dir.resolve("backup").toString();
    verb("backup", backup, "--data-dir", data.toString());
    Path restored = dir.resolve("restored");
    verb("restore", backup, "--data-dir", restored.toString());
    assertGoesOn(restored);
  }
}
