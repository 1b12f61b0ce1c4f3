package io.tributary.core.conflict;

import static io.tributary.core.conflict.Samples.NOTE;
import static io.tributary.core.conflict.Samples.NOT_A_PAYLOAD;
import static io.tributary.core.conflict.Samples.NOW;
import static io.tributary.core.conflict.Samples.entry;
import static io.tributary.core.conflict.Samples.id;
import static io.tributary.core.conflict.Samples.note;
import static io.tributary.core.conflict.Samples.votes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.conflict.Resolution.Accept;
import io.tributary.core.conflict.Resolution.Merge;
import io.tributary.core.conflict.Resolution.Reject;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConflictPoliciesTest {
  private final Entry older = note(NOW, 1);
  private final Entry newer = note(NOW + 1, 2);

  @Test
  void lastWriteWinsByTheGreatestId() {
    ConflictPolicy policy = ConflictPolicies.lastWriteWins();
    assertThat(policy.name()).isEqualTo("lastWriteWins");
    assertThat(policy.needsWinnerPayload()).isFalse();
    assertThat(policy.resolve(newer, older).result()).isEqualTo(new Accept());
    assertThat(policy.resolve(older, newer).result()).isInstanceOf(Reject.class);
  }

  @Test
  void firstWriteWinsByTheSmallestId() {
    ConflictPolicy policy = ConflictPolicies.firstWriteWins();
    assertThat(policy.name()).isEqualTo("firstWriteWins");
    assertThat(policy.needsWinnerPayload()).isFalse();
    assertThat(policy.resolve(older, newer).result()).isEqualTo(new Accept());
    assertThat(policy.resolve(newer, older).result()).isInstanceOf(Reject.class);
  }

  @Test
  void idsAreComparedUnsigned() {
    Entry farFuture = entry(id(0xf000_0000_0000L, 0), new byte[0]);
    assertThat(ConflictPolicies.lastWriteWins().resolve(farFuture, older).result())
        .isEqualTo(new Accept());
    assertThat(ConflictPolicies.firstWriteWins().resolve(farFuture, older).result())
        .isInstanceOf(Reject.class);
  }

  @Test
  void rejectRefusesWhateverTheIds() {
    ConflictPolicy policy = ConflictPolicies.reject("ask the owner");
    assertThat(policy.name()).isEqualTo("reject");
    assertThat(policy.resolve(older, newer).result()).isEqualTo(new Reject("ask the owner"));
    assertThat(policy.resolve(newer, older).result()).isEqualTo(new Reject("ask the owner"));
    assertThat(ConflictPolicies.reject().resolve(newer, older).result()).isInstanceOf(Reject.class);
  }

  @Test
  void mergeGetsWinnerAndIncoming() {
    ConflictPolicy policy = ConflictPolicies.merge((winner, incoming) -> {
      assertThat(winner).isSameAs(older);
      assertThat(incoming).isSameAs(newer);
      return new byte[] {7};
    });
    assertThat(policy.name()).isEqualTo("merge");
    assertThat(policy.needsWinnerPayload()).isTrue();
    Merge merge = (Merge) policy.resolve(newer, older).result();
    assertThat(merge.payload()).containsExactly(7);
  }

  @Test
  void mergeOfTypedPayloadsDecodesAndEncodes() {
    Merge merge = (Merge) Samples.merging().resolve(older, newer).result();
    assertThat(votes(merge.payload())).isEqualTo(2);
  }

  @Test
  void aFunctionThatThrowsFailsTheFuture() {
    IllegalStateException failure = new IllegalStateException("no");
    ConflictPolicy raw = ConflictPolicies.merge((winner, incoming) -> {
      throw failure;
    });
    ConflictPolicy typed = ConflictPolicies.merges()
        .event(NOTE, (a, b) -> {
          throw failure;
        })
        .build();
    ConflictPolicy recursive = ConflictPolicies.merge((winner, incoming) -> endless());
    assertThat(raw.resolve(newer, older).cause()).isSameAs(failure);
    assertThat(typed.resolve(newer, older).cause()).isSameAs(failure);
    assertThat(recursive.resolve(newer, older).cause()).isInstanceOf(StackOverflowError.class);
  }

  @SuppressWarnings("InfiniteRecursion")
  private static byte[] endless() {
    return endless();
  }

  @Test
  void eventsWithoutAFunctionGoByTheGreatestId() {
    Entry a = new Entry(older.id(), "other", "k", new byte[] {1});
    Entry b = new Entry(newer.id(), "other", "k", new byte[] {2});
    assertThat(Samples.merging().resolve(b, a).result()).isEqualTo(new Accept());
    assertThat(Samples.merging().resolve(a, b).result()).isInstanceOf(Reject.class);
  }

  @Test
  void whatCannotBeDecodedGivesWayToWhatCan() {
    ConflictPolicy policy = Samples.merging();
    Entry bad = entry(id(NOW + 5, 1), NOT_A_PAYLOAD);
    Entry worse = entry(id(NOW + 6, 1), NOT_A_PAYLOAD);
    assertThat(policy.resolve(older, bad).result()).isEqualTo(new Accept());
    assertThat(policy.resolve(bad, older).cause()).isInstanceOf(PayloadException.class);
    assertThat(policy.resolve(worse, bad).result())
        .as("among its like the greatest id stands")
        .isEqualTo(new Accept());
    assertThat(policy.resolve(bad, worse).cause()).isInstanceOf(PayloadException.class);
  }

  @Test
  void configurationNamesAllButMerge() {
    for (String name : List.of("lastWriteWins", "firstWriteWins", "reject")) {
      assertThat(ConflictPolicies.named(name).name()).isEqualTo(name);
    }
    assertThatThrownBy(() -> ConflictPolicies.named("merge"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("in code only")
        .hasMessageContaining("lastWriteWins, firstWriteWins, reject");
    assertThatThrownBy(() -> ConflictPolicies.named("newest"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("found newest, allowed are lastWriteWins, firstWriteWins, reject");
  }

  @Test
  void mergesAreRefusedWhereTheyMeanNothing() {
    ConflictPolicies.Merges merges = ConflictPolicies.merges();
    assertThatThrownBy(merges::build).hasMessageContaining("one event at least");
    merges.event(NOTE, Samples::mostVotes);
    assertThatThrownBy(() -> merges.event(NOTE, Samples::mostVotes))
        .hasMessage("event note has two merge functions");
    for (String name : List.of("", "lastWriteWins", "firstWriteWins", "reject")) {
      assertThatThrownBy(() -> merges.named(name)).hasMessageContaining("empty or taken");
    }
    assertThat(merges.named("merge-2").build().name()).isEqualTo("merge-2");
  }

  @Test
  void aBuiltPolicyDoesNotSeeLaterFunctions() {
    ConflictPolicies.Merges merges = ConflictPolicies.merges().event(NOTE, Samples::mostVotes);
    ConflictPolicy policy = merges.build();
    merges.event(EventDefinition.of("other", PayloadCodec.raw(), b -> "k"), (a, b) -> a);
    Entry other = new Entry(newer.id(), "other", "k", new byte[] {2});
    Future<Resolution> resolution =
        policy.resolve(other, new Entry(older.id(), "other", "k", new byte[] {1}));
    assertThat(resolution.result()).isEqualTo(new Accept());
  }
}
