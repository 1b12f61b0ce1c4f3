package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Tributary;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.Written;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.EntryId;
import io.tributary.storage.postgres.PostgresServer;
import io.tributary.storage.redis.TestServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas with their journals in each storage, closed and opened again. */
@Timeout(120)
class ReplicaStoragesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final EventDefinition<JsonObject> SET =
      EventDefinition.of("set", PayloadCodec.json(), payload -> payload.getString("key"));
  private static final int EACH = 100;

  private static PostgresServer postgres;
  private static TestServer redis;
  private static int names;

  @TempDir
  Path directory;

  private final Identity identity = Identity.random();
  private final Map<EntryId, AtomicInteger> calls = new ConcurrentHashMap<>();
  private Vertx vertx;
  private TestHub hub;

  @BeforeAll
  static void startServers() throws Exception {
    postgres = PostgresServer.start(PostgresServer.Version.NEWEST);
    redis = new TestServer(TestServer.Version.BUNDLED);
  }

  @AfterAll
  static void stopServers() throws Exception {
    redis.close();
    postgres.close();
  }

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    hub = TestHub.start(TestHub.config());
  }

  @AfterEach
  void close() {
    hub.awaitConnections(0);
    hub.close();
    Void unused = TestHub.get(vertx.close());
  }

  private JsonObject section(String provider, int number) {
    return switch (provider) {
      case "file" ->
        new JsonObject().put("dir", directory.resolve("replica" + number).toString());
      case "postgres" ->
        new JsonObject()
            .put("uri", postgres.uri())
            .put("poolSize", 3)
            .put("tablePrefix", "replica_" + number + "_");
      default -> new JsonObject().put("uri", redis.uri()).put("prefix", "replica" + number + ":");
    };
  }

  private Replica replica(String provider, int number) {
    return TestHub.get(Tributary.replica(
        vertx,
        ReplicaOptions.builder()
            .storage(provider, section(provider, number))
            .identity(identity)
            .eventLog(log -> log.group(EventGroup.named("things").event(SET).build())
                .handle(SET, (payload, entry, conflicts) -> {
                  calls
                      .computeIfAbsent(entry.idempotencyKey(), id -> new AtomicInteger())
                      .incrementAndGet();
                  return Future.succeededFuture("set");
                }))
            .remote(RemoteOptions.builder("ws://127.0.0.1:" + hub.port())
                .tenant("default")
                .build())
            .build()));
  }

  private static void write(Replica replica, String prefix) {
    List<Future<Written>> written = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      JsonObject payload = new JsonObject().put("key", "k" + i % 7).put("value", prefix + i);
      written.add(replica.eventLog().write(SET, payload));
    }
    var unused = TestHub.get(Future.all(written));
  }

  private static List<EntryId> ids(Replica replica) {
    return TestHub.get(replica.eventLog().entries(EntryFilter.ALL, 0, 1_000)).items().stream()
        .map(LoggedEntry::entry)
        .map(entry -> entry.id())
        .sorted()
        .toList();
  }

  private static void awaitEntries(Replica replica, int count) {
    Awaitility.await().atMost(PATIENCE).until(() -> ids(replica).size() == count);
  }

  @Test
  void aWrongKeyOfAProviderIsNamedWhole() {
    ReplicaOptions options = ReplicaOptions.builder()
        .storage("postgres", new JsonObject().put("uri", postgres.uri()).put("poolSize", 2))
        .build();
    assertThat(Tributary.replica(vertx, options).toCompletionStage().toCompletableFuture())
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .havingRootCause()
        .withMessage("storage.poolSize: found 2, allowed are 3 to 1000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "postgres", "redis"})
  void aReplicaConvergesAndGoesOnWhereItWas(String provider) {
    int number = names += 2;
    Replica left = replica(provider, number);
    Replica right = replica(provider, number + 1);
    write(left, "left");
    write(right, "right");
    awaitEntries(left, 2 * EACH);
    awaitEntries(right, 2 * EACH);

    Void unused = TestHub.get(right.close());
    write(left, "meanwhile");
    calls.clear();
    Replica again = replica(provider, number + 1);
    awaitEntries(again, 3 * EACH);

    assertThat(ids(again)).isEqualTo(ids(left));
    assertThat(calls).as("only what is new is handled").hasSizeLessThanOrEqualTo(EACH);
    for (EntryId id : ids(again)) {
      EntryOutcome outcome = TestHub.get(again.eventLog().outcome(id)).orElseThrow();
      assertThat(outcome.state()).isIn(EntryOutcome.State.HANDLED, EntryOutcome.State.SUPERSEDED);
    }
    unused = TestHub.get(left.close());
    unused = TestHub.get(again.close());
  }
}
