package io.tributary.client.retention;

import static io.tributary.storage.contract.OpenStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.audit.AuditEvent;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.model.EntryId;
import io.tributary.core.retention.CompactionStrategy;
import io.tributary.core.retention.RetentionRule;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Storages;
import io.tributary.storage.contract.OpenStorage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JournalRetentionTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final String JOURNAL = "main";

  private static final class Opened extends OpenStorage {
    Opened() {
      super(Storages.find("memory"), new JsonObject());
    }
  }

  private final OpenStorage open = new Opened();
  private final JournalStore journals = open.storage.journals();
  private final Set<EntryId> pending = new HashSet<>();
  private final List<AuditEvent> noted = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    open.close();
  }

  /** Written that many seconds ago. */
  private static EntryId id(long secondsAgo) {
    return new EntryId((NOW - secondsAgo * 1_000) << 16 | 0x7000, Long.MIN_VALUE | 1);
  }

  private void insert(String event, List<Long> secondsAgo) {
    await(inserted(event, secondsAgo));
  }

  private Future<List<Long>> inserted(String event, List<Long> secondsAgo) {
    List<JournalEntry> entries = new ArrayList<>();
    for (long ago : secondsAgo) {
      byte[] tag = event.getBytes(StandardCharsets.UTF_8);
      entries.add(new JournalEntry(id(ago), tag, new byte[] {'k'}, new byte[10], 0));
    }
    return journals.commit(
        JOURNAL,
        new JournalCommit(
            List.of(), entries, List.of(), List.of(), List.of(), List.of(), List.of()),
        Optional.empty());
  }

  /** How many seconds ago what is there was written, in the order of insertion. */
  private List<Long> stays() {
    List<Long> stays = new ArrayList<>();
    for (PlacedEntry placed : await(journals.entries(JOURNAL, 0, 10_000, 1 << 30))) {
      stays.add((NOW - placed.entry().id().millis()) / 1_000);
    }
    return stays;
  }

  private Future<List<EntryId>> remove(List<EntryId> ids) {
    List<EntryId> going = ids.stream().filter(id -> !pending.contains(id)).toList();
    return journals
        .commit(JOURNAL, JournalCommit.removed(going, List.of()), Optional.empty())
        .map(going);
  }

  private JournalRetention retention(JournalRetention.Remover remover, RetentionRule... rules) {
    return new JournalRetention(
        journals, JOURNAL, List.of(rules), () -> Instant.ofEpochMilli(NOW), remover, noted::add);
  }

  private JournalRetention retention(CompactionStrategy strategy) {
    return retention(this::remove, RetentionRule.ofAll(strategy));
  }

  @Test
  void keepsWhatTheStrategiesKeepWhateverTheOrderOfInsertion() {
    insert("a", List.of(3L, 0L, 4L, 1L, 2L));
    assertThat(await(retention(CompactionStrategy.byCount(3)).run()))
        .isEqualTo(new RetentionReport(5, 2, 0));
    assertThat(stays()).containsExactly(0L, 1L, 2L);
    assertThat(await(retention(CompactionStrategy.byAge(Duration.ofSeconds(2))).run()))
        .isEqualTo(new RetentionReport(3, 1, 0));
    assertThat(stays()).containsExactly(0L, 1L);
    // payload, event, primary key, id
    assertThat(await(retention(CompactionStrategy.bySize(10 + 1 + 1 + 16)).run()))
        .isEqualTo(new RetentionReport(2, 1, 0));
    assertThat(stays()).containsExactly(0L);
  }

  @Test
  void rulesOfEventsGoFirst() {
    insert("a", List.of(1L, 2L, 3L));
    insert("b", List.of(0L, 4L));
    JournalRetention retention = retention(
        this::remove,
        RetentionRule.ofEvents(Set.of("b"), CompactionStrategy.byCount(0)),
        RetentionRule.ofAll(CompactionStrategy.byCount(2)));
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(5, 3, 0));
    assertThat(stays()).containsExactly(1L, 2L);
    assertThat(noted)
        .containsExactly(new AuditEvent.SyncCompaction(null, 5, 2, List.of("a", "b"), NOW));
  }

  @Test
  void whatARemoteIsStillToGetStaysUntilItHasIt() {
    insert("a", List.of(3L, 2L, 1L));
    pending.add(id(2));
    JournalRetention retention = retention(CompactionStrategy.byCount(0));
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(3, 2, 1));
    assertThat(stays()).containsExactly(2L);
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(1, 0, 1));
    pending.clear();
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(1, 1, 0));
    assertThat(stays()).isEmpty();
    assertThat(noted).as("runs that removed nothing are not worth a note").hasSize(2);
  }

  @Test
  void passesOverManyPages() {
    List<Long> many = new ArrayList<>();
    for (long i = 0; i < 4_500; i++) {
      many.add(i);
    }
    Collections.shuffle(many, new Random(5));
    insert("a", many);
    JournalRetention retention = retention(
        this::remove,
        RetentionRule.ofEvents(Set.of("a"), CompactionStrategy.byCount(3_000)),
        RetentionRule.ofAll(CompactionStrategy.byCount(2_500)));
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(4_500, 2_000, 0));
    assertThat(stays()).hasSize(2_500).allMatch(ago -> ago < 2_500);
  }

  @Test
  void whatComesDuringARunIsLeftToTheNext() {
    insert("a", List.of(1L, 2L));
    JournalRetention retention = retention(
        ids -> inserted("a", List.of(10L)).compose(v -> remove(ids)),
        RetentionRule.ofAll(CompactionStrategy.byCount(1)));
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(2, 1, 0));
    assertThat(stays()).containsExactly(1L, 10L);
  }

  @Test
  void callsDuringARunGetItsOutcome() {
    insert("a", List.of(1L, 2L));
    Promise<Void> gate = Promise.promise();
    AtomicInteger removals = new AtomicInteger();
    JournalRetention retention = retention(
        ids -> {
          removals.incrementAndGet();
          return gate.future().compose(v -> remove(ids));
        },
        RetentionRule.ofAll(CompactionStrategy.byCount(1)));
    Future<RetentionReport> one = retention.run();
    Future<RetentionReport> other = retention.run();
    retention.received(1_000);
    gate.complete();
    assertThat(await(one)).isSameAs(await(other));
    assertThat(removals).hasValue(1);
  }

  @Test
  void aFailureEndsTheRunAndTheNextBeginsAnew() {
    insert("a", List.of(1L, 2L));
    IllegalStateException failure = new IllegalStateException("no");
    AtomicInteger calls = new AtomicInteger();
    JournalRetention retention = retention(
        ids -> switch (calls.getAndIncrement()) {
          case 0 -> Future.failedFuture(failure);
          case 1 -> throw failure;
          default -> remove(ids);
        },
        RetentionRule.ofAll(CompactionStrategy.byCount(1)));
    assertThatThrownBy(() -> await(retention.run())).isSameAs(failure);
    assertThatThrownBy(() -> await(retention.run())).isSameAs(failure);
    assertThat(noted).isEmpty();
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(2, 1, 0));
  }

  @Test
  void receivedEntriesBeginARunOnceThereAreEnough() {
    List<Integer> runs = new ArrayList<>();
    JournalRetention retention = retention(
        ids -> {
          runs.add(ids.size());
          return remove(ids);
        },
        RetentionRule.ofAll(CompactionStrategy.byCount(16)));
    List<Long> some = new ArrayList<>();
    for (long i = 100; i < 117; i++) {
      some.add(i);
    }
    insert("a", some);
    retention.received(17);
    await(retention.run());
    assertThat(runs).as("it doesn't know yet how many there are").containsExactly(1);
    insert("a", List.of(50L));
    retention.received(1);
    assertThat(await(retention.run())).as("by hand, at any time").isNotNull();
    assertThat(runs).containsExactly(1, 1);
    insert("a", List.of(40L));
    retention.received(1);
    assertThat(stays()).as("an eighth of 16 is 2").hasSize(17);
    insert("a", List.of(41L));
    retention.received(1);
    assertThat(await(retention.run())).isNotNull();
    assertThat(runs).containsExactly(1, 1, 2);
  }

  @Test
  void afterCloseNothingIsRemoved() {
    insert("a", List.of(1L, 2L));
    JournalRetention retention = retention(CompactionStrategy.byCount(0));
    retention.close();
    retention.received(10);
    assertThat(await(retention.run())).isEqualTo(new RetentionReport(0, 0, 0));
    assertThat(stays()).hasSize(2);
    assertThat(await(retention(this::remove).run()))
        .as("nor without rules")
        .isEqualTo(new RetentionReport(0, 0, 0));
  }
}
