package io.tributary.core.conflict;

import io.tributary.core.eventlog.EventDefinition;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Checks, in the tests of an application, that a merge function is commutative, associative and
 * idempotent: then replicas come to the same payload whatever the order in which entries reach them,
 * and however often one is merged. The function is called as the policy does it: with freshly decoded
 * payloads, and its result is encoded.
 *
 * <pre>{@code
 * MergeLaws.of(NOTE, Note::merge).check(List.of(note1, note2, note3));
 * MergeLaws.of(NOTE, Note::merge).check(random -> Note.random(random), 1_000, 42);
 * }</pre>
 *
 * <p>Two payloads are the same if they are equal or have the same bytes. Confined to one thread.
 */
public final class MergeLaws<P> {
  private final EventDefinition<P> event;
  private final BinaryOperator<P> merge;

  private MergeLaws(EventDefinition<P> event, BinaryOperator<P> merge) {
    this.event = event;
    this.merge = merge;
  }

  /** The laws for a function, as it is given to {@link ConflictPolicies.Merges#event}. */
  public static <P> MergeLaws<P> of(EventDefinition<P> event, BinaryOperator<P> merge) {
    return new MergeLaws<>(event, merge);
  }

  /**
   * Checks every three of the samples, in every order; a few dozen are a lot.
   *
   * @throws AssertionError with the payloads that break a law, or that the function fails for
   */
  public void check(List<P> samples) {
    List<byte[]> payloads = samples.stream().map(event::encode).toList();
    for (byte[] a : payloads) {
      for (byte[] b : payloads) {
        for (byte[] c : payloads) {
          check(a, b, c, "");
        }
      }
    }
  }

  /**
   * Checks random payloads, and what becomes of them when they are merged.
   *
   * @param payloads makes one
   * @param rounds how many times three are checked
   * @param seed where the randomness begins; the same finds the same
   * @throws AssertionError with the payloads that break a law, or that the function fails for
   */
  public void check(Function<RandomGenerator, P> payloads, int rounds, long seed) {
    Random random = new Random(seed);
    byte[] merged = event.encode(payloads.apply(random));
    for (int i = 0; i < rounds; i++) {
      byte[] a = event.encode(payloads.apply(random));
      byte[] b = event.encode(payloads.apply(random));
      byte[] c = random.nextBoolean() ? merged : event.encode(payloads.apply(random));
      String where = " (seed " + seed + ", round " + (i + 1) + ")";
      check(a, b, c, where);
      // Neither always a new beginning, nor one value that has swallowed everything.
      merged = merged(random.nextInt(8) == 0 ? a : c, b, where);
    }
  }

  private void check(byte[] a, byte[] b, byte[] c, String where) {
    same(
        "commutative: merge(a, b)",
        merged(a, b, where),
        "merge(b, a)",
        merged(b, a, where),
        () -> given("a", a) + given("b", b) + where);
    same("idempotent: merge(a, a)", merged(a, a, where), "a", a, () -> given("a", a) + where);
    same(
        "associative: merge(merge(a, b), c)",
        merged(merged(a, b, where), c, where),
        "merge(a, merge(b, c))",
        merged(a, merged(b, c, where), where),
        () -> given("a", a) + given("b", b) + given("c", c) + where);
  }

  private void same(String left, byte[] one, String right, byte[] other, Supplier<String> given) {
    if (!Arrays.equals(one, other) && !Objects.deepEquals(event.decode(one), event.decode(other))) {
      throw new AssertionError("the merge function of " + event + " is not " + left + " is "
          + shown(one) + ", but " + right + " is " + shown(other) + given.get());
    }
  }

  private byte[] merged(byte[] winner, byte[] incoming, String where) {
    try {
      return event.encode(merge.apply(event.decode(winner), event.decode(incoming)));
    } catch (RuntimeException e) {
      throw new AssertionError(
          "the merge function of " + event + " fails: merge(a, b)" + given("a", winner)
              + given("b", incoming) + where,
          e);
    }
  }

  private String given(String name, byte[] payload) {
    return ", " + name + " = " + shown(payload);
  }

  private String shown(byte[] payload) {
    P value = event.decode(payload);
    return value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : String.valueOf(value);
  }
}
