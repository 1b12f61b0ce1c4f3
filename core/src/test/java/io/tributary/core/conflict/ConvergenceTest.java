package io.tributary.core.conflict;

import static io.tributary.core.conflict.Samples.NOTE;
import static io.tributary.core.conflict.Samples.NOT_A_PAYLOAD;
import static io.tributary.core.conflict.Samples.entry;
import static io.tributary.core.conflict.Samples.randomId;
import static io.tributary.core.conflict.Samples.votes;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.wire.v3.Seeds;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random entries of one key, by clocks that agree or don't, come in random orders, some more than
 * once: in each the same stands in the end, and that is what the policy's rule says of all of them.
 */
class ConvergenceTest {
  private static final int ROUNDS = Seeds.LONG ? 100_000 : 2_000;

  private record Outcome(Optional<EntryId> id, int votes) {
    static Outcome of(Optional<Winner> winner) {
      return new Outcome(
          winner.map(Winner::id), winner.map(w -> readable(w.payload())).orElse(-1));
    }

    static int readable(byte @Nullable [] payload) {
      try {
        return Samples.votes(payload);
      } catch (PayloadException e) {
        return -1;
      }
    }
  }

  private interface Rule {
    Outcome of(List<Entry> entries);
  }

  @Test
  void lastWriteWinsConverges() {
    converges(
        "lastWriteWinsConverges",
        ConflictPolicies.lastWriteWins(),
        entries -> new Outcome(ids(entries).max(Comparator.naturalOrder()), -1));
  }

  @Test
  void firstWriteWinsConverges() {
    converges(
        "firstWriteWinsConverges",
        ConflictPolicies.firstWriteWins(),
        entries -> new Outcome(ids(entries).min(Comparator.naturalOrder()), -1));
  }

  @Test
  void mergeConvergesAlsoWhereSomePayloadsCannotBeDecoded() {
    converges("mergeConvergesAlsoWhereSomePayloadsCannotBeDecoded", Samples.merging(), entries -> {
      List<Entry> good = entries.stream()
          .filter(entry -> entry.payload() != NOT_A_PAYLOAD && entry.id().version() == 7)
          .toList();
      return good.isEmpty()
          ? new Outcome(ids(entries).max(Comparator.naturalOrder()), -1)
          : new Outcome(
              ids(good).max(Comparator.naturalOrder()),
              good.stream().mapToInt(entry -> votes(entry.payload())).max().orElseThrow());
    });
  }

  @Test
  void mergeWithoutAFunctionConvergesLikeLastWriteWins() {
    ConflictPolicy policy = ConflictPolicies.merges()
        .event(EventDefinition.of("other", NOTE.codec(), note -> "k"), Samples::mostVotes)
        .build();
    Random random = Seeds.random("mergeWithoutAFunctionConvergesLikeLastWriteWins");
    for (int round = 0; round < ROUNDS; round++) {
      List<Entry> entries = entries(random);
      assertThat(arrive(policy, entries, random).map(Winner::id))
          .isEqualTo(ids(entries).max(Comparator.naturalOrder()));
    }
  }

  /** What its Javadoc says. */
  @Test
  void rejectKeepsWhatCameFirstSoReplicasDiffer() {
    ConflictPolicy policy = ConflictPolicies.reject();
    Entry a = Samples.note(Samples.NOW, 1);
    Entry b = Samples.note(Samples.NOW + 1, 2);
    Random random = new Random(1);
    EntryId one = fold(policy, placed(List.of(a, b)), random).orElseThrow().id();
    EntryId other = fold(policy, placed(List.of(b, a)), random).orElseThrow().id();
    assertThat(one).isEqualTo(a.id());
    assertThat(other).isEqualTo(b.id());
  }

  @Test
  void rejectIsDecidedAnewByTheOrderOfInsertion() {
    ConflictPolicy policy = ConflictPolicies.reject();
    Random random = Seeds.random("rejectIsDecidedAnewByTheOrderOfInsertion");
    for (int round = 0; round < ROUNDS; round++) {
      List<PlacedEntry> journal = placed(entries(random));
      Optional<EntryId> first = journal.stream()
          .map(placed -> placed.entry().id())
          .filter(id -> id.version() == 7)
          .findFirst();
      List<PlacedEntry> byId = new ArrayList<>(journal);
      byId.sort(Comparator.comparing(placed -> placed.entry().id()));
      assertThat(fold(policy, byId, random).map(Winner::id)).isEqualTo(first);
    }
  }

  private static void converges(String test, ConflictPolicy policy, Rule rule) {
    Random random = Seeds.random(test);
    for (int round = 0; round < ROUNDS; round++) {
      List<Entry> entries = entries(random);
      Outcome expected = rule.of(entries);
      for (int order = 0; order < 3; order++) {
        assertThat(Outcome.of(arrive(policy, entries, random))).isEqualTo(expected);
      }
      assertThat(Outcome.of(fold(policy, placed(entries), random)))
          .as("decided anew")
          .isEqualTo(expected);
    }
  }

  /** As replicas see them: in any order, some handled again. */
  private static Optional<Winner> arrive(
      ConflictPolicy policy, List<Entry> entries, Random random) {
    List<Entry> arriving = new ArrayList<>(entries);
    for (Entry entry : entries) {
      if (random.nextInt(4) == 0) {
        arriving.add(entry);
      }
    }
    Collections.shuffle(arriving, random);
    Optional<Winner> winner = Optional.empty();
    for (Entry entry : arriving) {
      Future<Verdict> verdict = WinnerRules.decide(policy, entry, winner);
      if (verdict.succeeded() && verdict.result() instanceof Verdict.Stands stands) {
        assertThat(stands.handled().id()).isEqualTo(entry.id());
        winner = Optional.of(stands.winner());
      }
    }
    return winner;
  }

  /** In pages, by a policy that takes its time now and then. */
  private static Optional<Winner> fold(
      ConflictPolicy policy, List<PlacedEntry> entries, Random random) {
    Deque<Runnable> later = new ArrayDeque<>();
    WinnerFold fold =
        new WinnerFold(policy instanceof FirstCome ? policy : new Hesitant(policy, random, later));
    int from = 0;
    while (from < entries.size()) {
      int to = Math.min(entries.size(), from + 1 + random.nextInt(8));
      Future<Void> added = fold.add(entries.subList(from, to));
      while (!later.isEmpty()) {
        later.remove().run();
      }
      assertThat(added.succeeded()).isTrue();
      from = to;
    }
    return fold.winner();
  }

  private record Hesitant(ConflictPolicy policy, Random random, Deque<Runnable> later)
      implements ConflictPolicy {
    @Override
    public String name() {
      return policy.name();
    }

    @Override
    public boolean needsWinnerPayload() {
      return policy.needsWinnerPayload();
    }

    @Override
    public Future<Resolution> resolve(Entry entry, Entry winner) {
      if (random.nextBoolean()) {
        return policy.resolve(entry, winner);
      }
      Promise<Resolution> promise = Promise.promise();
      later.add(() -> policy.resolve(entry, winner).onComplete(promise));
      return promise.future();
    }
  }

  private static List<Entry> entries(Random random) {
    Map<EntryId, Entry> entries = new LinkedHashMap<>();
    for (int i = random.nextInt(12); i >= 0; i--) {
      JsonObject note = new JsonObject().put("key", "n1").put("votes", random.nextInt(1_000));
      byte[] payload = random.nextInt(4) == 0 ? NOT_A_PAYLOAD : NOTE.encode(note);
      Entry entry = entry(randomId(random), payload);
      entries.putIfAbsent(entry.id(), entry);
    }
    return List.copyOf(entries.values());
  }

  private static Stream<EntryId> ids(List<Entry> entries) {
    return entries.stream().map(Entry::id).filter(id -> id.version() == 7);
  }

  private static List<PlacedEntry> placed(List<Entry> entries) {
    List<PlacedEntry> placed = new ArrayList<>();
    for (Entry entry : entries) {
      placed.add(new PlacedEntry(
          placed.size() + 1,
          new JournalEntry(
              entry.id(),
              entry.event().getBytes(StandardCharsets.UTF_8),
              entry.primaryKey().getBytes(StandardCharsets.UTF_8),
              entry.payload(),
              0)));
    }
    return placed;
  }
}
