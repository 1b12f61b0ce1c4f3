package io.tributary.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.eventlog.Redaction;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.options.OptionsException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.Artifact;
import io.tributary.client.stores.audit.AuditEntry;
import io.tributary.client.stores.audit.AuditEvents;
import io.tributary.client.stores.audit.AuditQuery;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.client.sync.NotReplicatedException;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.Selection;
import io.tributary.core.crypto.Identity;
import io.tributary.storage.Storage;
import io.tributary.storage.Storages;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica's stores, as its options say; and plain ones. */
@Timeout(60)
class ReplicaStoresTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String NOWHERE = "ws://127.0.0.1:1/event-log/t";
  private static final StoresOptions ALL = StoresOptions.builder()
      .audit(new StoresOptions.Audit(true, 1_000, Duration.ofDays(1)))
      .build();
  private static final AuditEvent NOTED =
      new AuditEvent.SyncCompaction(null, 3, 1, List.of("said"), 42);

  @TempDir
  Path directory;

  private Vertx vertx;
  private Storage storage;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    storage = get(Storages.find("memory").open(vertx, new JsonObject()));
  }

  @AfterEach
  void close() {
    Void unused = get(storage.close());
    unused = get(vertx.close());
  }

  private static <T> T get(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  private void useFile() {
    Void unused = get(storage.close());
    storage =
        get(Storages.find("file").open(vertx, new JsonObject().put("dir", directory.toString())));
  }

  private ReplicaOptions.Builder options() {
    return ReplicaOptions.builder().storage(storage);
  }

  private Replica replica(ReplicaOptions.Builder options) {
    return get(Tributary.replica(vertx, options.build()));
  }

  private static void fill(Stores stores) {
    fill(stores, Instant.now());
  }

  private static void fill(Stores stores, Instant now) {
    ChatEvent said =
        get(stores.chat().orElseThrow().appendMessage("s", new JsonObject().put("text", "hello")));
    assertThat(said.sequence()).isEqualTo(1);
    Void unused = get(stores
        .artifacts()
        .orElseThrow()
        .put(Artifact.text("s", "a", Artifact.Kind.FILE, "content").createdAt(now.toEpochMilli())));
    var unusedId = get(stores.audit().orElseThrow().write(NOTED));
  }

  private static void assertFilled(Stores stores) {
    assertThat(get(stores.chat().orElseThrow().list("s", ChatQuery.FIRST)))
        .extracting(event -> event.message().getString("text"))
        .containsExactly("hello");
    assertThat(get(stores.artifacts().orElseThrow().get("s", "a")))
        .hasValueSatisfying(artifact -> assertThat(artifact.content()).isEqualTo("content"));
    assertThat(audited(stores)).contains(NOTED);
    assertThat(get(stores.sessions().get("s"))).isPresent();
  }

  private static List<AuditEvent> audited(Stores stores) {
    return get(stores.audit().orElseThrow().list(AuditQuery.LATEST)).items().stream()
        .map(AuditEntry::event)
        .toList();
  }

  @Test
  void strictWritesOfAStoreWaitForTheRemotesThatSelectItAndStay() {
    Replica replica = replica(options()
        .stores(ALL)
        .remote(RemoteOptions.builder(NOWHERE)
            .strict(true)
            .strictTimeout(Duration.ofMillis(20))
            .sync(new Selection(false, true, false))
            .build()));
    Stores stores = replica.stores().orElseThrow();
    ChatHistoryStore chat = stores.chat().orElseThrow();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> {
            ChatEvent unused = get(chat.appendMessage("s", new JsonObject().put("text", "hello")));
          })
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(NotReplicatedException.class);
    }
    assertThat(get(chat.list("s", ChatQuery.FIRST)))
        .extracting(ChatEvent::sequence)
        .containsExactly(1L, 2L);
    // That one the remote is not to get.
    Void unused = get(stores
        .artifacts()
        .orElseThrow()
        .put(Artifact.text("s", "a", Artifact.Kind.FILE, "x")
            .createdAt(Instant.now().toEpochMilli())));
    unused = get(replica.close());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReplicaHasItsStoresAgainWhenItIsOpenedAgain(boolean file) {
    if (file) {
      useFile();
    }
    Replica replica = replica(options().stores(ALL));
    fill(replica.stores().orElseThrow());
    Void unused = get(replica.close());

    IdentityBundle identities = get(Tributary.identities(storage, "main")).orElseThrow();
    assertThat(identities.logs()).containsExactly("artifacts", "audit", "chat", "main");
    assertThat(identities.logs().stream()
            .map(log -> identities.find(log).orElseThrow().publicKey())
            .distinct())
        .hasSize(4);
    assertThat(identities.find("main").orElseThrow().publicKey())
        .isEqualTo(replica.identity().publicKey());

    // As another replica would be it.
    Replica again = replica(options().stores(ALL).identity(identities));
    assertFilled(again.stores().orElseThrow());
    unused = get(again.close());
    unused = get(again.close());
  }

  @Test
  void withoutOptionsThereAreNoStores() {
    Replica replica = replica(options());
    assertThat(replica.stores()).isEmpty();
    Void unused = get(replica.close());
    assertThat(get(Tributary.identities(storage, "main")).orElseThrow().logs())
        .containsExactly("main");
  }

  @Test
  void whatIsOffIsNotThere() {
    StoresOptions.Chat chat = StoresOptions.DEFAULTS.chat();
    Replica replica = replica(options()
        .stores(StoresOptions.builder()
            .chat(new StoresOptions.Chat(false, chat.maxEvents(), chat.maxAge(), chat.pageSize()))
            .build()));
    Stores stores = replica.stores().orElseThrow();
    assertThat(stores.chat()).isEmpty();
    assertThat(stores.artifacts()).isPresent();
    assertThat(stores.audit()).isEmpty();
    Void unused = get(replica.close());
  }

  @Test
  void oneIdentityForAllIsRefused() {
    ReplicaOptions shared = options().stores(ALL).identity(Identity.random()).build();
    assertThatThrownBy(() -> get(Tributary.replica(vertx, shared)))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(OptionsException.class)
        .hasMessageContaining("identity: found one for the event logs main and chat");
    // Nothing is left open.
    Replica replica = replica(options().stores(ALL));
    Void unused = get(replica.close());
  }

  @Test
  void theAuditLogIsOnIfItIsSynced() {
    Queue<AuditEvent> heard = new ConcurrentLinkedQueue<>();
    Replica replica = replica(options()
        .stores(StoresOptions.DEFAULTS)
        .audit(heard::add)
        .remote(RemoteOptions.builder(NOWHERE).build()));
    Stores stores = replica.stores().orElseThrow();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(audited(stores)).extracting(AuditEvent::tag).contains("sync_status"));
    assertThat(heard).extracting(AuditEvent::tag).contains("sync_status");
    Void unused = get(replica.close());

    Replica kept = replica(options()
        .stores(StoresOptions.DEFAULTS)
        .remote(RemoteOptions.builder(NOWHERE)
            .sync(new Selection(false, true, true))
            .build()));
    assertThat(kept.stores().orElseThrow().audit()).isEmpty();
    unused = get(kept.close());
  }

  @Test
  void aRunOnStartIsOverWhenItIsOpen() {
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    Replica replica = replica(options().stores(ALL).clock(InstantSource.fixed(now)));
    fill(replica.stores().orElseThrow(), now);
    Void unused = get(replica.close());

    StoresOptions onStart = StoresOptions.builder()
        .cleanup(new StoresOptions.Cleanup(true, Duration.ofHours(1), true))
        .build();
    Replica later = replica(
        options().stores(onStart).clock(InstantSource.fixed(now.plus(Duration.ofDays(31)))));
    Stores stores = later.stores().orElseThrow();
    // 30 days for one, 90 for the other.
    assertThat(get(stores.chat().orElseThrow().list("s", ChatQuery.FIRST))).isEmpty();
    assertThat(get(stores.artifacts().orElseThrow().get("s", "a"))).isPresent();
    unused = get(later.close());
  }

  @Test
  void whatARemoteIsYetToGetStaysInTheJournalThoughItIsShownNoMore() {
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    Replica replica = replica(options().stores(ALL).clock(InstantSource.fixed(now)));
    fill(replica.stores().orElseThrow(), now);
    Void unused = get(replica.close());

    StoresOptions onStart = StoresOptions.builder()
        .cleanup(new StoresOptions.Cleanup(true, Duration.ofHours(1), true))
        .build();
    InstantSource later = InstantSource.fixed(now.plus(Duration.ofDays(31)));
    Replica synced = replica(options()
        .stores(onStart)
        .clock(later)
        .remote(RemoteOptions.builder(NOWHERE)
            .sync(new Selection(false, true, false))
            .build()));
    assertThat(get(synced.stores().orElseThrow().chat().orElseThrow().list("s", ChatQuery.FIRST)))
        .isEmpty();
    unused = get(synced.close());
    assertThat(get(storage.journals().entries("replica:main:chat", 0, 10, 1_000_000)))
        .hasSize(1);

    // Without that remote it goes.
    Replica alone = replica(options().stores(onStart).clock(later));
    unused = get(alone.close());
    assertThat(get(storage.journals().entries("replica:main:chat", 0, 10, 1_000_000)))
        .isEmpty();
  }

  @Test
  void redactionsOfAStoreAreForItsEventLog() {
    Replica replica = replica(options()
        .stores(ALL)
        .storeLog(IdentityBundle.AUDIT, log -> log.redact(AuditEvents.GROUP, Redaction.dropAll())));
    Void unused = get(replica.close());
    assertThatThrownBy(() -> {
          ReplicaOptions unusedOptions = options().storeLog("main", log -> {}).build();
        })
        .isInstanceOf(OptionsException.class)
        .hasMessage("storeLogs: found \"main\", allowed: chat, artifacts, audit");
  }

  @Test
  void optionsAsJsonHaveStoresToo() {
    assertThat(ReplicaOptions.fromJson(new JsonObject()).stores()).isNull();
    assertThat(ReplicaOptions.fromJson(new JsonObject().put("stores", new JsonObject()))
            .stores())
        .isEqualTo(StoresOptions.DEFAULTS);
    JsonObject wrong = new JsonObject()
        .put("stores", new JsonObject().put("chat", new JsonObject().put("maxEvents", -1)));
    assertThatThrownBy(() -> {
          ReplicaOptions unused = ReplicaOptions.fromJson(wrong);
        })
        .isInstanceOf(OptionsException.class)
        .hasMessageStartingWith("stores.chat.maxEvents: found -1, allowed: ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void plainStoresAreThereAgainAndApart(boolean file) {
    if (file) {
      useFile();
    }
    Stores stores = get(Tributary.plainStores(vertx, storage, "one", ALL));
    fill(stores);
    Stores others = get(Tributary.plainStores(vertx, storage, "other", ALL));
    assertThat(get(others.chat().orElseThrow().list("s", ChatQuery.FIRST))).isEmpty();
    Void unused = get(others.close());
    unused = get(stores.close());
    unused = get(stores.close());

    Stores again = get(Tributary.plainStores(vertx, storage, "one", ALL));
    assertFilled(again);
    assertThat(get(again.cleanup()).keySet()).containsExactly("chat", "artifacts", "audit");
    unused = get(again.close());

    assertThatThrownBy(() -> get(Tributary.plainStores(vertx, storage, "a:b", ALL)))
        .cause()
        .hasMessage("name: found \"a:b\", allowed: 1 to 128 of A-Z a-z 0-9 _ -");
  }
}
