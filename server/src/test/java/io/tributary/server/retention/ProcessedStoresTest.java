package io.tributary.server.retention;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.RetentionConfig;
import io.tributary.server.config.RetentionRule;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.Storage;
import io.tributary.storage.file.FileStorageProvider;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention and erasing in stores that handlers work on. */
class ProcessedStoresTest {
  private static final StoreKey.Plain STORE = new StoreKey.Plain("a", "todos");
  private static final String JOURNAL = ProcessingJournals.name(STORE);
  private static final long NOW_MS = 1_000_000_000L;

  private final Vertx vertx = Vertx.vertx();
  private Storage storage;
  private Caches caches = Caches.NONE;
  private long head;

  @BeforeEach
  void open() throws Exception {
    storage = get(new MemoryStorageProvider().open(vertx, new JsonObject()));
  }

  @AfterEach
  void close() throws Exception {
    get(storage.close());
    get(vertx.close());
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private Eraser eraser() {
    return new Eraser(
        vertx,
        storage,
        InstantSource.fixed(Instant.ofEpochMilli(NOW_MS)),
        (store, through) -> caches.removed(store, through));
  }

  private Retention retention(RetentionRule... rules) {
    return new Retention(
        vertx,
        storage,
        new RetentionConfig(List.of(rules), Duration.ofHours(1), null),
        InstantSource.fixed(Instant.ofEpochMilli(NOW_MS)),
        eraser());
  }

  private static EntryId id(long sequence) {
    return new EntryId(7, sequence);
  }

  /** Appends entries whose ids tell their sequences. */
  private void append(String... events) throws Exception {
    List<NewRecord> records = new ArrayList<>();
    for (String event : events) {
      records.add(NewRecord.plain(
          id(++head),
          event.getBytes(UTF_8),
          ("primary-" + head).getBytes(UTF_8),
          "payload-bytes".getBytes(UTF_8),
          true,
          null));
    }
    assertThat(get(storage.log().append(List.of(new Append(STORE, NOW_MS - 5000, records)))))
        .hasSize(1);
  }

  private static String[] times(int n, String... events) {
    return Stream.generate(() -> Stream.of(events)).limit(n).flatMap(s -> s).toArray(String[]::new);
  }

  /** As the hub's processing commits: entry, outcome and progress together. */
  private void process(long through, State state) throws Exception {
    for (long sequence = 1; sequence <= through; sequence++) {
      JournalEntry entry = new JournalEntry(
          id(sequence),
          "event-tag".getBytes(UTF_8),
          ("primary-" + sequence).getBytes(UTF_8),
          new byte[0],
          sequence);
      EntryOutcome outcome = new EntryOutcome(
          id(sequence), state, 3, NOW_MS, state == State.FAILED ? "reason-text" : null);
      assertThat(get(storage
              .journals()
              .commit(
                  JOURNAL,
                  JournalCommit.received(
                      List.of(entry),
                      List.of(outcome),
                      new RemoteProgress(
                          ProcessingJournals.remote(STORE),
                          ProcessingJournals.storeOf(STORE),
                          sequence + 1,
                          sequence,
                          1,
                          0)),
                  Optional.empty())))
          .hasSize(1);
    }
  }

  private List<Long> remaining() throws Exception {
    return get(storage.log().scan(STORE, 1, 100_000)).records().stream()
        .map(Outline::firstSequence)
        .toList();
  }

  private List<Long> inJournal() throws Exception {
    return get(storage.journals().entries(JOURNAL, 0, 100_000, 1 << 30)).stream()
        .map(placed -> placed.entry().sequence())
        .toList();
  }

  private Map<State, Long> outcomes() throws Exception {
    return get(storage.journals().outcomes(JOURNAL, Optional.empty(), Optional.empty(), 100_000))
        .stream()
        .collect(java.util.stream.Collectors.groupingBy(
            EntryOutcome::state, java.util.stream.Collectors.counting()));
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  // retention

  @Test
  void nothingGoesThatWasNotProcessed() throws Exception {
    append(times(1200, "event-tag"));
    process(700, State.HANDLED);
    RetentionRule all = new RetentionRule("*", "*", null, 0L, null);
    RetentionRule tagged = new RetentionRule("*", "*", List.of("*"), null, 0L, null);
    assertThat(get(retention(all).dryRun()).getLong("records")).isEqualTo(700);
    assertThat(get(retention(tagged).dryRun()).getLong("records")).isEqualTo(700);
    assertThat(get(retention(all).run("test")).getLong("records")).isEqualTo(700);
    assertThat(remaining()).isEqualTo(range(701, 1200));
    // What the handlers did stays known, the text of what they saw doesn't.
    assertThat(inJournal()).isEmpty();
    assertThat(outcomes()).isEqualTo(Map.of(State.HANDLED, 700L));
    assertThat(get(retention(tagged).run("test")).getLong("records")).isZero();
  }

  @Test
  void aStoreThatNoHubProcessedIsNotHeldBack() throws Exception {
    append(times(3, "event-tag"));
    assertThat(get(retention(new RetentionRule("*", "*", null, 1L, null)).run("test"))
            .getLong("records"))
        .isEqualTo(2);
    assertThat(get(storage.journals().journals(Optional.empty(), 9))).isEmpty();
  }

  @Test
  void aRuleWithEventsCountsAndTakesOnlyThose() throws Exception {
    append(times(1000, "todo-made", "note", "todo-done"));
    RetentionRule todos = new RetentionRule("a", "plain:*", List.of("todo-*"), null, 100L, null);
    JsonObject told = get(retention(todos).dryRun());
    JsonObject run = get(retention(todos).run("test"));
    assertThat(run.getLong("records")).isEqualTo(1900).isEqualTo(told.getLong("records"));
    List<Long> left = new ArrayList<>(range(1, 3000));
    left.removeIf(sequence -> sequence <= 2850 && sequence % 3 != 2);
    assertThat(remaining()).isEqualTo(left);
    assertThat(get(retention(todos).run("test")).getLong("records")).isZero();
  }

  @Test
  void whatRulesWithEventsTakeDoesNotCountForOthers() throws Exception {
    append(times(50, "kept"));
    append(times(700, "noise"));
    RetentionRule noise = new RetentionRule("*", "*", List.of("noise"), null, 10L, null);
    RetentionRule all = new RetentionRule("*", "*", null, 40L, null);
    assertThat(get(retention(noise, all).dryRun()).getLong("records")).isEqualTo(710);
    assertThat(get(retention(noise, all).run("test")).getLong("records")).isEqualTo(710);
    List<Long> left = new ArrayList<>(range(21, 50));
    left.addAll(range(741, 750));
    assertThat(remaining()).isEqualTo(left);
  }

  // erasing

  @Test
  void whatIsErasedIsRecordedAsRemovedProcessedOrNot() throws Exception {
    append(times(1500, "event-tag"));
    process(1100, State.FAILED);
    assertThat(get(eraser().remove(STORE, List.of(2L, 3L, 1000L, 1400L, 9999L))).records())
        .isEqualTo(4);
    assertThat(outcomes()).isEqualTo(Map.of(State.FAILED, 1097L, State.REMOVED, 4L));
    List<Long> left = new ArrayList<>(range(1, 1100));
    left.removeAll(List.of(2L, 3L, 1000L));
    assertThat(inJournal()).isEqualTo(left);
    assertThat(get(eraser().purge(STORE)).records()).isEqualTo(1496);
    assertThat(inJournal()).isEmpty();
    assertThat(outcomes()).isEqualTo(Map.of(State.REMOVED, 1500L));
    assertThat(get(storage.journals().known(JOURNAL, List.of(id(2)))).get(id(2)).outcome())
        .isEqualTo(new EntryOutcome(id(2), State.REMOVED, 3, NOW_MS, null));
  }

  @Test
  void aPurgeReachesTheOutcomesOfWhatRetentionRemoved() throws Exception {
    append(times(10, "event-tag"));
    process(10, State.FAILED);
    assertThat(get(retention(new RetentionRule("*", "*", null, 4L, null)).run("test"))
            .getLong("records"))
        .isEqualTo(6);
    assertThat(outcomes()).isEqualTo(Map.of(State.FAILED, 10L));
    assertThat(get(eraser().purge(STORE)).records()).isEqualTo(4);
    assertThat(outcomes()).isEqualTo(Map.of(State.REMOVED, 10L));
  }

  @Test
  void nothingIsRemovedWhoseJournalStillKnowsIt() throws Exception {
    append(times(10, "event-tag"));
    process(5, State.HANDLED);
    Storage open = storage;
    // Whoever is told of a removal finds the journal cleared already.
    List<List<Long>> seen = new ArrayList<>();
    caches = (store, through) -> open.journals()
        .entries(JOURNAL, 0, 100, 1 << 20)
        .onSuccess(entries ->
            seen.add(entries.stream().map(placed -> placed.entry().sequence()).toList()))
        .mapEmpty();
    assertThat(get(eraser().remove(STORE, List.of(1L, 2L))).records()).isEqualTo(2);
    assertThat(get(retention(new RetentionRule("*", "*", null, 0L, null)).run("test"))
            .getLong("records"))
        .isEqualTo(3);
    assertThat(get(eraser().purge(STORE)).records()).isEqualTo(5);
    assertThat(seen).containsExactly(List.of(3L, 4L, 5L), List.of(), List.of());
  }

  @TempDir
  private Path directory;

  @Test
  void nothingOfWhatWasErasedIsInTheFiles() throws Exception {
    get(storage.close());
    storage = get(
        new FileStorageProvider().open(vertx, new JsonObject().put("dir", directory.toString())));
    append(times(600, "event-tag"));
    process(300, State.FAILED);
    assertThat(found()).containsExactly("payload-bytes", "event-tag", "primary-", "reason-text");
    assertThat(get(eraser().purge(STORE)).records()).isEqualTo(600);
    assertThat(found()).isEmpty();
    assertThat(outcomes()).isEqualTo(Map.of(State.REMOVED, 600L));
  }

  private List<String> found() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(new String(Files.readAllBytes(file), ISO_8859_1));
      }
    }
    return Stream.of("payload-bytes", "event-tag", "primary-", "reason-text")
        .filter(text -> all.indexOf(text) >= 0)
        .toList();
  }
}
