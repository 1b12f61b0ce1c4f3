package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Tributary;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.Written;
import io.tributary.client.sync.EntryRefusedException;
import io.tributary.client.sync.NotReplicatedException;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.RemoteState;
import io.tributary.client.sync.RemoteStatus;
import io.tributary.client.sync.SubscriptionRefusedException;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.it.PlainClient;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas whose entries travel in the clear, with a real hub. */
class PlainReplicasTest {
  private static final EventDefinition<JsonObject> TODO =
      EventDefinition.of("Todo", PayloadCodec.json(), todo -> todo.getString("id"));
  private static final EventGroup TODOS = EventGroup.named("todos").event(TODO).build();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final StoreKey.Plain STORE = new StoreKey.Plain("t", "todos");
  private static final String PEER = "key-of-a-peer";

  /** More than one message may have: it travels only in chunks. */
  private static final String LONG = "x".repeat(1_500_000);

  @TempDir
  private Path directory;

  private final Identity identity = Identity.random();
  private final List<Replica> replicas = new ArrayList<>();
  private final Map<String, Integer> handled = new ConcurrentHashMap<>();
  private final EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
  private Vertx vertx;
  private TestHub hub;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    hub = TestHub.start();
    map(PEER);
  }

  @AfterEach
  void close() {
    try {
      for (Replica replica : replicas) {
        Void unused = TestHub.get(replica.close());
      }
      hub.close();
    } finally {
      Void unused = TestHub.get(vertx.close());
    }
  }

  private void map(String publicKey) {
    TestHub.get(hub.hub()
        .runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping(
                STORE.tenant(), publicKey, StoreRegistry.DEFAULT_STORE, STORE.storeId()),
            true));
  }

  private String url() {
    return "ws://127.0.0.1:" + hub.port() + TestHub.path(STORE.tenant());
  }

  private RemoteOptions.Builder remote() {
    return RemoteOptions.builder(url()).name("hub").wire(RemoteOptions.Wire.V3_PLAINTEXT);
  }

  private Replica replica(Identity identity, RemoteOptions... remotes) {
    String name = "replica" + replicas.size();
    ReplicaOptions.Builder options = ReplicaOptions.builder()
        .name(name)
        .storage("memory", new JsonObject())
        .identity(identity)
        .eventLog(log -> log.group(TODOS).handle(TODO, (payload, entry, conflicts) -> {
          int times = handled.merge(name + " " + payload.getString("id"), 1, Integer::sum);
          return Future.succeededFuture(times);
        }));
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

  private static <X extends Throwable> X failure(Class<X> type, Future<?> future) {
    CompletionException e = catchThrowableOfType(
        CompletionException.class,
        () -> future
            .toCompletionStage()
            .toCompletableFuture()
            .orTimeout(60, TimeUnit.SECONDS)
            .join());
    assertThat(e).hasCauseInstanceOf(type);
    return type.cast(e.getCause());
  }

  private static JsonObject payload(Entry entry) {
    return PayloadCodec.json().decode(entry.payload());
  }

  private static List<String> titles(Replica replica) {
    return TestHub.get(replica.eventLog().entries(EntryFilter.ALL, 0, 1000)).items().stream()
        .map(LoggedEntry::entry)
        .map(entry -> payload(entry).getString("title"))
        .sorted()
        .toList();
  }

  private static RemoteStatus status(Replica replica) {
    return replica.sync().status().get(0);
  }

  private static List<UploadMark> refused(Replica replica) {
    return TestHub.get(replica.sync().refused("hub", "main", 0, 10));
  }

  private Entry entry(String id, String title) {
    return new Entry(ids.next(), "Todo", id, TODO.encode(todo(id, title)));
  }

  private List<Entry> reading(PlainClient client) {
    List<Entry> read = new CopyOnWriteArrayList<>();
    client.subscribe(0, (sequence, entry) -> read.add(entry));
    return read;
  }

  @Test
  void whatAReplicaWritesIsInTheClearOnTheWire() {
    map(identity.publicKey());
    Replica replica = replica(identity, remote().build());
    Written written = write(replica, "1", "milk");
    Void unused = TestHub.get(replica.sync().syncNow());

    RawClient reader = hub.connect("t").speaksPlain();
    reader.subscribePlain(PEER, 0);
    assertThat(new String(reader.nextFrame(), StandardCharsets.ISO_8859_1))
        .contains("ChangesUnencrypted", "Todo", "milk");
    assertThat(written.position()).isPositive();
  }

  @Test
  void aReplicaAndAnotherClientReadEachOther() {
    map(identity.publicKey());
    try (PlainClient peer = PlainClient.connect(vertx, url(), PEER)) {
      List<Entry> read = reading(peer);
      Replica replica = replica(identity, remote().build());
      Written written = write(replica, "1", "from the replica");
      Entry theirs = entry("2", "from the peer");
      assertThat(TestHub.get(peer.write(List.of(theirs)))).hasSize(1);

      await().atMost(PATIENCE).until(() -> read.size() == 1 && titles(replica).size() == 2);

      assertThat(read.get(0).id()).isEqualTo(written.id());
      assertThat(read.get(0).event()).isEqualTo("Todo");
      assertThat(read.get(0).primaryKey()).isEqualTo("1");
      assertThat(payload(read.get(0))).isEqualTo(todo("1", "from the replica"));
      assertThat(titles(replica)).containsExactly("from the peer", "from the replica");
      assertThat(handled).containsOnly(Map.entry("replica0 1", 1), Map.entry("replica0 2", 1));
    }
  }

  @Test
  void replicasWithKeysOfTheirOwnShareAStore() {
    Identity other = Identity.random();
    map(identity.publicKey());
    map(other.publicKey());
    Replica first = replica(identity);
    Replica second = replica(other);
    for (int i = 0; i < 50; i++) {
      Written unused = write(i % 2 == 0 ? first : second, "" + i, "title " + i);
    }

    String unusedKey = TestHub.get(first.sync().connect(remote().build()));
    unusedKey = TestHub.get(second.sync().connect(remote().build()));
    Void unused = TestHub.get(first.sync().syncNow());
    unused = TestHub.get(second.sync().syncNow());
    unused = TestHub.get(first.sync().syncNow());

    assertThat(titles(first)).hasSize(50).isEqualTo(titles(second));
    assertThat(handled)
        .hasSize(100)
        .allSatisfy((entry, times) -> assertThat(times).isOne());
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(status(first).lastSequence()).isEqualTo(50));
  }

  @Test
  void entriesOfMoreThanAMessageTravelInChunks() {
    map(identity.publicKey());
    try (PlainClient peer = PlainClient.connect(vertx, url(), PEER)) {
      List<Entry> read = reading(peer);
      Replica replica = replica(identity, remote().build());
      Written unused = write(replica, "1", LONG);
      unused = write(replica, "2", "short");
      assertThat(TestHub.get(peer.write(List.of(entry("3", LONG), entry("4", "short too")))))
          .hasSize(2);

      await().atMost(PATIENCE).until(() -> read.size() == 2 && titles(replica).size() == 4);

      assertThat(payload(read.get(0))).isEqualTo(todo("1", LONG));
      assertThat(payload(read.get(1))).isEqualTo(todo("2", "short"));
      assertThat(titles(replica)).containsExactly("short", "short too", LONG, LONG);
      assertThat(status(replica).lastError()).isNull();
    }
  }

  private static LimitsConfig small() {
    return LimitsConfig.builder().payload(1000).build();
  }

  /** Another hub in this one's place, on files; of the same data if there are any. */
  private void restart(LimitsConfig limits) {
    int port = hub.port();
    Void unused = TestHub.get(hub.hub().stop());
    hub.discard();
    hub = TestHub.start(TestHub.config()
        .port(port)
        .storage(StorageConfig.file(directory.resolve("data")))
        .limits(limits));
  }

  @Test
  void aRefusalFailsTheStrictWriteItNamesAndNoOther() {
    restart(small());
    map(identity.publicKey());
    Replica replica = replica(identity, remote().strict(true).build());
    assertThat(write(replica, "1", "first").result()).isEqualTo(1);

    Future<Written> good = replica.eventLog().write(TODO, todo("2", "second"));
    Future<Written> bad = replica.eventLog().write(TODO, todo("3", "y".repeat(2000)));
    Future<Written> next = replica.eventLog().write(TODO, todo("4", "third"));

    NotReplicatedException why = failure(NotReplicatedException.class, bad);
    assertThat(why.missing()).containsOnlyKeys("hub");
    assertThat(why)
        .hasCauseInstanceOf(EntryRefusedException.class)
        .hasMessageContaining("the payload has 20")
        .hasMessageContaining("allowed are 1000");
    assertThat(TestHub.get(good).result()).isEqualTo(1);
    assertThat(TestHub.get(next).result()).isEqualTo(1);
    assertThat(titles(replica)).hasSize(4);
    assertThat(status(replica).pendingUploads()).isZero();
    assertThat(status(replica).refused()).isEqualTo(1);
    await().atMost(PATIENCE).until(() -> !refused(replica).isEmpty());
    assertThat(refused(replica)).singleElement().satisfies(mark -> {
      assertThat(mark.position()).isEqualTo(why.position());
      assertThat(mark.reason()).contains("allowed are 1000");
    });
  }

  @Test
  void whatWasRefusedIsTakenOnceItsCauseIsGone() {
    restart(small());
    map(PEER);
    map(identity.publicKey());
    Replica replica = replica(identity, remote().build());
    List<Written> written = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      written.add(write(replica, "" + i, i % 7 == 3 ? "y".repeat(2000) : "title " + i));
    }
    Void unused = TestHub.get(replica.sync().syncNow());
    assertThat(refused(replica))
        .extracting(UploadMark::position)
        .containsExactly(
            written.get(3).position(),
            written.get(10).position(),
            written.get(17).position());
    assertThat(status(replica).refused()).isEqualTo(3);
    assertThat(status(replica).lastError()).contains("is refused");

    restart(LimitsConfig.defaults());
    unused = TestHub.get(replica.sync().discard("hub", "main", written.get(10).position()));
    unused = TestHub.get(replica.sync().retry("hub", "main", written.get(3).position()));
    unused = TestHub.get(replica.sync().retry("hub", "main", written.get(17).position()));

    await().atMost(PATIENCE).untilAsserted(() -> assertThat(refused(replica)).isEmpty());
    assertThat(status(replica).refused()).isZero();
    RawClient reader = hub.connect("t").speaksPlain();
    reader.subscribePlain(PEER, 0);
    assertThat(reader.plainChanges(PEER, 19))
        .extracting(change -> change.entry().primaryKey())
        .doesNotHaveDuplicates()
        .contains("3", "17")
        .doesNotContain("10");
    reader.expectNothing();
  }

  @Test
  void aKeyWithoutAStoreIsToldAsSuchAndHealsOnceItHasOne() {
    Replica replica = replica(
        identity, remote().strict(true).strictTimeout(Duration.ofMillis(50)).build());

    SubscriptionRefusedException refused =
        failure(SubscriptionRefusedException.class, replica.sync().syncNow());

    assertThat(refused.code()).isEqualTo(ErrorCode.InvalidRequest);
    assertThat(status(replica).lastError())
        .isEqualTo(refused.getMessage())
        .isEqualTo("the hub refused the subscription with InvalidRequest: no store in the clear is"
            + " mapped to this key");
    assertThat(status(replica).connected()).isTrue();
    assertThat(status(replica).state()).isEqualTo(RemoteState.SYNCING);
    assertThat(failure(
            NotReplicatedException.class,
            replica.eventLog().write(TODO, todo("1", "waits for its store"))))
        .hasMessageContaining("no store in the clear is mapped to this key");
    // It is not the entry's fault.
    assertThat(status(replica).pendingUploads()).isEqualTo(1);
    assertThat(status(replica).refused()).isZero();

    map(identity.publicKey());

    await().atMost(PATIENCE).untilAsserted(() -> {
      assertThat(status(replica).state()).isEqualTo(RemoteState.LIVE);
      assertThat(status(replica).pendingUploads()).isZero();
    });
    assertThat(status(replica).lastError()).isNull();
    RawClient reader = hub.connect("t").speaksPlain();
    reader.subscribePlain(PEER, 0);
    assertThat(payload(reader.plainChanges(PEER, 1).get(0).entry()))
        .isEqualTo(todo("1", "waits for its store"));
  }

  @Test
  void aKeyThatLosesItsStoreKeepsWhatIsWrittenMeanwhile() {
    map(identity.publicKey());
    Replica replica = replica(identity, remote().build());
    Void unused = TestHub.get(replica.sync().syncNow());
    assertThat(TestHub.get(hub.hub().runtime().registry().remove("t", identity.publicKey())))
        .isEqualTo(1);
    Written written = write(replica, "1", "meanwhile");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(status(replica).lastError()).contains("refused the subscription"));
    assertThat(written.position()).isPositive();

    map(identity.publicKey());

    await().atMost(PATIENCE).until(() -> status(replica).pendingUploads() == 0);
    assertThat(status(replica).refused()).isZero();
    RawClient reader = hub.connect("t").speaksPlain();
    reader.subscribePlain(PEER, 0);
    assertThat(reader.plainChanges(PEER, 1)).hasSize(1);
  }

  @Test
  void whoMayNotReadIsToldSo() {
    map(identity.publicKey());
    byte[] signingKey = {1, 2, 3};
    assertThat(TestHub.get(hub.hub()
            .runtime()
            .registry()
            .bind(new StoreRegistry.Binding("t", identity.publicKey(), signingKey))))
        .isEqualTo(signingKey);
    Replica replica = replica(identity, remote().build());

    assertThat(failure(SubscriptionRefusedException.class, replica.sync().syncNow())
            .code())
        .isEqualTo(ErrorCode.Unauthorized);
    assertThat(status(replica).lastError()).contains("refused the subscription with Unauthorized");
  }
}
