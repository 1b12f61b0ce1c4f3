package io.tributary.client.eventlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.eventlog.FaultyJournals.Fate;
import io.tributary.client.eventlog.World.Note;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.NoPayload;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LocalWriteTest {
  private final World world = new World();

  @Test
  void storesTheEntryItsOutcomeAndWhatStandsInOneCommit() {
    world.open();
    Written written = world.write("a", "one");

    assertThat(written.result()).isEqualTo("did one");
    assertThat(written.position()).isEqualTo(1);
    assertThat(written.id().version()).isEqualTo(7);
    assertThat(world.journals.commits).hasSize(1);
    assertThat(world.journals.commits.get(0).winners()).hasSize(1);
    LoggedEntry entry = world.runner.await(world.log().entry(written.id())).orElseThrow();
    assertThat(World.NOTE.decode(entry.entry().payload())).isEqualTo(new Note("a", "one"));
    assertThat(entry.entry().primaryKey()).isEqualTo("a");
    assertThat(entry.sequence()).isZero();
    assertThat(world.outcome(written.id()).state()).isEqualTo(State.HANDLED);
    assertThat(world.outcome(written.id()).attempts()).isEqualTo(1);
    assertThat(world.calls.get(0).entry().store()).isNull();
    assertThat(world.calls.get(0).entry().attempt()).isEqualTo(1);
  }

  @Test
  void aFailedHandlerMeansThatNothingWasWritten() {
    world.open();
    IllegalStateException cause = new IllegalStateException("no");
    world.handler = call -> Future.failedFuture(cause);

    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("a", "one"))))
        .isSameAs(cause);
    assertThat(world.journals.commits).isEmpty();
    assertThat(world.all()).isEmpty();
  }

  @Test
  void anEventWithoutHandlerIsWrittenAndUnhandled() {
    world.open();
    Written written = world.runner.await(world.log().write(World.OTHER, new Note("a", "one")));
    assertThat(written.result()).isNull();
    assertThat(world.outcome(written.id()).state()).isEqualTo(State.UNHANDLED);
    assertThat(world.outcome(written.id()).attempts()).isZero();
  }

  @Test
  void writesByTag() {
    world.open();
    Written json = world.runner.await(
        world.log().write("Note", new JsonObject().put("key", "a").put("text", "j")));
    byte[] bytes = World.NOTE.encode(new Note("a", "raw"));
    Written raw = world.runner.await(world.log().write("Note", Buffer.buffer(bytes)));

    assertThat(json.result()).isEqualTo("did j");
    assertThat(raw.result()).isEqualTo("did raw");
    assertThat(world.all().get(1).entry().payload()).isEqualTo(bytes);
  }

  @Test
  void refusesWhatIsNoPayloadOfTheEvent() {
    world.open();
    assertThat(world.runner.failure(world.log().write("Note", new JsonObject().put("text", "j"))))
        .isInstanceOf(PayloadException.class);
    assertThat(world.runner.failure(world.log().write("Note", new byte[] {(byte) 0xc1})))
        .isInstanceOf(PayloadException.class);
    assertThat(world.runner.failure(world.log().write("Note", "text")))
        .isInstanceOf(PayloadException.class)
        .hasMessageContaining("found a java.lang.String, allowed are");
    assertThat(world.runner.failure(world.log().write("Note", null)))
        .isInstanceOf(PayloadException.class);
    assertThat(world.runner.failure(
            world.log().write(World.NOTE, new Note("a".repeat(5_000), "long"))))
        .isInstanceOf(PayloadException.class)
        .hasMessageContaining("primaryKey");
    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("\ud800", "half"))))
        .isInstanceOf(PayloadException.class);
    assertThat(world.calls).isEmpty();
  }

  @Test
  void saysWhichEventsAreAllowed() {
    world.open();
    assertThat(world.runner.failure(world.log().write("Nota", new JsonObject())))
        .isInstanceOf(UnknownEventException.class)
        .hasMessage("event: found Nota, allowed are Note, Other, Line");
    EventDefinition<NoPayload> stranger =
        EventDefinition.of("Note", PayloadCodec.none(), payload -> "x");
    assertThat(world.runner.failure(world.log().write(stranger, NoPayload.NO_PAYLOAD)))
        .isInstanceOf(UnknownEventException.class);
  }

  @Test
  void commitsTogetherWhatWaitsTogether() {
    world.open();
    List<Future<Written>> writes = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      writes.add(world.log().write(World.NOTE, new Note("k" + i % 7, "n" + i)));
    }
    List<Long> positions =
        writes.stream().map(write -> world.runner.await(write).position()).toList();

    assertThat(positions).isSorted().doesNotHaveDuplicates().hasSize(300);
    assertThat(world.texts()).hasSize(300).startsWith("n0", "n1", "n2").endsWith("n299");
    assertThat(world.journals.commits.size()).isBetween(2, 5);
    assertThat(world.journals.commits.stream()
            .mapToInt(commit -> commit.entries().size())
            .max())
        .hasValue(256);
    assertThat(world.all().stream().map(entry -> entry.entry().id()).toList()).isSorted();
  }

  @Test
  void laterWritesOfAGroupSeeEarlierOnes() {
    world.open(builder -> builder.policy(ConflictPolicies.firstWriteWins()));
    Future<Written> first = world.log().write(World.NOTE, new Note("a", "one"));
    Future<Written> second = world.log().write(World.NOTE, new Note("a", "two"));

    Written written = world.runner.await(first);
    assertThat(world.runner.failure(second))
        .isInstanceOfSatisfying(ConflictRejectedException.class, rejected -> {
          assertThat(rejected.winner()).isEqualTo(written.id());
          assertThat(rejected.event()).isEqualTo("Note");
          assertThat(rejected.primaryKey()).isEqualTo("a");
          assertThat(rejected.reason()).isNotEmpty();
        });
    assertThat(world.texts()).containsExactly("one");
    assertThat(world.all()).hasSize(1);
    assertThat(world.audit)
        .singleElement()
        .isInstanceOfSatisfying(AuditEvent.SyncConflict.class, conflict -> {
          assertThat(conflict.remoteId()).isNull();
          assertThat(conflict.decision()).isEqualTo(AuditEvent.Decision.REJECT);
          assertThat(conflict.resolvedEntryId()).isEqualTo(written.id());
          assertThat(conflict.entry()).isNull();
        });
  }

  @Test
  void aSlowHandlerKeepsNoCommitWaiting() {
    world.open();
    Promise<Object> slow = Promise.promise();
    world.handler = call ->
        call.payload().text().equals("slow") ? slow.future() : Future.succeededFuture("fast");
    Future<Written> first = world.log().write(World.NOTE, new Note("a", "one"));
    Future<Written> second = world.log().write(World.NOTE, new Note("b", "slow"));
    Future<Written> third = world.log().write(World.NOTE, new Note("c", "three"));
    world.runner.run();

    assertThat(first.succeeded()).isTrue();
    assertThat(second.isComplete()).isFalse();
    assertThat(third.isComplete()).isFalse();
    slow.complete("done");
    assertThat(world.runner.await(second).result()).isEqualTo("done");
    assertThat(world.runner.await(third).position()).isEqualTo(3);
  }

  @Test
  void aFailedCommitFailsItsWritesAndNoOthers() {
    world.open();
    world.journals.next(Fate.DONE, Fate.NOT_COMMITTED);
    Future<Written> ahead = world.log().write(World.NOTE, new Note("z", "ahead"));
    Future<Written> first = world.log().write(World.NOTE, new Note("a", "one"));
    Future<Written> second = world.log().write(World.NOTE, new Note("b", "two"));
    assertThat(world.runner.failure(first)).isInstanceOf(StorageException.class);
    assertThat(world.runner.failure(second)).isInstanceOf(StorageException.class);
    assertThat(ahead.succeeded()).isTrue();
    assertThat(world.all()).hasSize(1);
    assertThat(world.write("a", "again").position()).isEqualTo(2);
  }

  @Test
  void whatWasDecidedOverALostWriteIsLostToo() {
    world.open();
    Promise<Object> slow = Promise.promise();
    world.handler = call ->
        call.payload().text().startsWith("slow") ? slow.future() : Future.succeededFuture("fast");
    world.journals.next(Fate.DONE, Fate.NOT_COMMITTED);
    Future<Written> ahead = world.log().write(World.NOTE, new Note("z", "ahead"));
    Future<Written> first = world.log().write(World.NOTE, new Note("a", "one"));
    Future<Written> second = world.log().write(World.NOTE, new Note("a", "slow"));
    Future<Written> third = world.log().write(World.NOTE, new Note("a", "three"));
    world.runner.run();
    slow.complete("done");

    assertThat(world.runner.failure(first)).isInstanceOf(StorageException.class);
    assertThat(world.runner.failure(second)).isInstanceOf(StorageException.class);
    assertThat(ahead.succeeded()).isTrue();
    assertThat(world.runner.await(third).position()).isEqualTo(2);
    assertThat(world.all()).hasSize(2);
  }

  @Test
  void aHandlerThatEndsBeforeALostCommitIsLostWithIt() {
    world.open();
    Promise<Object> slow = Promise.promise();
    world.handler = call ->
        call.payload().text().startsWith("slow") ? slow.future() : Future.succeededFuture("fast");
    world.journals.next(Fate.DONE, Fate.NOT_COMMITTED);
    world.journals.free = 1;
    Future<Written> ahead = world.log().write(World.NOTE, new Note("z", "ahead"));
    Future<Written> first = world.log().write(World.NOTE, new Note("a", "one"));
    Future<Written> second = world.log().write(World.NOTE, new Note("a", "slow"));
    Future<Written> other = world.log().write(World.NOTE, new Note("b", "slow too"));
    world.runner.run();
    slow.complete("done");
    world.runner.run();
    world.journals.release();

    assertThat(world.runner.failure(first)).isInstanceOf(StorageException.class);
    assertThat(world.runner.failure(second)).isInstanceOf(StorageException.class);
    assertThat(ahead.succeeded()).isTrue();
    assertThat(world.runner.await(other).position()).isEqualTo(2);
  }

  @Test
  void commitsAgainWhatNobodyKnows() {
    world.open();
    world.journals.next(Fate.LOST, Fate.UNKNOWN, Fate.NOT_COMMITTED);
    Written written = world.write("a", "one");
    assertThat(written.position()).isEqualTo(1);
    assertThat(world.texts()).containsExactly("one");
    assertThat(world.all()).hasSize(1);
  }

  @Test
  void aReadThatFailsFailsTheWrite() {
    world.open();
    world.journals.failingReads = 1;
    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("a", "one"))))
        .isInstanceOf(StorageException.class);
    assertThat(world.calls).isEmpty();
  }

  @Test
  void anIdIsRaisedAboveWhatStandsButTheGeneratorIsNot() {
    world.open();
    EntryId ahead = at(world.runner.millis() + Duration.ofHours(1).toMillis());
    world.receive(1, World.entry(ahead, "a", "ahead"));

    Written raised = world.write("a", "mine");
    Written other = world.write("b", "other");
    assertThat(raised.id()).isGreaterThan(ahead);
    assertThat(other.id()).isLessThan(ahead);
    assertThat(world.audit).isEmpty();
  }

  @Test
  void aWinnerFarAheadIsReportedAndNotFollowed() {
    world.open();
    EntryId ahead = at(world.runner.millis() + Duration.ofHours(24).toMillis() + 1);
    world.receive(1, World.entry(ahead, "a", "far"));

    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("a", "mine"))))
        .isInstanceOfSatisfying(
            ConflictRejectedException.class,
            rejected -> assertThat(rejected.winner()).isEqualTo(ahead));
    assertThat(world.audit).hasSize(1);
    world.runner.setClock(world.runner.millis() + 2);
    assertThat(world.write("a", "mine").id()).isGreaterThan(ahead);
  }

  private static EntryId at(long millis) {
    return new EntryId(millis << 16 | 0x7001, 0x8000000000000001L);
  }

  @Test
  void takesNoMoreThanMayWait() {
    world.open(builder -> builder.maxWaiting(2, 1_000));
    Future<Written> first = world.log().write(World.NOTE, new Note("a", "x".repeat(5_000)));
    Future<Written> tooLong = world.log().write(World.NOTE, new Note("a", "x"));
    assertThat(tooLong.cause()).isInstanceOf(OverloadedException.class);
    assertThat(world.runner.await(first).position()).isEqualTo(1);

    List<Future<Written>> two = List.of(
        world.log().write(World.NOTE, new Note("a", "1")),
        world.log().write(World.NOTE, new Note("a", "2")));
    assertThat(world.log().write(World.NOTE, new Note("a", "3")).cause())
        .isInstanceOf(OverloadedException.class);
    two.forEach(write -> assertThat(world.runner.await(write)).isNotNull());
    assertThat(world.write("a", "4").position()).isEqualTo(4);
  }

  @Test
  void tellsOfPlacedEntriesBeforeWhoeverWrote() {
    world.open();
    List<String> told = new ArrayList<>();
    Runnable end = world
        .log()
        .syncAccess()
        .onPlaced((before, placed) -> told.add(before + " "
            + placed.stream().map(Placed::position).toList() + " "
            + placed.get(0).from() + " "
            + world.log().syncAccess().lastPosition()));
    Future<Written> write = world.log().write(World.NOTE, new Note("a", "one"));
    write.onSuccess(written -> told.add("written"));
    world.runner.await(write);
    world.receive(1, world.foreign("b", "two"));
    end.run();
    world.write("a", "three");

    assertThat(told).containsExactly("0 [1] null 1", "written", "1 [2] " + World.HUB + " 2");
  }

  @Test
  void invalidatesWhatWasHandled() {
    world.open();
    List<Map<String, Set<String>>> told = new ArrayList<>();
    world.log().subscribe("notes", told::add);
    world.write("a", "one");
    world.runner.await(world.log().write(World.OTHER, new Note("b", "unhandled")));
    world.handler = call -> Future.failedFuture("no");
    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("c", "fails"))))
        .isNotNull();
    assertThat(told).containsExactly(Map.of("notes", Set.of("a")));
  }

  @Test
  void aFailedCommitInvalidatesNothing() {
    world.open();
    List<Map<String, Set<String>>> told = new ArrayList<>();
    world.log().subscribe("notes", told::add);
    world.journals.next(Fate.NOT_COMMITTED);
    assertThat(world.runner.failure(world.log().write(World.NOTE, new Note("a", "one"))))
        .isNotNull();
    assertThat(told).isEmpty();
  }

  @Test
  void listsInPagesInTheOrderOfInsertion() {
    world.open();
    world.write("a", "1");
    world.write("b", "2");
    world.runner.await(world.log().write(World.LINE, new Note("a", "3")));
    world.write("a", "4");

    EntryPage page = world.runner.await(world.log().entries(EntryFilter.key("Note", "a"), 0, 1));
    assertThat(page.items()).extracting(LoggedEntry::position).containsExactly(1L);
    page = world.runner.await(
        world.log().entries(EntryFilter.key("Note", "a"), page.next().orElseThrow(), 10));
    assertThat(page.items()).extracting(LoggedEntry::position).containsExactly(4L);
    page = world.runner.await(world.log().entries(EntryFilter.ALL, page.next().orElseThrow(), 10));
    assertThat(page.items()).isEmpty();
    assertThat(page.next()).isEmpty();
    page = world.runner.await(world.log().entries(EntryFilter.event("Line"), 0, 10));
    assertThat(page.items()).extracting(LoggedEntry::position).containsExactly(3L);
    assertThatThrownBy(() -> world.log().entries(EntryFilter.ALL, 0, 0).isComplete())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void knowsItsLastPositionWhenOpenedAgain() {
    for (int count = 0; count < 20; count++) {
      World each = new World();
      each.open();
      EntryId last = null;
      for (int i = 0; i < count; i++) {
        last = each.write("k", "n" + i).id();
      }
      each.reopen(builder -> {});
      assertThat(each.log().syncAccess().lastPosition()).isEqualTo(count);
      if (last != null && count > 1) {
        assertThat(each.runner.await(each.log().trim(List.of(last), List.of()))).hasSize(1);
        each.reopen(builder -> {});
        assertThat(each.log().syncAccess().lastPosition()).isBetween(count - 1L, (long) count);
        assertThat(each.write("k", "more").position()).isGreaterThan(count);
      }
    }
  }

  @Test
  void doesWhatWasAskedForBeforeItCloses() {
    world.open();
    Future<Written> before = world.log().write(World.NOTE, new Note("a", "one"));
    Future<Void> closed = world.log().close();
    Future<Written> after = world.log().write(World.NOTE, new Note("a", "two"));
    Future<Optional<LoggedEntry>> question = world.log().entry(new EntryId(1, 2));
    world.runner.await(closed);

    assertThat(before.succeeded()).isTrue();
    assertThat(world.runner.failure(after)).isInstanceOf(EventLogClosedException.class);
    assertThat(world.runner.failure(question)).isInstanceOf(EventLogClosedException.class);
    world.runner.await(world.log().close());
  }

  @Test
  void closingEndsTheInsisting() {
    world.open();
    world.journals.fate = commit -> Fate.LOST;
    Future<Written> write = world.log().write(World.NOTE, new Note("a", "one"));
    world.runner.run();
    assertThat(write.isComplete()).isFalse();
    world.runner.await(world.log().close());
    assertThat(world.runner.failure(write)).isInstanceOf(StorageException.class);
  }

  @Test
  void oneEventLogHasAJournalAtATime() {
    world.open();
    EventLogOptions options = world.options().build();
    assertThat(world.runner.failure(EventLog.open(world.runner, world.journal, options)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("main");
    world.runner.await(world.log().close());
    assertThat(world.runner.await(EventLog.open(world.runner, world.journal, options)))
        .isNotNull();
  }

  @Test
  void destroysItsJournal() {
    world.open();
    world.write("a", "one");
    world.runner.await(world.log().destroy());
    world.open();
    assertThat(world.all()).isEmpty();
    assertThat(world.log().syncAccess().lastPosition()).isZero();
  }

  @Test
  void handlersGetEntriesOfTheirKeyWithGreaterIds() {
    world.open();
    Entry odd = World.entry(new EntryId(0xf000000000004000L, 0x8000000000000001L), "a", "odd");
    world.receive(1, odd);
    world.write("a", "mine");
    assertThat(world.calls)
        .singleElement()
        .satisfies(call -> assertThat(call.conflicts()).containsExactly(odd.id()));
  }

  @Test
  void looksForConflictsOnlyWhereThereCanBeSome() {
    world.open();
    world.write("a", "one");
    int reads = world.journals.keyReads;
    world.runner.await(world.log().write(World.LINE, new Note("a", "line")));
    assertThat(world.journals.keyReads).isEqualTo(reads);
    world.write("a", "two");
    assertThat(world.journals.keyReads).isEqualTo(reads + 1);
  }
}
