package io.tributary.server.hub;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Stores;
import io.tributary.client.Tributary;
import io.tributary.client.audit.AuditEvent;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.Artifact;
import io.tributary.client.stores.audit.AuditEntry;
import io.tributary.client.stores.audit.AuditEventStore;
import io.tributary.client.stores.audit.AuditQuery;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.Selection;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each choice of stores to sync: what is chosen is at the other side, and nothing else anywhere. */
@Timeout(120)
class SelectiveStoresTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String TENANT = "t";
  private static final EventDefinition<JsonObject> SAID =
      EventDefinition.of("said", PayloadCodec.json(), payload -> payload.getString("id"));
  private static final EventGroup GROUP = EventGroup.named("open").event(SAID).build();
  private static final StoresOptions ALL = StoresOptions.builder()
      .audit(new StoresOptions.Audit(true, 1_000, Duration.ofDays(1)))
      .build();

  private final List<Replica> replicas = new ArrayList<>();
  private final Map<String, Identity> identities = new HashMap<>();
  private Vertx vertx;
  private TestHub hub;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    hub = TestHub.start();
    IdentityBundle.ALL.forEach(log -> identities.put(log, Identity.random()));
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

  private static Stream<Selection> selections() {
    return IntStream.range(0, 8)
        .mapToObj(bits -> new Selection((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0));
  }

  private Replica replica(Selection selection) {
    return replica(selection, InstantSource.system());
  }

  private Replica replica(Selection selection, InstantSource clock) {
    Replica replica = TestHub.get(Tributary.replica(
        vertx,
        ReplicaOptions.builder()
            .storage("memory", new JsonObject())
            .identity(IdentityBundle.of(identities))
            .eventLog(log -> log.group(GROUP)
                .handle(SAID, (payload, entry, conflicts) -> Future.succeededFuture()))
            .stores(ALL)
            .clock(clock)
            .remote(RemoteOptions.builder(hub.hub().connector(TENANT))
                .sync(selection)
                .build())
            .build()));
    replicas.add(replica);
    return replica;
  }

  private static AuditEvent note(String mark) {
    return new AuditEvent.SyncCompaction(null, 2, 1, List.of(mark), 1);
  }

  /** Puts something everywhere. */
  private static void fill(Replica replica, String mark) {
    Stores stores = replica.stores().orElseThrow();
    var unusedWritten =
        TestHub.get(replica.eventLog().write(SAID, new JsonObject().put("id", mark)));
    var unusedSaid = TestHub.get(
        stores.chat().orElseThrow().appendMessage(mark, new JsonObject().put("text", mark)));
    Void unused = TestHub.get(stores
        .artifacts()
        .orElseThrow()
        .put(Artifact.text(mark, "a", Artifact.Kind.FILE, mark)
            .createdAt(Instant.now().toEpochMilli())));
    var unusedNoted = TestHub.get(stores.audit().orElseThrow().write(note(mark)));
  }

  /** The event logs in which something with that mark is. */
  private static Set<String> has(Replica replica, String mark) {
    Stores stores = replica.stores().orElseThrow();
    Set<String> has = new HashSet<>();
    if (TestHub.get(replica.eventLog().entries(EntryFilter.ALL, 0, 100)).items().stream()
        .anyMatch(logged -> logged.entry().primaryKey().equals(mark))) {
      has.add(IdentityBundle.MAIN);
    }
    if (!TestHub.get(stores.chat().orElseThrow().list(mark, ChatQuery.FIRST)).isEmpty()) {
      has.add(IdentityBundle.CHAT);
    }
    if (TestHub.get(stores.artifacts().orElseThrow().get(mark, "a")).isPresent()) {
      has.add(IdentityBundle.ARTIFACTS);
    }
    if (TestHub.get(stores.audit().orElseThrow().list(AuditQuery.LATEST.limit(1_000)))
        .items()
        .stream()
        .map(AuditEntry::event)
        .anyMatch(note(mark)::equals)) {
      has.add(IdentityBundle.AUDIT);
    }
    return has;
  }

  @ParameterizedTest
  @MethodSource("selections")
  void exactlyWhatIsSelectedIsAtTheOtherSide(Selection selection) {
    Set<String> selected = new HashSet<>(Set.of(IdentityBundle.MAIN));
    if (selection.auditLog()) {
      selected.add(IdentityBundle.AUDIT);
    }
    if (selection.chatHistory()) {
      selected.add(IdentityBundle.CHAT);
    }
    if (selection.artifacts()) {
      selected.add(IdentityBundle.ARTIFACTS);
    }
    Replica first = replica(selection);
    Replica second = replica(selection);
    fill(first, "of-first");
    fill(second, "of-second");
    Void unused = TestHub.get(first.sync().syncNow());
    unused = TestHub.get(second.sync().syncNow());
    unused = TestHub.get(first.sync().syncNow());

    await().atMost(PATIENCE).untilAsserted(() -> {
      assertThat(has(second, "of-first")).containsAll(selected);
      assertThat(has(first, "of-second")).containsAll(selected);
    });
    assertThat(has(second, "of-first")).isEqualTo(selected);
    assertThat(has(first, "of-second")).isEqualTo(selected);
    assertThat(has(first, "of-first")).isEqualTo(IdentityBundle.ALL);
    assertThat(TestHub.get(hub.hub().storage().log().stores(Optional.empty(), 100)))
        .containsExactlyInAnyOrderElementsOf(selected.stream()
            .map(log -> (StoreKey)
                new StoreKey.Sealed(TENANT, requireNonNull(identities.get(log)).publicKey()))
            .toList());
  }

  @Test
  void whatTheHubHasGoesByAgeAndDoesNotComeBack() {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    Replica replica = replica(new Selection(true, true, true), now::get);
    ChatHistoryStore chat = replica.stores().orElseThrow().chat().orElseThrow();
    var unusedSaid = TestHub.get(chat.appendMessage("s", new JsonObject().put("text", "old")));
    Void unused = TestHub.get(replica.sync().syncNow());
    now.set(now.get().plus(StoresOptions.DEFAULTS.chat().maxAge()).plusSeconds(1));
    unusedSaid = TestHub.get(chat.appendMessage("s", new JsonObject().put("text", "new")));
    unused = TestHub.get(replica.sync().syncNow());

    CleanupReport report =
        TestHub.get(replica.stores().orElseThrow().cleanup()).get(IdentityBundle.CHAT);
    unused = TestHub.get(replica.sync().syncNow());

    assertThat(report).isEqualTo(new CleanupReport(2, 1, 0));
    assertThat(TestHub.get(chat.list("s", ChatQuery.FIRST)))
        .extracting(event -> event.message().getString("text"))
        .containsExactly("new");
    StoreKey store = new StoreKey.Sealed(
        TENANT, requireNonNull(identities.get(IdentityBundle.CHAT)).publicKey());
    assertThat(TestHub.get(hub.hub().storage().log().heads(List.of(store))))
        .containsEntry(store, 2L);
    AuditEventStore audit = replica.stores().orElseThrow().audit().orElseThrow();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(
                TestHub.get(audit.list(AuditQuery.LATEST.tag("sync_compaction")))
                    .items())
            .extracting(entry -> ((AuditEvent.SyncCompaction) entry.event()).events())
            .contains(List.of("chat_event")));
  }
}
