package io.tributary.core.conflict;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.model.Entry;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;

/** The built-in conflict policies. "Last" and "first" are the greatest and the smallest entry id. */
public final class ConflictPolicies {
  /** The name of {@link #lastWriteWins()}. */
  public static final String LAST_WRITE_WINS = "lastWriteWins";

  /** The name of {@link #firstWriteWins()}. */
  public static final String FIRST_WRITE_WINS = "firstWriteWins";

  /** The name of {@link #merge}, unless it is given another. */
  public static final String MERGE = "merge";

  /** The name of {@link #reject()}. */
  public static final String REJECT = "reject";

  private static final String FIRST_COME = "another entry of this event and key was here first";

  private ConflictPolicies() {}

  /** The greatest id stands, whatever the order of arrival. The default. */
  public static ConflictPolicy lastWriteWins() {
    return ByEntryId.LAST;
  }

  /**
   * The smallest id stands, whatever the order of arrival. A local write about something that is there
   * already is refused.
   */
  public static ConflictPolicy firstWriteWins() {
    return ByEntryId.FIRST;
  }

  /** As {@link #reject(String)}, with words of its own. */
  public static ConflictPolicy reject() {
    return reject(FIRST_COME);
  }

  /**
   * What this replica had first stays, and nothing replaces it.
   *
   * <p><b>Replicas can then differ, for good</b>: two that wrote about the same thing before they met
   * each keep what they had, and a third keeps what it heard of first. Only for data that one replica
   * writes, or where differing does no harm; {@link #firstWriteWins()} is the policy that refuses later
   * writes and still converges.
   *
   * @param reason for people; in {@code ConflictRejectedException} and in the audit
   */
  public static ConflictPolicy reject(String reason) {
    return new FirstCome(reason);
  }

  /**
   * Merges payloads, of all events alike, without decoding them.
   *
   * @param merge must be commutative, associative and idempotent, or replicas can differ
   */
  public static ConflictPolicy merge(PayloadMerge merge) {
    Optional<Merging.Merger> merger =
        Optional.of((entry, winner) -> new Resolution.Merge(merge.merge(winner, entry)));
    return new Merging(MERGE, event -> merger);
  }

  /** Begins a policy that merges payloads event by event. */
  public static Merges merges() {
    return new Merges();
  }

  /**
   * The policy that a configuration names.
   *
   * @throws IllegalArgumentException if no policy has that name, or one that takes code
   */
  public static ConflictPolicy named(String name) {
    return switch (name) {
      case LAST_WRITE_WINS -> lastWriteWins();
      case FIRST_WRITE_WINS -> firstWriteWins();
      case REJECT -> reject();
      case MERGE ->
        throw new IllegalArgumentException(
            "found merge, which needs functions and so can be chosen in code only; allowed are "
                + "lastWriteWins, firstWriteWins, reject");
      default ->
        throw new IllegalArgumentException(
            "found " + name + ", allowed are lastWriteWins, firstWriteWins, reject");
    };
  }

  /** Merges the payloads of two entries as bytes. */
  @FunctionalInterface
  public interface PayloadMerge {
    /**
     * The payload that says what both say. Called on any thread; must neither block nor keep or change
     * what it is given.
     *
     * @param winner what stands, itself perhaps merged
     * @param incoming the one that comes
     * @return a fresh array or one handed over
     * @throws Exception if it can't: that is recorded against {@code incoming}, and {@code winner}
     *     stands
     */
    byte[] merge(Entry winner, Entry incoming) throws Exception;
  }

  /** Collects merge functions, event by event. Not thread-safe. */
  public static final class Merges {
    private final Map<String, Merging.Merger> mergers = new HashMap<>();
    private String name = MERGE;

    private Merges() {}

    /**
     * Says how two payloads of an event become one. Events without such a function are decided as by
     * {@link #lastWriteWins()}. A payload that can't be decoded never stands if one that can is there.
     *
     * @param merge gets what stands and what comes; it must be commutative, associative and
     *     idempotent, which {@link MergeLaws} checks, or replicas can differ. It must not block, and may
     *     change what it is given
     * @throws IllegalArgumentException if the event has a function already
     */
    @CanIgnoreReturnValue
    public <P> Merges event(EventDefinition<P> event, BinaryOperator<P> merge) {
      if (mergers.putIfAbsent(event.tag(), new TypedMerger<>(event, merge)) != null) {
        throw new IllegalArgumentException(event + " has two merge functions");
      }
      return this;
    }

    /**
     * Gives the policy another name than {@value #MERGE}. To be done whenever the functions change, so
     * that what stands in a journal is merged anew.
     *
     * @throws IllegalArgumentException if it is empty, or that of a policy that doesn't merge
     */
    @CanIgnoreReturnValue
    public Merges named(String name) {
      if (name.isEmpty()
          || name.equals(LAST_WRITE_WINS)
          || name.equals(FIRST_WRITE_WINS)
          || name.equals(REJECT)) {
        throw new IllegalArgumentException(
            "the name of a merge policy: found \"" + name + "\", which is empty or taken");
      }
      this.name = name;
      return this;
    }

    /**
     * The policy.
     *
     * @throws IllegalArgumentException if it has no function
     */
    public ConflictPolicy build() {
      if (mergers.isEmpty()) {
        throw new IllegalArgumentException("a merge policy has a function for one event at least");
      }
      Map<String, Merging.Merger> copy = Map.copyOf(mergers);
      return new Merging(name, event -> Optional.ofNullable(copy.get(event)));
    }
  }
}
