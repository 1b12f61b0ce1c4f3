package io.tributary.client.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.eventlog.FaultyJournals.Fate;
import io.tributary.client.eventlog.World.Note;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetryTest {
  private final World world = new World();

  private void failOn(String text) {
    world.handler = call -> call.payload().text().equals(text)
        ? Future.failedFuture(new IllegalStateException("failed"))
        : Future.succeededFuture();
  }

  private Optional<EntryOutcome> retry(EntryId id) {
    return world.runner.await(world.log().retry(id));
  }

  @Test
  void handlesAgainWhatFailed() {
    world.open();
    failOn("bad");
    Entry bad = world.foreign("a", "bad");
    world.receive(1, bad);
    List<Map<String, Set<String>>> told = new ArrayList<>();
    world.log().subscribe("notes", told::add);

    assertThat(retry(bad.id()).orElseThrow().state()).isEqualTo(State.FAILED);
    assertThat(told).isEmpty();
    failOn("nothing");
    EntryOutcome outcome = retry(bad.id()).orElseThrow();
    assertThat(outcome.state()).isEqualTo(State.HANDLED);
    assertThat(outcome.attempts()).isEqualTo(3);
    assertThat(outcome.reason()).isNull();
    assertThat(world.outcome(bad.id())).isEqualTo(outcome);
    assertThat(world.calls).extracting(call -> call.entry().attempt()).containsExactly(1, 2, 3);
    assertThat(told).containsExactly(Map.of("notes", Set.of("a")));
    assertThat(retry(bad.id())).isEmpty();
    assertThat(retry(new EntryId(1, 2))).isEmpty();
  }

  @Test
  void recordsTheAttemptBeforeTheCall() {
    world.open();
    failOn("bad");
    Entry bad = world.foreign("a", "bad");
    world.receive(1, bad);
    world.journals.next(Fate.DONE, Fate.CRASH_BEFORE);
    assertThat(world.log().retry(bad.id()).isComplete()).isFalse();
    world.runner.run();
    world.reopen(builder -> {});
    assertThat(world.outcome(bad.id()).attempts()).isEqualTo(2);
    assertThat(world.outcome(bad.id()).state()).isEqualTo(State.FAILED);
    failOn("nothing");
    assertThat(retry(bad.id()).orElseThrow().attempts()).isEqualTo(3);
  }

  @Test
  void whatNoLongerStandsIsNotHandled() {
    world.open();
    failOn("bad");
    Entry bad = world.foreign("a", "bad");
    world.receive(1, bad, world.foreign("a", "later"));
    failOn("nothing");
    int calls = world.calls.size();
    assertThat(retry(bad.id()).orElseThrow().state()).isEqualTo(State.SUPERSEDED);
    assertThat(world.calls).hasSize(calls);
  }

  @Test
  void aMergedResultIsHandledIfItStillStands() {
    world.open(builder -> builder.policy(ReceiveTest.letters()));
    Entry a = world.foreign("k", "a");
    Entry x = world.foreign("k", "x");
    failOn("ax");
    world.receive(1, x, a);
    assertThat(world.state(a)).isEqualTo(State.FAILED);
    failOn("nothing");
    assertThat(retry(a.id()).orElseThrow().state()).isEqualTo(State.HANDLED);
    assertThat(world.texts()).containsExactly("x", "ax", "ax");
  }

  @Test
  void aMergedResultIsNotHandledIfItWasMergedOn() {
    world.open(builder -> builder.policy(ReceiveTest.letters()));
    Entry a = world.foreign("k", "a");
    Entry b = world.foreign("k", "b");
    Entry x = world.foreign("k", "x");
    failOn("ax");
    world.receive(1, x, a, b);
    failOn("nothing");
    assertThat(retry(a.id()).orElseThrow().state()).isEqualTo(State.SUPERSEDED);
    assertThat(world.texts()).containsExactly("x", "ax", "abx");
  }

  @Test
  void whatHadNoHandlerIsHandledOnceThereIsOne() {
    world.open();
    Written written = world.runner.await(world.log().write(World.OTHER, new Note("a", "x")));
    assertThat(retry(written.id())).isEmpty();
    List<String> texts = new ArrayList<>();
    world.reopen(builder -> builder.handle(World.OTHER, (payload, entry, conflicts) -> {
      texts.add(payload.text());
      return Future.succeededFuture();
    }));
    assertThat(retry(written.id()).orElseThrow().state()).isEqualTo(State.HANDLED);
    assertThat(texts).containsExactly("x");
  }

  @Test
  void letsBeWhatFailed() {
    world.open();
    failOn("bad");
    Entry bad = world.foreign("a", "bad");
    world.receive(1, bad);
    EntryOutcome outcome = world.runner.await(world.log().discard(bad.id())).orElseThrow();
    assertThat(outcome.state()).isEqualTo(State.DISCARDED);
    assertThat(outcome.reason()).contains("failed");
    assertThat(world.runner.await(world.log().failed(Optional.empty(), 10))).isEmpty();
    assertThat(world.runner.await(world.log().discard(bad.id()))).isEmpty();
    assertThat(retry(bad.id())).isEmpty();
  }

  @Test
  void removesWhatNoRemoteWaitsFor() {
    world.open();
    List<EntryId> ids = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      ids.add(world.write("k" + i, "x").id());
    }
    RemoteStore hub = new RemoteStore(World.HUB, World.STORE);
    // 1 and 2 are there, but 2 was refused; 3 is pending, 4 known, 5 dropped, 6 pending.
    world.runner.await(world
        .log()
        .syncAccess()
        .recordUploads(
            World.HUB,
            World.STORE,
            2,
            1,
            List.of(
                new UploadMark(World.HUB, World.STORE, 2, UploadMark.State.REFUSED, "no"),
                new UploadMark(World.HUB, World.STORE, 4, UploadMark.State.KNOWN, null),
                new UploadMark(World.HUB, World.STORE, 5, UploadMark.State.DROPPED, null)),
            List.of()));
    assertThat(world.runner.await(world.log().trim(ids, List.of(hub))))
        .containsExactly(ids.get(0), ids.get(3), ids.get(4));
    assertThat(world.all()).extracting(LoggedEntry::position).containsExactly(2L, 3L, 6L);
    RemoteStore other = new RemoteStore(World.HUB, "plain:me");
    assertThat(world.runner.await(world.log().trim(ids, List.of(other)))).isEmpty();
    assertThat(world.runner.await(world.log().trim(ids, List.of()))).hasSize(3);
    assertThat(world.outcome(ids.get(0)).state()).isEqualTo(State.HANDLED);
  }

  @Test
  void whatFailedAndWasRemovedIsListedNoMore() {
    world.open();
    failOn("bad");
    Entry bad = world.foreign("a", "bad");
    world.receive(1, bad);
    assertThat(world.runner.await(world.log().trim(List.of(bad.id()), List.of())))
        .hasSize(1);
    assertThat(world.runner.await(world.log().failed(Optional.empty(), 10))).isEmpty();
    assertThat(retry(bad.id())).isEmpty();
  }
}
