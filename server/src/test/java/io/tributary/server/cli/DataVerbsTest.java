package io.tributary.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.server.Main;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.RetentionConfig;
import io.tributary.server.config.RetentionRule;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.hub.Hub;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The verbs on a hub's data: each against a running hub, and on the data itself. */
class DataVerbsTest {
  private static final StoreKey STORE = new StoreKey.Sealed("demo", "0123456789abcdef");
  private static final String KEY = STORE.toString();
  private static final String SECRET = "what must be gone afterwards ";
  private static final String RULES = "retention.rules=[{byCount: 2}]";

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();
  private @Nullable Hub hub;

  @AfterEach
  void stop() throws Exception {
    stopHub();
    await(vertx.close());
  }

  private void stopHub() throws Exception {
    if (hub != null) {
      await(hub.stop());
      hub = null;
    }
  }

  private Path data() {
    return directory.resolve("data");
  }

  private void start(boolean online) throws Exception {
    if (online) {
      hub = await(Hub.start(
          vertx,
          HubConfig.builder()
              .port(0)
              .storage(StorageConfig.file(data()))
              .admin(new AdminConfig("127.0.0.1", 0, null, data().resolve("admin-token")))
              .retention(new RetentionConfig(
                  List.of(new RetentionRule("*", "*", null, 2L, null)), Duration.ofHours(1), null))
              .build()));
    }
  }

  @CanIgnoreReturnValue
  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** Entries 1 to n, each with a text that is nowhere else. */
  private void write(int n) throws Exception {
    EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
    List<NewRecord> records = IntStream.rangeClosed(1, n)
        .mapToObj(i -> NewRecord.sealed(
            ids.next(), new byte[12], (SECRET + i + ".").getBytes(StandardCharsets.US_ASCII)))
        .toList();
    Storage storage = await(StorageConfig.file(data()).open(vertx));
    await(storage.log().append(List.of(new Append(STORE, System.currentTimeMillis(), records))));
    await(storage.close());
  }

  private int run(String... args) {
    out = new StringWriter();
    err = new StringWriter();
    List<String> all = new ArrayList<>(List.of(args));
    if (!all.contains("--data-dir")) {
      all.addAll(List.of("--data-dir", data().toString()));
    }
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private void ok(String... args) {
    assertThat(run(args)).as(err.toString()).isZero();
    assertThat(err.toString()).isEmpty();
  }

  private JsonObject json(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.add("--json");
    ok(all.toArray(String[]::new));
    return new JsonObject(out.toString());
  }

  private void failed(int exitCode, String reason, String... args) {
    assertThat(run(args)).isEqualTo(exitCode);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains(reason).doesNotContain("Exception");
  }

  /** How many of the texts of the entries are in any file of a directory. */
  private static long texts(Path directory, int n) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    return IntStream.rangeClosed(1, n)
        .filter(i -> all.indexOf(SECRET + i + ".") >= 0)
        .count();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tellsWhatIsThere(boolean online) throws Exception {
    write(3);
    start(online);

    ok("stores", "list");
    assertThat(out.toString()).contains("demo/sealed:01234567 ").doesNotContain("0123456789abcdef");
    ok("stores", "list", "--full");
    assertThat(out.toString()).contains(KEY);
    ok("stores", "stats", KEY, "--full");
    assertThat(out.toString().lines())
        .hasSize(2)
        .last()
        .asString()
        .matches(KEY + " +3 +3 +3 +[0-9]+ +0");
    assertThat(json("stores", "stats").getJsonArray("items").getJsonObject(0).getLong("head"))
        .isEqualTo(3);
    assertThat(json("stores", "stats", KEY).getString("store")).isEqualTo(KEY);
    JsonObject none = json("stores", "list", "--tenant", "other");
    assertThat(none.getJsonArray("stores")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void mapsKeys(boolean online) throws Exception {
    write(1);
    start(online);

    ok("stores", "assign", "demo", "a-public-key", "orders");
    assertThat(out.toString()).contains("a-public is mapped to store orders of demo");
    failed(1, "orders", "stores", "assign", "demo", "a-public-key", "bills");
    assertThat(json("stores", "list").getJsonArray("mappings"))
        .isEqualTo(JsonArray.of(new JsonObject()
            .put("tenant", "demo")
            .put("publicKey", "a-public-key")
            .put("requestedStore", "default")
            .put("store", "orders")
            .put("removed", false)));
    assertThat(json("stores", "remove", "demo", "a-public-key").getInteger("removed"))
        .isOne();
    failed(1, "mapped to no store", "stores", "remove", "demo", "a-public-key");
    assertThat(run("stores", "assign", "demo", "a-public-key", "bills")).isEqualTo(1);
    ok("stores", "assign", "demo", "a-public-key", "bills", "--force", "--requested", "b");
    ok("stores", "list");
    assertThat(out.toString()).containsPattern("demo +a-public +b +bills");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void writesForTheServer(boolean online) throws Exception {
    write(1);
    start(online);
    String store = "demo/plain:todos";
    String id = "01890a5d-ac96-774b-bcce-b302099a8057";

    ok("append", store, "--event", "Added", "--key", "a", "--json", "{\"n\":1}", "--id", id);
    assertThat(out.toString().strip()).isEqualTo(store + ": entry " + id + " has sequence 1");
    ok("append", store, "--event", "Added", "--key", "a", "--id", id);
    assertThat(out.toString()).contains("has sequence 1");
    ok("append", store, "--event", "Pinged", "--key", "b", "--no-handlers");
    assertThat(json("stores", "stats", store).getLong("head")).isEqualTo(2);
    failed(1, "primaryKey is missing", "append", store, "--event", "Added");
    failed(1, "in the clear", "append", KEY, "--event", "Added", "--key", "a");
    failed(2, "quotes", "append", store, "--event", "A", "--key", "a", "--json", "milk");
    failed(2, "--key is needed", "append", "ws://127.0.0.1:1/x", "--event", "A");

    ok("entries", "failed", store);
    assertThat(out.toString()).startsWith("SEQUENCE").hasLineCount(1);
    assertThat(json("entries", "failed", store).getJsonArray("items")).isEmpty();
    ok("entries", "discard", store);
    assertThat(out.toString()).contains(store + ": 0 entries discarded");
    assertThat(run("entries", "discard", store, id)).isEqualTo(1);
    assertThat(out.toString()).contains("had not failed, or can't be handled: " + id);
    failed(
        1,
        online ? "this hub has no handlers" : "handlers run only in a hub",
        "entries",
        "retry",
        store,
        id);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsRemovedIsInNoFile(boolean online) throws Exception {
    write(50);
    start(online);
    assertThat(texts(data(), 50)).isEqualTo(50);

    ok("entries", "remove", KEY, "7", "9", "9", "100");
    assertThat(out.toString()).startsWith("demo/sealed:01234567: 2 records with 2 entries and ");
    assertThat(texts(data(), 50)).isEqualTo(48);
    ok("entries", "remove", KEY, "8");
    assertThat(out.toString()).startsWith("demo/sealed:01234567: 1 record with 1 entry and ");
    ok("stores", "purge", KEY);
    assertThat(out.toString()).contains(": 47 records with 47 entries and ");
    assertThat(texts(data(), 50)).isZero();
    assertThat(json("stores", "stats", KEY).getLong("tombstones")).isEqualTo(50);
    assertThat(json("stores", "purge", KEY, "--forget").getLong("forgotten")).isEqualTo(50);
    JsonObject left = json("stores", "stats", KEY);
    assertThat(left.getLong("tombstones")).isZero();
    assertThat(left.getLong("head")).isEqualTo(50);
    stopHub();
    assertThat(texts(data(), 50)).as("after the hub's end").isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void runsRetention(boolean online) throws Exception {
    write(5);
    start(online);

    ok("compact", "--dry-run", "--set", RULES);
    assertThat(out.toString())
        .containsPattern("demo/sealed:01234567 +3 +3 ")
        .contains("would be removed: 3 records with 3 entries and ");
    ok("compactions");
    assertThat(out.toString()).hasLineCount(1);
    ok("compact", "--set", RULES);
    assertThat(out.toString()).contains("done: 3 records");
    assertThat(texts(data(), 5)).isEqualTo(2);
    assertThat(json("compact", "--set", RULES).getLong("records")).isZero();
    JsonArray runs = json("compactions").getJsonArray("items");
    assertThat(runs.stream().map(run -> ((JsonObject) run).getLong("records")))
        .containsExactly(0L, 3L);
    ok("compactions");
    assertThat(out.toString().lines()).hasSize(3).last().asString().contains(" admin ", " done ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBackupIsRestoredUnderANewIdentity(boolean online) throws Exception {
    write(20);
    start(online);
    Path copy = directory.resolve("copy");
    String id = json("backup", copy.toString()).getString("dataSetId");
    ok("stores", "purge", KEY, "--forget");
    stopHub();

    failed(1, "not empty", "restore", copy.toString());
    Path restored = directory.resolve("restored");
    assertThat(json("restore", copy.toString(), "--data-dir", restored.toString())
            .getString("dataSetId"))
        .isNotEqualTo(id);
    JsonObject stats = json("stores", "stats", KEY, "--data-dir", restored.toString());
    assertThat(stats.getLong("records")).isEqualTo(20);
    failed(1, "restore is for file", "restore", copy.toString(), "--storage", "memory");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsExportedIsImported(boolean online) throws Exception {
    write(700);
    start(online);
    ok("stores", "assign", "demo", "a-public-key", "orders");
    ok("entries", "remove", KEY, "7");
    String file = directory.resolve("export.ndjson").toString();
    ok("export", file, "--store", KEY);
    ok("export", file);
    assertThat(out.toString()).startsWith(file + ": ");
    failed(1, "nothing was ever written", "export", file + "2", "--store", "demo/sealed:other");
    failed(1, "no file", "import", file + "2");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("data", "export.ndjson");
    }
    stopHub();
    JsonObject before = json("stores", "stats", KEY);
    String id = json("backup", directory.resolve("copy").toString()).getString("dataSetId");
    Files.move(data(), directory.resolve("old"));

    start(online);
    JsonObject moved = json("import", file, "--move");
    assertThat(moved.getString("dataSetId")).isEqualTo(id);
    assertThat(moved.getLong("records")).isEqualTo(699);
    assertThat(moved.getLong("tombstones")).isOne();
    assertThat(json("stores", "stats", KEY)).isEqualTo(before);
    assertThat(json("stores", "list").getJsonArray("mappings")).hasSize(1);
    ok("import", file);
    assertThat(out.toString()).contains("1 store with 699 records and 1 tombstone, 700 of them");
    ok("entries", "remove", KEY, "9");
    failed(1, "at sequence 9", "import", file);
    Files.writeString(Path.of(file), "nonsense\n");
    failed(1, "line 1", "import", file);
  }

  @Test
  void sessionsAreThoseOfARunningHub() throws Exception {
    write(1);
    failed(1, "only on a running hub", "sessions");
    start(true);
    assertThat(json("sessions").getJsonArray("items")).isEmpty();
    ok("sessions");
    assertThat(out.toString()).startsWith("ID  TENANT");
    failed(1, "there is no session 0-1", "sessions", "close", "0-1");
  }

  @Test
  void aHubThatWasKilledIsNotWaitedFor() throws Exception {
    write(1);
    Files.writeString(data().resolve("admin-url"), "http://127.0.0.1:1\n");
    String token = "admin.token=0123456789abcdef0123";
    assertThat(run("stores", "stats", KEY, "--set", token)).as(err.toString()).isZero();
    assertThat(err.toString())
        .contains("no hub answers at http://127.0.0.1:1, working on the data");
    failed(
        1,
        "stores stats: no hub answers at http://127.0.0.1:1",
        "stores",
        "stats",
        KEY,
        "--set",
        token,
        "--admin",
        "http://127.0.0.1:1");
  }

  @Test
  void aHubWithoutAdminListenerIsNamed() throws Exception {
    hub = await(Hub.start(
        vertx,
        HubConfig.builder()
            .port(0)
            .storage(StorageConfig.file(data()))
            .admin(new AdminConfig("127.0.0.1", 0, null, null))
            .build()));
    for (String verb : List.of("stores list", "reseed", "compactions")) {
      assertThat(run(verb.split(" "))).isEqualTo(1);
      assertThat(err.toString())
          .hasLineCount(1)
          .startsWith(verb + ": the data directory ")
          .contains("is in use by this process", "--admin URL");
    }
  }

  @Test
  void theTokenHasToBeTheHubs() throws Exception {
    write(1);
    start(true);
    String url = hub.adminUrl().orElseThrow().toString();
    failed(
        1,
        "does not take this admin token",
        "stores",
        "list",
        "--admin",
        url,
        "--set",
        "admin.token=another-token-than-the-one");
    failed(
        1,
        "there is no admin token in",
        "stores",
        "list",
        "--admin",
        url,
        "--data-dir",
        directory.resolve("elsewhere").toString());
    assertThat(directory.resolve("elsewhere")).doesNotExist();
    ok("stores", "list", "--admin", url);
  }

  @Test
  void aRunningHubIsReseededOnlyByItsAdminListener() throws Exception {
    write(1);
    start(true);
    failed(1, "is in use by this process", "reseed");
    JsonObject ids = json("reseed", "--admin", hub.adminUrl().orElseThrow().toString());
    assertThat(ids.getString("new")).isNotEqualTo(ids.getString("old"));
    stopHub();
    assertThat(json("reseed").getString("old")).isEqualTo(ids.getString("new"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stores",
        "entries",
        "stores purge",
        "stores purge nonsense",
        "stores stats demo/other:x",
        "entries remove demo/sealed:x",
        "entries remove demo/sealed:x 0",
        "entries remove demo/sealed:x one",
        "stores list --admin ftp://x",
        "stores list --admin 127.0.0.1",
        "backup",
        "serve --check --storage memory",
      })
  void exitsWith2OnWrongUsage(String args) throws Exception {
    write(1);
    assertThat(run(args.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("--help").doesNotContain("Exception");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void whatIsNotThereIsNotMade() {
    failed(1, "there is no data set in", "stores", "list");
    failed(1, "keeps nothing", "stores", "list", "--storage", "memory");
    assertThat(data()).doesNotExist();
  }

  @Test
  void serveChecksAndDoesNotServeWhatIsDamaged() throws Exception {
    write(2000);
    try (RandomAccessFile file =
        new RandomAccessFile(data().resolve("tributary.db").toFile(), "rw")) {
      file.seek(file.length() / 2);
      file.write(new byte[4096]);
    }
    assertThat(run("serve", "--check", "--port", "0", "--set", "admin.port=0")).isEqualTo(1);
    assertThat(err.toString())
        .contains("serve: the data in " + data() + " is damaged, so it is not served");
  }
}
