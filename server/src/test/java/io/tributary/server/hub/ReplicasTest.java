package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Tributary;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EntryPage;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.Written;
import io.tributary.client.sync.NotReplicatedException;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.RemoteState;
import io.tributary.client.sync.RemoteStatus;
import io.tributary.client.sync.SyncService;
import io.tributary.client.sync.UnknownRemoteException;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.server.Main;
import io.tributary.server.config.TcpConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replicas as an application opens them, with a real hub, and the verbs that are clients of it. */
class ReplicasTest {
  private static final EventDefinition<JsonObject> TODO =
      EventDefinition.of("Todo", PayloadCodec.json(), todo -> todo.getString("id"));
  private static final EventGroup TODOS = EventGroup.named("todos").event(TODO).build();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir
  private Path directory;

  private final Identity identity = Identity.random();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<Replica> replicas = new ArrayList<>();
  private Vertx vertx;
  private TestHub hub;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    hub = TestHub.start(TestHub.config().tcp(new TcpConfig(true, "127.0.0.1", 0, "default")));
  }

  @AfterEach
  void close() {
    try {
      for (Replica replica : replicas) {
        Void unused = TestHub.get(replica.close());
      }
      hub.awaitConnections(0);
      hub.close();
    } finally {
      Void unused = TestHub.get(vertx.close());
    }
  }

  private RemoteOptions.Builder remote(CarriersTest.Way way) {
    return switch (way) {
      case WEBSOCKET -> RemoteOptions.builder("ws://127.0.0.1:" + hub.port()).tenant("default");
      case TCP -> RemoteOptions.builder("tcp://127.0.0.1:" + hub.hub().tcpPort().orElseThrow());
      case IN_PROCESS -> RemoteOptions.builder(hub.hub().connector("default"));
    };
  }

  private Replica replica(RemoteOptions... remotes) {
    ReplicaOptions.Builder options = ReplicaOptions.builder()
        .storage("memory", new JsonObject())
        .identity(identity)
        .eventLog(log -> log.group(TODOS)
            .handle(
                TODO,
                (payload, entry, conflicts) -> Future.succeededFuture(payload.getString("title"))));
    for (RemoteOptions remote : remotes) {
      options.remote(remote);
    }
    Replica replica = TestHub.get(Tributary.replica(vertx, options.build()));
    replicas.add(replica);
    return replica;
  }

  private static JsonObject todo(String id, String title) {
    return new JsonObject().put("id", id).put("title", title);
  }

  private static Written write(Replica replica, String id, String title) {
    return TestHub.get(replica.eventLog().write(TODO, todo(id, title)));
  }

  private static List<String> titles(Replica replica) {
    EntryPage page = TestHub.get(replica.eventLog().entries(EntryFilter.ALL, 0, 1000));
    return page.items().stream()
        .map(LoggedEntry::entry)
        .map(entry -> PayloadCodec.json().decode(entry.payload()).getString("title"))
        .sorted()
        .toList();
  }

  private static RemoteStatus status(Replica replica) {
    return replica.sync().status().get(0);
  }

  @ParameterizedTest
  @EnumSource(CarriersTest.Way.class)
  void twoReplicasOfOneIdentityConverge(CarriersTest.Way way) {
    Replica first = replica(remote(way).build());
    Replica second = replica(remote(way).name("hub").build());
    Written written = write(first, "1", "milk");
    assertThat(written.result()).isEqualTo("milk");
    for (int i = 2; i <= 20; i++) {
      Written unused = write(i % 2 == 0 ? second : first, "" + i, "title " + i);
    }

    Void unused = TestHub.get(first.sync().syncNow());
    unused = TestHub.get(second.sync().syncNow("hub"));
    unused = TestHub.get(first.sync().syncNow());

    assertThat(titles(first)).hasSize(20).isEqualTo(titles(second));
    await().atMost(PATIENCE).untilAsserted(() -> {
      assertThat(status(first).state()).isEqualTo(RemoteState.LIVE);
      assertThat(status(first).pendingUploads()).isZero();
      assertThat(status(first).lastSequence()).isEqualTo(20);
    });
    assertThat(status(first).lastSyncAt()).isNotNull();
    assertThat(status(first).key())
        .isEqualTo(
            way == CarriersTest.Way.IN_PROCESS
                ? "in-process:default"
                : status(first).url());
    assertThat(status(first).kind())
        .isEqualTo(way == CarriersTest.Way.IN_PROCESS ? "remoteId" : "url");
    assertThat(status(second).key()).isEqualTo("hub");
    assertThat(status(second).remoteId()).isEqualTo(status(first).remoteId());
  }

  @Test
  void whatIsWrittenBeforeARemoteIsConnectedGoesThere() {
    Replica offline = replica();
    Written unused = write(offline, "1", "offline");
    Replica other = replica(remote(CarriersTest.Way.WEBSOCKET).build());

    assertThat(TestHub.get(offline
            .sync()
            .connect(remote(CarriersTest.Way.WEBSOCKET).name("late").build())))
        .isEqualTo("late");
    Void unusedSync = TestHub.get(offline.sync().syncNow("late"));
    unusedSync = TestHub.get(other.sync().syncNow());

    assertThat(titles(other)).containsExactly("offline");
    unusedSync = TestHub.get(offline.sync().disconnect("late"));
    assertThat(offline.sync().status()).isEmpty();
    CompletionException e = catchThrowableOfType(
        CompletionException.class,
        () -> offline
            .sync()
            .syncNow("late")
            .toCompletionStage()
            .toCompletableFuture()
            .join());
    assertThat(e).hasCauseInstanceOf(UnknownRemoteException.class);
  }

  @Test
  void aStrictWriteIsAtTheHubWhenItCompletes() {
    Replica strict = replica(remote(CarriersTest.Way.WEBSOCKET).strict(true).build());

    Written written = write(strict, "1", "safe");

    assertThat(written.result()).isEqualTo("safe");
    assertThat(status(strict).pendingUploads()).isZero();
    Replica other = replica(remote(CarriersTest.Way.WEBSOCKET).build());
    Void unused = TestHub.get(other.sync().syncNow());
    assertThat(titles(other)).containsExactly("safe");
  }

  @Test
  void aStrictWriteFailsWhenOneOfTheRemotesIsDownAndStaysPending() {
    Replica strict = replica(
        remote(CarriersTest.Way.WEBSOCKET).name("up").strict(true).build(),
        RemoteOptions.builder("ws://127.0.0.1:1/x")
            .name("down")
            .strict(true)
            .strictTimeout(Duration.ofMillis(50))
            .build(),
        RemoteOptions.builder("ws://127.0.0.1:1/x").name("easy").build());

    CompletionException e = catchThrowableOfType(
        CompletionException.class,
        () -> strict
            .eventLog()
            .write(TODO, todo("1", "kept"))
            .toCompletionStage()
            .toCompletableFuture()
            .orTimeout(60, TimeUnit.SECONDS)
            .join());

    assertThat(e.getCause()).isInstanceOfSatisfying(NotReplicatedException.class, missing -> {
      assertThat(missing.missing()).containsOnlyKeys("down");
      assertThat(missing.position()).isPositive();
    });
    assertThat(titles(strict)).containsExactly("kept");
  }

  @Test
  void aRemoteThatDoesNotCoverALogLeavesItAlone() {
    CompletionException e = catchThrowableOfType(
        CompletionException.class,
        () -> replica()
            .sync()
            .connect(remote(CarriersTest.Way.WEBSOCKET).logs(Set.of("chat")).build())
            .toCompletionStage()
            .toCompletableFuture()
            .join());
    assertThat(e).hasMessageContaining("logs: found chat, allowed: main");
  }

  @Test
  void theStatusStreamTellsTheWayToLiveAndEndsWhenClosed() {
    Replica replica = replica();
    List<RemoteState> states = new CopyOnWriteArrayList<>();
    SyncService.Subscription stream = replica
        .sync()
        .statusStream(all -> all.forEach(one -> {
          if (states.isEmpty() || states.get(states.size() - 1) != one.state()) {
            states.add(one.state());
          }
        }));

    String unused =
        TestHub.get(replica.sync().connect(remote(CarriersTest.Way.WEBSOCKET).build()));

    await().atMost(PATIENCE).until(() -> states.contains(RemoteState.LIVE));
    stream.close();
    int told = states.size();
    Void unusedToo = TestHub.get(replica.sync().disconnect(status(replica).key()));
    assertThat(states).hasSize(told);
  }

  private int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private String file(String text) throws IOException {
    return Files.writeString(directory.resolve("identity"), text).toString();
  }

  @Test
  void theVerbsWriteAndReadAsAReplicaDoes() throws IOException {
    String url = "ws://127.0.0.1:" + hub.port();
    String file = file(identity.encodeString() + "\n");
    assertThat(run(
            "append",
            url,
            "--tenant",
            "default",
            "--identity",
            file,
            "--event",
            "Todo",
            "--key",
            "1",
            "--json",
            "{\"id\":\"1\",\"title\":\"milk\"}"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).endsWith("has sequence 1\n");
    Replica replica = replica(remote(CarriersTest.Way.TCP).build());
    Void unused = TestHub.get(replica.sync().syncNow());
    assertThat(titles(replica)).containsExactly("milk");
    Written written = write(replica, "2", "cheese");
    unused = TestHub.get(replica.sync().syncNow());

    out.getBuffer().setLength(0);
    String tcp = "tcp://127.0.0.1:" + hub.hub().tcpPort().orElseThrow();
    assertThat(run("tail", tcp, "--identity", file, "--no-follow", "--json", "--from", "2"))
        .as(err.toString())
        .isZero();

    assertThat(new JsonObject(out.toString()))
        .isEqualTo(new JsonObject()
            .put("sequence", 2)
            .put("id", written.id().toString())
            .put("event", "Todo")
            .put("primaryKey", "2")
            .put("payload", todo("2", "cheese")));
    out.getBuffer().setLength(0);
    assertThat(run("tail", url, "--tenant", "default", "--identity", file, "--no-follow"))
        .isZero();
    assertThat(out.toString().lines())
        .hasSize(2)
        .last()
        .asString()
        .isEqualTo("2 " + written.id() + " \"Todo\" \"2\" {\"id\":\"2\",\"title\":\"cheese\"}");
  }

  @Test
  void theVerbsSayInOneLineWhatIsWrong() throws IOException {
    String file = file(identity.encodeString());
    String url = "ws://127.0.0.1:" + hub.port() + "/event-log/default";
    failed(2, "--identity is needed", "tail", url);
    failed(2, "url: ", "tail", "ws://127.0.0.1", "--identity", file);
    failed(2, "--key is needed", "append", url, "--event", "A", "--identity", file);
    failed(1, "cannot read --identity", "tail", url, "--identity", file + "x");
    failed(
        1,
        "connection refused: nothing listens at 127.0.0.1:1",
        "tail",
        "ws://127.0.0.1:1/x",
        "--identity",
        file);
    failed(
        1,
        "connection refused: nothing listens at 127.0.0.1:1",
        "append",
        "ws://127.0.0.1:1/x",
        "--identity",
        file,
        "--event",
        "A",
        "--key",
        "1");
    String garbage = Files.writeString(directory.resolve("garbage"), "garbage").toString();
    failed(1, "this is no identity", "tail", url, "--identity", garbage);
  }

  private void failed(int code, String words, String... args) {
    err.getBuffer().setLength(0);
    assertThat(run(args)).as(err.toString()).isEqualTo(code);
    assertThat(err.toString().lines().findFirst().orElse("")).contains(words);
  }
}
