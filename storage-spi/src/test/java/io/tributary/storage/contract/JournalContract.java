package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.FencedException;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Lease;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@link JournalStore} promises. */
public abstract class JournalContract extends JournalCalls {
  private static final Duration TTL = Duration.ofSeconds(10);
  private static final String STORE = "main";

  private static final List<UploadMark.State> MARKS = List.of(UploadMark.State.values());

  /** Text that storages have trouble with, in the order of the UTF-8 bytes. */
  private static final List<String> TEXTS = List.of(
      "",
      "\0",
      "\0\0",
      "A",
      "a",
      "a ",
      "a%",
      "a'\"",
      "a/b",
      "a_",
      "a\0",
      "ä",
      "z",
      "\uffee",
      "\ud83d\ude00");

  // entries

  @Test
  protected void aJournalNobodyWroteToIsEmpty() {
    String journal = newJournal();
    EntryId id = newId();
    assertThat(all(journal)).isEmpty();
    assertThat(known(journal, List.of(id))).isEmpty();
    assertThat(await(journals().entry(journal, id))).isEmpty();
    assertThat(sameKey(journal, "event", "key")).isEmpty();
    assertThat(await(journals().winner(journal, utf8("event"), utf8("key")))).isEmpty();
    assertThat(pending(journal, REMOTE, STORE)).isEmpty();
    assertThat(marks(journal, REMOTE, STORE)).isEmpty();
    assertThat(await(journals().progress(journal, REMOTE, STORE)))
        .isEqualTo(RemoteProgress.none(REMOTE, STORE));
    assertThat(await(journals().progress(journal))).isEmpty();
    assertThat(outcomes(journal)).isEmpty();
    assertThat(isListed(journal)).isFalse();
    await(journals().destroy(journal));
  }

  @Test
  protected void entriesAreInTheOrderTheyWereInserted() {
    String journal = newJournal();
    List<EntryId> ids = new ArrayList<>(newIds(40));
    Collections.shuffle(ids, new Random(1));
    List<Long> positions = new ArrayList<>();
    for (int i = 0; i < ids.size(); i += 8) {
      positions.addAll(insert(journal, entries(ids.subList(i, i + 8))));
    }
    assertThat(positions).isSorted().doesNotHaveDuplicates();
    assertThat(positions.get(0)).isPositive();
    assertThat(ids(journal)).isEqualTo(ids);
    assertThat(all(journal)).extracting(PlacedEntry::position).isEqualTo(positions);
    for (int i = 0; i < ids.size(); i++) {
      assertThat(known(journal, ids.get(i)))
          .isEqualTo(new KnownEntry(ids.get(i), positions.get(i), false, null));
    }
  }

  @Test
  protected void everyFieldComesBackAsItWas() {
    String journal = newJournal();
    byte[] long_ = new byte[10_000];
    new Random(2).nextBytes(long_);
    List<byte[]> all = List.of(
        new byte[0],
        new byte[1],
        new byte[2],
        new byte[] {(byte) 0xc3, 0x28},
        new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
        new byte[] {-1, -2, 0, 1},
        utf8("tag\0\ud83d\ude00"),
        long_,
        Arrays.copyOf(long_, 9_999));
    List<JournalEntry> entries = new ArrayList<>();
    for (byte[] event : all) {
      for (byte[] primaryKey : all) {
        entries.add(new JournalEntry(
            newId(), event, primaryKey, all.get(entries.size() % all.size()), entries.size()));
      }
    }
    entries.add(
        new JournalEntry(newId(), all.get(3), all.get(3), new byte[1024 * 1024], (1L << 40) - 1));
    List<Long> positions = insert(journal, entries.toArray(JournalEntry[]::new));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      expected.add(Shown.of(new PlacedEntry(positions.get(i), entries.get(i))));
    }
    assertThat(shown(all(journal))).isEqualTo(expected);
    assertThat(shown(await(
            journals().pending(journal, REMOTE, STORE, 0, Integer.MAX_VALUE, Long.MAX_VALUE))))
        .isEqualTo(expected);
    for (int i = 0; i < entries.size(); i++) {
      JournalEntry entry = entries.get(i);
      assertThat(Shown.of(await(journals().entry(journal, entry.id())).orElseThrow()))
          .isEqualTo(expected.get(i));
      assertThat(shown(await(
              journals().sameKey(journal, entry.event(), entry.primaryKey(), Optional.empty(), 1))))
          .as("%s", expected.get(i))
          .containsExactly(expected.get(entries.indexOf(entries.stream()
              .filter(other -> Arrays.equals(other.event(), entry.event())
                  && Arrays.equals(other.primaryKey(), entry.primaryKey()))
              .findFirst()
              .orElseThrow())));
    }
  }

  @Test
  protected void everyBitOfAnIdCounts() {
    String journal = newJournal();
    UUID base = newId().toUuid();
    List<EntryId> ids = new ArrayList<>();
    for (int bit = 0; bit < 64; bit++) {
      ids.add(EntryId.of(
          new UUID(base.getMostSignificantBits() ^ 1L << bit, base.getLeastSignificantBits())));
      ids.add(EntryId.of(
          new UUID(base.getMostSignificantBits(), base.getLeastSignificantBits() ^ 1L << bit)));
    }
    ids.add(new EntryId(0, 0));
    ids.add(new EntryId(-1, -1));
    commit(
        journal,
        new Changes()
            .insert(entries(ids))
            .outcome(
                ids.stream().map(id -> outcome(id, State.HANDLED)).toArray(EntryOutcome[]::new)));
    assertThat(ids(journal)).isEqualTo(ids);
    List<EntryId> sorted = ids.stream().sorted().toList();
    assertThat(ids(sameKey(journal, "event", "key"))).isEqualTo(sorted);
    assertThat(outcomes(journal)).extracting(EntryOutcome::id).isEqualTo(sorted);
    assertThat(known(journal, ids)).hasSameSizeAs(ids);
    assertThat(known(journal, EntryId.of(base))).isNull();
  }

  @Test
  protected void knownIdsAreLeftAsTheyAre() {
    String journal = newJournal();
    EntryId one = newId();
    EntryId two = newId();
    EntryId three = newId();
    List<Long> first = insert(journal, entry(one), entry(one, "other", "x"), entry(two));
    assertThat(first.get(1)).isEqualTo(first.get(0));
    List<String> before = shown(all(journal));
    assertThat(before).hasSize(2);
    List<Long> second =
        insert(journal, entry(two, "other", "x"), entry(three), entry(one, "other", "x"));
    assertThat(second.get(0)).isEqualTo(first.get(2));
    assertThat(second.get(1)).isGreaterThan(first.get(2));
    assertThat(second.get(2)).isEqualTo(first.get(0));
    assertThat(shown(all(journal)).subList(0, 2)).isEqualTo(before);
    assertThat(ids(journal)).containsExactly(one, two, three);
    assertThat(sameKey(journal, "other", "x")).isEmpty();
  }

  @Test
  protected void manyEntriesAreCommittedTogether() {
    String journal = newJournal();
    List<EntryId> ids = newIds(5_000);
    List<Long> positions = insert(journal, entries(ids));
    assertThat(positions).hasSameSizeAs(ids).isSorted().doesNotHaveDuplicates();
    assertThat(ids(journal)).isEqualTo(ids);
    assertThat(known(journal, ids)).hasSameSizeAs(ids);
  }

  @Test
  protected void pagesJoinWithoutGapOrOverlap() {
    String journal = newJournal();
    List<JournalEntry> entries = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      entries.add(new JournalEntry(newId(), utf8("e"), utf8("k"), new byte[i * 37 % 50], 0));
    }
    insert(journal, entries.toArray(JournalEntry[]::new));
    commit(
        journal,
        new Changes()
            .remove(entries.get(0).id(), entries.get(20).id(), entries.get(21).id())
            .remove(entries.get(59).id()));
    List<String> all = shown(all(journal));
    assertThat(all).hasSize(56);
    for (int max : new int[] {1, 2, 7, 56, 57}) {
      for (long maxBytes : new long[] {-1, 0, 1, 60, 1_000, Long.MAX_VALUE}) {
        for (boolean pending : new boolean[] {false, true}) {
          List<PlacedEntry> joined = new ArrayList<>();
          long after = 0;
          while (true) {
            List<PlacedEntry> page = await(
                pending
                    ? journals().pending(journal, REMOTE, STORE, after, max, maxBytes)
                    : journals().entries(journal, after, max, maxBytes));
            if (page.isEmpty()) {
              break;
            }
            assertThat(page).hasSizeLessThanOrEqualTo(max);
            long bytes =
                page.stream().mapToLong(placed -> placed.entry().bytes()).sum();
            assertThat(page.size() == 1 || bytes <= maxBytes).isTrue();
            joined.addAll(page);
            after = page.get(page.size() - 1).position();
          }
          assertThat(shown(joined)).as("%s in %s", max, maxBytes).isEqualTo(all);
        }
      }
    }
    assertThat(ids(await(journals().entries(journal, -5, 1, 0))))
        .containsExactly(entries.get(1).id());
    // As many as both limits allow: keys take 2 bytes, payloads 37 and 24.
    assertThat(await(journals().entries(journal, 0, 9, 65))).hasSize(2);
    assertThat(await(journals().entries(journal, 0, 9, 64))).hasSize(1);
  }

  @Test
  protected void entriesOfAnEventAndKeyAreFoundInIdOrder() {
    String journal = newJournal();
    List<EntryId> ids = new ArrayList<>(newIds(30));
    ids.add(new EntryId(-1, 3));
    ids.add(new EntryId(Long.MIN_VALUE, -1));
    List<EntryId> shuffled = new ArrayList<>(ids);
    Collections.shuffle(shuffled, new Random(3));
    for (EntryId id : shuffled) {
      insert(
          journal,
          entry(id, "ab", "c"),
          entry(newId(), "a", "bc"),
          entry(newId(), "ab", "c\0"),
          entry(newId(), "ab", ""),
          entry(newId(), "", "abc"));
    }
    List<EntryId> sorted = ids.stream().sorted().toList();
    assertThat(ids(sameKey(journal, "ab", "c"))).isEqualTo(sorted);
    assertThat(sameKey(journal, "ab", "b")).isEmpty();
    for (int i = 0; i < sorted.size(); i++) {
      for (int max : new int[] {1, 2, 100}) {
        assertThat(ids(await(journals()
                .sameKey(journal, utf8("ab"), utf8("c"), Optional.of(sorted.get(i)), max))))
            .isEqualTo(sorted.subList(i + 1, Math.min(sorted.size(), i + 1 + max)));
      }
    }
    EntryId between = new EntryId(sorted.get(4).high(), sorted.get(4).low() + 1);
    commit(journal, new Changes().remove(sorted.get(5)));
    assertThat(
            ids(await(journals().sameKey(journal, utf8("ab"), utf8("c"), Optional.of(between), 2))))
        .isEqualTo(sorted.subList(6, 8));
  }

  // removed ids

  @Test
  protected void removedIdsStayKnownAndNeverComeBack() {
    String journal = newJournal();
    List<EntryId> ids = newIds(3);
    EntryId never = newId();
    List<Long> positions = insert(journal, entries(ids));
    commit(journal, new Changes().remove(ids.get(2), never, ids.get(2)));
    for (int i = 0; i < 2; i++) {
      for (EntryId id : List.of(ids.get(2), never)) {
        assertThat(known(journal, id)).isEqualTo(new KnownEntry(id, 0, true, null));
        assertThat(await(journals().entry(journal, id))).isEmpty();
      }
      assertThat(ids(journal)).containsExactly(ids.get(0), ids.get(1));
      assertThat(ids(sameKey(journal, "event", "key"))).containsExactly(ids.get(0), ids.get(1));
      assertThat(pending(journal, REMOTE, STORE)).containsExactly(ids.get(0), ids.get(1));
      assertThat(insert(journal, entry(ids.get(2)), entry(never), entry(ids.get(0))))
          .containsExactly(0L, 0L, positions.get(0));
    }
    EntryId next = newId();
    assertThat(insert(journal, entry(next)).get(0))
        .as("positions are not used again")
        .isGreaterThan(positions.get(2));
    commit(journal, new Changes().remove(ids.get(0), ids.get(1), next));
    assertThat(all(journal)).isEmpty();
    assertThat(known(journal, ids).values()).allMatch(KnownEntry::removed).hasSize(3);
    assertThat(insert(journal, entry(newId())).get(0)).isGreaterThan(positions.get(2) + 1);
    assertThat(isListed(journal)).isTrue();
  }

  @Test
  protected void changesTakeEffectInTheOrderOfTheComponents() {
    String journal = newJournal();
    EntryId id = newId();
    EntryId other = newId();
    UploadMark known = mark(REMOTE, STORE, 1, UploadMark.State.KNOWN);
    UploadMark two = mark(REMOTE, STORE, 2, UploadMark.State.KNOWN);
    UploadMark dropped = mark(REMOTE, STORE, 3, UploadMark.State.DROPPED);
    List<Long> positions = commit(
        journal,
        new Changes()
            .unmark(two)
            .mark(known, two, dropped)
            .progress(new RemoteProgress(REMOTE, STORE, 1, 0, 0, 2))
            .outcome(
                outcome(id, State.FAILED), outcome(id, State.HANDLED), outcome(id, State.FAILED))
            .insert(entry(id), entry(other))
            .remove(id));
    assertThat(positions.get(0)).isZero();
    assertThat(known(journal, id))
        .isEqualTo(new KnownEntry(id, 0, true, outcome(id, State.FAILED)));
    assertThat(outcomes(journal)).containsExactly(outcome(id, State.FAILED));
    assertThat(ids(journal)).containsExactly(other);
    assertThat(marks(journal, REMOTE, STORE)).containsExactly(known, dropped);
  }

  // outcomes

  @Test
  protected void anOutcomeNeedsNoEntryAndKeepsNoneOut() {
    String journal = newJournal();
    for (State state : State.values()) {
      EntryId id = newId();
      EntryOutcome outcome = outcome(id, state);
      commit(journal, new Changes().outcome(outcome));
      assertThat(known(journal, id)).isEqualTo(new KnownEntry(id, 0, false, outcome));
      assertThat(await(journals().entry(journal, id))).isEmpty();
      long position = insert(journal, entry(id)).get(0);
      assertThat(position).isPositive();
      assertThat(known(journal, id)).isEqualTo(new KnownEntry(id, position, false, outcome));
      assertThat(await(journals().entry(journal, id))).isPresent();
      commit(journal, new Changes().remove(id));
      assertThat(known(journal, id)).isEqualTo(new KnownEntry(id, 0, true, outcome));
      assertThat(outcomes(journal, state)).containsExactly(outcome);
    }
  }

  @Test
  protected void everyFieldOfAnOutcomeComesBackAsItWas() {
    String journal = newJournal();
    List<EntryOutcome> outcomes = new ArrayList<>();
    for (String reason : TEXTS) {
      outcomes.add(new EntryOutcome(newId(), State.FAILED, outcomes.size(), 0, reason));
    }
    outcomes.add(new EntryOutcome(newId(), State.FAILED, Integer.MAX_VALUE, 1L << 53, null));
    outcomes.add(new EntryOutcome(newId(), State.FAILED, 1, 7, "x".repeat(10_000)));
    commit(journal, new Changes().outcome(outcomes.toArray(EntryOutcome[]::new)));
    assertThat(outcomes(journal)).isEqualTo(outcomes);
    assertThat(outcomes(journal, State.FAILED)).isEqualTo(outcomes);
    List<EntryId> ids = outcomes.stream().map(EntryOutcome::id).toList();
    Map<EntryId, KnownEntry> known = known(journal, ids);
    assertThat(ids.stream().map(id -> known.get(id).outcome())).isEqualTo(outcomes);
  }

  @Test
  protected void anOutcomeReplacesTheOneBeforeExceptRemoved() {
    String journal = newJournal();
    EntryId id = newId();
    insert(journal, entry(id));
    for (State state : List.of(
        State.FAILED,
        State.FAILED,
        State.DISCARDED,
        State.UNHANDLED,
        State.HANDLED,
        State.SUPERSEDED,
        State.COMPACTED,
        State.REMOVED)) {
      EntryOutcome outcome = new EntryOutcome(id, state, 3, 4, state + "!");
      commit(journal, new Changes().outcome(outcome));
      assertThat(outcomes(journal)).containsExactly(outcome);
      for (State other : State.values()) {
        assertThat(outcomes(journal, other)).hasSize(other == state ? 1 : 0);
      }
    }
    EntryOutcome last = new EntryOutcome(id, State.REMOVED, 3, 4, "REMOVED!");
    for (State state : State.values()) {
      commit(journal, new Changes().outcome(new EntryOutcome(id, state, 9, 9, "late")));
      assertThat(outcomes(journal)).containsExactly(last);
      assertThat(outcomes(journal, State.REMOVED)).containsExactly(last);
    }
    assertThat(ids(journal)).as("an outcome removes nothing").containsExactly(id);
  }

  @Test
  protected void outcomesAreListedInIdOrder() {
    String journal = newJournal();
    List<EntryId> ids = newIds(50);
    List<EntryOutcome> all = new ArrayList<>();
    for (EntryId id : ids) {
      all.add(outcome(id, List.of(State.values()).get(all.size() * 3 % 7)));
    }
    List<EntryOutcome> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(4));
    commit(journal, new Changes().outcome(shuffled.toArray(EntryOutcome[]::new)));
    // Others, with no outcome.
    insert(journal, entries(newIds(10)));
    for (int max : new int[] {1, 3, 50, 51}) {
      for (Optional<State> state : Stream.concat(
              Stream.of(Optional.<State>empty()), Stream.of(State.values()).map(Optional::of))
          .toList()) {
        List<EntryOutcome> joined = new ArrayList<>();
        while (true) {
          Optional<EntryId> after = joined.isEmpty()
              ? Optional.empty()
              : Optional.of(joined.get(joined.size() - 1).id());
          List<EntryOutcome> page = await(journals().outcomes(journal, state, after, max));
          assertThat(page).hasSizeLessThanOrEqualTo(max);
          joined.addAll(page);
          if (page.size() < max) {
            break;
          }
        }
        assertThat(joined)
            .isEqualTo(all.stream()
                .filter(outcome -> state.isEmpty() || outcome.state() == state.get())
                .toList());
      }
    }
  }

  // winners

  @Test
  protected void aWinnerReplacesThatOfItsEventAndKeyAndStays() {
    String journal = newJournal();
    EntryId id = newId();
    List<byte[]> texts = new ArrayList<>();
    TEXTS.forEach(text -> texts.add(utf8(text)));
    texts.add(new byte[] {-1});
    texts.add(new byte[5_000]);
    Map<String, Winner> expected = new HashMap<>();
    insert(journal, entry(id, "a", "a"));
    for (int round = 0; round < 2; round++) {
      for (byte[] event : texts) {
        Changes changes = new Changes();
        for (byte[] primaryKey : texts) {
          Winner winner = new Winner(
              event,
              primaryKey,
              round == 0 ? newId() : id,
              List.of(Optional.<byte[]>empty(), Optional.of(new byte[0]), Optional.of(primaryKey))
                  .get(expected.size() % 3)
                  .orElse(null),
              TEXTS.get(expected.size() % TEXTS.size()));
          expected.put(Shown.of(event) + Shown.of(primaryKey), winner);
          changes.winner(winner);
        }
        commit(journal, changes);
      }
      assertWinners(journal, texts, expected);
    }
    commit(journal, new Changes().remove(id));
    assertWinners(journal, texts, expected);
    assertThat(known(journal, id)).isEqualTo(new KnownEntry(id, 0, true, null));
  }

  private void assertWinners(String journal, List<byte[]> texts, Map<String, Winner> expected) {
    for (byte[] event : texts) {
      for (byte[] primaryKey : texts) {
        assertThat(Shown.of(await(journals().winner(journal, event, primaryKey)).orElseThrow()))
            .isEqualTo(Shown.of(expected.get(Shown.of(event) + Shown.of(primaryKey))));
      }
    }
  }

  // remotes

  @Test
  protected void progressIsKeptForEachStoreOfEachRemote() {
    String journal = newJournal();
    List<RemoteId> remotes = List.of(REMOTE, new RemoteId(2, 1), new RemoteId(-1, -1));
    List<RemoteProgress> all = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      all.clear();
      for (RemoteId remote : remotes) {
        for (String store : TEXTS) {
          all.add(new RemoteProgress(
              remote, store, (1L << 52) - all.size(), (1L << 52), all.size(), round));
        }
      }
      commit(journal, new Changes().progress(all.toArray(RemoteProgress[]::new)));
      assertThat(await(journals().progress(journal))).containsExactlyInAnyOrderElementsOf(all);
      for (RemoteProgress progress : all) {
        assertThat(await(journals().progress(journal, progress.remote(), progress.store())))
            .isEqualTo(progress);
      }
    }
    RemoteId nobody = new RemoteId(0, 0);
    assertThat(await(journals().progress(journal, nobody, "a")))
        .isEqualTo(RemoteProgress.none(nobody, "a"));
    commit(journal, new Changes().mark(mark(nobody, "a", 1, UploadMark.State.KNOWN)));
    assertThat(await(journals().progress(journal)))
        .as("a mark is no progress")
        .containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  protected void whatIsUploadedOrMarkedIsNotPending() {
    String journal = newJournal();
    List<EntryId> ids = newIds(10);
    List<Long> at = insert(journal, entries(ids));
    RemoteId other = new RemoteId(1, 3);
    commit(
        journal,
        new Changes()
            .progress(
                new RemoteProgress(REMOTE, STORE, 1, 0, 0, at.get(2)),
                new RemoteProgress(other, STORE, 1, 0, 0, 0),
                new RemoteProgress(REMOTE, "", 1, 0, 0, at.get(9)))
            .mark(
                mark(REMOTE, STORE, at.get(4), UploadMark.State.KNOWN),
                mark(REMOTE, STORE, at.get(5), UploadMark.State.REFUSED),
                mark(REMOTE, STORE, at.get(7), UploadMark.State.DROPPED),
                mark(other, STORE, at.get(3), UploadMark.State.KNOWN)));
    assertThat(pending(journal, REMOTE, STORE))
        .containsExactly(ids.get(3), ids.get(6), ids.get(8), ids.get(9));
    assertThat(pending(journal, REMOTE, "")).isEmpty();
    List<EntryId> others = new ArrayList<>(ids);
    others.remove(3);
    assertThat(pending(journal, other, STORE)).isEqualTo(others);
    assertThat(pending(journal, other, "other")).isEqualTo(ids);
    assertThat(ids(await(journals().pending(journal, REMOTE, STORE, at.get(3), 2, 1_000))))
        .containsExactly(ids.get(6), ids.get(8));
    assertThat(ids(await(journals().pending(journal, REMOTE, STORE, at.get(6), 9, 0))))
        .containsExactly(ids.get(8));
    commit(journal, new Changes().unmark(mark(REMOTE, STORE, at.get(5), UploadMark.State.KNOWN)));
    assertThat(ids(await(journals().pending(journal, REMOTE, STORE, at.get(3), 1, 0))))
        .containsExactly(ids.get(5));
    commit(journal, new Changes().progress(RemoteProgress.none(REMOTE, STORE)));
    assertThat(pending(journal, REMOTE, STORE)).hasSize(8);
  }

  @Test
  protected void marksAtOrBelowUploadedAreDroppedButThoseRefused() {
    String journal = newJournal();
    RemoteId other = new RemoteId(1, 3);
    List<UploadMark> all = new ArrayList<>();
    for (long position = 1; position <= 12; position++) {
      all.add(mark(REMOTE, STORE, position, MARKS.get((int) position % 3)));
    }
    UploadMark foreign = mark(other, STORE, 1, UploadMark.State.KNOWN);
    UploadMark elsewhere = mark(REMOTE, "other", 1, UploadMark.State.KNOWN);
    commit(journal, new Changes().mark(all.toArray(UploadMark[]::new)).mark(foreign, elsewhere));
    assertThat(marks(journal, REMOTE, STORE)).containsExactlyInAnyOrderElementsOf(all);
    for (long uploaded : new long[] {0, 3, 8, 1}) {
      commit(journal, new Changes().progress(new RemoteProgress(REMOTE, STORE, 1, 0, 0, uploaded)));
      all.removeIf(mark -> mark.position() <= uploaded && mark.state() != UploadMark.State.REFUSED);
      assertThat(marks(journal, REMOTE, STORE)).containsExactlyInAnyOrderElementsOf(all);
    }
    assertThat(marks(journal, other, STORE)).containsExactly(foreign);
    assertThat(marks(journal, REMOTE, "other")).containsExactly(elsewhere);
    // A mark below is still a mark.
    UploadMark late = mark(REMOTE, STORE, 1, UploadMark.State.DROPPED);
    commit(journal, new Changes().mark(late));
    assertThat(marks(journal, REMOTE, STORE)).contains(late);
  }

  @Test
  protected void aMarkReplacesThatOfItsPosition() {
    String journal = newJournal();
    for (int i = 0; i < 2 * MARKS.size(); i++) {
      UploadMark.State state = MARKS.get(i % MARKS.size());
      for (String reason : TEXTS) {
        UploadMark mark = new UploadMark(REMOTE, reason, 5, state, reason);
        commit(journal, new Changes().mark(mark, mark(REMOTE, reason, 1L << 52, state)));
        assertThat(marks(journal, REMOTE, reason))
            .containsExactly(mark, mark(REMOTE, reason, 1L << 52, state));
      }
    }
    UploadMark gone = new UploadMark(REMOTE, "a", 5, UploadMark.State.KNOWN, "else");
    commit(journal, new Changes().unmark(gone, gone, mark(REMOTE, "a", 6, MARKS.get(0))));
    assertThat(marks(journal, REMOTE, "a")).extracting(UploadMark::position).containsOnly(1L << 52);
    assertThat(marks(journal, REMOTE, "A")).hasSize(2);
  }

  @Test
  protected void marksOfAStateAreListedByPosition() {
    String journal = newJournal();
    List<UploadMark> all = new ArrayList<>();
    for (long position = 1; position <= 40; position++) {
      all.add(mark(REMOTE, STORE, position * 300, MARKS.get((int) position % 3)));
    }
    List<UploadMark> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(5));
    commit(journal, new Changes().mark(shuffled.toArray(UploadMark[]::new)));
    for (UploadMark.State state : UploadMark.State.values()) {
      List<UploadMark> expected =
          all.stream().filter(mark -> mark.state() == state).toList();
      for (int max : new int[] {1, 4, 40}) {
        List<UploadMark> joined = new ArrayList<>();
        while (true) {
          long after = joined.isEmpty() ? 0 : joined.get(joined.size() - 1).position();
          List<UploadMark> page =
              await(journals().marks(journal, REMOTE, STORE, state, after, max));
          assertThat(page).hasSizeLessThanOrEqualTo(max);
          joined.addAll(page);
          if (page.size() < max) {
            break;
          }
        }
        assertThat(joined).isEqualTo(expected);
      }
    }
  }

  // journals

  @Test
  protected void journalsWithTheSameIdsAreIndependent() {
    String one = newJournal();
    String two = newJournal();
    List<EntryId> ids = newIds(5);
    Changes changes = changesOfEveryKind(ids);
    commit(one, changes);
    String before = contents(one, ids);
    commit(two, changes);
    assertThat(contents(two, ids)).isEqualTo(before);
    commit(
        two,
        new Changes()
            .remove(ids.toArray(EntryId[]::new))
            .insert(entry(newId()))
            .outcome(outcome(ids.get(0), State.REMOVED))
            .winner(new Winner(utf8("event"), utf8("key"), newId(), new byte[9], "other"))
            .progress(new RemoteProgress(REMOTE, STORE, 9, 9, 9, 99))
            .unmark(mark(REMOTE, STORE, 5, UploadMark.State.REFUSED)));
    assertThat(contents(one, ids)).isEqualTo(before);
    await(journals().destroy(two));
    assertThat(contents(one, ids)).isEqualTo(before);
  }

  @Test
  protected void namesAreAnyText() {
    String prefix = newJournal();
    Map<String, EntryId> ids = new HashMap<>();
    List<String> names = new ArrayList<>();
    for (String text : TEXTS) {
      names.add(prefix + text);
    }
    names.add(prefix + "\ud83d\ude00".repeat(500));
    Collections.shuffle(names, new Random(6));
    for (String name : names) {
      EntryId id = newId();
      ids.put(name, id);
      insert(name, entry(id));
    }
    for (String name : names) {
      assertThat(ids(name)).containsExactly(ids.get(name));
    }
    Collections.sort(names, (a, b) -> Arrays.compareUnsigned(utf8(a), utf8(b)));
    for (int max : new int[] {1, 3, 100}) {
      assertThat(list(prefix, max)).isEqualTo(names);
    }
    await(journals().destroy(prefix + "\0"));
    names.remove(prefix + "\0");
    assertThat(list(prefix, 4)).isEqualTo(names);
    assertThat(await(journals().journals(Optional.of(prefix + "\0"), 1)))
        .as("goes on after one that isn't there")
        .containsExactly(prefix + "\0\0");
    names.forEach(name -> await(journals().destroy(name)));
    assertThat(list(prefix, 4)).isEmpty();
  }

  /** The journals whose names begin so; the storage may hold others. */
  private List<String> list(String prefix, int max) {
    List<String> all = new ArrayList<>();
    String after = prefix.substring(0, prefix.length() - 1);
    while (true) {
      List<String> page = await(journals().journals(Optional.of(after), max));
      assertThat(page).hasSizeLessThanOrEqualTo(max);
      all.addAll(page);
      if (page.size() < max || !page.get(max - 1).startsWith(prefix)) {
        all.removeIf(name -> !name.startsWith(prefix));
        return all;
      }
      after = page.get(max - 1);
    }
  }

  @Test
  protected void onlyJournalsThatWereWrittenToAreListed() {
    List<Changes> kinds = new ArrayList<>();
    EntryId id = newId();
    kinds.add(new Changes().remove(id));
    kinds.add(new Changes().insert(entry(id)));
    kinds.add(new Changes().outcome(outcome(id, State.HANDLED)));
    kinds.add(new Changes().winner(new Winner(utf8("e"), utf8("k"), id, null, "p")));
    kinds.add(new Changes().progress(RemoteProgress.none(REMOTE, STORE)));
    kinds.add(new Changes().mark(mark(REMOTE, STORE, 1, UploadMark.State.KNOWN)));
    for (Changes changes : kinds) {
      String journal = newJournal();
      assertThat(commit(journal, new Changes())).isEmpty();
      assertThat(isListed(journal)).isFalse();
      commit(journal, changes);
      assertThat(isListed(journal)).isTrue();
      await(journals().destroy(journal));
      assertThat(isListed(journal)).isFalse();
      commit(journal, changes);
      assertThat(isListed(journal)).isTrue();
    }
    assertThat(await(journals().journals(Optional.empty(), 1))).hasSize(1);
  }

  @Test
  protected void destroyingTakesEverythingAndFreesTheName() {
    String journal = newJournal();
    List<EntryId> ids = newIds(3_000);
    String empty = contents(journal, ids.subList(0, 5));
    commit(journal, changesOfEveryKind(ids));
    assertThat(contents(journal, ids.subList(0, 5))).isNotEqualTo(empty);
    await(journals().destroy(journal));
    assertThat(contents(journal, ids.subList(0, 5))).isEqualTo(empty);
    assertThat(known(journal, ids)).isEmpty();
    assertThat(isListed(journal)).isFalse();
    List<Long> positions = commit(journal, changesOfEveryKind(ids));
    assertThat(positions).isSorted().doesNotHaveDuplicates();
    assertThat(positions.get(0)).as("what had been removed is new").isPositive();
    await(journals().destroy(journal));
    await(journals().destroy(journal));
    assertThat(contents(journal, ids.subList(0, 5))).isEqualTo(empty);
  }

  /** Something of everything; of a few ids, the first is removed. */
  private static Changes changesOfEveryKind(List<EntryId> ids) {
    Changes changes = new Changes()
        .insert(entries(ids))
        .outcome(
            outcome(ids.get(0), State.REMOVED),
            new EntryOutcome(ids.get(1), State.FAILED, 3, 4, "why"),
            outcome(ids.get(2), State.HANDLED))
        .winner(new Winner(utf8("event"), utf8("key"), ids.get(1), new byte[3], "policy"))
        .progress(new RemoteProgress(REMOTE, STORE, 3, 4, 1, 2))
        .mark(
            mark(REMOTE, STORE, 4, UploadMark.State.KNOWN),
            mark(REMOTE, STORE, 5, UploadMark.State.REFUSED));
    return changes;
  }

  /** Everything a journal answers about these ids, as text. */
  private String contents(String journal, List<EntryId> ids) {
    List<Object> all = new ArrayList<>();
    for (EntryId id : ids) {
      all.add(String.valueOf(known(journal, id)));
      all.add(await(journals().entry(journal, id)).map(Shown::of));
    }
    all.add(shown(all(journal)));
    all.add(shown(sameKey(journal, "event", "key")));
    all.add(await(journals().winner(journal, utf8("event"), utf8("key"))).map(Shown::of));
    all.add(outcomes(journal));
    for (State state : State.values()) {
      all.add(outcomes(journal, state));
    }
    all.add(await(journals().progress(journal, REMOTE, STORE)));
    all.add(await(journals().progress(journal)));
    all.add(marks(journal, REMOTE, STORE));
    all.add(pending(journal, REMOTE, STORE));
    return String.join("\n", all.stream().map(Object::toString).toList());
  }

  // leases

  @Test
  protected void aCommitUnderALeaseThatHasEndedChangesNothing() throws Exception {
    String journal = newJournal();
    String name = "kit-" + UUID.randomUUID();
    List<EntryId> ids = newIds(3);
    Lease first = grant(name);
    assertThat(
            await(journals().commit(journal, changesOfEveryKind(ids).commit(), Optional.of(first))))
        .hasSize(3);
    assertThat(await(journals().commit(journal, new Changes().commit(), Optional.of(first))))
        .isEmpty();
    await(storage().leases().release(first));
    assertFenced(journal, ids, first);
    Lease second = grant(name);
    assertFenced(journal, ids, first);
    fixtureInUse().passTime(TTL);
    // Nobody has asked for it since.
    assertFenced(journal, ids, second);
    Lease third = grant(name);
    assertFenced(journal, ids, second);
    EntryId id = newId();
    await(journals().commit(journal, new Changes().insert(entry(id)).commit(), Optional.of(third)));
    assertThat(known(journal, id)).isNotNull();
    if (survives(Survives.CLOSE) && fixtureInUse().singleNode()) {
      reopen();
      assertFenced(journal, ids, third);
    }
  }

  /** Other commits made at the same time are none of its business. */
  private void assertFenced(String journal, List<EntryId> ids, Lease lease) {
    String before = contents(journal, ids);
    String other = newJournal();
    String unwritten = newJournal();
    EntryId id = newId();
    Changes changes = changesOfEveryKind(newIds(3))
        .remove(ids.get(1))
        .winner(new Winner(utf8("event"), utf8("key"), id, null, "fenced"))
        .progress(new RemoteProgress(REMOTE, STORE, 7, 7, 7, 7));
    List<Future<List<Long>>> fenced = List.of(
        journals().commit(journal, changes.commit(), Optional.of(lease)),
        journals().commit(unwritten, changes.commit(), Optional.of(lease)),
        journals().commit(journal, new Changes().commit(), Optional.of(lease)));
    Future<List<Long>> beside = submit(other, new Changes().insert(entry(id)));
    for (Future<List<Long>> call : fenced) {
      assertThatThrownBy(() -> await(call))
          .isInstanceOfSatisfying(
              FencedException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED));
    }
    assertThat(await(beside).get(0)).isPositive();
    assertThat(ids(other)).containsExactly(id);
    assertThat(contents(journal, ids)).isEqualTo(before);
    assertThat(isListed(unwritten)).isFalse();
  }

  private Lease grant(String name) {
    return await(storage().leases().acquire(name, TTL)).orElseThrow();
  }

  // many at once

  @Test
  protected void commitsOfTheSameIdsAtOnceAgreeOnThem() {
    String journal = newJournal();
    List<EntryId> ids = newIds(LONG ? 2_000 : 120);
    Random random = new Random(7);
    List<List<EntryId>> asked = new ArrayList<>();
    List<Future<List<Long>>> calls = new ArrayList<>();
    for (int i = 0; i + 20 <= ids.size(); i += 10) {
      for (Context context : contexts()) {
        List<EntryId> some = new ArrayList<>(ids.subList(i, i + 20));
        Collections.shuffle(some, random);
        asked.add(some);
        calls.add(on(context, () -> submit(journal, new Changes().insert(entries(some)))));
      }
    }
    Map<EntryId, Long> positions = new HashMap<>();
    for (int i = 0; i < calls.size(); i++) {
      List<Long> answer = await(calls.get(i));
      assertThat(answer).hasSize(20).doesNotHaveDuplicates();
      for (int j = 0; j < 20; j++) {
        Long before = positions.putIfAbsent(asked.get(i).get(j), answer.get(j));
        assertThat(before == null || before.equals(answer.get(j))).isTrue();
      }
    }
    assertThat(positions).hasSameSizeAs(ids);
    Map<EntryId, Long> stored = new HashMap<>();
    all(journal).forEach(placed -> stored.put(placed.entry().id(), placed.position()));
    assertThat(stored).isEqualTo(positions);
  }

  /** Each commit is entries, outcomes and progress: whoever reads sees all of it or nothing. */
  @Test
  protected void aCommitIsSeenWholeOrNotAtAll() {
    String journal = newJournal();
    int each = 5;
    int commits = LONG ? 1_000 : 60;
    List<EntryId> ids = newIds(each * commits);
    List<Future<Void>> watchers = new ArrayList<>();
    for (Context context : contexts()) {
      Promise<Void> seen = Promise.promise();
      context.runOnContext(ignored -> watch(context, journal, ids, each, seen));
      watchers.add(seen.future());
    }
    Future<List<Long>> last = Future.succeededFuture(List.of());
    for (int i = 0; i < ids.size(); i += each) {
      List<EntryId> some = ids.subList(i, i + each);
      Changes changes = new Changes().insert(entries(some));
      some.forEach(id -> changes.outcome(outcome(id, State.HANDLED)));
      last = last.compose(done -> submit(journal, changes));
    }
    await(last);
    watchers.forEach(ContractBase::await);
  }

  /** Until everything is there; each time anew, because a storage may answer at once. */
  private void watch(
      Context context, String journal, List<EntryId> ids, int each, Promise<Void> seen) {
    var unused = attempt(() -> journals().known(journal, ids).compose(known -> {
          assertThat(known.size() % each).isZero();
          assertThat(known.values()).allMatch(k -> k.position() > 0 && k.outcome() != null);
          return journals()
              .entries(journal, 0, Integer.MAX_VALUE, Long.MAX_VALUE)
              .map(entries -> {
                assertThat(entries.size() % each).isZero();
                assertThat(entries).hasSizeGreaterThanOrEqualTo(known.size());
                return known.size() == ids.size();
              });
        }))
        .onFailure(seen::fail)
        .onSuccess(done -> {
          if (done) {
            seen.complete();
          } else {
            context.runOnContext(ignored -> watch(context, journal, ids, each, seen));
          }
        });
  }

  // ends

  @Test
  protected void whatWasCommittedIsThereAfterReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    assertSurvives(this::reopen);
  }

  @Test
  protected void whatWasAcknowledgedIsThereAfterACrash() throws Exception {
    assumeSurvives(Survives.CRASH);
    assertSurvives(this::crash);
  }

  private void assertSurvives(End end) throws Exception {
    String journal = newJournal();
    String destroyed = newJournal();
    List<EntryId> ids = newIds(5);
    commit(journal, changesOfEveryKind(ids));
    EntryId gone = newId();
    long last = insert(journal, entry(gone)).get(0);
    commit(journal, new Changes().remove(gone, ids.get(4)));
    commit(destroyed, changesOfEveryKind(ids));
    await(journals().destroy(destroyed));
    String before = contents(journal, ids);
    for (int i = 0; i < 2; i++) {
      end.happen();
      assertThat(contents(journal, ids)).isEqualTo(before);
      assertThat(isListed(journal)).isTrue();
      assertThat(known(destroyed, ids)).isEmpty();
      assertThat(isListed(destroyed)).isFalse();
      assertThat(
              insert(journal, entry(gone), entry(ids.get(4)), entry(ids.get(0))).subList(0, 2))
          .containsExactly(0L, 0L);
    }
    assertThat(insert(journal, entry(newId())).get(0)).isGreaterThan(last);
  }

  // contexts and arguments

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    String journal = newJournal();
    commit(journal, changesOfEveryKind(newIds(5)));
    Lease ended = grant("kit-" + UUID.randomUUID());
    await(storage().leases().release(ended));
    for (Supplier<Future<?>> call : everyCall(journals(), journal)) {
      assertCompletesOnTheCallersContext(() -> call.get().mapEmpty());
    }
    assertCompletesOnTheCallersContext(() -> journals()
        .commit(journal, new Changes().insert(entry(newId())).commit(), Optional.of(ended)));
  }

  @Test
  protected void callsOnAClosedStorageFail() {
    String journal = newJournal();
    Lease lease = grant("kit-" + UUID.randomUUID());
    insert(journal, entry(newId()));
    JournalStore journals = close().journals();
    for (Supplier<Future<?>> call : everyCall(journals, journal)) {
      assertRefusedAsClosed(call);
    }
    assertRefusedAsClosed(() -> journals.commit(
        journal, new Changes().insert(entry(newId())).commit(), Optional.of(lease)));
  }

  private List<Supplier<Future<?>>> everyCall(JournalStore journals, String journal) {
    EntryId id = newId();
    byte[] text = utf8("event");
    Optional<EntryId> none = Optional.empty();
    return List.of(
        () -> journals.commit(
            journal, new Changes().insert(entry(newId())).commit(), Optional.empty()),
        () -> journals.commit(journal, new Changes().commit(), Optional.empty()),
        () -> journals.known(journal, List.of(id)),
        () -> journals.entry(journal, id),
        () -> journals.sameKey(journal, text, text, none, 1),
        () -> journals.winner(journal, text, text),
        () -> journals.entries(journal, 0, 1, 1),
        () -> journals.pending(journal, REMOTE, STORE, 0, 1, 1),
        () -> journals.marks(journal, REMOTE, STORE, UploadMark.State.KNOWN, 0, 1),
        () -> journals.progress(journal, REMOTE, STORE),
        () -> journals.progress(journal),
        () -> journals.outcomes(journal, Optional.empty(), none, 1),
        () -> journals.journals(Optional.empty(), 1),
        () -> journals.destroy(newJournal()));
  }

  @Test
  protected void atLeastOneIsAskedFor() {
    String journal = newJournal();
    byte[] text = utf8("event");
    Optional<EntryId> none = Optional.empty();
    for (int max : new int[] {0, -1, Integer.MIN_VALUE}) {
      List<Supplier<Future<?>>> calls = List.of(
          () -> journals().sameKey(journal, text, text, none, max),
          () -> journals().entries(journal, 0, max, 1),
          () -> journals().pending(journal, REMOTE, STORE, 0, max, 1),
          () -> journals().marks(journal, REMOTE, STORE, UploadMark.State.KNOWN, 0, max),
          () -> journals().outcomes(journal, Optional.empty(), none, max),
          () -> journals().journals(Optional.empty(), max));
      for (Supplier<Future<?>> call : calls) {
        assertThatThrownBy(() -> await(call.get())).isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  @Test
  protected void randomCallsDoWhatTheModelDoes() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    int runs = LONG ? 500 : 4;
    for (int run = 0; run < runs; run++) {
      new RandomJournalCalls(this, seed + run).run();
    }
  }
}
