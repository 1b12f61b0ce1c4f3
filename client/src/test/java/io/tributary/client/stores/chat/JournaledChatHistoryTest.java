package io.tributary.client.stores.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditEvent.SyncCompaction;
import io.tributary.client.audit.AuditEvent.SyncConflict;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.FaultyKeyValues;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.index.SessionMeta;
import io.tributary.client.stores.index.SessionQuery;
import io.tributary.client.stores.view.Journaled;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournaledChatHistoryTest {
  private static Journaled log(StoreBench bench) {
    return bench.log("chat", ChatEvents::register);
  }

  private static ChatHistoryStore open(
      StoreBench bench, Journaled journaled, StoresOptions.Chat options) {
    return bench.await(ChatHistoryStore.journaled(
        journaled, bench.place("replica:chat", journaled), options, Optional.empty()));
  }

  abstract static class Contract extends ChatHistoryContract {
    @Override
    ChatHistoryStore open(StoresOptions.Chat options) {
      return JournaledChatHistoryTest.open(bench, log(bench), options);
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
    final Journaled journaled = log(bench);
    final FaultyKeyValues keyValues = new FaultyKeyValues(bench.keyValues());
    final ChatHistoryStore store;

    Replica() {
      this(ChatHistoryContract.OPTIONS);
    }

    Replica(StoresOptions.Chat options) {
      store = bench.await(ChatHistoryStore.journaled(
          journaled, bench.place("replica:chat", journaled, keyValues), options, Optional.empty()));
    }

    @CanIgnoreReturnValue
    ChatEvent append(String session, String text) {
      return bench.await(
          store.appendMessage(session, ChatHistoryContract.message(text), ChatAppend.SDK));
    }

    List<String> texts(String session) {
      return ChatHistoryContract.texts(list(session));
    }

    List<ChatEvent> list(String session) {
      return bench.await(store.list(session, ChatQuery.FIRST.limit(1_000)));
    }

    List<Entry> entries() {
      return bench.entries(journaled.log());
    }

    <T extends AuditEvent> List<T> noted(Class<T> type) {
      return bench.audit.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public void close() {
      bench.close();
    }
  }

  private static Entry entry(EntryId id, ChatEvent event) {
    return new Entry(
        id,
        "chat_event",
        ChatEvents.CHAT_EVENT.primaryKey(event),
        ChatEvents.CHAT_EVENT.encode(event));
  }

  @Test
  void messagesOfOneSequenceAreInTheSameOrderEverywhereAndAudited() {
    try (Replica a = new Replica();
        Replica b = new Replica()) {
      b.bench.setClock(StoreBench.START + 5);
      a.append("s", "a1");
      a.append("s", "a2");
      b.append("s", "b1");
      a.bench.deliver(a.journaled.log(), b.entries());
      b.bench.deliver(b.journaled.log(), a.entries());
      assertThat(a.texts("s")).containsExactly("a1", "b1", "a2");
      assertThat(b.list("s")).isEqualTo(a.list("s"));
      assertThat(a.append("s", "more").sequence()).isEqualTo(3);

      assertThat(a.noted(SyncConflict.class)).singleElement().satisfies(clash -> {
        assertThat(clash.remoteId()).isEqualTo(StoreBench.HUB);
        assertThat(clash.event()).isEqualTo("chat_event");
        assertThat(clash.primaryKey()).isEqualTo("s:1");
        assertThat(clash.entryId()).isEqualTo(b.entries().get(0).id());
        assertThat(clash.conflictCount()).isEqualTo(1);
        assertThat(clash.decision()).isEqualTo(AuditEvent.Decision.ACCEPT);
      });
      assertThat(b.noted(SyncConflict.class))
          .extracting(SyncConflict::entryId)
          .containsExactly(a.entries().get(0).id());
    }
  }

  @Test
  void aPageDoesNotTearMessagesOfOneSequenceApart() {
    try (Replica a = new Replica();
        Replica b = new Replica()) {
      b.bench.setClock(StoreBench.START + 5);
      for (int i = 1; i <= 3; i++) {
        a.append("s", "a" + i);
        b.append("s", "b" + i);
      }
      a.bench.deliver(a.journaled.log(), b.entries());
      assertThat(
              ChatHistoryContract.texts(a.bench.await(a.store.list("s", ChatQuery.FIRST.limit(3)))))
          .containsExactly("a1", "b1", "a2", "b2");
      assertThat(
              ChatHistoryContract.texts(a.bench.await(a.store.list("s", ChatQuery.LAST.limit(1)))))
          .containsExactly("b3", "a3");
      List<String> streamed = new ArrayList<>();
      a.store.stream("s", ChatQuery.FIRST.limit(1))
          .handler(event -> streamed.add(event.message().getString("text")));
      a.bench.settle();
      assertThat(streamed).containsExactly("a1", "b1", "a2", "b2", "a3", "b3");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void replicasConvergeWhateverArrivesWhen(long seed) {
    Random random = new Random(seed);
    List<Replica> replicas = List.of(new Replica(), new Replica(), new Replica());
    try {
      List<String> sessions = List.of("s", "t");
      for (int step = 0; step < 40; step++) {
        int one = random.nextInt(replicas.size());
        Replica replica = replicas.get(one);
        replica.bench.setClock(StoreBench.START + random.nextInt(1_000));
        if (random.nextInt(3) > 0) {
          replica.append(sessions.get(random.nextInt(2)), one + "-" + step);
        } else {
          List<Entry> some =
              new ArrayList<>(replicas.get(random.nextInt(replicas.size())).entries());
          Collections.shuffle(some, random);
          replica.bench.deliver(
              replica.journaled.log(), some.subList(0, random.nextInt(some.size() + 1)));
        }
      }
      Map<EntryId, Entry> all = new HashMap<>();
      replicas.forEach(replica -> replica.entries().forEach(entry -> all.put(entry.id(), entry)));
      for (Replica replica : replicas) {
        List<Entry> shuffled = new ArrayList<>(all.values());
        Collections.shuffle(shuffled, random);
        replica.bench.deliver(replica.journaled.log(), shuffled);
      }
      for (String session : sessions) {
        List<ChatEvent> expected = all.values().stream()
            .map(entry -> Map.entry(entry.id(), ChatEvents.CHAT_EVENT.decode(entry.payload())))
            .filter(event -> event.getValue().sessionId().equals(session))
            .sorted(Comparator.<Map.Entry<EntryId, ChatEvent>>comparingLong(
                    event -> event.getValue().sequence())
                .thenComparingLong(event -> event.getValue().timestamp())
                .thenComparing(Map.Entry::getKey))
            .map(Map.Entry::getValue)
            .toList();
        replicas.forEach(replica -> assertThat(replica.list(session)).isEqualTo(expected));
      }
    } finally {
      replicas.forEach(Replica::close);
    }
  }

  @Test
  void retentionIsNotUndoneByWhatIsDeliveredAgainAndIsAudited() {
    try (Replica a = new Replica(new StoresOptions.Chat(true, 2, Duration.ofDays(30), 10))) {
      a.bench.remotes.add(StoreBench.hub());
      for (int i = 1; i <= 5; i++) {
        a.append("s", "m" + i);
      }
      List<Entry> all = a.entries();
      CleanupReport pending = a.bench.await(a.store.cleanup());
      // Nobody else has them yet.
      assertThat(pending).isEqualTo(new CleanupReport(5, 3, 3));
      assertThat(a.entries()).hasSize(5);
      assertThat(a.texts("s")).containsExactly("m4", "m5");
      assertThat(a.noted(SyncCompaction.class)).singleElement().satisfies(compaction -> {
        assertThat(compaction.remoteId()).isNull();
        assertThat(compaction.before()).isEqualTo(5);
        assertThat(compaction.after()).isEqualTo(2);
        assertThat(compaction.events()).containsExactly("chat_event");
        assertThat(compaction.timestamp()).isEqualTo(StoreBench.START);
      });

      a.bench.uploaded(a.journaled.log());
      assertThat(a.bench.await(a.store.cleanup())).isEqualTo(new CleanupReport(2, 0, 0));
      assertThat(a.entries()).hasSize(2);
      a.bench.deliver(a.journaled.log(), all);
      assertThat(a.entries()).hasSize(2);
      assertThat(a.texts("s")).containsExactly("m4", "m5");
      assertThat(a.noted(SyncCompaction.class)).hasSize(1);
    }
  }

  @Test
  void whatIsInTheJournalIsShownAfterACrashInBetween() {
    try (StoreBench bench = StoreBench.memory()) {
      Journaled journaled = log(bench);
      FaultyKeyValues keyValues = new FaultyKeyValues(bench.keyValues());
      ChatHistoryStore store = bench.await(ChatHistoryStore.journaled(
          journaled,
          bench.place("replica:chat", journaled, keyValues),
          ChatHistoryContract.OPTIONS,
          Optional.empty()));
      keyValues.failing = Integer.MAX_VALUE;
      assertThat(bench.await(store.appendMessage("s", ChatHistoryContract.message("m1"))))
          .extracting(ChatEvent::sequence)
          .isEqualTo(1L);
      bench.reopen();
      ChatHistoryStore again = open(bench, log(bench), ChatHistoryContract.OPTIONS);
      assertThat(ChatHistoryContract.texts(bench.await(again.list("s", ChatQuery.FIRST))))
          .containsExactly("m1");
      assertThat(bench.await(again.appendMessage("s", ChatHistoryContract.message("m2"))))
          .extracting(ChatEvent::sequence)
          .isEqualTo(2L);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMessageThatCouldNotBeShownIsShownOnceThatWorks(boolean takesEffect) {
    try (Replica a = new Replica();
        Replica b = new Replica()) {
      b.append("s", "b1");
      a.keyValues.takesEffect = takesEffect;
      a.keyValues.failing = 2;
      assertThat(a.append("s", "a1").sequence()).isEqualTo(1);
      a.bench.deliver(a.journaled.log(), b.entries());
      // Its order is behind what could not be shown at first.
      a.append("s", "a2");
      assertThat(a.texts("s")).contains("a1", "b1", "a2").hasSize(3);
      assertThat(a.noted(SyncConflict.class)).hasSizeLessThanOrEqualTo(1);
    }
  }

  @Test
  void whatIsNoMessageIsRecordedAsFailedAndHindersNothing() {
    try (Replica a = new Replica();
        Replica b = new Replica()) {
      b.append("s", "fine");
      EntryId bad = new EntryId(0x0190_0000_0000_7000L, 0x8000_0000_0000_0001L);
      byte[] payload = PayloadCodec.json().encode(new JsonObject().put("sessionId", "s"));
      EntryId later = new EntryId(0x0190_0000_0000_7000L, 0x8000_0000_0000_0002L);
      a.bench.deliver(
          a.journaled.log(),
          List.of(
              new Entry(bad, "chat_event", "s:1", payload),
              new Entry(later, "something_else", "s:1", payload),
              b.entries().get(0)));
      assertThat(a.texts("s")).containsExactly("fine");
      assertThat(a.bench.await(a.journaled.log().failed(Optional.empty(), 10)))
          .singleElement()
          .satisfies(outcome -> {
            assertThat(outcome.id()).isEqualTo(bad);
            assertThat(outcome.state()).isEqualTo(EntryOutcome.State.FAILED);
            assertThat(outcome.reason()).contains("sequence: found nothing");
          });
    }
  }

  @Test
  void sessionsOfNamesThatTheIndexRefusesHinderNothing() {
    try (StoreBench bench = StoreBench.memory()) {
      Journaled journaled = log(bench);
      SessionIndexStore index =
          SessionIndexStore.of(bench.place("sessions"), new StoresOptions.Index(10));
      ChatHistoryStore store = bench.await(ChatHistoryStore.journaled(
          journaled,
          bench.place("replica:chat", journaled),
          ChatHistoryContract.OPTIONS,
          Optional.of(index)));
      List<Entry> entries = new ArrayList<>();
      for (String session : List.of("", "x".repeat(1_025), "s")) {
        entries.add(entry(
            new EntryId(0x0190_0000_0000_7000L, 0x8000_0000_0000_0000L | entries.size()),
            new ChatEvent(session, 1, 5, ChatSource.SDK, ChatHistoryContract.message("x"))));
      }
      bench.deliver(journaled.log(), entries);
      assertThat(bench.await(store.list("s", ChatQuery.FIRST))).hasSize(1);
      assertThat(bench.await(index.list(SessionQuery.LATEST)).items())
          .containsExactly(new SessionMeta("s", 5, 5));
    }
  }

  @Test
  void purgeIsLocalAndNotUndoneByWhatIsDeliveredAgain() {
    try (Replica a = new Replica();
        Replica b = new Replica()) {
      a.append("s", "a1");
      b.bench.deliver(b.journaled.log(), a.entries());
      List<Entry> all = a.entries();
      assertThat(a.bench.await(a.store.purge("s"))).isEqualTo(1);
      a.bench.deliver(a.journaled.log(), all);
      assertThat(a.list("s")).isEmpty();
      assertThat(a.entries()).isEmpty();
      assertThat(b.texts("s")).containsExactly("a1");
      assertThat(a.append("s", "a2").sequence()).isEqualTo(2);
    }
  }

  @Test
  void messagesThatOthersWroteWithFieldsOfTheirOwnAreShown() {
    try (Replica a = new Replica()) {
      ChatEvent event =
          new ChatEvent("s", 7, 5, ChatSource.REPLAY, ChatHistoryContract.message("x"));
      JsonObject fields = PayloadCodec.json()
          .decode(ChatEvents.CHAT_EVENT.encode(event))
          .put("sequence", 7.0)
          .put("later", true);
      EntryId id = new EntryId(0x0190_0000_0000_7000L, 0x8000_0000_0000_0003L);
      Entry known = entry(id, event);
      a.bench.deliver(
          a.journaled.log(),
          List.of(new Entry(
              id, known.event(), known.primaryKey(), PayloadCodec.json().encode(fields))));
      assertThat(a.list("s")).containsExactly(event);
      assertThat(a.append("s", "next").sequence()).isEqualTo(8);
    }
  }

  @Test
  void aSequenceThatCanNotBeFollowedHindersNoMessage() {
    try (Replica a = new Replica();
        Replica b = new Replica()) {
      a.append("s", "first");
      EntryId id = new EntryId(0x0190_0000_0000_7000L, 0x8000_0000_0000_0004L);
      for (long sequence : List.of(ChatEvent.MAX_SEQUENCE, Long.MAX_VALUE)) {
        ChatEvent last =
            new ChatEvent("s", sequence, 5, ChatSource.SDK, ChatHistoryContract.message("last"));
        byte[] payload =
            sequence == Long.MAX_VALUE ? hugeSequence() : ChatEvents.CHAT_EVENT.encode(last);
        a.bench.deliver(
            a.journaled.log(),
            List.of(new Entry(
                new EntryId(id.high(), id.low() + (sequence & 1)), "chat_event", "s:x", payload)));
      }
      assertThat(a.append("s", "next").sequence()).isEqualTo(ChatEvent.MAX_SEQUENCE);
      assertThat(a.append("s", "more").sequence()).isEqualTo(ChatEvent.MAX_SEQUENCE);
      assertThat(a.texts("s")).containsExactly("first", "last", "next", "more");
      b.bench.deliver(b.journaled.log(), a.entries());
      assertThat(b.texts("s")).containsExactly("first", "last", "next", "more");
    }
  }

  /** A sequence that is no number of JavaScript: 2^63 - 1, as MessagePack has it. */
  private static byte[] hugeSequence() {
    byte[] payload = ChatEvents.CHAT_EVENT.encode(
        new ChatEvent("s", 0xffff_ffffL, 5, ChatSource.SDK, ChatHistoryContract.message("huge")));
    ByteBuffer out = ByteBuffer.allocate(payload.length + 4);
    for (int i = 0; i < payload.length; i++) {
      if (payload[i] == (byte) 0xce && ByteBuffer.wrap(payload, i + 1, 4).getInt() == -1) {
        out.put((byte) 0xd3).putLong(Long.MAX_VALUE);
        i += 4;
      } else {
        out.put(payload[i]);
      }
    }
    assertThat(out.hasRemaining()).isFalse();
    return out.array();
  }

  @Test
  void allSessionsThatAreToldOfCanBeAskedFor() {
    try (Replica a = new Replica()) {
      List<Entry> entries = new ArrayList<>();
      for (String session : List.of("", "x".repeat(1_025), "s")) {
        entries.add(entry(
            new EntryId(0x0190_0000_0000_7000L, 0x8000_0000_0000_0000L | entries.size()),
            new ChatEvent(session, 1, 5, ChatSource.SDK, ChatHistoryContract.message("x"))));
      }
      a.bench.deliver(a.journaled.log(), entries);
      assertThat(a.bench.await(a.store.sessions(Optional.empty(), 10))).containsExactly("s");
      assertThat(a.bench.await(a.journaled.log().failed(Optional.empty(), 10)))
          .extracting(EntryOutcome::reason)
          .satisfiesExactly(
              reason -> assertThat(reason)
                  .endsWith("sessionId: found nothing, allowed is any other text"),
              reason -> assertThat(reason)
                  .endsWith("sessionId: found 1025 bytes of UTF-8, allowed are up to 1024"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWentIsCountedOnceWhateverFails(boolean takesEffect) {
    try (Replica a = new Replica(new StoresOptions.Chat(true, 2, Duration.ofDays(30), 10))) {
      a.append("s", "m1");
      a.append("s", "m2");
      a.keyValues.takesEffect = takesEffect;
      a.keyValues.failing = 1;
      a.append("s", "m3");
      assertThat(a.bench.await(a.store.cleanup())).isEqualTo(new CleanupReport(3, 1, 0));
      assertThat(a.noted(SyncCompaction.class)).singleElement().satisfies(compaction -> {
        assertThat(compaction.before()).isEqualTo(3);
        assertThat(compaction.after()).isEqualTo(2);
      });
    }
  }

  @Test
  void whatWentBeforeACrashIsAudited() {
    try (StoreBench bench = StoreBench.memory()) {
      StoresOptions.Chat two = new StoresOptions.Chat(true, 2, Duration.ofDays(30), 10);
      ChatHistoryStore store = open(bench, log(bench), two);
      for (int i = 1; i <= 5; i++) {
        bench.await(store.appendMessage("s", ChatHistoryContract.message("m" + i)));
      }
      bench.reopen();
      ChatHistoryStore again = open(bench, log(bench), two);
      assertThat(bench.await(again.cleanup())).isEqualTo(new CleanupReport(5, 3, 0));
      assertThat(bench.audit.stream().filter(SyncCompaction.class::isInstance)).hasSize(1);
      assertThat(bench.await(again.cleanup())).isEqualTo(new CleanupReport(2, 0, 0));
      assertThat(bench.audit.stream().filter(SyncCompaction.class::isInstance)).hasSize(1);
    }
  }

  @Test
  void moreMessagesThanMayWaitAreAppendedTogether() {
    try (Replica a = new Replica(new StoresOptions.Chat(true, 20_000, Duration.ofDays(30), 10))) {
      int many = 10_300;
      List<JsonObject> messages = new ArrayList<>();
      for (int i = 1; i <= many; i++) {
        messages.add(ChatHistoryContract.message("m" + i));
      }
      assertThat(a.bench.await(a.store.appendMessages("s", messages, ChatAppend.SDK)))
          .hasSize(many)
          .last()
          .extracting(ChatEvent::sequence)
          .isEqualTo((long) many);
      assertThat(a.bench.await(a.store.list("s", ChatQuery.LAST.limit(1))))
          .extracting(ChatEvent::sequence)
          .containsExactly((long) many);
    }
  }
}
