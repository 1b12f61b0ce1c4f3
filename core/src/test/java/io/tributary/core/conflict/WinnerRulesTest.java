package io.tributary.core.conflict;

import static io.tributary.core.conflict.Samples.NOW;
import static io.tributary.core.conflict.Samples.entry;
import static io.tributary.core.conflict.Samples.merging;
import static io.tributary.core.conflict.Samples.note;
import static io.tributary.core.conflict.Samples.stands;
import static io.tributary.core.conflict.Samples.text;
import static io.tributary.core.conflict.Samples.verdict;
import static io.tributary.core.conflict.Samples.votes;
import static io.tributary.core.conflict.Samples.winner;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WinnerRulesTest {
  private static final ConflictPolicy LAST = ConflictPolicies.lastWriteWins();

  private final Entry older = note(NOW, 5);
  private final Entry newer = note(NOW + 1, 2);

  /** A policy that nobody asks. */
  private static final ConflictPolicy UNASKED = policy((entry, winner) -> {
    throw new AssertionError("asked");
  });

  private interface Resolver {
    Future<Resolution> resolve(Entry entry, Entry winner);
  }

  private static ConflictPolicy policy(Resolver resolver) {
    return new ConflictPolicy() {
      @Override
      public String name() {
        return "own";
      }

      @Override
      public boolean needsWinnerPayload() {
        return false;
      }

      @Override
      public Future<Resolution> resolve(Entry entry, Entry winner) {
        return resolver.resolve(entry, winner);
      }
    };
  }

  @Test
  void theFirstOfAKeyStandsUnasked() {
    Verdict.Stands stands = stands(UNASKED, older, Optional.empty());
    assertThat(stands.handled()).isSameAs(older);
    assertThat(stands.merged()).isFalse();
    assertThat(stands.winner().id()).isEqualTo(older.id());
    assertThat(stands.winner().policy()).isEqualTo("own");
    assertThat(text(stands.winner().event())).isEqualTo("note");
    assertThat(text(stands.winner().primaryKey())).isEqualTo("n1");
    assertThat(stands.winner().payload()).as("nobody needs it").isNull();
  }

  @Test
  void idsThatAreNotVersion7NeverWin() {
    EntryId version4 =
        new EntryId((older.id().high() & ~0xf000L) | 0x4000, older.id().low());
    for (EntryId id : new EntryId[] {version4, new EntryId(0, 0), new EntryId(-1, -1)}) {
      Entry other = entry(id, older.payload());
      assertThat(verdict(UNASKED, other, Optional.empty())).isInstanceOf(Verdict.Loses.class);
      assertThat(verdict(UNASKED, other, Optional.of(winner(UNASKED, older))))
          .isInstanceOf(Verdict.Loses.class);
    }
  }

  @Test
  void whatIsAcceptedStandsAndWhatIsRejectedDoesNot() {
    Optional<Winner> standing = Optional.of(winner(LAST, older));
    assertThat(stands(LAST, newer, standing).winner().id()).isEqualTo(newer.id());
    Verdict loses = verdict(LAST, older, Optional.of(winner(LAST, newer)));
    assertThat(loses)
        .isEqualTo(new Verdict.Loses("an entry of this event and key with a greater id stands"));
  }

  @Test
  void whatIsMergedIsHandledAsTheEntryAndCountsUnderTheGreatestId() {
    ConflictPolicy merging = merging();
    Winner standing = winner(merging, newer);
    assertThat(votes(standing.payload())).as("kept for the next merge").isEqualTo(2);
    Verdict.Stands stands = stands(merging, older, Optional.of(standing));
    assertThat(stands.merged()).isTrue();
    assertThat(stands.handled().id()).isEqualTo(older.id());
    assertThat(votes(stands.handled().payload())).isEqualTo(5);
    assertThat(stands.winner().id()).isEqualTo(newer.id());
    assertThat(votes(stands.winner().payload())).isEqualTo(5);
    assertThat(stands.winner().policy()).isEqualTo("merge");

    Verdict.Stands other = stands(merging, newer, Optional.of(winner(merging, older)));
    assertThat(other.winner().id()).isEqualTo(newer.id());
  }

  @Test
  void thePolicySeesWhatStandsUnderItsOwnIdAndWithItsPayload() {
    Entry third = note(NOW + 2, 9);
    ConflictPolicy merging = merging();
    Winner merged = stands(merging, newer, Optional.of(winner(merging, older))).winner();
    Verdict.Stands stands = stands(merging, third, Optional.of(merged));
    assertThat(votes(stands.winner().payload())).isEqualTo(9);
    assertThat(stands.winner().id()).isEqualTo(third.id());

    Entry[] seen = new Entry[1];
    ConflictPolicy own = policy((entry, winner) -> {
      seen[0] = winner;
      return Future.succeededFuture(new Resolution.Accept());
    });
    assertThat(stands(own, newer, Optional.of(winner(own, older))).winner().id())
        .isEqualTo(newer.id());
    assertThat(seen[0].id()).isEqualTo(older.id());
    assertThat(seen[0].event()).isEqualTo("note");
    assertThat(seen[0].payload()).isEmpty();
  }

  @Test
  void theWinnerItselfIsHandledAgainUnasked() {
    Winner standing = winner(UNASKED, older);
    Verdict.Stands stands = stands(UNASKED, older, Optional.of(standing));
    assertThat(stands.handled()).isSameAs(older);
    assertThat(stands.winner()).isSameAs(standing);

    ConflictPolicy merging = merging();
    Winner merged = stands(merging, older, Optional.of(winner(merging, newer))).winner();
    Verdict.Stands again = stands(merging, newer, Optional.of(merged));
    assertThat(votes(again.handled().payload()))
        .as("with what was merged since")
        .isEqualTo(5);
    assertThat(again.merged()).isTrue();
    assertThat(stands(merging, newer, Optional.of(winner(merging, newer))).merged())
        .isFalse();
  }

  @Test
  void aPolicyThatFailsInAnyWayFailsTheFuture() {
    IllegalStateException failure = new IllegalStateException("no");
    Optional<Winner> standing = Optional.of(winner(LAST, older));
    assertThat(WinnerRules.decide(policy((e, w) -> Future.failedFuture(failure)), newer, standing)
            .cause())
        .isSameAs(failure);
    assertThat(WinnerRules.decide(UNASKED, newer, standing).cause()).hasMessage("asked");
    assertThat(WinnerRules.decide(policy((e, w) -> nothing()), newer, standing).cause())
        .hasMessage("conflict policy own gave no future");
    ConflictPolicy mergesToNothing =
        policy((e, w) -> Future.succeededFuture(new Resolution.Merge(nothing())));
    assertThat(WinnerRules.decide(mergesToNothing, newer, standing).cause())
        .hasMessage("conflict policy own merged to nothing");
  }

  /** What code without null checks may give. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }

  @Test
  void aWinnerOfAnotherPolicyIsNotCurrent() {
    ConflictPolicy first = ConflictPolicies.firstWriteWins();
    assertThat(WinnerRules.isCurrent(LAST, winner(LAST, older))).isTrue();
    assertThat(WinnerRules.isCurrent(first, winner(LAST, older))).isFalse();
    assertThat(WinnerRules.isCurrent(merging(), winner(merging(), older))).isTrue();
    Winner withoutPayload = new Winner(new byte[1], new byte[1], older.id(), null, "merge");
    assertThat(WinnerRules.isCurrent(merging(), withoutPayload)).isFalse();
  }
}
