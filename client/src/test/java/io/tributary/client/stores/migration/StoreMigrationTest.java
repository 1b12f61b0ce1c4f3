package io.tributary.client.stores.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.stores.FaultyKeyValues;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.Artifact;
import io.tributary.client.stores.artifact.ArtifactEvents;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.artifact.ArtifactSummary;
import io.tributary.client.stores.audit.AuditEntry;
import io.tributary.client.stores.audit.AuditEventStore;
import io.tributary.client.stores.audit.AuditEvents;
import io.tributary.client.stores.audit.AuditQuery;
import io.tributary.client.stores.chat.ChatAppend;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.client.stores.chat.ChatEvents;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.client.stores.chat.ChatSource;
import io.tributary.client.stores.view.Journaled;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreMigrationTest {
  private static final StoresOptions.Chat CHAT =
      new StoresOptions.Chat(true, 100_000, Duration.ofDays(30), 10);
  private static final StoresOptions.Artifacts ARTIFACTS =
      new StoresOptions.Artifacts(true, 100_000, 1 << 30, Duration.ofDays(30), 10);

  private final List<StoreBench> benches = new ArrayList<>();

  @AfterEach
  void close() {
    benches.forEach(StoreBench::close);
  }

  /** A replica with stores of both kinds. */
  private final class Side {
    final StoreBench bench = StoreBench.memory();
    final Journaled chatLog = bench.log("chat", ChatEvents::register);
    final Journaled artifactLog = bench.log("artifacts", ArtifactEvents::register);
    final ChatHistoryStore plainChat =
        ChatHistoryStore.plain(bench.place("plain:chat"), CHAT, Optional.empty());
    final ChatHistoryStore chat = bench.await(
        ChatHistoryStore.journaled(chatLog, bench.place("chat", chatLog), CHAT, Optional.empty()));
    final ArtifactStore plainArtifacts =
        ArtifactStore.plain(bench.place("plain:artifacts"), ARTIFACTS, Optional.empty());
    final ArtifactStore artifacts = bench.await(ArtifactStore.journaled(
        artifactLog, bench.place("artifacts", artifactLog), ARTIFACTS, Optional.empty()));

    Side() {
      benches.add(bench);
    }

    List<ChatEvent> list(ChatHistoryStore store, String session) {
      return bench.await(store.list(session, ChatQuery.FIRST.limit(100_000)));
    }

    List<Artifact> list(ArtifactStore store, String session) {
      return bench.await(store.list(session, Optional.empty(), 100_000)).items().stream()
          .map(ArtifactSummary::id)
          .map(id -> bench.await(store.get(session, id)).orElseThrow())
          .toList();
    }

    MigrationCounts chat(ChatHistoryStore from, ChatHistoryStore to, boolean dryRun) {
      return bench.await(StoreMigration.migrate(from, to, dryRun));
    }

    MigrationCounts artifacts(ArtifactStore from, ArtifactStore to, boolean dryRun) {
      return bench.await(StoreMigration.migrate(from, to, dryRun));
    }

    int fillChat(Random random) {
      int messages = 0;
      for (int i = 0; i < 30; i++) {
        bench.setClock(StoreBench.START + random.nextInt(100));
        List<JsonObject> some = new ArrayList<>();
        int count = 1 + random.nextInt(20);
        for (int n = 0; n < count; n++) {
          some.add(new JsonObject().put("text", "m" + messages++).put("n", random.nextDouble()));
        }
        List<ChatEvent> unused = bench.await(plainChat.appendMessages(
            "s" + random.nextInt(5),
            some,
            ChatAppend.from(List.of(ChatSource.values()).get(random.nextInt(3)))));
      }
      return messages;
    }

    void fillArtifacts(Random random) {
      for (int i = 0; i < 200; i++) {
        String session = "s" + random.nextInt(4);
        String id = "a:" + random.nextInt(60);
        if (random.nextInt(5) == 0) {
          boolean unused = bench.await(plainArtifacts.delete(session, id));
        } else {
          bench.await(plainArtifacts.put(Artifact.text(session, id, Artifact.Kind.FILE, "c" + i)
              .metadata(new JsonObject().put("i", i))
              .createdAt(StoreBench.START + i)));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void conversationsAreTheSameAfterwards(long seed) {
    Side side = new Side();
    int messages = side.fillChat(new Random(seed));
    MigrationCounts told = side.chat(side.plainChat, side.chat, true);
    assertThat(told).isEqualTo(new MigrationCounts(messages, messages, 0, 0));
    assertThat(side.bench.entries(side.chatLog.log())).isEmpty();
    assertThat(side.chat(side.plainChat, side.chat, false)).isEqualTo(told);
    for (int i = 0; i < 5; i++) {
      assertThat(side.list(side.chat, "s" + i)).isEqualTo(side.list(side.plainChat, "s" + i));
    }
    MigrationCounts again = new MigrationCounts(messages, 0, messages, 0);
    assertThat(side.chat(side.plainChat, side.chat, true)).isEqualTo(again);
    assertThat(side.chat(side.plainChat, side.chat, false)).isEqualTo(again);
    assertThat(side.bench.entries(side.chatLog.log())).hasSize(messages);

    // Appending goes on behind what came, on both sides; what is new is migrated only.
    ChatEvent next = side.bench.await(side.plainChat.appendMessage("s1", new JsonObject()));
    assertThat(side.chat(side.plainChat, side.chat, false))
        .isEqualTo(new MigrationCounts(messages + 1, 1, messages, 0));
    assertThat(side.bench.await(side.chat.appendMessage("s1", new JsonObject())).sequence())
        .isEqualTo(next.sequence() + 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void artifactsAreTheSameAfterwards(long seed) {
    Side side = new Side();
    side.fillArtifacts(new Random(seed));
    MigrationCounts told = side.artifacts(side.plainArtifacts, side.artifacts, true);
    assertThat(told.added()).isEqualTo(told.found()).isPositive();
    assertThat(side.bench.entries(side.artifactLog.log())).isEmpty();
    assertThat(side.artifacts(side.plainArtifacts, side.artifacts, false)).isEqualTo(told);
    for (int i = 0; i < 4; i++) {
      assertThat(side.list(side.artifacts, "s" + i))
          .isEqualTo(side.list(side.plainArtifacts, "s" + i));
    }
    assertThat(side.artifacts(side.plainArtifacts, side.artifacts, false))
        .isEqualTo(new MigrationCounts(told.found(), 0, told.found(), 0));
  }

  @Test
  void replicasWithOneSourceHaveNothingTwice() {
    Side a = new Side();
    Side b = new Side();
    int messages = a.fillChat(new Random(9));
    assertThat(b.fillChat(new Random(9))).isEqualTo(messages);
    a.fillArtifacts(new Random(9));
    b.fillArtifacts(new Random(9));
    MigrationCounts chat = a.chat(a.plainChat, a.chat, false);
    assertThat(b.chat(b.plainChat, b.chat, false)).isEqualTo(chat);
    MigrationCounts artifacts = a.artifacts(a.plainArtifacts, a.artifacts, false);
    assertThat(b.artifacts(b.plainArtifacts, b.artifacts, false)).isEqualTo(artifacts);
    List<Entry> entries = a.bench.entries(a.chatLog.log());
    b.bench.deliver(b.chatLog.log(), entries);
    b.bench.deliver(b.artifactLog.log(), a.bench.entries(a.artifactLog.log()));
    assertThat(b.bench.entries(b.chatLog.log())).hasSize(messages);
    assertThat((long) b.bench.entries(b.artifactLog.log()).size()).isEqualTo(artifacts.added());
    assertThat(b.list(b.chat, "s0")).isEqualTo(a.list(a.chat, "s0")).isNotEmpty();
  }

  @Test
  void theAuditLogIsTheSameAfterwards() {
    StoreBench bench = StoreBench.memory();
    benches.add(bench);
    StoresOptions.Audit options = new StoresOptions.Audit(true, 100_000, Duration.ofDays(30));
    AuditEventStore plain = AuditEventStore.plain(bench.place("plain:audit"), options);
    AuditEventStore other = AuditEventStore.plain(bench.place("other:audit"), options);
    Journaled log = bench.log("audit", AuditEvents::register);
    AuditEventStore journaled =
        bench.await(AuditEventStore.journaled(log, bench.place("audit", log), options));
    for (int i = 0; i < 300; i++) {
      EntryId unused = bench.await(
          plain.write(new AuditEvent.SyncCompaction(null, i, i / 2, List.of("chat_event"), i)));
    }
    MigrationCounts all = new MigrationCounts(300, 300, 0, 0);
    MigrationCounts again = new MigrationCounts(300, 0, 300, 0);
    List<AuditEntry> noted =
        bench.await(plain.list(AuditQuery.FIRST.limit(1_000))).items();
    assertThat(noted).hasSize(300);
    for (AuditEventStore to : List.of(journaled, other)) {
      assertThat(bench.await(StoreMigration.migrate(plain, to, true))).isEqualTo(all);
      assertThat(bench.await(to.list(AuditQuery.FIRST)).items()).isEmpty();
      assertThat(bench.await(StoreMigration.migrate(plain, to, false))).isEqualTo(all);
      assertThat(bench.await(to.list(AuditQuery.FIRST.limit(1_000))).items()).isEqualTo(noted);
      assertThat(bench.await(StoreMigration.migrate(plain, to, true))).isEqualTo(again);
      assertThat(bench.await(StoreMigration.migrate(plain, to, false))).isEqualTo(again);
      // What is noted from now on comes last.
      bench.setClock(bench.clock().millis() + 1);
      EntryId next = bench.await(to.write(noted.get(0).event()));
      assertThat(next).isGreaterThan(noted.get(299).id());
    }
  }

  @Test
  void messagesOfOneSequenceAndTimeAllCome() {
    Side side = new Side();
    List<ChatEvent> clash = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      clash.add(new ChatEvent(
          "s", 1 + i / 3, StoreBench.START, ChatSource.SDK, new JsonObject().put("n", i)));
    }
    assertThat(side.bench.await(side.chat.adopt(clash, true)).added()).isEqualTo(200);
    assertThat(side.bench.await(side.chat.adopt(clash, false)).added()).isEqualTo(200);
    assertThat(side.chat(side.chat, side.plainChat, false))
        .isEqualTo(new MigrationCounts(200, 200, 0, 0));
    assertThat(side.list(side.plainChat, "s")).containsExactlyInAnyOrderElementsOf(clash);
    assertThat(side.chat(side.chat, side.plainChat, true))
        .isEqualTo(new MigrationCounts(200, 0, 200, 0));
  }

  @Test
  void whatWasDeletedHereStaysDeleted() {
    Side side = new Side();
    Artifact old = Artifact.text("s", "a", Artifact.Kind.FILE, "old").createdAt(StoreBench.START);
    side.bench.await(side.plainArtifacts.put(old));
    assertThat(side.artifacts(side.plainArtifacts, side.artifacts, false).added())
        .isEqualTo(1);
    assertThat(side.bench.await(side.artifacts.delete("s", "a"))).isTrue();
    assertThat(side.artifacts(side.plainArtifacts, side.artifacts, false).known())
        .isEqualTo(1);
    assertThat(side.list(side.artifacts, "s")).isEmpty();
    // And what is newer here stands.
    Artifact newer =
        Artifact.text("s", "b", Artifact.Kind.FILE, "newer").createdAt(StoreBench.START + 10);
    side.bench.await(side.artifacts.put(newer));
    side.bench.await(side.plainArtifacts.put(
        Artifact.text("s", "b", Artifact.Kind.FILE, "older").createdAt(StoreBench.START - 10)));
    assertThat(side.artifacts(side.plainArtifacts, side.artifacts, false).added())
        .isEqualTo(1);
    assertThat(side.list(side.artifacts, "s")).containsExactly(newer);
    // A plain store keeps what isn't older, too.
    assertThat(side.artifacts(side.artifacts, side.plainArtifacts, true).added())
        .isEqualTo(1);
    assertThat(side.artifacts(side.artifacts, side.plainArtifacts, false).added())
        .isEqualTo(1);
    assertThat(side.artifacts(side.artifacts, side.plainArtifacts, false).known())
        .isEqualTo(1);
    assertThat(side.list(side.plainArtifacts, "s")).containsExactlyInAnyOrder(old, newer);
  }

  @Test
  void goesOnAfterAFailure() {
    Side side = new Side();
    int messages = side.fillChat(new Random(4));
    FaultyKeyValues faulty = new FaultyKeyValues(side.bench.keyValues());
    ChatHistoryStore to = ChatHistoryStore.plain(
        side.bench.place("other", side.chatLog, faulty), CHAT, Optional.empty());
    int[] pages = {0};
    Throwable failure =
        side.bench.failure(StoreMigration.migrate(side.plainChat, to, false, counts -> {
          if (++pages[0] == 3) {
            faulty.failing = 1;
          }
        }));
    assertThat(failure).hasMessageContaining("the test lets it fail");
    MigrationCounts rest = side.chat(side.plainChat, to, false);
    assertThat(rest.found()).isEqualTo(messages);
    assertThat(rest.known()).isPositive().isLessThan(messages);
    for (int i = 0; i < 5; i++) {
      assertThat(side.list(to, "s" + i)).isEqualTo(side.list(side.plainChat, "s" + i));
    }
  }

  @Test
  void whatTheTargetDoesNotTakeIsCounted() {
    Side side = new Side();
    for (int i = 0; i < 5; i++) {
      side.bench.await(side.plainArtifacts.put(
          Artifact.text("s", "a" + i, Artifact.Kind.FILE, "x".repeat(i == 2 ? 1_000 : 10))
              .createdAt(i)));
    }
    ArtifactStore small = ArtifactStore.plain(
        side.bench.place("small"),
        new StoresOptions.Artifacts(true, 100, 500, Duration.ofDays(1), 10),
        Optional.empty());
    assertThat(side.artifacts(side.plainArtifacts, small, true))
        .isEqualTo(new MigrationCounts(5, 4, 0, 1));
    assertThat(side.artifacts(side.plainArtifacts, small, false))
        .isEqualTo(new MigrationCounts(5, 4, 0, 1));
  }

  @Test
  void refusesWhatMakesNoSense() {
    Side side = new Side();
    assertThatThrownBy(() -> side.chat(side.chat, side.chat, true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> side.plainChat.sessions(Optional.empty(), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
