package io.tributary.core.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class IngestTest {
  private static final StoreKey STORE = new StoreKey.Sealed("t", "k");
  private static final StoreKey OTHER = new StoreKey.Sealed("t", "other");

  private final List<Ingest.Batch> asked = new ArrayList<>();
  private final Map<Long, Outcome> outcomes = new LinkedHashMap<>();
  private final Set<Long> released = new LinkedHashSet<>();
  private final List<Commit> commits = new ArrayList<>();
  private final List<Integer> retries = new ArrayList<>();
  private final Ingest ingest =
      new Ingest(new Ingest.Options(3, 10_000, 60_000), new Ingest.Output() {
        @Override
        public void append(Ingest.Batch batch) {
          asked.add(batch);
        }

        @Override
        public void settled(Submission submission, Outcome outcome) {
          assertThat(outcomes.put(submission.token(), outcome))
              .as("settled once")
              .isNull();
        }

        @Override
        public void released(Submission submission) {
          assertThat(outcomes).as("released once settled").containsKey(submission.token());
          assertThat(released.add(submission.token())).as("released once").isTrue();
        }

        @Override
        public void committed(Commit commit) {
          commits.add(commit);
        }

        @Override
        public void retrying(StoreKey store, int attempt, String reason) {
          retries.add(attempt);
        }
      });

  @Test
  void keepsOneAppendPerStoreInFlightAndGathersTheRest() {
    submit(1, STORE);
    submit(2, STORE);
    submit(3, STORE);
    submit(4, OTHER);
    assertThat(tokens(0)).containsExactly(1L);
    assertThat(asked).hasSize(2);
    succeed(0, 10);
    assertThat(tokens(2)).containsExactly(2L, 3L);
    assertThat(sequences(1)).containsExactly(11L);
    succeed(2, 11);
    assertThat(sequences(2)).containsExactly(12L);
    assertThat(sequences(3)).containsExactly(13L);
    assertThat(commits.get(1).previousHead()).isEqualTo(11);
    assertThat(commits.get(1).head()).isEqualTo(13);
  }

  @Test
  void boundsAnAppendButNeverCutsAWrite() {
    for (int token = 1; token <= 6; token++) {
      submit(token, STORE);
    }
    succeed(0, 0);
    assertThat(tokens(1)).containsExactly(2L, 3L, 4L);
    succeed(1, 1);
    assertThat(tokens(2)).containsExactly(5L, 6L);
  }

  @Test
  void asksAgainWithTheSameWritesWhenTheOutcomeIsUnknown() {
    submit(1, STORE);
    fail(0, Outcome.Why.UNDECIDED, 0);
    assertThat(outcomes).isEmpty();
    submit(2, STORE);
    ingest.onTick(50);
    assertThat(asked).as("waits before it tries again").hasSize(1);
    ingest.onTick(100);
    assertThat(tokens(1)).containsExactly(1L, 2L);
    fail(1, Outcome.Why.UNDECIDED, 100);
    ingest.onTick(299);
    assertThat(asked).as("waits longer the second time").hasSize(2);
    ingest.onTick(300);
    succeed(2, 0);
    assertThat(outcomes.keySet()).containsExactly(1L, 2L);
    assertThat(retries).containsExactly(1, 2);
    assertThat(ingest.needsTicks()).isFalse();
  }

  @Test
  void givesUpOnlyAfterWriteRetry() {
    submit(1, STORE);
    fail(0, Outcome.Why.UNDECIDED, 59_999);
    assertThat(outcomes).isEmpty();
    ingest.onTick(70_000);
    fail(1, Outcome.Why.UNDECIDED, 70_000);
    assertThat(outcomes.get(1L)).isInstanceOf(Outcome.Failed.class);
    assertThat(((Outcome.Failed) outcomes.get(1L)).why()).isEqualTo(Outcome.Why.UNDECIDED);
  }

  @Test
  void givesUpWritesWhoseAppendDoesNotEndAndTellsFeedsIfItDoes() {
    submit(1, STORE);
    submit(2, STORE);
    ingest.onTick(59_999);
    assertThat(outcomes).isEmpty();
    assertThat(ingest.needsTicks()).isTrue();
    ingest.onTick(61_000);
    assertThat(outcomes.keySet()).containsExactly(1L, 2L);
    assertThat(((Outcome.Failed) outcomes.get(1L)).why()).isEqualTo(Outcome.Why.UNDECIDED);
    assertThat(released).as("the storage still holds the first").containsExactly(2L);
    succeed(0, 0);
    assertThat(commits).hasSize(1);
    assertThat(released).containsExactlyInAnyOrder(1L, 2L);
    assertThat(ingest.needsTicks()).isFalse();
  }

  @Test
  void doesNotAppendAgainWhatWasGivenUpInFlight() {
    submit(1, STORE);
    submit(2, STORE);
    succeed(0, 0);
    ingest.onTick(61_000);
    fail(1, Outcome.Why.UNDECIDED, 62_000);
    assertThat(released).containsExactly(1L, 2L);
    ingest.onTick(70_000);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aWriteTheStorageRefusesFailsAlone() {
    submit(1, STORE);
    submit(2, STORE);
    submit(3, STORE);
    succeed(0, 0);
    assertThat(tokens(1)).containsExactly(2L, 3L);
    fail(1, Outcome.Why.REJECTED, 0);
    assertThat(tokens(2)).containsExactly(2L);
    fail(2, Outcome.Why.REJECTED, 0);
    assertThat(((Outcome.Failed) outcomes.get(2L)).why()).isEqualTo(Outcome.Why.REJECTED);
    assertThat(tokens(3)).containsExactly(3L);
    succeed(3, 1);
    assertThat(sequences(3)).containsExactly(2L);
    submit(4, STORE);
    submit(5, STORE);
    submit(6, STORE);
    succeed(4, 2);
    assertThat(tokens(5)).as("gathers again").containsExactly(5L, 6L);
  }

  @Test
  void beginsNothingNewOnceStopped() {
    submit(1, STORE);
    submit(2, STORE);
    ingest.stop();
    assertThat(ingest.isIdle()).isFalse();
    succeed(0, 0);
    assertThat(ingest.isIdle()).isTrue();
    assertThat(asked).hasSize(1);
    submit(3, OTHER);
    assertThat(asked).hasSize(1);
    assertThat(outcomes.keySet()).containsExactly(1L);
  }

  @Test
  void aDuplicateTellsTheFeedTheHeadAndNothingNew() {
    submit(1, STORE);
    ingest.onAppended(
        asked.get(0),
        List.of(new AppendResult(7, 7, List.of(new AppendResult.Slot(false, new long[] {4})))),
        0);
    assertThat(commits).containsExactly(new Commit(STORE, 7, 7, List.of()));
    assertThat(sequences(1)).containsExactly(4L);
  }

  @Test
  void anImpatientWriteIsNotTriedAgainIfItIsCertainThatNothingWasCommitted() {
    submit(1, STORE, false);
    submit(2, STORE, true);
    submit(3, STORE, false);
    fail(0, Outcome.Why.NOT_COMMITTED, 0);
    assertThat(((Outcome.Failed) outcomes.get(1L)).why()).isEqualTo(Outcome.Why.NOT_COMMITTED);
    ingest.onTick(10_000);
    assertThat(tokens(1)).containsExactly(2L, 3L);
    fail(1, Outcome.Why.UNDECIDED, 10_000);
    ingest.onTick(20_000);
    fail(2, Outcome.Why.NOT_COMMITTED, 20_000);
    assertThat(outcomes).containsOnlyKeys(1L);
  }

  @Test
  void aStoreIsFreeAgainOnceAllItsImpatientWritesHaveFailed() {
    submit(1, STORE, false);
    fail(0, Outcome.Why.NOT_COMMITTED, 0);
    assertThat(ingest.isIdle()).isTrue();
    submit(2, STORE, false);
    assertThat(asked).hasSize(2);
  }

  private void submit(long token, StoreKey store) {
    submit(token, store, true);
  }

  private void submit(long token, StoreKey store, boolean patient) {
    NewRecord record =
        NewRecord.sealed(new EntryId(0x7000 | token << 16, 1L << 63), new byte[12], new byte[9]);
    ingest.submit(List.of(new Submission(this, token, store, List.of(record), 100, patient)), 0);
  }

  private List<Long> tokens(int call) {
    return asked.get(call).appends().stream()
        .map(append -> append.records().get(0).ids().get(0).high() >>> 16)
        .toList();
  }

  private void succeed(int call, long head) {
    List<AppendResult> results = new ArrayList<>();
    long at = head;
    for (Append append : asked.get(call).appends()) {
      results.add(new AppendResult(
          at,
          at + 1,
          append.records().stream()
              .map(record -> new AppendResult.Slot(true, new long[] {head + 1}))
              .toList()));
      at++;
    }
    for (int i = 0; i < results.size(); i++) {
      results.get(i).slots().get(0).sequences()[0] = head + 1 + i;
    }
    ingest.onAppended(asked.get(call), results, 0);
  }

  private void fail(int call, Outcome.Why why, long nowMs) {
    ingest.onFailed(asked.get(call), why, "simulated", nowMs);
  }

  private List<Long> sequences(long token) {
    return LongStream.of(((Outcome.Committed) outcomes.get(token)).sequences())
        .boxed()
        .toList();
  }
}
