package io.tributary.client.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.eventlog.FaultyJournals.Fate;
import io.tributary.client.eventlog.World.Note;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdoptTest {
  private final World world = new World();

  private Adoption adopt(Entry... entries) {
    return world.runner.await(world.log().adopt(List.of(entries), false));
  }

  private List<PlacedEntry> pending() {
    return world.runner.await(
        world.storage.journals().pending("main", World.HUB, World.STORE, 0, 1_000, 1 << 20));
  }

  @Test
  void takesEntriesInAsIfWrittenHere() {
    world.open();
    List<Placed> placed = new ArrayList<>();
    Runnable unused =
        world.log().syncAccess().onPlaced((before, entries) -> placed.addAll(entries));
    Entry a = world.foreign("a", "1");
    Entry b = world.foreign("b", "2");
    assertThat(adopt(b, a, b)).isEqualTo(new Adoption(2, 1));

    assertThat(world.texts()).containsExactly("2", "1");
    assertThat(world.calls.get(0).entry().store()).isNull();
    assertThat(world.calls.get(0).entry().attempt()).isEqualTo(1);
    assertThat(world.state(a)).isEqualTo(State.HANDLED);
    assertThat(world.all()).extracting(LoggedEntry::sequence).containsExactly(0L, 0L);
    assertThat(world.all()).extracting(entry -> entry.entry().id()).containsExactly(b.id(), a.id());
    assertThat(placed).extracting(Placed::from).containsOnlyNulls().hasSize(2);
    assertThat(pending()).hasSize(2);
    assertThat(world.journals.commits).hasSize(1);
    assertThat(world.runner.await(world.storage.journals().progress("main"))).isEmpty();
  }

  @Test
  void changesNothingTheSecondTime() {
    world.open();
    Entry a = world.foreign("a", "1");
    Entry b = world.foreign("b", "2");
    assertThat(adopt(a)).isEqualTo(new Adoption(1, 0));
    assertThat(adopt(a, b)).isEqualTo(new Adoption(1, 1));
    assertThat(adopt(a, b)).isEqualTo(new Adoption(0, 2));
    assertThat(world.journals.commits).hasSize(2);
    assertThat(world.texts()).containsExactly("1", "2");
  }

  @Test
  void knowsWhatWasWrittenHereAndWhatARemoteBrought() {
    world.open();
    Written mine = world.write("a", "mine");
    Entry own = world.runner.await(world.log().entry(mine.id())).orElseThrow().entry();
    Entry theirs = world.foreign("b", "theirs");
    world.receive(1, theirs);
    assertThat(adopt(own, theirs)).isEqualTo(new Adoption(0, 2));
    Entry both = world.foreign("c", "both");
    assertThat(adopt(both)).isEqualTo(new Adoption(1, 0));
    assertThat(world.receive(2, both)).containsExactly(3L);
    assertThat(world.texts()).containsExactly("mine", "theirs", "both");
  }

  @Test
  void recordsThatAnOlderEntryIsSuperseded() {
    world.open();
    Entry older = world.foreign("a", "older");
    Entry newer = world.foreign("a", "newer");
    assertThat(adopt(newer)).isEqualTo(new Adoption(1, 0));
    assertThat(adopt(older)).isEqualTo(new Adoption(1, 0));
    assertThat(world.texts()).containsExactly("newer");
    assertThat(world.state(older)).isEqualTo(State.SUPERSEDED);
    assertThat(world.state(newer)).isEqualTo(State.HANDLED);
    assertThat(pending()).hasSize(2);
    // And what is written from now on is newer than both.
    assertThat(world.write("a", "mine").id()).isGreaterThan(newer.id());
  }

  @Test
  void leavesAloneWhatRetentionRemoved() {
    world.open();
    Entry a = world.foreign("a", "1");
    assertThat(adopt(a)).isEqualTo(new Adoption(1, 0));
    assertThat(world.runner.await(world.log().trim(List.of(a.id()), List.of())))
        .containsExactly(a.id());
    assertThat(adopt(a)).isEqualTo(new Adoption(0, 1));
    assertThat(world.all()).isEmpty();
  }

  @Test
  void tellsWhatWouldBecomeOfThemAndChangesNothing() {
    world.open();
    Entry a = world.foreign("a", "1");
    Entry b = world.foreign("b", "2");
    assertThat(adopt(a)).isEqualTo(new Adoption(1, 0));
    List<Entry> many = new ArrayList<>(List.of(a, b, b));
    for (int i = 0; i < 300; i++) {
      many.add(world.foreign("k" + i, "n"));
    }
    many.add(b);
    Adoption told = world.runner.await(world.log().adopt(many, true));
    assertThat(told).isEqualTo(new Adoption(301, 3));
    assertThat(world.all()).hasSize(1);
    assertThat(world.runner.await(world.log().adopt(many, false))).isEqualTo(told);
  }

  @Test
  void recordsWhatFailsAndGoesOn() {
    world.open();
    world.handler = call -> call.payload().text().equals("bad")
        ? Future.failedFuture(new IllegalStateException("no"))
        : Future.succeededFuture();
    Entry bad = world.foreign("a", "bad");
    Entry torn = new Entry(world.foreign.next(), "Note", "b", new byte[] {(byte) 0xc1});
    Entry good = world.foreign("c", "good");
    assertThat(adopt(bad, torn, good)).isEqualTo(new Adoption(3, 0));
    assertThat(world.state(bad)).isEqualTo(State.FAILED);
    assertThat(world.state(torn)).isEqualTo(State.FAILED);
    assertThat(world.state(good)).isEqualTo(State.HANDLED);
  }

  @Test
  void refusesWhatNoEntryMayBeBeforeAnyIsTakenIn() {
    world.open(options -> options.maxPayload(100));
    Entry good = world.foreign("a", "good");
    Entry unknown = new Entry(world.foreign.next(), "Nope", "a", new byte[0]);
    Entry long1 = world.foreign("a", "x".repeat(200));
    Entry noId = World.entry(new EntryId(1, 1), "a", "x");
    Entry noKey = world.foreign("", "x");
    Entry broken = new Entry(world.foreign.next(), "Note", "\ud800", new byte[0]);
    assertThat(world.runner.failure(world.log().adopt(List.of(good, unknown), false)))
        .isInstanceOf(UnknownEventException.class)
        .hasMessageContaining("Nope");
    for (Entry entry : List.of(long1, noId, noKey, broken)) {
      assertThat(world.runner.failure(world.log().adopt(List.of(good, entry), false)))
          .isInstanceOf(PayloadException.class);
    }
    assertThat(world.all()).isEmpty();
  }

  @Test
  void letsLocalWritesInBetween() {
    world.open();
    List<Entry> many = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      many.add(world.foreign("k" + i, "n"));
    }
    Future<Adoption> adoption = world.log().adopt(many, false);
    Future<Written> write = world.log().write(World.NOTE, new Note("a", "mine"));
    assertThat(world.runner.await(write).position()).isLessThanOrEqualTo(2 * 256 + 1);
    assertThat(world.runner.await(adoption)).isEqualTo(new Adoption(1_000, 0));
    assertThat(world.journals.commits).hasSizeBetween(5, 6);
  }

  @Test
  void aFailedCommitIsToldAndMayBeRepeated() {
    world.open();
    List<Entry> many = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      many.add(world.foreign("k" + i, "n"));
    }
    world.journals.next(Fate.DONE, Fate.NOT_COMMITTED);
    assertThat(world.runner.failure(world.log().adopt(many, false)))
        .isInstanceOf(StorageException.class);
    assertThat(world.all()).hasSize(256);
    assertThat(world.runner.await(world.log().adopt(many, false)))
        .isEqualTo(new Adoption(344, 256));
    assertThat(world.all()).hasSize(600);
  }

  @Test
  void goesOnAfterACrash() {
    for (Fate fate : List.of(Fate.CRASH_BEFORE, Fate.CRASH_AFTER)) {
      World one = new World();
      one.open();
      Entry a = one.foreign("a", "1");
      Entry b = one.foreign("b", "2");
      one.journals.next(fate);
      Future<Adoption> lost = one.log().adopt(List.of(a, b), false);
      one.runner.run();
      assertThat(lost.isComplete()).isFalse();
      one.reopen(options -> {});
      assertThat(one.runner.await(one.log().adopt(List.of(a, b), false)))
          .isEqualTo(fate == Fate.CRASH_AFTER ? new Adoption(0, 2) : new Adoption(2, 0));
      assertThat(one.all()).hasSize(2);
      assertThat(one.state(a)).isEqualTo(State.HANDLED);
    }
  }

  @Test
  void failsOnceItIsClosed() {
    world.open();
    Entry[] many = new Entry[600];
    for (int i = 0; i < many.length; i++) {
      many[i] = world.foreign("k" + i, "n");
    }
    Future<Adoption> adoption = world.log().adopt(List.of(many), false);
    Future<Void> closed = world.log().close();
    world.runner.await(closed);
    assertThat(world.runner.failure(adoption)).isInstanceOf(EventLogClosedException.class);
    assertThat(world.runner.failure(world.log().adopt(List.of(), false)))
        .isInstanceOf(EventLogClosedException.class);
  }
}
