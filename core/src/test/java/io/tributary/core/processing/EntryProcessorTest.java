package io.tributary.core.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EntryProcessorTest {
  private static final EventDefinition<byte[]> EVENT =
      EventDefinition.of("e", PayloadCodec.raw(), payload -> "k");
  private static final EntryProcessor.Options OPTIONS =
      new EntryProcessor.Options(4, 1_000, 10, false);
  private static final RemoteProgress START = RemoteProgress.none(new RemoteId(1, 2), "s");

  /** Answers lookups at once; leaves calls and commits to the test. */
  private static class Owner implements EntryProcessor.Output {
    final EntryProcessor machine;
    final List<EntryProcessor.HandlerCall> calls = new ArrayList<>();
    final List<JournalCommit> commits = new ArrayList<>();
    final List<EntryOutcome> recorded = new ArrayList<>();
    final List<Object> invalidated = new ArrayList<>();
    Optional<EntryOutcome> fetched = Optional.empty();
    int roomAgain;

    Owner(RemoteProgress start) {
      Reactivity reactivity = new Reactivity();
      reactivity.register("e", List.of("key"));
      EventGroups groups = EventGroups.builder()
          .group(EventGroup.named("g").event(EVENT).build())
          .handle(EVENT, (payload, entry, conflicts) -> Future.succeededFuture())
          .build();
      machine = new EntryProcessor(start, groups, reactivity, OPTIONS, this);
    }

    void offer(long from, long to) {
      machine.offer(
          LongStream.rangeClosed(from, to)
              .mapToObj(EntryProcessorTest::incoming)
              .toList(),
          to + 1,
          1);
    }

    void handled() {
      machine.onHandled(calls.get(calls.size() - 1), Future.succeededFuture(), 1);
    }

    void failed(Throwable cause) {
      machine.onHandled(calls.get(calls.size() - 1), Future.failedFuture(cause), 1);
    }

    void committed() {
      machine.onCommitted(last(), 1);
    }

    JournalCommit last() {
      return commits.get(commits.size() - 1);
    }

    long called() {
      return calls.get(calls.size() - 1).entry().sequence();
    }

    @Override
    public void lookupKnown(EntryProcessor.KnownLookup lookup) {
      machine.onKnown(lookup, Map.of(), 1);
    }

    @Override
    public void lookupConflicts(EntryProcessor.ConflictLookup lookup) {
      machine.onConflicts(lookup, List.of(), 1);
    }

    @Override
    public void fetch(EntryProcessor.Fetch fetch) {
      machine.onFetched(fetch, Optional.of(incoming(1).entry()), 1, fetched, 1);
    }

    @Override
    public void call(EntryProcessor.HandlerCall call) {
      calls.add(call);
    }

    @Override
    public void commit(JournalCommit commit) {
      commits.add(commit);
    }

    @Override
    public void failed(HandledEntry entry, Throwable cause) {}

    @Override
    public void recorded(List<EntryOutcome> outcomes) {
      recorded.addAll(outcomes);
    }

    @Override
    public void invalidate(Map<String, Set<String>> keys) {
      invalidated.add(keys);
    }

    @Override
    public void roomAgain() {
      roomAgain++;
    }
  }

  private static Incoming incoming(long sequence) {
    return new Incoming(
        sequence, new Entry(new EntryId(0, sequence), "e", "k" + sequence, new byte[10]), true);
  }

  private static RemoteProgress progress(long next, long begun, int attempt) {
    return new RemoteProgress(START.remote(), START.store(), next, begun, attempt, 0);
  }

  private final Owner owner = new Owner(START);

  @Test
  void handlersGoOnWhileOutcomesAreCommittedTogether() {
    owner.offer(1, 4);
    assertThat(owner.calls).isEmpty();
    assertThat(owner.last().progress()).containsExactly(progress(1, 4, 1));
    owner.committed();
    assertThat(owner.called()).isEqualTo(1);
    owner.handled();
    assertThat(owner.commits).hasSize(2);
    assertThat(owner.called()).isEqualTo(2);
    owner.handled();
    assertThat(owner.called()).isEqualTo(3);
    owner.handled();
    assertThat(owner.commits).hasSize(2);
    assertThat(owner.invalidated).isEmpty();
    owner.committed();
    assertThat(owner.invalidated).containsExactly(Map.of("key", Set.of("k1")));
    assertThat(owner.last().outcomes()).hasSize(2);
    assertThat(owner.last().entries()).extracting(e -> e.sequence()).containsExactly(2L, 3L);
    assertThat(owner.last().progress()).containsExactly(progress(4, 4, 1));
    owner.committed();
    assertThat(owner.recorded).hasSize(3);
    assertThat(owner.roomAgain).isEqualTo(1);
  }

  @Test
  void whatWasInFlightAtACrashIsDoneAgainBeforeAnythingElse() {
    Owner second = new Owner(progress(2, 3, 1));
    second.offer(2, 5);
    assertThat(second.last().progress()).containsExactly(progress(2, 3, 2));
    second.committed();
    second.handled();
    assertThat(second.calls.get(0).entry().attempt()).isEqualTo(2);
    second.committed();
    second.handled();
    // 4 was not begun, so it may not be called yet
    assertThat(second.called()).isEqualTo(3);
    assertThat(second.last().progress()).containsExactly(progress(4, 5, 1));
    second.committed();
    assertThat(second.called()).isEqualTo(4);
    assertThat(second.calls.get(2).entry().attempt()).isEqualTo(1);
  }

  @Test
  void stoppingRecordsWhatWasNotBegun() {
    owner.offer(1, 4);
    owner.committed();
    owner.machine.stop(1);
    assertThat(owner.machine.isIdle()).isFalse();
    owner.handled();
    assertThat(owner.last().progress()).containsExactly(progress(2, 1, 0));
    owner.committed();
    assertThat(owner.machine.isIdle()).isTrue();
    assertThat(owner.calls).hasSize(1);
    assertThat(owner.machine.room().entries()).isZero();
  }

  @Test
  void nothingIsAskedForAfterTheEnd() {
    owner.offer(1, 2);
    owner.committed();
    Future<Optional<EntryOutcome>> retry = owner.machine.retry(new EntryId(0, 9), 1);
    owner.machine.end();
    owner.handled();
    owner.offer(3, 3);
    owner.committed();
    assertThat(owner.commits).hasSize(1);
    assertThat(owner.calls).hasSize(1);
    assertThat(retry.failed()).isTrue();
    assertThat(owner.machine.retry(new EntryId(0, 9), 1).failed()).isTrue();
    assertThat(owner.machine.isIdle()).isTrue();
  }

  @Test
  void retriesWaitForWhatRunsAndRecordTheirAttemptFirst() {
    EntryId id = new EntryId(0, 1);
    owner.offer(1, 2);
    owner.committed();
    owner.failed(new IllegalStateException("no"));
    assertThat(owner.last().outcomes().get(0).reason())
        .isEqualTo("java.lang.IllegalStateException: no");
    owner.fetched = Optional.of(owner.last().outcomes().get(0));
    Future<Optional<EntryOutcome>> retry = owner.machine.retry(id, 1);
    Future<Optional<EntryOutcome>> discard = owner.machine.discard(id, 1);
    owner.handled();
    owner.committed();
    owner.committed();
    assertThat(owner.invalidated).containsExactly(Map.of("key", Set.of("k2")));
    assertThat(owner.last().outcomes())
        .containsExactly(
            new EntryOutcome(id, State.FAILED, 2, 1, "java.lang.IllegalStateException: no"));
    assertThat(owner.calls).hasSize(2);
    owner.committed();
    assertThat(owner.calls.get(2).entry().attempt()).isEqualTo(2);
    owner.handled();
    EntryOutcome handled = new EntryOutcome(id, State.HANDLED, 2, 1, null);
    assertThat(owner.last()).isEqualTo(JournalCommit.outcomes(List.of(handled)));
    assertThat(retry.isComplete()).isFalse();
    owner.fetched = Optional.of(handled);
    owner.committed();
    assertThat(retry.result()).contains(handled);
    assertThat(owner.invalidated).hasSize(2);
    // by now there is nothing to be discarded
    assertThat(discard.result()).isEmpty();
  }

  @Test
  void moreThanThereIsRoomForIsRefused() {
    assertThatThrownBy(() -> owner.offer(1, 5)).isInstanceOf(IllegalArgumentException.class);
    owner.offer(1, 3);
    assertThat(owner.machine.room().entries()).isEqualTo(1);
    assertThatThrownBy(() -> owner.offer(3, 3)).isInstanceOf(IllegalArgumentException.class);
    owner.machine.offer(
        List.of(new Incoming(4, new Entry(new EntryId(0, 4), "e", "k", new byte[5_000]), true)),
        5,
        1);
    assertThat(owner.machine.room()).isEqualTo(new EntryProcessor.Room(0, 0));
  }
}
