package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.eventlog.Conflict;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.Principal;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.tributary.core.wire.v3.ServerMessage.Refusal;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.runtime.FailedEntry;
import io.tributary.server.runtime.HubAuth;
import io.tributary.server.runtime.HubAuthException;
import io.tributary.server.runtime.HubChanges;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.server.runtime.HubRuntime;
import io.tributary.server.runtime.SequencedEntry;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the hub promises of stores in the clear, on any storage. */
abstract class RuntimeContract {
  private static final String ALICE = "key-of-alice";
  private static final String BOB = "key-of-bob";
  private static final StoreKey.Plain STORE = new StoreKey.Plain("t", "todos");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long DAY_MS = Duration.ofDays(1).toMillis();

  /** A todo. */
  record Todo(String id, String title) {}

  private static final EventDefinition<Todo> CREATED =
      EventDefinition.of("created", PayloadCodec.record(Todo.class), Todo::id);
  private static final EventDefinition<Todo> RENAMED =
      EventDefinition.of("renamed", PayloadCodec.record(Todo.class), Todo::id);
  private static final EventGroup TODOS =
      EventGroup.named("todos").event(CREATED).event(RENAMED).build();

  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());

  /** A call of a handler. */
  private record Call(String event, String title, EntryId id, int attempt, int conflicts) {}

  private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
  private final List<String> invalidated = new CopyOnWriteArrayList<>();
  private final Map<String, String> projection = new ConcurrentHashMap<>();
  private @Nullable TestHub running;

  /** The storage, new for each test; the same in one test. */
  abstract StorageConfig storage();

  @AfterEach
  void stop() {
    stopHub();
  }

  private void stopHub() {
    if (running != null) {
      running.close();
      running = null;
    }
  }

  private TestHub start() {
    return start(HubExtensions.builder());
  }

  private TestHub start(HubExtensions.Builder extensions) {
    HubExtensions all = extensions
        .group(TODOS)
        .handle(CREATED, this::onTodo)
        .handle(RENAMED, this::onTodo)
        .invalidates("created", List.of("todos"))
        .invalidates("renamed", List.of("todos"))
        .build();
    TestHub hub = TestHub.start(TestHub.config().storage(storage()), all);
    running = hub;
    var unused = hub.hub()
        .runtime()
        .reactivity()
        .subscribe("todos", keys -> invalidated.addAll(keys.getOrDefault("todos", Set.of())));
    map(hub, ALICE, STORE);
    map(hub, BOB, STORE);
    return hub;
  }

  private Future<Void> onTodo(Todo todo, HandledEntry entry, List<Conflict<Todo>> conflicts) {
    calls.add(new Call(
        entry.event(), todo.title(), entry.idempotencyKey(), entry.attempt(), conflicts.size()));
    if (todo.title().startsWith("fails")) {
      return Future.failedFuture(new IllegalStateException("on " + todo.title()));
    }
    if (conflicts.isEmpty()) {
      projection.put(todo.id(), todo.title());
    }
    return Future.succeededFuture();
  }

  private static void map(TestHub hub, String publicKey, StoreKey.Plain store) {
    TestHub.get(hub.hub()
        .runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping(
                store.tenant(), publicKey, StoreRegistry.DEFAULT_STORE, store.storeId()),
            true));
  }

  private static Entry created(String id, String title) {
    Todo todo = new Todo(id, title);
    return new Entry(IDS.next(), CREATED.tag(), id, CREATED.encode(todo));
  }

  private static Entry entry(EventDefinition<Todo> event, String id, String title, long madeAt) {
    Todo todo = new Todo(id, title);
    return new Entry(
        new EntryIdGenerator(InstantSource.fixed(Instant.ofEpochMilli(madeAt))).next(),
        event.tag(),
        event.primaryKey(todo),
        event.encode(todo));
  }

  private static List<Entry> some(int n) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      entries.add(created("todo-" + i, "title " + i));
    }
    return entries;
  }

  private void awaitCalls(int n) {
    await("handlers").atMost(PATIENCE).until(() -> calls.size() >= n);
  }

  private void awaitInvalidated(int n) {
    await("invalidations").atMost(PATIENCE).until(() -> invalidated.size() >= n);
  }

  private static RawClient connect(TestHub hub) {
    return hub.connect("t").speaksPlain();
  }

  @Test
  void clientWritesRunHandlersForTheStoreTheirKeyLeadsTo() {
    TestHub hub = start();
    StoreKey.Plain other = new StoreKey.Plain("t", "others");
    map(hub, "key-of-carol", other);
    RawClient client = connect(hub);
    client.writePlain(ALICE, 0, List.of(created("1", "milk")));
    client.writePlain("key-of-carol", 1, List.of(created("2", "bread")));
    awaitCalls(2);
    assertThat(calls).extracting(Call::title).containsExactlyInAnyOrder("milk", "bread");
    assertThat(calls).allMatch(call -> call.attempt() == 1 && call.conflicts() == 0);
    assertThat(projection).containsEntry("1", "milk").containsEntry("2", "bread");
  }

  @Test
  void twoKeysOfOneStoreShareItsHistoryAndItsSequences() {
    TestHub hub = start();
    RawClient alice = connect(hub);
    RawClient bob = connect(hub);
    assertThat(alice.writePlain(ALICE, 0, some(2))).containsExactly(1L, 2L);
    assertThat(bob.writePlain(BOB, 0, some(3))).containsExactly(3L, 4L, 5L);
    alice.subscribePlain(ALICE, 0);
    bob.subscribePlain(BOB, 0);
    List<PlainChange> one = alice.plainChanges(ALICE, 5);
    List<PlainChange> two = bob.plainChanges(BOB, 5);
    assertThat(one).usingRecursiveComparison().isEqualTo(two);
  }

  @Test
  void whatTheServerWritesReachesAllReaders() {
    TestHub hub = start();
    RawClient alice = connect(hub);
    RawClient bob = connect(hub);
    alice.subscribePlain(ALICE, 0);
    bob.subscribePlain(BOB, 0);
    alice.expectNothing();
    bob.expectNothing();
    HubRuntime runtime = hub.hub().runtime();
    assertThat(TestHub.get(runtime.writeToStore(STORE, CREATED, new Todo("7", "typed"), true)))
        .isEqualTo(1);
    assertThat(TestHub.get(runtime.writeToStore(STORE, some(2), true))).containsExactly(2L, 3L);
    assertThat(alice.plainSequences(ALICE, 3)).containsExactly(1L, 2L, 3L);
    assertThat(bob.plainSequences(BOB, 3)).containsExactly(1L, 2L, 3L);
  }

  private static final HubAuth NOBODY = new HubAuth() {
    @Override
    public Future<Void> authorizeWrite(Principal principal, String publicKey, List<Entry> entries) {
      return Future.failedFuture(new HubAuthException(
          HubAuthException.Reason.FORBIDDEN, publicKey, "nobody may write here"));
    }

    @Override
    public Future<Void> authorizeRead(Principal principal, String publicKey) {
      return publicKey.equals(BOB)
          ? Future.succeededFuture()
          : Future.failedFuture(new HubAuthException(
              HubAuthException.Reason.UNAUTHORIZED, publicKey, "who are you?"));
    }
  };

  @Test
  void whatTheServerWritesIsNotAuthorized() {
    TestHub hub = start(HubExtensions.builder().auth(NOBODY));
    RawClient bob = connect(hub);
    bob.subscribePlain(BOB, 0);
    bob.expectNothing();
    HubRuntime runtime = hub.hub().runtime();
    assertThat(TestHub.get(runtime.writeToStore(STORE, some(2), true))).containsExactly(1L, 2L);
    assertThat(bob.plainSequences(BOB, 2)).containsExactly(1L, 2L);
    awaitCalls(2);
  }

  @Test
  void withHandlersEachCommittedEntryIsHandledAndInvalidatedOnce() {
    TestHub hub = start();
    HubRuntime runtime = hub.hub().runtime();
    List<Entry> entries = some(20);
    assertThat(TestHub.get(runtime.writeToStore(STORE, entries, true))).hasSize(20);
    RawClient client = connect(hub);
    // the same again, by a client: known, so not handled
    assertThat(client.writePlain(ALICE, 0, entries)).hasSize(20);
    client.writePlain(ALICE, 1, List.of(created("last", "last")));
    awaitInvalidated(21);
    assertThat(calls).hasSize(21).extracting(Call::id).doesNotHaveDuplicates();
    assertThat(invalidated).hasSize(21).doesNotHaveDuplicates().contains("todo-0", "last");
  }

  @Test
  void withoutHandlersReadersSeeItAndNothingElseHappensAlsoAfterARestart() {
    TestHub hub = start();
    HubRuntime runtime = hub.hub().runtime();
    Entry later = created("silent", "later");
    assertThat(TestHub.get(runtime.writeToStore(STORE, List.of(later), false))).hasSize(1);
    RawClient reader = connect(hub);
    reader.subscribePlain(BOB, 0);
    assertThat(reader.plainSequences(BOB, 1)).containsExactly(1L);
    // one with a smaller id and handlers: what was written without has no part in conflicts
    reader.writePlain(
        BOB, 0, List.of(entry(RENAMED, "silent", "earlier", System.currentTimeMillis() - DAY_MS)));
    awaitInvalidated(1);
    if (keepsData()) {
      stopHub();
      hub = start();
    }
    connect(hub).writePlain(ALICE, 0, List.of(created("loud", "loud")));
    awaitInvalidated(2);
    assertThat(calls).extracting(Call::title).containsExactly("earlier", "loud");
    assertThat(calls).allMatch(call -> call.conflicts() == 0);
    assertThat(invalidated).containsExactly("silent", "loud");
  }

  /** Whether data outlives the hub. */
  boolean keepsData() {
    return true;
  }

  @Test
  void anUnauthorizedWriteIsRefusedWholeAndLeavesNothing() {
    TestHub hub = start(HubExtensions.builder().auth(NOBODY));
    RawClient client = connect(hub);
    client.send(PlainEntries.write(ALICE, 4, some(3)));
    Refusal refusal = client.refusal();
    assertThat(refusal.code()).isEqualTo(ErrorCode.Unauthorized);
    assertThat(refusal.message()).isEqualTo("nobody may write here");
    assertThat(refusal.id()).isEqualTo(4d);
    assertThat(refusal.publicKey()).isEqualTo(ALICE);
    client.subscribePlain(ALICE, 0);
    assertThat(client.refusal().code()).isEqualTo(ErrorCode.Unauthorized);
    hub.awaitLog("tenant=t", "publicKey=key-of-a", "Unauthorized", "nobody may write here");
    assertThat(hub.log()).noneMatch(line -> line.contains(ALICE) || line.contains("title 0"));
    // nothing was stored, and nothing is handled
    assertThat(TestHub.get(
            hub.hub().runtime().writeToStore(STORE, List.of(created("1", "first")), true)))
        .containsExactly(1L);
    awaitCalls(1);
    assertThat(calls).extracting(Call::title).containsExactly("first");
  }

  @Test
  void anUnmappedKeyIsAnInvalidRequestOnReadAndOnWrite() {
    TestHub hub = start();
    RawClient client = connect(hub);
    client.send(PlainEntries.write("nobody", 4, some(1)));
    Refusal write = client.refusal();
    client.subscribePlain("nobody", 0);
    Refusal read = client.refusal();
    assertThat(write.code()).isEqualTo(ErrorCode.InvalidRequest);
    assertThat(read.code()).isEqualTo(ErrorCode.InvalidRequest);
    assertThat(write.message()).isEqualTo(read.message());
    assertThat(read.id()).isNull();
    // the connection stays
    client.writePlain(ALICE, 5, some(1));
  }

  @Test
  void duplicatesAreAckedInEachSlotAndChangeNothing() {
    TestHub hub = start();
    RawClient client = connect(hub);
    List<Entry> entries = some(3);
    assertThat(client.writePlain(ALICE, 0, entries)).containsExactly(1L, 2L, 3L);
    Entry fresh = created("new", "new");
    assertThat(client.writePlain(
            BOB, 1, List.of(entries.get(2), fresh, entries.get(0), fresh, entries.get(1))))
        .containsExactly(3L, 4L, 1L, 4L, 2L);
    client.subscribePlain(ALICE, 0);
    assertThat(client.plainSequences(ALICE, 4)).containsExactly(1L, 2L, 3L, 4L);
    awaitInvalidated(4);
    assertThat(calls).hasSize(4);
  }

  private static HubExtensions.Builder latestPerKey() {
    return HubExtensions.builder().groupCompaction(TODOS, Duration.ofHours(1), bucket -> {
      Todo latest = (Todo) bucket.events().get(bucket.events().size() - 1).payload();
      bucket.write(RENAMED, latest);
    });
  }

  @Test
  void onlyOldEntriesAreCompacted() {
    TestHub hub = start(latestPerKey());
    long old = System.currentTimeMillis() - DAY_MS;
    RawClient client = connect(hub);
    client.writePlain(
        ALICE,
        0,
        List.of(
            entry(CREATED, "a", "a1", old),
            entry(CREATED, "b", "b1", old + 1),
            entry(RENAMED, "a", "a2", old + 2),
            entry(RENAMED, "a", "a3", System.currentTimeMillis()),
            entry(RENAMED, "b", "b2", old + 4)));
    RawClient reader = connect(hub);
    reader.subscribePlain(BOB, 0);
    List<PlainChange> read = reader.plainChanges(BOB, 3);
    assertThat(read)
        .extracting(change -> (long) change.remoteSequence())
        .containsExactly(3L, 4L, 5L);
    assertThat(read)
        .extracting(change -> RENAMED.decode(change.entry().payload()).title())
        .containsExactly("a2", "a3", "b2");
    reader.expectNothing();
    // live ones pass, however old they are
    client.writePlain(ALICE, 1, List.of(entry(RENAMED, "a", "a0", old - 5)));
    assertThat(reader.plainSequences(BOB, 1)).containsExactly(6L);
    // nothing stored has changed: who compacts nothing gets all
    awaitCalls(6);
  }

  @Test
  void cursorsStayValidAcrossKeysAndReconnects() {
    TestHub hub = start(latestPerKey());
    long old = System.currentTimeMillis() - DAY_MS;
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      entries.add(entry(RENAMED, "todo-" + i % 7, "title " + i, old + i));
    }
    connect(hub).writePlain(ALICE, 0, entries);
    List<String> whole = null;
    for (int from = 0; from <= 201; from += 23) {
      for (String key : List.of(ALICE, BOB)) {
        RawClient reader = connect(hub);
        reader.subscribePlain(key, from);
        int expected = Math.min(7, Math.max(0, 201 - Math.max(from, 1)));
        List<PlainChange> read = reader.plainChanges(key, expected);
        reader.expectNothing();
        List<String> seen = read.stream()
            .map(change -> (long) change.remoteSequence() + " " + change.entry().id())
            .toList();
        if (whole == null) {
          whole = seen;
        }
        assertThat(whole).endsWith(seen.toArray(new String[0]));
        reader.close();
      }
    }
  }

  @Test
  void aPlainStoreAndAnEncryptedIdentityOfOneNameNeverMeet() {
    TestHub hub = start();
    map(hub, "same", new StoreKey.Plain("t", "same"));
    RawClient sealed = hub.connect("t");
    sealed.subscribe("same", 0);
    RawClient plain = connect(hub);
    plain.subscribePlain("same", 0);
    sealed.expectNothing();
    plain.expectNothing();
    RawClient writer = connect(hub);
    writer.write("same", 0, Entries.some(2));
    writer.writePlain("same", 1, some(3));
    assertThat(sealed.sequences("same", 2)).containsExactly(1L, 2L);
    assertThat(plain.plainSequences("same", 3)).containsExactly(1L, 2L, 3L);
    sealed.expectNothing();
    plain.expectNothing();
  }

  @Test
  void anEntryThatComesLateIsToldOfThoseThatWereMadeAfterIt() {
    TestHub hub = start();
    long now = System.currentTimeMillis();
    RawClient client = connect(hub);
    client.writePlain(ALICE, 0, List.of(entry(RENAMED, "a", "new", now)));
    awaitInvalidated(1);
    client.writePlain(ALICE, 1, List.of(entry(RENAMED, "a", "late", now - DAY_MS)));
    client.writePlain(
        ALICE,
        2,
        List.of(entry(RENAMED, "b", "other", now), entry(CREATED, "a", "other event", now - 1)));
    awaitCalls(4);
    assertThat(calls).extracting(Call::conflicts).containsExactly(0, 1, 0, 0);
    assertThat(projection).containsEntry("b", "other");
  }

  @Test
  void aFailingHandlerIsRecordedListedRetriedAndDiscarded() {
    TestHub hub = start();
    HubRuntime runtime = hub.hub().runtime();
    RawClient client = connect(hub);
    Entry first = created("1", "fails once");
    Entry second = created("2", "fails too");
    Entry bad = new Entry(created("3", "x").id(), "created", "3", new byte[] {(byte) 0xc1});
    client.writePlain(ALICE, 0, List.of(first, second, bad, created("4", "fine")));
    awaitInvalidated(1);
    List<FailedEntry> failed = awaitFailures(runtime, 3);
    assertThat(failed)
        .extracting(FailedEntry::id)
        .containsExactly(first.id(), second.id(), bad.id());
    assertThat(failed).extracting(FailedEntry::sequence).containsExactly(1L, 2L, 3L);
    assertThat(failed.get(0).event()).isEqualTo("created");
    assertThat(failed.get(0).primaryKey()).isEqualTo("1");
    assertThat(failed.get(0).attempts()).isEqualTo(1);
    assertThat(failed.get(0).reason()).contains("IllegalStateException");
    // the log names the entry and the exception, and nothing of what is in them
    hub.awaitLog("WARN", first.id().toString(), "IllegalStateException");
    assertThat(hub.log()).noneMatch(line -> line.contains("fails once"));
    List<EntryOutcome> retried =
        TestHub.get(runtime.retry(STORE, List.of(first.id(), new EntryId(0x7000, 1L << 63))));
    assertThat(retried).hasSize(1);
    assertThat(retried.get(0).state()).isEqualTo(EntryOutcome.State.FAILED);
    assertThat(retried.get(0).attempts()).isEqualTo(2);
    assertThat(TestHub.get(runtime.discard(STORE, List.of(second.id())))).hasSize(1);
    assertThat(awaitFailures(runtime, 2)).extracting(FailedEntry::attempts).containsExactly(2, 1);
    if (keepsData()) {
      stopHub();
      assertThat(awaitFailures(start().hub().runtime(), 2))
          .extracting(FailedEntry::id)
          .containsExactly(first.id(), bad.id());
    }
    assertThat(calls).hasSize(4);
  }

  private static List<FailedEntry> awaitFailures(HubRuntime runtime, int n) {
    await("failures")
        .atMost(PATIENCE)
        .until(() -> TestHub.get(runtime.failures(STORE, Optional.empty(), 10)).size() == n);
    return TestHub.get(runtime.failures(STORE, Optional.empty(), 10));
  }

  @Test
  void whatWasCommittedBeforeThereWereHandlersIsHandledOnceThereAre() {
    if (!keepsData()) {
      return;
    }
    TestHub without = TestHub.start(TestHub.config().storage(storage()), HubExtensions.none());
    running = without;
    assertThat(TestHub.get(without.hub().runtime().writeToStore(STORE, some(300), true)))
        .hasSize(300);
    stopHub();
    TestHub unused = start();
    awaitInvalidated(300);
    assertThat(calls).hasSize(300).extracting(Call::id).doesNotHaveDuplicates();
  }

  @Test
  void theApplicationReadsAndWritesForClientsWithoutASocket() {
    TestHub hub = start();
    HubRuntime runtime = hub.hub().runtime();
    Principal principal = Principal.of("t");
    List<SequencedEntry> read = new CopyOnWriteArrayList<>();
    HubChanges changes = TestHub.get(runtime.requestChanges(principal, BOB, 0));
    changes.handler(read::add);
    List<Entry> entries = some(3);
    assertThat(TestHub.get(runtime.ingestClient(principal, ALICE, entries)))
        .containsExactly(1L, 2L, 3L);
    await().atMost(PATIENCE).until(() -> read.size() == 3);
    assertThat(read).extracting(SequencedEntry::sequence).containsExactly(1L, 2L, 3L);
    assertThat(read)
        .extracting(each -> each.entry().id())
        .isEqualTo(entries.stream().map(Entry::id).toList());
    changes.close();
  }
}
