package io.tributary.client.stores.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.tributary.client.audit.AuditEvent.SyncCompaction;
import io.tributary.client.eventlog.ConflictRejectedException;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.FaultyKeyValues;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Journaled;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JournaledArtifactsTest {
  private static final long DAY = Duration.ofDays(1).toMillis();

  private static Journaled log(StoreBench bench, Consumer<EventLogOptions.Builder> more) {
    return bench.log("artifacts", options -> {
      ArtifactEvents.register(options);
      more.accept(options);
    });
  }

  abstract static class Contract extends ArtifactContract {
    @Override
    ArtifactStore open(StoresOptions.Artifacts options) {
      Journaled journaled = log(bench, log -> {});
      return bench.await(ArtifactStore.journaled(
          journaled, bench.place("replica:artifacts", journaled), options, Optional.empty()));
    }
  }

  @Nested
  class InMemory extends Contract {
    @BeforeEach
    void begin() {
      bench = StoreBench.memory();
    }
  }

  @Nested
  class InFile extends Contract {
    @BeforeEach
    void begin(@TempDir Path dir) {
      bench = StoreBench.file(dir);
    }
  }

  /** A replica with a journaled store. */
  private static final class Replica implements AutoCloseable {
    final StoreBench bench = StoreBench.memory();
    final Journaled journaled;
    final FaultyKeyValues keyValues = new FaultyKeyValues(bench.keyValues());
    final ArtifactStore store;

    Replica() {
      this(ArtifactContract.OPTIONS, ConflictPolicies.lastWriteWins());
    }

    Replica(StoresOptions.Artifacts options, ConflictPolicy policy) {
      journaled = log(bench, log -> log.policy(policy));
      store = bench.await(ArtifactStore.journaled(
          journaled,
          bench.place("replica:artifacts", journaled, keyValues),
          options,
          Optional.empty()));
    }

    void put(String id, String content) {
      bench.await(store.put(ArtifactContract.text("s", id, content, StoreBench.START)));
    }

    boolean delete(String id) {
      return bench.await(store.delete("s", id));
    }

    String content(String id) {
      return bench.await(store.get("s", id)).map(Artifact::content).orElse("-");
    }

    List<String> ids() {
      return bench.await(store.list("s", Optional.empty(), 1_000)).items().stream()
          .map(ArtifactSummary::id)
          .toList();
    }

    List<Entry> entries() {
      return bench.entries(journaled.log());
    }

    void deliver(List<Entry> entries) {
      bench.deliver(journaled.log(), entries);
    }

    @Override
    public void close() {
      bench.close();
    }
  }

  private static EntryId id(long millis) {
    return new EntryId((StoreBench.START + millis) << 16 | 0x7000, 0x8000_0000_0000_0000L);
  }

  private static Entry record(long millis, String id, String content) {
    return new Entry(
        id(millis),
        "artifact_record",
        "s:" + id,
        ArtifactEvents.ARTIFACT_RECORD.encode(
            ArtifactContract.text("s", id, content, StoreBench.START + millis)));
  }

  private static Entry deletion(long millis, String id) {
    return new Entry(
        id(millis),
        "artifact_deleted",
        "s:" + id,
        ArtifactEvents.ARTIFACT_DELETED.encode(
            new ArtifactDelete(id, "s", StoreBench.START + millis)));
  }

  /** All orders of some items. */
  private static <T> List<List<T>> orders(List<T> items) {
    if (items.isEmpty()) {
      return List.of(List.of());
    }
    List<List<T>> orders = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      List<T> rest = new ArrayList<>(items);
      T first = rest.remove(i);
      for (List<T> others : orders(rest)) {
        List<T> order = new ArrayList<>(List.of(first));
        order.addAll(others);
        orders.add(order);
      }
    }
    return orders;
  }

  private static void inAnyOrder(
      ConflictPolicy policy, List<Entry> entries, String id, String expected) {
    for (List<Entry> order : orders(entries)) {
      try (Replica together = new Replica(ArtifactContract.OPTIONS, policy);
          Replica apart = new Replica(ArtifactContract.OPTIONS, policy)) {
        together.deliver(order);
        order.forEach(entry -> apart.deliver(List.of(entry)));
        assertThat(together.content(id)).as("%s", order).isEqualTo(expected);
        assertThat(apart.content(id)).as("%s", order).isEqualTo(expected);
        assertThat(apart.ids()).isEqualTo(expected.equals("-") ? List.of() : List.of(id));
      }
    }
  }

  @Test
  void aDeletionWinsOverOlderRecordsInAnyOrder() {
    List<Entry> deleted = List.of(record(1, "a", "one"), record(2, "a", "two"), deletion(3, "a"));
    inAnyOrder(ConflictPolicies.lastWriteWins(), deleted, "a", "-");
    inAnyOrder(ConflictPolicies.firstWriteWins(), deleted, "a", "-");
    List<Entry> again =
        List.of(record(1, "a", "one"), deletion(2, "a"), record(3, "a", "three"), deletion(0, "a"));
    inAnyOrder(ConflictPolicies.lastWriteWins(), again, "a", "three");
    // The first record stands, and that was deleted.
    inAnyOrder(ConflictPolicies.firstWriteWins(), again, "a", "one");
  }

  @Test
  void whatIsReplacedOrDeletedGoesFromTheJournalOnceTheHubHasIt() {
    try (Replica a = new Replica()) {
      a.bench.remotes.add(StoreBench.hub());
      a.put("a", "one");
      a.put("a", "two");
      a.put("b", "x");
      assertThat(a.delete("b")).isTrue();
      assertThat(a.bench.await(a.store.cleanup())).isEqualTo(new CleanupReport(1, 0, 2));
      assertThat(a.entries()).hasSize(4);
      List<Entry> all = a.entries();
      a.bench.uploaded(a.journaled.log());
      assertThat(a.bench.await(a.store.cleanup())).isEqualTo(new CleanupReport(1, 0, 0));
      assertThat(a.entries())
          .extracting(Entry::primaryKey, Entry::event)
          .containsExactly(tuple("s:a", "artifact_record"), tuple("s:b", "artifact_deleted"));
      a.deliver(all);
      a.deliver(List.of(record(-5, "b", "late")));
      assertThat(a.content("a")).isEqualTo("two");
      assertThat(a.ids()).containsExactly("a");
    }
  }

  @Test
  void retentionIsNotUndoneByWhatArrivesAndIsAudited() {
    try (Replica a = new Replica(
        new StoresOptions.Artifacts(true, 10, 1_000, Duration.ofDays(1), 4),
        ConflictPolicies.lastWriteWins())) {
      a.bench.remotes.add(StoreBench.hub());
      a.put("a", "one");
      List<Entry> all = a.entries();
      a.bench.setClock(StoreBench.START + 2 * DAY);
      assertThat(a.bench.await(a.store.cleanup())).isEqualTo(new CleanupReport(1, 1, 1));
      assertThat(a.content("a")).isEqualTo("-");
      // Older than what was removed, which is still in the journal.
      a.deliver(List.of(record(-5, "a", "late")));
      assertThat(a.ids()).isEmpty();
      a.bench.uploaded(a.journaled.log());
      assertThat(a.bench.await(a.store.cleanup())).isEqualTo(new CleanupReport(0, 0, 0));
      assertThat(a.entries()).isEmpty();
      a.deliver(all);
      a.deliver(List.of(record(-6, "a", "later")));
      assertThat(a.ids()).isEmpty();
      assertThat(a.bench.audit.stream()
              .filter(SyncCompaction.class::isInstance)
              .map(SyncCompaction.class::cast))
          .singleElement()
          .satisfies(compaction -> {
            assertThat(compaction.before()).isEqualTo(1);
            assertThat(compaction.after()).isZero();
            assertThat(compaction.events()).containsExactly("artifact_record");
          });
      // A new one is shown nevertheless.
      a.put("a", "new");
      a.bench.setClock(StoreBench.START);
      assertThat(a.content("a")).isEqualTo("new");
    }
  }

  @Test
  void deletesWhatAReplicaWithAFastClockPut() {
    try (Replica a = new Replica()) {
      a.deliver(List.of(record(DAY / 2, "a", "ahead"), record(2 * DAY, "b", "too far")));
      assertThat(a.delete("a")).isTrue();
      assertThat(a.ids()).containsExactly("b");
      a.put("a", "again");
      assertThat(a.content("a")).isEqualTo("again");
      assertThat(a.bench.failure(a.store.delete("s", "b")))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("more than 24 hours ahead");
      assertThat(a.content("b")).isEqualTo("too far");
    }
  }

  @Test
  void putsAfterADeletionOfAReplicaWithAFastClock() {
    try (Replica a = new Replica()) {
      a.put("a", "one");
      a.deliver(List.of(deletion(DAY / 2, "a")));
      assertThat(a.content("a")).isEqualTo("-");
      a.put("a", "two");
      assertThat(a.content("a")).isEqualTo("two");
    }
  }

  @Test
  void aPolicyMayRefuseOrMerge() {
    try (Replica first = new Replica(ArtifactContract.OPTIONS, ConflictPolicies.firstWriteWins())) {
      first.put("a", "one");
      assertThat(first.bench.failure(
              first.store.put(ArtifactContract.text("s", "a", "two", StoreBench.START))))
          .isInstanceOf(ConflictRejectedException.class);
      assertThat(first.content("a")).isEqualTo("one");
    }
    try (Replica rejecting = new Replica(ArtifactContract.OPTIONS, ConflictPolicies.reject())) {
      rejecting.deliver(List.of(record(5, "a", "first here"), record(1, "a", "older")));
      assertThat(rejecting.content("a")).isEqualTo("first here");
      assertThat(rejecting.bench.failure(
              rejecting.store.put(ArtifactContract.text("s", "a", "two", StoreBench.START))))
          .isInstanceOf(ConflictRejectedException.class);
      assertThat(rejecting.delete("a")).isTrue();
      assertThat(rejecting.ids()).isEmpty();
    }
    ConflictPolicy longest = ConflictPolicies.merges()
        .event(
            ArtifactEvents.ARTIFACT_RECORD,
            (a, b) -> a.content().length() > b.content().length()
                    || (a.content().length() == b.content().length()
                        && a.content().compareTo(b.content()) > 0)
                ? a
                : b)
        .build();
    inAnyOrder(
        longest,
        List.of(record(1, "a", "one"), record(2, "a", "three"), record(3, "a", "four")),
        "a",
        "three");
  }

  @Test
  void twoNamesThatMakeOneKeyAreNotMixedUp() {
    try (Replica a = new Replica()) {
      a.bench.await(a.store.put(ArtifactContract.text("s:x", "a", "one", 1)));
      assertThat(a.bench.failure(a.store.put(ArtifactContract.text("s", "x:a", "two", 1))))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("s:x:a");
      assertThat(a.bench.await(a.store.get("s:x", "a")).orElseThrow().content()).isEqualTo("one");
    }
  }

  @Test
  void whatIsInTheJournalIsShownAfterACrashInBetween() {
    try (Replica a = new Replica()) {
      a.put("a", "one");
      a.keyValues.failing = Integer.MAX_VALUE;
      a.put("b", "x");
      a.bench.reopen();
      Journaled journaled = log(a.bench, log -> {});
      ArtifactStore again = a.bench.await(ArtifactStore.journaled(
          journaled,
          a.bench.place("replica:artifacts", journaled),
          ArtifactContract.OPTIONS,
          Optional.empty()));
      assertThat(a.bench.await(again.get("s", "a"))).isPresent();
      assertThat(a.bench.await(again.get("s", "b"))).isPresent();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void replicasConvergeWhateverArrivesWhen(long seed) {
    Random random = new Random(seed);
    ConflictPolicy policy =
        random.nextBoolean() ? ConflictPolicies.lastWriteWins() : ConflictPolicies.firstWriteWins();
    List<Entry> all = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String id = "a" + random.nextInt(4);
      all.add(random.nextInt(4) == 0 ? deletion(i, id) : record(i, id, "v" + i));
    }
    try (Replica a = new Replica(ArtifactContract.OPTIONS, policy);
        Replica b = new Replica(ArtifactContract.OPTIONS, policy)) {
      for (Replica replica : List.of(a, b)) {
        replica.bench.remotes.add(StoreBench.hub());
        List<Entry> order = new ArrayList<>(all);
        Collections.shuffle(order, random);
        for (int from = 0; from < order.size(); ) {
          int to = Math.min(order.size(), from + 1 + random.nextInt(8));
          replica.deliver(order.subList(from, to));
          from = to;
          if (random.nextInt(3) == 0) {
            // What is past goes early on one, late on the other.
            replica.bench.uploaded(replica.journaled.log());
            CleanupReport report = replica.bench.await(replica.store.cleanup());
            assertThat(report.removed()).isZero();
          }
        }
      }
      assertThat(a.ids()).isEqualTo(b.ids());
      for (int i = 0; i < 4; i++) {
        assertThat(a.content("a" + i))
            .isEqualTo(b.content("a" + i))
            .isEqualTo(expected(all, "a" + i, policy));
      }
    }
  }

  private static String expected(List<Entry> all, String id, ConflictPolicy policy) {
    boolean last = policy.name().equals(ConflictPolicies.lastWriteWins().name());
    String content = "-";
    int record = -1;
    int deletion = -1;
    for (int i = 0; i < all.size(); i++) {
      Entry entry = all.get(i);
      if (!entry.primaryKey().equals("s:" + id)) {
        continue;
      }
      if (entry.event().equals("artifact_record")) {
        if (last || record < 0) {
          record = i;
          content = ArtifactEvents.ARTIFACT_RECORD.decode(entry.payload()).content();
        }
      } else if (last || deletion < 0) {
        deletion = i;
      }
    }
    return record > deletion ? content : "-";
  }

  private static Entry foreign(int number, Artifact artifact) {
    return new Entry(
        new EntryId(id(1).high(), id(1).low() + number),
        "artifact_record",
        ArtifactEvents.key(artifact.sessionId(), artifact.id()),
        ArtifactEvents.ARTIFACT_RECORD.encode(artifact));
  }

  private static JsonObject nested(int depth) {
    JsonObject inner = new JsonObject().put("x", 1);
    for (int i = 0; i < depth; i++) {
      inner = new JsonObject().put("a", inner);
    }
    return inner;
  }

  static Stream<JsonObject> metadata() {
    return Stream.of(
        new JsonObject().put("k".repeat(60_000), 1),
        new JsonObject().put("long", "x".repeat(20_000_001)),
        new JsonObject().put("controls", "\0".repeat(12 << 20)),
        new JsonObject().put("big", "x".repeat(100_000)),
        nested(250));
  }

  @ParameterizedTest
  @MethodSource("metadata")
  void oddMetadataOfOthersHindersNothing(JsonObject metadata) {
    try (Replica a = new Replica()) {
      Artifact odd = Artifact.text("s", "odd", Artifact.Kind.FILE, "x")
          .metadata(metadata)
          .createdAt(StoreBench.START);
      a.deliver(List.of(foreign(1, odd)));
      a.put("a", "one");
      assertThat(a.ids()).containsExactlyInAnyOrder("odd", "a");
      assertThat(a.bench.await(a.store.get("s", "odd"))).contains(odd);
      assertThat(a.delete("odd")).isTrue();
      assertThat(a.ids()).containsExactly("a");
    }
  }

  @Test
  void listsHoldLittleInMemory() {
    try (Replica a = new Replica()) {
      Artifact large = Artifact.text("s", "large", Artifact.Kind.FILE, "x")
          .contentType("text/plain")
          .metadata(new JsonObject().put("big", "x".repeat(100_000)))
          .createdAt(StoreBench.START);
      a.bench.await(a.store.put(large));
      assertThat(a.bench.await(a.store.list("s")).items()).singleElement().satisfies(summary -> {
        assertThat(summary.metadata()).isNull();
        assertThat(summary.contentType()).isNull();
        assertThat(summary.size()).isEqualTo(1);
      });
      assertThat(a.bench.await(a.store.get("s", "large"))).contains(large);
    }
  }

  @Test
  void sizesThatOthersMakeUpDisplaceNothing() {
    try (Replica a = new Replica(
        new StoresOptions.Artifacts(true, 10, 1_000, Duration.ofDays(1), 4),
        ConflictPolicies.lastWriteWins())) {
      a.put("a", "one");
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        entries.add(foreign(
            i,
            Artifact.text("s", "huge" + i, Artifact.Kind.FILE, "x")
                .sizeBytes(1L << 62)
                .createdAt(StoreBench.START + 1)));
      }
      a.deliver(entries);
      assertThat(a.ids()).containsExactly("a");
      a.put("b", "x".repeat(998));
      assertThat(a.ids()).containsExactly("b");
      assertThat(a.bench.await(a.store.cleanup())).isEqualTo(new CleanupReport(5, 4, 0));
      assertThat(a.entries()).extracting(Entry::primaryKey).containsExactly("s:b");
    }
  }

  @Test
  void artifactsOfNamesThatCanNotBeAskedForAreRecordedAsFailed() {
    try (Replica a = new Replica()) {
      a.deliver(List.of(
          foreign(1, ArtifactContract.text("", "a", "x", 1)),
          foreign(2, ArtifactContract.text("s", "", "x", 1)),
          foreign(3, ArtifactContract.text("s", "x".repeat(1_025), "x", 1)),
          foreign(4, ArtifactContract.text("s", "fine", "x", 1))));
      assertThat(a.bench.await(a.store.sessions(Optional.empty(), 10))).containsExactly("s");
      assertThat(a.ids()).containsExactly("fine");
      assertThat(a.bench.await(a.journaled.log().failed(Optional.empty(), 10)))
          .extracting(EntryOutcome::reason)
          .satisfiesExactly(
              reason -> assertThat(reason)
                  .endsWith(" sessionId: found nothing, allowed is any other text"),
              reason ->
                  assertThat(reason).endsWith(" id: found nothing, allowed is any other text"),
              reason -> assertThat(reason)
                  .endsWith(" id: found 1025 bytes of UTF-8, allowed are up to 1024"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWentIsCountedOnceWhateverFails(boolean takesEffect) {
    StoresOptions.Artifacts one =
        new StoresOptions.Artifacts(true, 1, 1_000, Duration.ofDays(1), 4);
    try (Replica a = new Replica(one, ConflictPolicies.lastWriteWins())) {
      a.put("a", "one");
      a.keyValues.takesEffect = takesEffect;
      a.keyValues.failing = 3;
      a.put("b", "two");
      a.bench.await(a.store.list("s"));
      a.bench.reopen();
      Journaled journaled = log(a.bench, log -> {});
      ArtifactStore again = a.bench.await(ArtifactStore.journaled(
          journaled, a.bench.place("replica:artifacts", journaled), one, Optional.empty()));
      assertThat(a.bench.await(again.cleanup())).isEqualTo(new CleanupReport(2, 1, 0));
      assertThat(a.bench.audit.stream().filter(SyncCompaction.class::isInstance))
          .hasSize(1);
    }
  }
}
