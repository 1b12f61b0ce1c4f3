package io.tributary.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Stores;
import io.tributary.client.Tributary;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.server.Main;
import io.tributary.server.config.StorageConfig;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrateVerbTest {
  private static final String SECRET = "what-was-said";

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeEach
  void writeSource() throws IOException {
    Files.createDirectories(source());
    for (int i = 1; i <= 3; i++) {
      message("claude-agent-sdk/chat-history/", "s", i);
    }
    message("claude-agent-sdk/chat-history/tenants/acme/", "t", 1);
    put(
        "claude-agent-sdk/artifacts/by-id/a",
        new JsonObject()
            .put("id", "a")
            .put("sessionId", "s")
            .put("kind", "file")
            .put("encoding", "utf8")
            .put("content", SECRET)
            .put("createdAt", 1_771_578_000_000L)
            .encode());
    put("claude-agent-sdk/chat-history/broken/event/1", "{\"" + SECRET);
    put("claude-agent-sdk/chat-event-identity", "{\"privateKey\":\"" + SECRET + "\"}");
  }

  private void message(String prefix, String session, int sequence) throws IOException {
    put(
        prefix + session + "/event/" + sequence,
        new JsonObject()
            .put("sessionId", session)
            .put("sequence", sequence)
            .put("timestamp", System.currentTimeMillis())
            .put("source", "sdk")
            .put("message", new JsonObject().put("text", SECRET))
            .encode());
  }

  private void put(String key, String value) throws IOException {
    Path unused =
        Files.writeString(source().resolve(URLEncoder.encode(key, StandardCharsets.UTF_8)), value);
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private Path source() {
    return directory.resolve("sdk");
  }

  private Path data() {
    return directory.resolve("data");
  }

  @CanIgnoreReturnValue
  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private int run(String... args) {
    out = new StringWriter();
    err = new StringWriter();
    List<String> all = Stream.concat(
            Stream.of(args), Stream.of("--data-dir", data().toString()))
        .toList();
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(all.toArray(new String[0]));
  }

  private JsonObject json(String... args) {
    assertThat(run(args)).as(err.toString()).isZero();
    return new JsonObject(out.toString());
  }

  /** As serve opens them. */
  private List<ChatEvent> messages(String session) throws Exception {
    Replica replica = await(Tributary.replica(
        vertx,
        ReplicaOptions.builder()
            .name("main")
            .directory(data())
            .stores(StoresOptions.DEFAULTS)
            .build()));
    try {
      return await(
          replica.stores().orElseThrow().chat().orElseThrow().list(session, ChatQuery.FIRST));
    } finally {
      await(replica.close());
    }
  }

  private static JsonObject counts(int found, int added, int known, int unreadable) {
    return new JsonObject()
        .put("found", found)
        .put("added", added)
        .put("known", known)
        .put("unreadable", unreadable);
  }

  @Test
  void takesADirectoryOfTheSdk() throws Exception {
    String source = source().toString();
    JsonObject told = json("migrate", source, "--dry-run", "--json");
    assertThat(data()).doesNotExist();
    assertThat(told.getBoolean("dryRun")).isTrue();
    assertThat(told.getJsonObject("stores"))
        .isEqualTo(
            new JsonObject().put("chat", counts(4, 3, 0, 1)).put("artifacts", counts(1, 1, 0, 0)));
    assertThat(told.getJsonArray("unreadable"))
        .containsExactly("claude-agent-sdk/chat-history/broken/event/1");

    JsonObject done = json("migrate", source, "--json");
    assertThat(done.getBoolean("dryRun")).isFalse();
    assertThat(done.getJsonObject("stores")).isEqualTo(told.getJsonObject("stores"));
    assertThat(messages("s")).extracting(ChatEvent::sequence).containsExactly(1L, 2L, 3L);
    assertThat(messages("t")).isEmpty();

    assertThat(run("migrate", source)).isZero();
    assertThat(out.toString())
        .containsPattern("STORE +FOUND +ADDED +KNOWN +UNREADABLE")
        .containsPattern("chat +4 +0 +3 +1")
        .containsPattern("artifacts +1 +0 +1 +0")
        .contains("can't be read: claude-agent-sdk/chat-history/broken/event/1")
        .contains("claude-agent-sdk/chat-event-identity")
        .doesNotContain(SECRET);
    assertThat(run("migrate", source, "--dry-run")).isZero();
    assertThat(out.toString()).contains("WOULD ADD").containsPattern("chat +4 +0 +3 +1");

    assertThat(json("migrate", source, "--tenant=acme", "--json")
            .getJsonObject("stores")
            .getJsonObject("chat"))
        .isEqualTo(counts(1, 1, 0, 0));
    assertThat(messages("t")).hasSize(1);
  }

  @Test
  void takesPlainStoresOfTheSameStorage() throws Exception {
    Storage storage = await(StorageConfig.file(data()).open(vertx));
    Stores stores = await(Tributary.plainStores(vertx, storage, "mine", StoresOptions.DEFAULTS));
    for (int i = 0; i < 3; i++) {
      await(stores.chat().orElseThrow().appendMessage("s", new JsonObject().put("i", i)));
    }
    await(stores.close());
    await(storage.close());
    for (String[] args : List.of(
        new String[] {"migrate", "--from-plain=mine", "--dry-run", "--json"},
        new String[] {"migrate", "--from-plain=mine", "--dry-run", "--json"},
        new String[] {"migrate", "--from-plain=mine", "--json"})) {
      assertThat(json(args).getJsonObject("stores").getJsonObject("chat"))
          .isEqualTo(counts(3, 3, 0, 0));
    }
    assertThat(json("migrate", "--from-plain=mine", "--json")
            .getJsonObject("stores")
            .getJsonObject("chat"))
        .isEqualTo(counts(3, 0, 3, 0));
    assertThat(messages("s")).hasSize(3);
  }

  @Test
  void saysWhatIsWrongInOneLine() throws Exception {
    String source = source().toString();
    for (String[] args : List.of(
        new String[] {"migrate"},
        new String[] {"migrate", source, "--from-plain=x"},
        new String[] {"migrate", "--from-plain=x", "--purged"},
        new String[] {"migrate", source, "--tenant=a/b"})) {
      assertThat(run(args)).isEqualTo(2);
      assertThat(err.toString().lines()).hasSize(2).first().asString().startsWith("migrate: ");
    }
    failed("there is no directory", "migrate", directory.resolve("nowhere").toString());
    failed("has no stores of the npm SDK", "migrate", directory.toString());
    failed("tenants/nobody", "migrate", source, "--tenant=nobody");
    failed("there is no data set in", "migrate", "--from-plain=x");
    failed("memory", "migrate", source, "--storage=memory");
    assertThat(data()).doesNotExist();

    Storage storage = await(StorageConfig.file(data()).open(vertx));
    failed("is in use by this process", "migrate", source);
    await(storage.close());
    failed("name: ", "migrate", "--from-plain=a b");
    failed("there are no plain stores of the name nobody", "migrate", "--from-plain=nobody");
  }

  private void failed(String words, String... args) {
    assertThat(run(args)).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains(words);
  }
}
