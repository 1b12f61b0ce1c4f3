package io.tributary.client.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.eventlog.World.Note;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.eventlog.Compactor;
import io.tributary.core.eventlog.Compactors;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CompactionTest {
  private final World world = new World();

  /** Of each key's notes one with all texts; breaks on one that says so; nothing for "none". */
  static Compactor joining(Set<String> events) {
    return Compactors.of("join", events, (entries, write) -> {
      List<Note> notes =
          entries.stream().map(entry -> World.NOTE.decode(entry.payload())).toList();
      if (notes.stream().anyMatch(note -> note.text().equals("break"))) {
        throw new IllegalStateException("broken");
      }
      if (notes.stream().anyMatch(note -> note.text().equals("none"))) {
        return;
      }
      String all = notes.stream().map(Note::text).collect(Collectors.joining("+"));
      Entry first = entries.get(0);
      write.write(
          first.event(), first.primaryKey(), World.NOTE.encode(new Note(first.primaryKey(), all)));
    });
  }

  private Entry line(String key, String text) {
    return new Entry(world.foreign.next(), "Line", key, World.LINE.encode(new Note(key, text)));
  }

  private Winner winner(String key) {
    return world
        .runner
        .await(world.storage.journals().winner("main", Texts.utf8("Note"), Texts.utf8(key)))
        .orElseThrow();
  }

  private void open() {
    world.open(builder -> builder.registerCompaction(joining(Set.of("Note"))));
  }

  @Test
  void handlersSeeOnlyWhatReplacesNewEntries() {
    open();
    Entry known = world.foreign("a", "0");
    world.receive(1, known);
    Entry a1 = world.foreign("a", "1");
    Entry other = line("a", "x");
    Entry b1 = world.foreign("b", "1");
    Entry a2 = world.foreign("a", "2");
    List<Map<String, Set<String>>> told = new ArrayList<>();
    world.log().subscribe("notes", told::add);
    world.receive(2, known, a1, other, b1, a2);

    assertThat(world.texts()).containsExactly("0", "1+2", "x", "1");
    assertThat(world.calls.get(1).id()).isEqualTo(a2.id());
    assertThat(world.calls.get(1).entry().sequence()).isEqualTo(6);
    assertThat(world.state(a1)).isEqualTo(State.COMPACTED);
    assertThat(world.state(a2)).isEqualTo(State.COMPACTED);
    assertThat(world.state(other)).isEqualTo(State.HANDLED);
    // The originals are what is stored.
    assertThat(world.all())
        .extracting(entry -> World.NOTE.decode(entry.entry().payload()).text())
        .containsExactly("0", "1", "x", "1", "2");
    assertThat(winner("a").id()).isEqualTo(a2.id());
    assertThat(told).containsExactly(Map.of("notes", Set.of("a", "b")));
    assertThat(world.audit.get(1))
        .isEqualTo(
            new AuditEvent.SyncCompaction(World.HUB, 3, 2, List.of("Note"), world.runner.millis()));
  }

  @Test
  void aCompactorThatThrowsLetsItsEntriesPass() {
    open();
    Entry a1 = world.foreign("a", "1");
    Entry a2 = world.foreign("a", "break");
    Entry b1 = world.foreign("b", "1");
    Entry b2 = world.foreign("b", "2");
    world.receive(1, a1, b1, a2, b2);
    assertThat(world.texts()).containsExactly("1", "1+2", "break");
    assertThat(world.state(a1)).isEqualTo(State.HANDLED);
    assertThat(world.state(b1)).isEqualTo(State.COMPACTED);
  }

  @Test
  void entriesThatLeaveNothingCountAsReceived() {
    open();
    Entry a1 = world.foreign("a", "1");
    Entry a2 = world.foreign("a", "none");
    world.receive(1, a1, a2);
    assertThat(world.calls).isEmpty();
    assertThat(world.state(a1)).isEqualTo(State.COMPACTED);
    assertThat(winner("a").id()).isEqualTo(a2.id());
    assertThat(world.receive(1, a1)).containsExactly(1L);
  }

  @Test
  void aFailingHandlerFailsAllThatWentIn() {
    open();
    world.handler = call -> Future.failedFuture(new IllegalStateException("no"));
    Entry a1 = world.foreign("a", "1");
    Entry a2 = world.foreign("a", "2");
    world.receive(1, a1, a2);
    assertThat(world.state(a1)).isEqualTo(State.FAILED);
    assertThat(world.state(a2)).isEqualTo(State.FAILED);
    assertThat(world.outcome(a1.id()).attempts()).isEqualTo(1);
    assertThat(winner("a").id()).isEqualTo(a2.id());
  }

  @Test
  void whatIsOlderThanWhatStandsIsNotHandled() {
    open();
    Entry a1 = world.foreign("a", "1");
    Entry a2 = world.foreign("a", "2");
    Entry a3 = world.foreign("a", "3");
    world.receive(1, a3);
    world.receive(2, a1, a2);
    assertThat(world.texts()).containsExactly("3");
    assertThat(world.state(a1)).isEqualTo(State.SUPERSEDED);
    assertThat(world.state(a2)).isEqualTo(State.SUPERSEDED);
    assertThat(winner("a").id()).isEqualTo(a3.id());
  }

  @Test
  void whatStandsDependsOnEntriesNotOnHowTheyWereFolded() {
    world.open(builder -> builder
        .policy(ConflictPolicies.firstWriteWins())
        .registerCompaction(joining(Set.of("Note"))));
    Entry a1 = world.foreign("a", "1");
    Entry a2 = world.foreign("a", "2");
    Entry a3 = world.foreign("a", "3");
    world.receive(1, a2);
    world.receive(2, a1, a3);
    assertThat(world.texts()).containsExactly("2", "1+3");
    assertThat(winner("a").id()).isEqualTo(a1.id());
  }

  @Test
  void foldsAreMergedWithWhatStands() {
    world.open(builder ->
        builder.policy(ReceiveTest.letters()).registerCompaction(joining(Set.of("Note"))));
    Entry x = world.foreign("a", "x");
    Entry b = world.foreign("a", "b");
    Entry c = world.foreign("a", "c");
    world.receive(1, x);
    world.receive(2, b, c);
    assertThat(world.texts()).containsExactly("x", "+bcx");
    byte[] payload = winner("a").payload();
    assertThat(World.NOTE.decode(payload == null ? new byte[0] : payload).text())
        .isEqualTo("bcx");
  }

  @Test
  void idsThatNeverWinAreNotFolded() {
    open();
    Entry odd = World.entry(new EntryId(0xf000000000004000L, 0x8000000000000001L), "a", "odd");
    Entry even = world.foreign("a", "even");
    world.receive(1, odd, even);
    assertThat(world.texts()).containsExactly("even");
    assertThat(world.state(odd)).isEqualTo(State.SUPERSEDED);
  }

  @Test
  void appendOnlyEventsAreFoldedToo() {
    world.open(builder -> builder.registerCompaction(joining(Set.of("Line"))));
    Entry old = line("a", "1");
    Entry fresh = line("a", "2");
    world.receive(1, fresh, old);
    assertThat(world.texts()).containsExactly("2+1");
    assertThat(world.calls.get(0).id()).isEqualTo(fresh.id());
    assertThat(world.state(old)).isEqualTo(State.COMPACTED);
  }
}
