package io.tributary.client.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.eventlog.FaultyJournals.Fate;
import io.tributary.client.eventlog.World.Call;
import io.tributary.client.eventlog.World.Note;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.conflict.Resolution;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

class ReceiveTest {
  private final World world = new World();

  private RemoteProgress progress() {
    return world.runner.await(world.storage.journals().progress("main", World.HUB, World.STORE));
  }

  private Optional<Winner> winner(String key) {
    return world.runner.await(
        world.storage.journals().winner("main", Texts.utf8("Note"), Texts.utf8(key)));
  }

  @Test
  void handlesEachNewEntryOnceInOrder() {
    world.open();
    Entry a = world.foreign("a", "1");
    Entry b = world.foreign("b", "2");
    assertThat(world.receive(1, a, b, a)).containsExactly(1L, 2L, 1L);
    Entry c = world.foreign("c", "3");
    assertThat(world.receive(3, b, c)).containsExactly(2L, 3L);

    assertThat(world.texts()).containsExactly("1", "2", "3");
    assertThat(world.state(a)).isEqualTo(State.HANDLED);
    assertThat(world.calls.get(1).entry().sequence()).isEqualTo(2);
    assertThat(world.calls.get(1).entry().store()).isEqualTo(World.STORE);
    assertThat(world.all()).extracting(LoggedEntry::sequence).containsExactly(1L, 2L, 4L);
    assertThat(progress().next()).isEqualTo(5);
  }

  @Test
  void knowsWhatWasWrittenHere() {
    world.open();
    Written mine = world.write("a", "mine");
    Entry echo = world.runner.await(world.log().entry(mine.id())).orElseThrow().entry();
    assertThat(world.receive(1, echo)).containsExactly(mine.position());
    assertThat(world.texts()).containsExactly("mine");
    assertThat(progress().next()).isEqualTo(2);
  }

  @Test
  void putsEntriesOutcomesWinnersAndProgressInOneCommit() {
    world.open();
    world.receive(1, world.foreign("a", "1"), world.foreign("b", "2"));
    // One that handlers may be called, one with everything.
    assertThat(world.journals.commits).hasSize(2);
    JournalCommit begun = world.journals.commits.get(0);
    assertThat(begun.entries()).isEmpty();
    assertThat(begun.progress())
        .containsExactly(new RemoteProgress(World.HUB, World.STORE, 1, 2, 1, 0));
    JournalCommit all = world.journals.commits.get(1);
    assertThat(all.entries()).hasSize(2);
    assertThat(all.outcomes()).hasSize(2);
    assertThat(all.winners()).hasSize(2);
    assertThat(all.progress())
        .singleElement()
        .satisfies(progress -> assertThat(progress.next()).isEqualTo(3));
  }

  @Test
  void announcesTheNextSliceWithTheCommitOfTheOneBefore() {
    world.open();
    Entry[] many = new Entry[600];
    for (int i = 0; i < many.length; i++) {
      many[i] = world.foreign("k" + i, "n" + i);
    }
    List<Long> begunAtCall = new ArrayList<>();
    world.handler = call -> {
      begunAtCall.add(progress().begun() - call.entry().sequence());
      return Future.succeededFuture();
    };
    world.receive(1, many);
    assertThat(world.journals.commits).hasSize(4);
    assertThat(begunAtCall).hasSize(600).allMatch(ahead -> ahead >= 0);
    assertThat(progress().next()).isEqualTo(601);
  }

  @Test
  void announcesNothingWhereNothingIsCalled() {
    world.open();
    Entry unknown = new Entry(world.foreign.next(), "Unknown", "a", new byte[] {1});
    Entry unhandled =
        new Entry(world.foreign.next(), "Other", "a", World.OTHER.encode(new Note("a", "x")));
    world.receive(1, unknown, unhandled);
    assertThat(world.journals.commits).hasSize(1);
    assertThat(world.state(unknown)).isEqualTo(State.UNHANDLED);
    assertThat(world.state(unhandled)).isEqualTo(State.UNHANDLED);
  }

  @Test
  void localWritesGetInBetweenTheSlices() {
    world.open();
    Entry[] many = new Entry[1_000];
    for (int i = 0; i < many.length; i++) {
      many[i] = world.foreign("k" + i, "n");
    }
    Future<List<Long>> delivery = world.deliver(1, many);
    Future<Written> write = world.log().write(World.NOTE, new Note("a", "mine"));
    assertThat(world.runner.await(write).position()).isLessThanOrEqualTo(2 * 256 + 1);
    List<Long> positions = world.runner.await(delivery);
    assertThat(positions).isSorted().doesNotHaveDuplicates().hasSize(1_000);
  }

  @Test
  void takesDeliveriesOfOneStoreInTheirOrder() {
    world.open();
    Entry[] many = new Entry[600];
    for (int i = 0; i < many.length; i++) {
      many[i] = world.foreign("k" + i, "n" + i);
    }
    Future<List<Long>> first = world.deliver(1, many);
    Future<List<Long>> second = world.deliver(601, world.foreign("z", "last"));
    world.runner.await(second);
    assertThat(first.succeeded()).isTrue();
    assertThat(world.texts()).hasSize(601).endsWith("n599", "last");
  }

  @Test
  void aSmallerIdIsStoredAndNotHandled() {
    world.open();
    Entry old = world.foreign("a", "old");
    Entry fresh = world.foreign("a", "new");
    world.receive(1, fresh, old);
    assertThat(world.texts()).containsExactly("new");
    assertThat(world.state(old)).isEqualTo(State.SUPERSEDED);
    assertThat(world.all()).hasSize(2);
    assertThat(winner("a").orElseThrow().id()).isEqualTo(fresh.id());
    assertThat(winner("a").orElseThrow().payload()).isNull();
    assertThat(world.audit)
        .containsExactly(new AuditEvent.SyncConflict(
            World.HUB,
            "Note",
            "a",
            old.id(),
            1,
            AuditEvent.Decision.REJECT,
            fresh.id(),
            null,
            List.of()));
  }

  @Test
  void whatSimplyReplacesIsNotNoted() {
    world.open();
    world.receive(1, world.foreign("a", "old"), world.foreign("a", "new"));
    assertThat(world.texts()).containsExactly("old", "new");
    assertThat(world.audit).isEmpty();
  }

  @Test
  void theFirstWriteWinsWheneverItComes() {
    world.open(builder -> builder.policy(ConflictPolicies.firstWriteWins()));
    Entry first = world.foreign("a", "first");
    Entry second = world.foreign("a", "second");
    Entry third = world.foreign("a", "third");
    world.receive(1, second, third);
    world.receive(3, first);
    assertThat(world.texts()).containsExactly("second", "first");
    assertThat(world.calls.get(1).conflicts()).containsExactly(second.id(), third.id());
    assertThat(world.state(third)).isEqualTo(State.SUPERSEDED);
    assertThat(winner("a").orElseThrow().id()).isEqualTo(first.id());
    assertThat(world.audit).hasSize(2);
    assertThat(((AuditEvent.SyncConflict) world.audit.get(1)).decision())
        .isEqualTo(AuditEvent.Decision.ACCEPT);
    assertThat(((AuditEvent.SyncConflict) world.audit.get(1)).conflictCount()).isEqualTo(2);
  }

  @Test
  void conflictsAreAlsoAmongWhatComesTogether() {
    world.open(builder -> builder.policy(ConflictPolicies.firstWriteWins()));
    Entry first = world.foreign("a", "first");
    Entry second = world.foreign("a", "second");
    Entry third = world.foreign("a", "third");
    world.receive(1, second, third, first);
    assertThat(world.texts()).containsExactly("second", "first");
    assertThat(world.calls.get(1).conflicts()).containsExactly(second.id(), third.id());
  }

  /** Keeps the letters of both, each once, sorted. */
  static ConflictPolicy letters() {
    BinaryOperator<Note> merge = (winner, incoming) -> new Note(
        winner.key(),
        (winner.text() + incoming.text())
            .chars()
            .sorted()
            .distinct()
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString());
    return ConflictPolicies.merges().event(World.NOTE, merge).build();
  }

  @Test
  void mergesWhatStandsAndWhatComes() {
    world.open(builder -> builder.policy(letters()));
    Entry x = world.foreign("a", "x");
    Entry c = world.foreign("a", "c");
    Entry a = world.foreign("a", "a");
    world.receive(1, x);
    world.receive(2, a, c);

    assertThat(world.texts()).containsExactly("x", "ax", "acx");
    assertThat(world.calls.get(2).id()).isEqualTo(c.id());
    Winner winner = winner("a").orElseThrow();
    assertThat(winner.id()).isEqualTo(a.id());
    assertThat(World.NOTE
            .decode(winner.payload() == null ? new byte[0] : winner.payload())
            .text())
        .isEqualTo("acx");
    // What was merged is never written.
    assertThat(world.all())
        .extracting(entry -> World.NOTE.decode(entry.entry().payload()).text())
        .containsExactly("x", "a", "c");
    assertThat(world.audit).hasSize(2);
    Written mine = world.write("a", "m");
    assertThat(mine.result()).isEqualTo("did acmx");
  }

  @Test
  void otherPoliciesDecideAnewFromTheEntries() {
    world.open();
    world.receive(1, world.foreign("a", "x"), world.foreign("a", "b"), world.foreign("b", "q"));
    world.reopen(builder -> builder.policy(letters()));
    Written mine = world.write("a", "m");
    assertThat(mine.result()).isEqualTo("did bmx");
    assertThat(winner("a").orElseThrow().policy()).isEqualTo("merge");
    assertThat(winner("b").orElseThrow().policy()).isEqualTo("lastWriteWins");

    world.reopen(builder -> builder.policy(ConflictPolicies.firstWriteWins()));
    Future<Written> late = world.log().write(World.NOTE, new Note("a", "late"));
    assertThat(world.runner.failure(late)).isInstanceOf(ConflictRejectedException.class);
    // What it took to find out is kept, also if nothing was written.
    assertThat(winner("a").orElseThrow().policy()).isEqualTo("firstWriteWins");
  }

  @Test
  void whatStandsOutlivesItsEntryWhenThePolicyChanges() {
    world.open();
    Entry entry = world.foreign("a", "x");
    world.receive(1, entry);
    world.runner.await(world.log().trim(List.of(entry.id()), List.of()));
    world.reopen(builder -> builder.policy(ConflictPolicies.firstWriteWins()));
    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("a", "late"))))
        .isInstanceOf(ConflictRejectedException.class);
  }

  @Test
  void idsThatAreNotVersion7NeverWin() {
    world.open();
    EntryId id = new EntryId(0xf000000000004000L, 0x8000000000000001L);
    Entry odd = World.entry(id, "a", "odd");
    Entry oddLine = new Entry(
        new EntryId(0xf000000000004000L, 0x8000000000000002L),
        "Line",
        "a",
        World.LINE.encode(new Note("a", "line")));
    world.receive(1, odd, oddLine, world.foreign("a", "even"));
    assertThat(world.state(odd)).isEqualTo(State.SUPERSEDED);
    assertThat(world.state(oddLine)).isEqualTo(State.HANDLED);
    assertThat(world.texts()).containsExactly("line", "even");
  }

  @Test
  void appendOnlyGroupsHaveNoConflicts() {
    world.open();
    Entry old =
        new Entry(world.foreign.next(), "Line", "a", World.LINE.encode(new Note("a", "old")));
    Entry fresh =
        new Entry(world.foreign.next(), "Line", "a", World.LINE.encode(new Note("a", "new")));
    world.receive(1, fresh, old);
    assertThat(world.texts()).containsExactly("new", "old");
    assertThat(world.calls).allSatisfy(call -> assertThat(call.conflicts()).isEmpty());
    assertThat(world.audit).isEmpty();
  }

  @Test
  void failuresAreRecordedAndTheOthersGoOn() {
    world.open();
    Entry bad = new Entry(world.foreign.next(), "Note", "a", new byte[] {(byte) 0xc1});
    Entry fails = world.foreign("b", "fails");
    Entry throwing = world.foreign("c", "throws");
    Entry good = world.foreign("d", "good");
    world.handler = call -> {
      if (call.payload().text().equals("throws")) {
        throw new IllegalStateException("thrown\u0000");
      }
      return call.payload().text().equals("fails")
          ? Future.failedFuture(new IllegalStateException("failed"))
          : Future.succeededFuture();
    };
    List<Map<String, Set<String>>> told = new ArrayList<>();
    world.log().subscribe("notes", told::add);
    world.receive(1, bad, fails, throwing, good);

    assertThat(world.state(bad)).isEqualTo(State.FAILED);
    assertThat(world.outcome(fails.id()).reason())
        .isEqualTo("java.lang.IllegalStateException: failed");
    assertThat(world.outcome(throwing.id()).reason())
        .isEqualTo("java.lang.IllegalStateException: thrown ");
    assertThat(world.state(good)).isEqualTo(State.HANDLED);
    assertThat(told).containsExactly(Map.of("notes", Set.of("d")));
    assertThat(world.runner.await(world.log().failed(Optional.empty(), 10))).hasSize(3);
    // What stands depends on entries only.
    assertThat(winner("b").orElseThrow().id()).isEqualTo(fails.id());
  }

  @Test
  void aPolicyThatFailsMovesNothing() {
    ConflictPolicy failing = new ConflictPolicy() {
      @Override
      public String name() {
        return "failing";
      }

      @Override
      public boolean needsWinnerPayload() {
        return false;
      }

      @Override
      public Future<Resolution> resolve(Entry entry, Entry winner) {
        return Future.failedFuture(new IllegalStateException("undecided"));
      }
    };
    world.open(builder -> builder.policy(failing));
    Entry first = world.foreign("a", "1");
    Entry second = world.foreign("a", "2");
    world.receive(1, first, second);
    assertThat(world.texts()).containsExactly("1");
    assertThat(world.state(second)).isEqualTo(State.FAILED);
    assertThat(winner("a").orElseThrow().id()).isEqualTo(first.id());
    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("a", "3"))))
        .hasMessage("undecided");
  }

  @Test
  void commitsAgainUntilTheStorageDecides() {
    world.open();
    world.journals.next(Fate.NOT_COMMITTED, Fate.LOST, Fate.DONE, Fate.UNKNOWN, Fate.NOT_COMMITTED);
    world.journals.failingReads = 1;
    assertThat(world.receive(1, world.foreign("a", "1"))).containsExactly(1L);
    assertThat(world.texts()).containsExactly("1");
    assertThat(world.all()).hasSize(1);
  }

  @Test
  void attemptsGrowAfterACrashOnly() {
    world.open();
    Entry a = world.foreign("a", "1");
    Entry b = world.foreign("b", "2");
    world.journals.next(Fate.DONE, Fate.CRASH_BEFORE);
    Future<List<Long>> lost = world.deliver(1, a, b);
    world.runner.run();
    assertThat(lost.isComplete()).isFalse();
    assertThat(world.calls).hasSize(2);

    world.reopen(builder -> {});
    Entry c = world.foreign("c", "3");
    world.receive(1, a, b, c);
    assertThat(world.calls.subList(2, 5))
        .extracting(call -> call.entry().attempt())
        .containsExactly(2, 2, 1);
    assertThat(world.outcome(a.id()).attempts()).isEqualTo(2);
    assertThat(world.outcome(c.id()).attempts()).isEqualTo(1);

    world.reopen(builder -> {});
    world.receive(4, world.foreign("d", "4"));
    assertThat(world.calls.get(5).entry().attempt()).isEqualTo(1);
  }

  @Test
  void attemptsGoOnGrowing() {
    world.open();
    Entry a = world.foreign("a", "1");
    for (int i = 0; i < 3; i++) {
      world.journals.next(Fate.DONE, Fate.CRASH_BEFORE);
      assertThat(world.deliver(1, a).isComplete()).isFalse();
      world.runner.run();
      world.reopen(builder -> {});
    }
    world.receive(1, a);
    assertThat(world.calls).extracting(call -> call.entry().attempt()).containsExactly(1, 2, 3, 4);
    assertThat(world.outcome(a.id()).attempts()).isEqualTo(4);
  }

  @Test
  void whatWasOnlyAnnouncedLooksNotBegunAfterClosing() {
    world.open();
    Entry[] many = new Entry[600];
    for (int i = 0; i < many.length; i++) {
      many[i] = world.foreign("k" + i, "n" + i);
    }
    Promise<Object> last = Promise.promise();
    world.handler =
        call -> call.payload().text().equals("n255") ? last.future() : Future.succeededFuture();
    Future<List<Long>> delivery = world.deliver(1, many);
    world.runner.run();
    Future<Void> closed = world.log().close();
    world.runner.run();
    last.complete("done");
    world.runner.await(closed);
    assertThat(world.runner.failure(delivery)).isInstanceOf(EventLogClosedException.class);
    assertThat(progress().next()).isEqualTo(257);
    assertThat(progress().begun()).isEqualTo(256);

    world.calls.clear();
    world.open();
    world.receive(257, java.util.Arrays.copyOfRange(many, 256, 600));
    assertThat(world.calls).hasSize(344);
    assertThat(world.calls)
        .allSatisfy(call -> assertThat(call.entry().attempt()).isEqualTo(1));
  }

  @Test
  void progressNeverGoesBack() {
    world.open();
    SyncAccess access = world.log().syncAccess();
    world.receive(1, world.foreign("a", "1"), world.foreign("b", "2"));
    world.runner.await(access.recordUploads(World.HUB, World.STORE, 2, 9, List.of(), List.of()));
    world.runner.await(access.recordUploads(World.HUB, World.STORE, 1, 4, List.of(), List.of()));
    world.receive(3, world.foreign("c", "3"));
    assertThat(progress().next()).isEqualTo(9);
    assertThat(progress().uploaded()).isEqualTo(2);
    assertThat(world.runner.await(access.progress(World.HUB, World.STORE))).isEqualTo(progress());
    int commits = world.journals.commits.size();
    world.runner.await(access.recordUploads(World.HUB, World.STORE, 1, 4, List.of(), List.of()));
    assertThat(world.journals.commits).hasSize(commits);
    assertThat(world.runner.await(access.progress(new RemoteId(5, 6), "s")))
        .isEqualTo(RemoteProgress.none(new RemoteId(5, 6), "s"));
  }

  @Test
  void recordsUploadMarks() {
    world.open();
    world.write("a", "1");
    world.write("b", "2");
    world.write("c", "3");
    SyncAccess access = world.log().syncAccess();
    UploadMark refused = new UploadMark(World.HUB, World.STORE, 2, UploadMark.State.REFUSED, "no");
    world.journals.next(Fate.NOT_COMMITTED);
    world.runner.await(
        access.recordUploads(World.HUB, World.STORE, 1, 1, List.of(refused), List.of()));
    assertThat(world.runner.await(access.pending(World.HUB, World.STORE, 0, 10, 1 << 20)))
        .extracting(placed -> placed.position())
        .containsExactly(3L);
    assertThat(world.runner.await(
            access.marks(World.HUB, World.STORE, UploadMark.State.REFUSED, 0, 10)))
        .containsExactly(refused);
    world.runner.await(
        access.recordUploads(World.HUB, World.STORE, 1, 1, List.of(), List.of(refused)));
    assertThat(world.runner.await(access.pending(World.HUB, World.STORE, 0, 10, 1 << 20)))
        .hasSize(2);
    assertThat(world.runner.await(access.entryAt(2))).isPresent();
    assertThat(world.runner.await(access.entryAt(4))).isEmpty();
  }

  @Test
  void redactsByGroup() {
    world.open(builder -> builder.redact(World.NOTES, entry -> switch (entry.primaryKey()) {
      case "drop" -> Optional.empty();
      case "throw" -> throw new IllegalStateException("no");
      default -> Optional.of(new byte[] {1});
    }));
    SyncAccess access = world.log().syncAccess();
    Entry note = world.foreign("a", "secret");
    assertThat(access.redacted(note).orElseThrow().payload()).containsExactly(1);
    assertThat(access.redacted(note).orElseThrow().id()).isEqualTo(note.id());
    assertThat(access.redacted(world.foreign("drop", "x"))).isEmpty();
    assertThat(access.redacted(world.foreign("throw", "x"))).isEmpty();
    Entry line = new Entry(world.foreign.next(), "Line", "drop", new byte[0]);
    assertThat(access.redacted(line)).contains(line);
  }

  @Test
  void auditsEntriesOnlyIfAskedTo() {
    world.open(builder ->
        builder.auditEntries(true).redact(World.NOTES, entry -> Optional.of(new byte[] {1})));
    Entry old = world.foreign("a", "old");
    world.receive(1, world.foreign("a", "new"), old);
    assertThat(world.audit)
        .singleElement()
        .isInstanceOfSatisfying(AuditEvent.SyncConflict.class, conflict -> {
          Entry shown = conflict.entry();
          assertThat(shown == null ? null : shown.payload()).containsExactly(1);
        });
  }

  @Test
  void removedEntriesStayKnown() {
    world.open();
    Entry a = world.foreign("a", "1");
    world.receive(1, a);
    assertThat(world.runner.await(world.log().trim(List.of(a.id()), List.of())))
        .containsExactly(a.id());
    assertThat(world.receive(1, a)).containsExactly(0L);
    assertThat(world.texts()).containsExactly("1");
    assertThat(world.all()).isEmpty();
  }

  @Test
  void theCallsOfHandlersDontOverlap() {
    world.open();
    List<Promise<Object>> open = new ArrayList<>();
    world.handler = (Call call) -> {
      Promise<Object> promise = Promise.promise();
      open.add(promise);
      return promise.future();
    };
    Future<List<Long>> delivery =
        world.deliver(1, world.foreign("a", "1"), world.foreign("b", "2"));
    Future<Written> write = world.log().write(World.NOTE, new Note("c", "3"));
    for (int i = 1; i <= 3; i++) {
      world.runner.run();
      assertThat(open).hasSize(i);
      open.get(i - 1).complete("done");
    }
    world.runner.await(write);
    assertThat(delivery.succeeded()).isTrue();
  }
}
