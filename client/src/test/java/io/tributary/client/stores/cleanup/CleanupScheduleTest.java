package io.tributary.client.stores.cleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.ManualRunner;
import io.tributary.client.stores.Bed;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.audit.AuditEventStore;
import io.tributary.client.stores.audit.AuditQuery;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.view.Place;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CleanupScheduleTest {
  private static final long INTERVAL = 60_000;

  private final ManualRunner runner = new ManualRunner();

  /** What is under way, in order of its beginning. */
  private final Map<String, Promise<CleanupReport>> under = new LinkedHashMap<>();

  private final List<String> begun = new ArrayList<>();

  /** A store that cleans up when the test says so. */
  private <T> Optional<T> store(Class<T> type) {
    String name = type.getSimpleName();
    return Optional.of(type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
          if (!method.getName().equals("cleanup")) {
            throw new AssertionError(method);
          }
          begun.add(name);
          Promise<CleanupReport> promise = Promise.promise();
          assertThat(under).as("one at a time").isEmpty();
          under.put(name, promise);
          return promise.future();
        })));
  }

  private void done(Class<?> type) {
    Promise<CleanupReport> promise = under.remove(type.getSimpleName());
    promise.complete(CleanupReport.NOTHING);
    runner.run();
  }

  private void fails(Class<?> type) {
    Promise<CleanupReport> promise = under.remove(type.getSimpleName());
    promise.fail(new IllegalStateException("no disk"));
    runner.run();
  }

  private CleanupSchedule schedule(boolean enabled, boolean runOnStart) {
    return CleanupSchedule.of(
        runner,
        new StoresOptions.Cleanup(enabled, Duration.ofMillis(INTERVAL), runOnStart),
        store(ChatHistoryStore.class),
        store(ArtifactStore.class),
        store(AuditEventStore.class));
  }

  private Future<Void> start(CleanupSchedule schedule) {
    Future<Void> started = schedule.start();
    runner.run();
    return started;
  }

  /** Lets that much time pass. */
  private void pass(long ms) {
    Promise<Void> passed = Promise.promise();
    Runnable unused = runner.after(ms, passed::complete);
    runner.await(passed.future());
    runner.run();
  }

  @Test
  void cleansOneStoreAfterTheOtherAtOnceAndAfterEachInterval() {
    CleanupSchedule schedule = schedule(true, false);
    assertThat(start(schedule).succeeded()).isTrue();
    assertThat(begun).containsExactly("ChatHistoryStore");
    done(ChatHistoryStore.class);
    done(ArtifactStore.class);
    // However long a run takes, no other begins; the interval is from its end.
    pass(3 * INTERVAL);
    assertThat(begun).containsExactly("ChatHistoryStore", "ArtifactStore", "AuditEventStore");
    done(AuditEventStore.class);
    pass(INTERVAL - 1);
    assertThat(begun).hasSize(3);
    pass(1);
    assertThat(begun).hasSize(4).endsWith("ChatHistoryStore");
  }

  @Test
  void whatFailsHindersNeitherTheOthersNorTheNextRun() {
    CleanupSchedule schedule = schedule(true, true);
    Future<Void> started = start(schedule);
    fails(ChatHistoryStore.class);
    fails(ArtifactStore.class);
    assertThat(started.isComplete()).isFalse();
    fails(AuditEventStore.class);
    assertThat(started.succeeded()).isTrue();
    pass(INTERVAL);
    assertThat(begun).hasSize(4);
  }

  @Test
  void aStoreThatThrowsIsOneThatFails() {
    CleanupSchedule schedule = CleanupSchedule.of(
        runner,
        new StoresOptions.Cleanup(true, Duration.ofMillis(INTERVAL), true),
        Optional.of((ChatHistoryStore) Proxy.newProxyInstance(
            ChatHistoryStore.class.getClassLoader(),
            new Class<?>[] {ChatHistoryStore.class},
            (self, method, args) -> {
              begun.add("throws");
              throw new IllegalStateException("at once");
            })),
        Optional.empty(),
        store(AuditEventStore.class));
    Future<Void> started = start(schedule);
    assertThat(begun).containsExactly("throws", "AuditEventStore");
    done(AuditEventStore.class);
    assertThat(started.succeeded()).isTrue();
  }

  @Test
  void runOnStartWaitsForTheFirstRunOnly() {
    CleanupSchedule schedule = schedule(true, true);
    Future<Void> started = start(schedule);
    done(ChatHistoryStore.class);
    done(ArtifactStore.class);
    assertThat(started.isComplete()).isFalse();
    done(AuditEventStore.class);
    assertThat(started.succeeded()).isTrue();
    // Started already.
    assertThat(start(schedule).succeeded()).isTrue();
    assertThat(begun).hasSize(3);
  }

  @Test
  void doesNothingIfItIsNotEnabledOrThereIsNoStore() {
    assertThat(start(schedule(false, true)).succeeded()).isTrue();
    assertThat(start(CleanupSchedule.of(
                runner,
                new StoresOptions.Cleanup(true, Duration.ofMillis(INTERVAL), true),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()))
            .succeeded())
        .isTrue();
    pass(10 * INTERVAL);
    assertThat(begun).isEmpty();
  }

  @Test
  void closingWaitsForTheStoreThatCleansUpAndLetsNoOtherBegin() {
    CleanupSchedule schedule = schedule(true, true);
    Future<Void> started = start(schedule);
    done(ChatHistoryStore.class);
    Future<Void> closed = schedule.close();
    runner.run();
    assertThat(closed.isComplete()).isFalse();
    done(ArtifactStore.class);
    assertThat(closed.succeeded()).isTrue();
    assertThat(started.succeeded()).isTrue();
    pass(10 * INTERVAL);
    assertThat(begun).containsExactly("ChatHistoryStore", "ArtifactStore");
    assertThat(start(schedule).succeeded()).isTrue();
    runner.await(schedule.close());
  }

  @Test
  void closingBetweenRunsEndsIt() {
    CleanupSchedule schedule = schedule(true, false);
    runner.await(start(schedule));
    done(ChatHistoryStore.class);
    done(ArtifactStore.class);
    done(AuditEventStore.class);
    runner.await(schedule.close());
    pass(10 * INTERVAL);
    assertThat(begun).hasSize(3);
  }

  @Test
  void cleansAStoreUp() {
    try (Bed bed = Bed.memory()) {
      AuditEventStore audit = AuditEventStore.plain(
          new Place(bed.space("audit"), bed.clock(), AuditSink.NONE),
          new StoresOptions.Audit(true, 10, Duration.ZERO));
      bed.await(audit.write(
          new AuditEvent.HookEvent(null, "Stop", null, AuditEvent.HookOutcome.SUCCESS)));
      CleanupSchedule schedule = CleanupSchedule.of(
          bed.runner(),
          new StoresOptions.Cleanup(true, Duration.ofHours(1), true),
          Optional.empty(),
          Optional.empty(),
          Optional.of(audit));
      bed.await(schedule.start());
      assertThat(bed.await(audit.list(AuditQuery.FIRST.tag("hook_event"))).items())
          .isEmpty();
      bed.await(schedule.close());
    }
  }
}
