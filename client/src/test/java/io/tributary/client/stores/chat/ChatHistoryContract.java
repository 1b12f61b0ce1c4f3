package io.tributary.client.stores.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditEvent;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.core.eventlog.PayloadException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every store of conversations does, plain or journaled. */
abstract class ChatHistoryContract {
  static final String SESSION = "s-1";
  static final StoresOptions.Chat OPTIONS =
      new StoresOptions.Chat(true, 1_000, Duration.ofDays(30), 10);

  StoreBench bench;

  abstract ChatHistoryStore open(StoresOptions.Chat options);

  ChatHistoryStore open() {
    return open(OPTIONS);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  static JsonObject message(String text) {
    return new JsonObject().put("type", "user").put("text", text);
  }

  static List<String> texts(List<ChatEvent> events) {
    return events.stream().map(event -> event.message().getString("text")).toList();
  }

  static List<Long> sequences(List<ChatEvent> events) {
    return events.stream().map(ChatEvent::sequence).toList();
  }

  @CanIgnoreReturnValue
  List<ChatEvent> append(ChatHistoryStore store, String session, int count) {
    return bench.await(store.appendMessages(
        session,
        IntStream.rangeClosed(1, count).mapToObj(i -> message("m" + i)).toList(),
        ChatAppend.SDK));
  }

  List<ChatEvent> all(ChatHistoryStore store, String session) {
    return bench.await(store.list(session, ChatQuery.FIRST.limit(10_000)));
  }

  @Test
  void messagesGetSequencesFromOneAndKeepAllTheyHave() {
    ChatHistoryStore store = open();
    JsonObject message = new JsonObject()
        .put("type", "assistant")
        .put("nothing", null)
        .put("numbers", new JsonArray().add(1).add(2.5).add(1L << 40))
        .put("nested", new JsonObject().put("text", "ünï\u0000🎈"));
    ChatEvent first = bench.await(store.appendMessage(SESSION, message));
    ChatEvent second = bench.await(store.appendMessage(
        SESSION, message("two"), ChatAppend.from(ChatSource.EXTERNAL).at(1_234)));
    assertThat(first)
        .isEqualTo(new ChatEvent(SESSION, 1, StoreBench.START, ChatSource.SDK, message));
    assertThat(second)
        .isEqualTo(new ChatEvent(SESSION, 2, 1_234, ChatSource.EXTERNAL, message("two")));
    assertThat(bench.await(store.appendMessages(SESSION, List.of(), ChatAppend.SDK)))
        .isEmpty();
    assertThat(sequences(append(store, "other", 2))).containsExactly(1L, 2L);
    assertThat(all(store, SESSION)).containsExactly(first, second);
    assertThat(all(store, "unknown")).isEmpty();
  }

  @Test
  void listsRangesInBothDirections() {
    ChatHistoryStore store = open();
    append(store, SESSION, 25);
    assertThat(sequences(bench.await(store.list(SESSION, ChatQuery.FIRST))))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 10).boxed().toList());
    assertThat(sequences(bench.await(store.list(SESSION, ChatQuery.LAST.limit(3)))))
        .containsExactly(25L, 24L, 23L);
    assertThat(sequences(bench.await(store.list(SESSION, ChatQuery.FIRST.between(4, 6)))))
        .containsExactly(4L, 5L, 6L);
    assertThat(sequences(
            bench.await(store.list(SESSION, ChatQuery.LAST.between(4, 6).limit(2)))))
        .containsExactly(6L, 5L);
    assertThat(bench.await(store.list(SESSION, ChatQuery.FIRST.between(7, 6)))).isEmpty();
    assertThat(bench.await(store.list(SESSION, ChatQuery.FIRST.between(26, 90))))
        .isEmpty();
  }

  @Test
  void streamsAllAndWaitsForItsReader() {
    ChatHistoryStore store = open();
    append(store, SESSION, 25);
    List<Long> seen = new ArrayList<>();
    Promise<Void> ended = Promise.promise();
    ReadStream<ChatEvent> stream = store.stream(SESSION, ChatQuery.FIRST.limit(4));
    stream.endHandler(v -> ended.complete()).exceptionHandler(ended::fail).pause();
    stream.handler(event -> seen.add(event.sequence()));
    bench.settle();
    assertThat(seen).isEmpty();
    stream.resume();
    bench.await(ended.future());
    assertThat(seen)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 25).boxed().toList());

    List<Long> back = new ArrayList<>();
    Promise<Void> done = Promise.promise();
    store.stream(SESSION, ChatQuery.LAST.limit(4).between(3, 22))
        .endHandler(v -> done.complete())
        .handler(event -> back.add(event.sequence()));
    bench.await(done.future());
    assertThat(back).hasSize(20).startsWith(22L, 21L).endsWith(4L, 3L);
  }

  @Test
  void appendsAtTheSameTimeFollowEachOther() {
    ChatHistoryStore store = open();
    List<Future<ChatEvent>> appends = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      appends.add(store.appendMessage(SESSION, message("m" + i)));
    }
    appends.forEach(bench::await);
    assertThat(sequences(all(store, SESSION)))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 50).boxed().toList());
    assertThat(texts(all(store, SESSION)))
        .containsExactlyElementsOf(IntStream.range(0, 50).mapToObj(i -> "m" + i).toList());
  }

  @Test
  void keepsTheNewestOfASession() {
    ChatHistoryStore store = open(new StoresOptions.Chat(true, 3, Duration.ofDays(30), 10));
    append(store, SESSION, 8);
    append(store, "other", 2);
    assertThat(sequences(all(store, SESSION))).containsExactly(6L, 7L, 8L);
    assertThat(sequences(all(store, "other"))).containsExactly(1L, 2L);
    append(store, SESSION, 1);
    assertThat(sequences(all(store, SESSION))).containsExactly(7L, 8L, 9L);
  }

  @Test
  void aSmallerLimitHoldsFromTheNextCleanup() {
    append(open(), SESSION, 200);
    bench.reopen();
    ChatHistoryStore store = open(new StoresOptions.Chat(true, 5, Duration.ofDays(30), 10));
    CleanupReport report = bench.await(store.cleanup());
    assertThat(report.before()).isEqualTo(200);
    assertThat(report.removed()).isEqualTo(195);
    assertThat(sequences(all(store, SESSION))).containsExactly(196L, 197L, 198L, 199L, 200L);
    assertThat(bench.await(store.cleanup())).isEqualTo(new CleanupReport(5, 0, 0));
  }

  @Test
  void cleanupRemovesWhatIsTooOldWhereverItStands() {
    ChatHistoryStore store = open();
    long day = Duration.ofDays(1).toMillis();
    bench.await(store.appendMessage(SESSION, message("new"), ChatAppend.SDK));
    bench.await(store.appendMessage(
        SESSION, message("old"), ChatAppend.SDK.at(StoreBench.START - 31 * day)));
    bench.await(store.appendMessage(
        SESSION, message("just"), ChatAppend.SDK.at(StoreBench.START - 30 * day)));
    bench.await(store.appendMessage("other", message("ancient"), ChatAppend.SDK.at(-5)));
    CleanupReport report = bench.await(store.cleanup());
    assertThat(report.before()).isEqualTo(4);
    assertThat(report.removed()).isEqualTo(2);
    assertThat(texts(all(store, SESSION))).containsExactly("new", "just");
    assertThat(all(store, "other")).isEmpty();
    assertThat(sequences(append(store, "other", 1))).containsExactly(2L);
  }

  @Test
  void purgeTakesASessionAndItsSequencesGoOn() {
    ChatHistoryStore store = open();
    append(store, SESSION, 150);
    append(store, "other", 2);
    assertThat(bench.await(store.purge(SESSION))).isEqualTo(150);
    assertThat(all(store, SESSION)).isEmpty();
    assertThat(all(store, "other")).hasSize(2);
    assertThat(bench.await(store.purge(SESSION))).isZero();
    assertThat(bench.await(store.purge("unknown"))).isZero();
    assertThat(sequences(append(store, SESSION, 1))).containsExactly(151L);
  }

  @Test
  void tellsOfChangesOfASession() {
    ChatHistoryStore store = open();
    AtomicInteger changes = new AtomicInteger();
    var subscription = store.subscribe(SESSION, changes::incrementAndGet);
    append(store, "other", 1);
    assertThat(changes).hasValue(0);
    append(store, SESSION, 1);
    assertThat(changes).hasValue(1);
    bench.await(store.purge(SESSION));
    assertThat(changes).hasValue(2);
    subscription.close();
    append(store, SESSION, 1);
    assertThat(changes).hasValue(2);
  }

  @Test
  void isThereAfterARestart() {
    append(open(), SESSION, 12);
    bench.reopen();
    ChatHistoryStore store = open();
    assertThat(sequences(append(store, SESSION, 1))).containsExactly(13L);
    assertThat(all(store, SESSION)).hasSize(13);
  }

  @Test
  void sessionsOfAnyNameAreDifferent() {
    ChatHistoryStore store = open();
    List<String> names = List.of("a", "a:1", "a:", "ä", "a\u0000", "x".repeat(1_024), "/../%2f");
    names.forEach(name -> append(store, name, 1));
    names.forEach(name -> assertThat(all(store, name))
        .singleElement()
        .extracting(ChatEvent::sessionId)
        .isEqualTo(name));
  }

  @Test
  void badInputIsRefusedAndNothingBehindItIsWritten() {
    ChatHistoryStore store = open();
    assertThatThrownBy(() -> store.appendMessage("", message("x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sessionId: found nothing");
    assertThatThrownBy(() -> store.list("x".repeat(1_025), ChatQuery.FIRST))
        .hasMessageContaining("found 1025 bytes of UTF-8, allowed are up to 1024");
    assertThatThrownBy(() -> store.purge("\ud800")).hasMessageContaining("surrogate");
    assertThat(bench.failure(store.appendMessages(
            SESSION,
            List.of(message("x"), new JsonObject().put("big", "x".repeat(65 << 20)), message("y")),
            ChatAppend.SDK)))
        .isInstanceOf(PayloadException.class);
    // None or the first of them.
    List<String> texts = texts(all(store, SESSION));
    assertThat(List.of("x").subList(0, Math.min(1, texts.size()))).isEqualTo(texts);
  }

  @Test
  void refusesWhenClosed() {
    ChatHistoryStore store = open();
    Future<ChatEvent> under = store.appendMessage(SESSION, message("x"));
    Future<Void> closed = store.close();
    assertThat(bench.await(under).sequence()).isEqualTo(1);
    bench.await(closed);
    bench.await(store.close());
    assertThat(bench.failure(store.appendMessage(SESSION, message("y"))))
        .isInstanceOf(StoreException.class);
    assertThat(bench.failure(store.list(SESSION, ChatQuery.FIRST)))
        .isInstanceOf(StoreException.class);
  }

  @Test
  void noAgeKeepsNothingWhateverItsTime() {
    ChatHistoryStore store = open(new StoresOptions.Chat(true, 100, Duration.ZERO, 10));
    for (long time : List.of(1L, StoreBench.START, StoreBench.START + 1_000_000)) {
      bench.await(store.appendMessage(SESSION, message("x"), ChatAppend.SDK.at(time)));
    }
    assertThat(bench.await(store.cleanup())).isEqualTo(new CleanupReport(3, 3, 0));
    assertThat(all(store, SESSION)).isEmpty();
  }

  @Test
  void tellsTheAuditLogOfWhatWent() {
    ChatHistoryStore store = open(new StoresOptions.Chat(true, 2, Duration.ofDays(30), 10));
    append(store, SESSION, 5);
    assertThat(bench.await(store.cleanup())).isEqualTo(new CleanupReport(5, 3, 0));
    assertThat(bench.await(store.cleanup())).isEqualTo(new CleanupReport(2, 0, 0));
    assertThat(bench.audit)
        .containsExactly(
            new AuditEvent.SyncCompaction(null, 5, 2, List.of("chat_event"), StoreBench.START));
  }
}
