package io.tributary.client.stores.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditEvent.Decision;
import io.tributary.client.audit.AuditEvent.HookEvent;
import io.tributary.client.audit.AuditEvent.HookOutcome;
import io.tributary.client.audit.AuditEvent.Permission;
import io.tributary.client.audit.AuditEvent.PermissionDecision;
import io.tributary.client.audit.AuditEvent.SyncCompaction;
import io.tributary.client.audit.AuditEvent.SyncConflict;
import io.tributary.client.audit.AuditEvent.ToolStatus;
import io.tributary.client.audit.AuditEvent.ToolUse;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.stores.Bed;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an audit log promises, plain or journaled, on any storage. */
abstract class AuditEventStoreContract {
  static final Duration AGE = Duration.ofDays(1);

  Bed bed;
  AuditEventStore store;

  abstract Bed bed();

  /** On the bed's storage, where it may have been before. */
  abstract AuditEventStore store(StoresOptions.Audit options);

  /** Closes what the store is on. */
  void closeStore() {
    bed.await(store.close());
  }

  @BeforeEach
  void open() {
    bed = bed();
    store = store(options(100_000));
  }

  @AfterEach
  void close() {
    bed.close();
  }

  static StoresOptions.Audit options(long maxEntries) {
    return new StoresOptions.Audit(true, maxEntries, AGE);
  }

  void reopen(StoresOptions.Audit options) {
    closeStore();
    bed.reopen();
    store = store(options);
  }

  static ToolUse use(int number) {
    return new ToolUse("s" + number % 3, "Bash", "t" + number, ToolStatus.START, null);
  }

  @CanIgnoreReturnValue
  EntryId write(AuditEvent event) {
    return bed.await(store.write(event));
  }

  List<AuditEvent> events(AuditQuery query) {
    List<AuditEvent> events = new ArrayList<>();
    AuditPage page = bed.await(store.list(query));
    page.items().forEach(item -> events.add(item.event()));
    while (page.next().isPresent()) {
      page = bed.await(store.list(query.after(page.next().get())));
      page.items().forEach(item -> events.add(item.event()));
    }
    return events;
  }

  @Test
  void listsWhatWasNotedInItsOrder() {
    List<EntryId> ids = new ArrayList<>();
    List<AuditEvent> noted = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      noted.add(use(i));
      ids.add(write(use(i)));
    }
    assertThat(ids).isSorted().doesNotHaveDuplicates();
    assertThat(ids.get(0).millis()).isEqualTo(Bed.NOW);
    assertThat(events(AuditQuery.FIRST.limit(3))).isEqualTo(noted);
    assertThat(bed.await(store.list(AuditQuery.FIRST.limit(7))).next()).isEmpty();
    AuditPage last = bed.await(store.list(AuditQuery.LATEST.limit(2)));
    assertThat(last.items())
        .containsExactly(new AuditEntry(ids.get(6), use(6)), new AuditEntry(ids.get(5), use(5)));
    assertThat(last.next()).contains(ids.get(5));
    assertThat(events(AuditQuery.LATEST.limit(2))).hasSize(7).first().isEqualTo(use(6));
    reopen(options(100_000));
    assertThat(events(AuditQuery.FIRST)).isEqualTo(noted);
    bed.setClock(Bed.NOW + 1);
    assertThat(write(use(7))).isGreaterThan(ids.get(6));
  }

  @Test
  void listsByTagAndSession() {
    write(use(0));
    write(new PermissionDecision("s0", "Bash", Permission.ALLOW, null));
    write(new HookEvent(null, "Stop", null, HookOutcome.SUCCESS));
    write(use(1));
    write(new HookEvent("s1", "Stop", null, HookOutcome.SUCCESS));
    assertThat(events(AuditQuery.FIRST.tag("tool_use"))).containsExactly(use(0), use(1));
    assertThat(events(AuditQuery.FIRST.session("s0").limit(1)))
        .containsExactly(use(0), new PermissionDecision("s0", "Bash", Permission.ALLOW, null));
    assertThat(events(AuditQuery.LATEST.session("s1").tag("hook_event")))
        .containsExactly(new HookEvent("s1", "Stop", null, HookOutcome.SUCCESS));
    assertThat(events(AuditQuery.FIRST.tag("none"))).isEmpty();
    assertThatThrownBy(() -> AuditQuery.FIRST.limit(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keepsTheNewestAndTellsOnceThatOthersWent() {
    for (int i = 0; i < 10; i++) {
      write(use(i));
    }
    reopen(options(4));
    bed.setClock(Bed.NOW + 1);
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(10, 7, 0));
    SyncCompaction told = new SyncCompaction(null, 10, 3, List.of("tool_use"), Bed.NOW + 1);
    assertThat(events(AuditQuery.FIRST)).containsExactly(use(7), use(8), use(9), told);
    // Nothing feeds on that.
    for (int i = 0; i < 3; i++) {
      assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(4, 0, 0));
    }
    assertThat(events(AuditQuery.FIRST)).containsExactly(use(7), use(8), use(9), told);
  }

  @Test
  void whatGoesAsEventsComeIsToldByTheNextCleanup() {
    reopen(options(16));
    for (int i = 0; i < 40; i++) {
      write(use(i));
      // Two to spare.
      assertThat(events(AuditQuery.FIRST)).hasSizeLessThanOrEqualTo(18);
    }
    assertThat(events(AuditQuery.LATEST).subList(0, 16)).doesNotHaveDuplicates().contains(use(24));
    bed.setClock(Bed.NOW + 1);
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(40, 25, 0));
    assertThat(events(AuditQuery.FIRST)).hasSize(16);
    assertThat(events(AuditQuery.LATEST))
        .first()
        .isEqualTo(new SyncCompaction(null, 40, 15, List.of("tool_use"), Bed.NOW + 1));
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(16, 0, 0));
  }

  @Test
  void whatIsTooOldGoesAndWhatTellsOfItGoesSilently() {
    write(use(0));
    write(new HookEvent(null, "Stop", null, HookOutcome.SUCCESS));
    bed.setClock(Bed.NOW + AGE.toMillis());
    write(use(1));
    // Not older than that.
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(3, 0, 0));
    bed.setClock(Bed.NOW + AGE.toMillis() + 1);
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(3, 2, 0));
    assertThat(events(AuditQuery.FIRST))
        .containsExactly(
            use(1),
            new SyncCompaction(
                null, 3, 1, List.of("tool_use", "hook_event"), Bed.NOW + AGE.toMillis() + 1));
    bed.setClock(Bed.NOW + 3 * AGE.toMillis());
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(2, 2, 0));
    assertThat(events(AuditQuery.FIRST)).hasSize(1);
    bed.setClock(Bed.NOW + 5 * AGE.toMillis());
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(1, 1, 0));
    assertThat(events(AuditQuery.FIRST)).isEmpty();
    assertThat(bed.await(store.cleanup())).isEqualTo(CleanupReport.NOTHING);
  }

  @Test
  void aLimitOfNothingKeepsNothing() {
    reopen(options(0));
    write(use(0));
    assertThat(events(AuditQuery.FIRST)).isEmpty();
    reopen(new StoresOptions.Audit(true, 100, Duration.ZERO));
    write(use(1));
    bed.await(store.cleanup());
    assertThat(events(AuditQuery.FIRST.tag("tool_use"))).isEmpty();
  }

  @Test
  void thousandsGoInManySteps() {
    List<Future<EntryId>> writes = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      writes.add(store.write(use(i)));
    }
    writes.forEach(bed::await);
    assertThat(events(AuditQuery.FIRST.limit(64))).hasSize(1_000);
    reopen(options(10));
    assertThat(bed.await(store.cleanup()).removed()).isEqualTo(991);
    assertThat(events(AuditQuery.FIRST)).hasSize(10);
  }

  @Test
  void refusesWhatIsTooLongButForEntriesInConflict() {
    String text = "x".repeat(2 << 20);
    assertThat(bed.failure(store.write(new PermissionDecision("s", "Bash", Permission.DENY, text))))
        .isInstanceOf(PayloadException.class)
        .hasMessageContaining("allowed are 1048576");
    EntryId id = write(use(0));
    Entry entry = new Entry(id, "a", "k", new byte[2 << 20]);
    write(new SyncConflict(null, "a", "k", id, 1, Decision.ACCEPT, id, entry, List.of(entry)));
    assertThat(events(AuditQuery.FIRST.tag("sync_conflict")))
        .containsExactly(
            new SyncConflict(null, "a", "k", id, 1, Decision.ACCEPT, id, null, List.of()));
  }

  @Test
  void theSinkNotesWithoutWaitingAndDropsWhatIsTooMuch() {
    AuditSink sink = store.sink();
    bed.await(held(() -> {
      for (int i = 0; i < StoreSink.MAX_WAITING + 5; i++) {
        sink.note(use(i));
      }
      assertThat(((StoreSink) sink).dropped()).isEqualTo(5);
    }));
    write(use(1));
    assertThat(events(AuditQuery.FIRST.limit(1_000))).hasSize(StoreSink.MAX_WAITING + 1);
    // It goes on.
    sink.note(use(2));
    write(use(3));
    assertThat(events(AuditQuery.LATEST.limit(2)).subList(0, 2)).containsExactly(use(3), use(2));
    assertThat(((StoreSink) sink).dropped()).isZero();
  }

  /** Runs it where the store lives, so that nothing is written meanwhile. */
  private Future<Void> held(Runnable task) {
    Promise<Void> done = Promise.promise();
    bed.runner().execute(() -> {
      try {
        task.run();
        done.complete();
      } catch (AssertionError e) {
        done.fail(new IllegalStateException(e));
      }
    });
    return done.future();
  }

  @Test
  void theSinkOfAClosedStoreHindersNobody() {
    AuditSink sink = store.sink();
    bed.await(store.close());
    sink.note(use(0));
    assertThat(bed.failure(store.write(use(1)))).isInstanceOf(StoreException.class);
    assertThat(((StoreSink) sink).dropped()).isEqualTo(1);
  }

  @Test
  void finishesWhatWasAskedForThenTakesNoMore() {
    List<Future<EntryId>> writes = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      writes.add(store.write(use(i)));
    }
    Future<CleanupReport> cleanup = store.cleanup();
    bed.await(store.close());
    writes.forEach(bed::await);
    bed.await(cleanup);
    bed.await(store.close());
    assertThat(bed.failure(store.write(use(1)))).isInstanceOf(StoreException.class);
    assertThat(bed.failure(store.list(AuditQuery.FIRST))).isInstanceOf(StoreException.class);
    assertThat(bed.failure(store.cleanup())).isInstanceOf(StoreException.class);
  }
}
