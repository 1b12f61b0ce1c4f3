package io.tributary.client;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tributary.client.eventlog.Written;
import io.tributary.client.options.OptionsException;
import io.tributary.core.crypto.Identity;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyncVerticleTest {
  private static final String BASE = "tributary.client.app.";

  @TempDir
  private Path directory;

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    Void unused = get(vertx.close());
  }

  private static <T> T get(Future<T> future) {
    return future
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(60, TimeUnit.SECONDS)
        .join();
  }

  private static JsonObject config() {
    return new JsonObject()
        .put("name", "app")
        .put("storage", new JsonObject().put("provider", "memory"))
        .put(
            "events",
            new JsonArray()
                .add(new JsonObject().put("tag", "Todo").put("primaryKey", "at.id"))
                .add(new JsonObject()
                    .put("tag", "Said")
                    .put("primaryKey", "n")
                    .put("appendOnly", true)));
  }

  private SyncVerticle deploy(JsonObject config) {
    SyncVerticle verticle = new SyncVerticle();
    String unused = get(vertx.deployVerticle(verticle, new DeploymentOptions().setConfig(config)));
    return verticle;
  }

  private JsonObject ask(String address, Object body) {
    return (JsonObject) get(vertx.eventBus().request(BASE + address, body)).body();
  }

  private int refused(String address, Object body) {
    CompletionException e =
        catchThrowableOfType(CompletionException.class, () -> ask(address, body));
    assertThat(e).isNotNull();
    return ((ReplyException) e.getCause()).failureCode();
  }

  private static JsonObject todo(String id, String title) {
    return new JsonObject()
        .put("event", "Todo")
        .put(
            "payload",
            new JsonObject().put("at", new JsonObject().put("id", id)).put("title", title));
  }

  private static JsonObject said(int n) {
    return new JsonObject().put("event", "Said").put("payload", new JsonObject().put("n", n));
  }

  private BlockingQueue<JsonObject> published(String address) {
    BlockingQueue<JsonObject> messages = new LinkedBlockingQueue<>();
    var unused = vertx
        .eventBus()
        .<JsonObject>localConsumer(BASE + address, message -> messages.add(message.body()));
    return messages;
  }

  private static JsonObject next(BlockingQueue<JsonObject> messages) throws InterruptedException {
    JsonObject message = messages.poll(60, TimeUnit.SECONDS);
    assertThat(message).isNotNull();
    return requireNonNull(message);
  }

  @Test
  void writesListsAndTellsByTheEventBus() throws InterruptedException {
    BlockingQueue<JsonObject> changes = published("changes");
    BlockingQueue<JsonObject> invalidations = published("invalidations");
    SyncVerticle unused = deploy(config());

    JsonObject written = ask("write", todo("1", "milk"));

    assertThat(next(changes))
        .isEqualTo(new JsonObject()
            .put(
                "items",
                new JsonArray()
                    .add(new JsonObject()
                        .put("position", written.getLong("position"))
                        .put("id", written.getString("id")))));
    assertThat(next(invalidations))
        .isEqualTo(
            new JsonObject().put("key", "Todo").put("primaryKeys", new JsonArray().add("1")));
    for (int n = 1; n <= 3; n++) {
      assertThat(ask("write", said(n)).getString("id")).isNotEmpty();
    }
    JsonObject todos = ask("entries", new JsonObject().put("event", "Todo"));
    assertThat(todos.getJsonArray("items")).hasSize(1);
    JsonObject item = todos.getJsonArray("items").getJsonObject(0);
    assertThat(item.getString("id")).isEqualTo(written.getString("id"));
    assertThat(item.getString("primaryKey")).isEqualTo("1");
    assertThat(item.getJsonObject("payload").getString("title")).isEqualTo("milk");
    assertThat(item.getLong("sequence")).isZero();
    JsonObject page = ask("entries", new JsonObject().put("limit", 3));
    assertThat(page.getJsonArray("items")).hasSize(3);
    JsonObject rest =
        ask("entries", new JsonObject().put("limit", 3).put("after", page.getLong("next")));
    assertThat(rest.getJsonArray("items")).hasSize(1);
    assertThat(ask("status", new JsonObject()))
        .isEqualTo(new JsonObject().put("items", new JsonArray()));
    assertThat(ask("syncNow", new JsonObject())).isEqualTo(new JsonObject());
  }

  @Test
  void takesAndGivesRecordsByReference() {
    SyncVerticle unused = deploy(config());
    JsonObject payload = todo("1", "milk").getJsonObject("payload");

    Message<Object> reply =
        get(vertx.eventBus().request(BASE + "write", new WriteEvent("Todo", payload)));

    assertThat(((Written) reply.body()).position()).isPositive();
  }

  @Test
  void failsWithACodeThatSaysWhoIsToBlame() {
    SyncVerticle unused = deploy(config());

    assertThat(refused("write", new JsonObject())).isEqualTo(400);
    assertThat(refused("write", "Todo")).isEqualTo(400);
    assertThat(refused("write", todo("1", "x").put("evnet", 1))).isEqualTo(400);
    assertThat(refused("write", todo("1", "x").put("event", "Unknown"))).isEqualTo(400);
    assertThat(refused("write", todo("1", "x").put("payload", 5))).isEqualTo(400);
    assertThat(refused("write", todo("", "no key"))).isEqualTo(400);
    assertThat(refused(
            "write",
            new JsonObject().put("event", "Todo").put("payload", Buffer.buffer("nothing"))))
        .isEqualTo(400);
    assertThat(refused("entries", new JsonObject().put("limit", 0))).isEqualTo(400);
    assertThat(refused("syncNow", new JsonObject().put("remote", "x"))).isEqualTo(404);
  }

  @Test
  void aRejectedWriteIsAConflict() {
    SyncVerticle unused =
        deploy(config().put("conflicts", new JsonObject().put("policy", "firstWriteWins")));

    assertThat(ask("write", todo("1", "milk")).getString("id")).isNotEmpty();
    assertThat(refused("write", todo("1", "cheese"))).isEqualTo(409);
    assertThat(ask("write", said(1)).getString("id")).isNotEmpty();
    assertThat(ask("write", said(1)).getString("id")).isNotEmpty();
  }

  @Test
  void tellsHowARemoteIs() throws InterruptedException {
    BlockingQueue<JsonObject> told = published("statusChanges");
    JsonObject remote = new JsonObject().put("name", "hub").put("url", "ws://127.0.0.1:1/x");
    SyncVerticle unused = deploy(config().put("remotes", new JsonArray().add(remote)));

    JsonObject status = next(told);
    while (!status.getJsonArray("items").getJsonObject(0).getString("state").equals("backoff")) {
      status = next(told);
    }
    assertThat(status.getJsonArray("items").getJsonObject(0).getString("lastError"))
        .contains("nothing listens at 127.0.0.1:1");
    assertThat(refused("syncNow", new JsonObject().put("remote", "hub"))).isEqualTo(503);
    assertThat(ask("write", todo("1", "offline")).getString("id")).isNotEmpty();
    JsonObject now = ask("status", new JsonObject()).getJsonArray("items").getJsonObject(0);
    assertThat(now.getString("key")).isEqualTo("hub");
    assertThat(now.getString("log")).isEqualTo("main");
    assertThat(now.getBoolean("connected")).isFalse();
  }

  @Test
  void aStrictWriteSaysThatTheHubIsDown() {
    JsonObject remote = new JsonObject()
        .put("url", "ws://127.0.0.1:1/x")
        .put("strict", true)
        .put("strictTimeout", "10 ms");
    SyncVerticle unused = deploy(config().put("remotes", new JsonArray().add(remote)));

    assertThat(refused("write", todo("1", "kept"))).isEqualTo(503);
    assertThat(ask("entries", new JsonObject()).getJsonArray("items")).hasSize(1);
  }

  @Test
  void keepsItsEntriesAndIdentityInItsDirectory() {
    JsonObject config = config()
        .put("storage", new JsonObject().put("dir", directory.resolve("data").toString()));
    SyncVerticle first = new SyncVerticle();
    String id = get(vertx.deployVerticle(first, new DeploymentOptions().setConfig(config)));
    Identity made = requireNonNull(first.replica()).identity();
    assertThat(ask("write", todo("1", "milk")).getString("id")).isNotEmpty();
    Void unused = get(vertx.undeploy(id));
    assertThat(first.replica()).isNull();

    SyncVerticle second = deploy(config);

    assertThat(requireNonNull(second.replica()).identity().encodeString())
        .isEqualTo(made.encodeString());
    assertThat(ask("entries", new JsonObject()).getJsonArray("items")).hasSize(1);
  }

  @Test
  void leavesNothingBehindWhenItCannotStart() {
    JsonObject remote = new JsonObject()
        .put("url", "ws://127.0.0.1:1/x")
        .put("logs", new JsonArray().add("nowhere"));
    JsonObject config = config()
        .put("storage", new JsonObject().put("dir", directory.resolve("data").toString()))
        .put("remotes", new JsonArray().add(remote));

    assertThatThrownBy(() -> deploy(config))
        .hasRootCauseInstanceOf(OptionsException.class)
        .hasMessageContaining("logs: found nowhere, allowed: main");

    // The directory is free again.
    config.remove("remotes");
    assertThat(deploy(config).replica()).isNotNull();
  }

  @Test
  void tellsEverythingThatIsWrongAtOnce() {
    JsonObject config = new JsonObject()
        .put("name", "a.b")
        .put("storage", new JsonObject().put("provider", 1))
        .put("identity", "secret")
        .put(
            "events",
            new JsonArray()
                .add(new JsonObject().put("tag", "A"))
                .add(new JsonObject().put("tag", "B").put("primaryKey", "id"))
                .add(new JsonObject().put("tag", "B").put("primaryKey", "id").put("key", "x")))
        .put("conflicts", new JsonObject().put("policy", "merge"))
        .put(
            "replica",
            new JsonObject()
                .put("compaction", new JsonObject().put("byCount", -1).put("interval", "1 ms")))
        .put(
            "remotes",
            new JsonArray()
                .add(new JsonObject().put("url", "ws://h"))
                .add(new JsonObject().put("url", "ws://h/x").put("wire", "v4")))
        .put("bus", "both");

    OptionsException e =
        catchThrowableOfType(OptionsException.class, () -> ReplicaOptions.fromJson(config));

    assertThat(e.problems())
        .extracting(problem -> problem.substring(0, problem.indexOf(": ")))
        .containsExactlyInAnyOrder(
            "name",
            "storage.provider",
            "identity",
            "events[0].primaryKey",
            "events[2].tag",
            "events[2].key",
            "conflicts.policy",
            "replica.compaction.byCount",
            "replica.compaction.interval",
            "remotes[0].url",
            "remotes[1].wire",
            "bus");
    assertThat(e).hasMessageNotContaining("\"secret\"");
  }
}
