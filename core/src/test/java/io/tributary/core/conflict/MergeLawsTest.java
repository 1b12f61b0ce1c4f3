package io.tributary.core.conflict;

import static io.tributary.core.conflict.Samples.NOTE;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadCodec;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class MergeLawsTest {
  private static final List<JsonObject> SAMPLES = List.of(note(1), note(2), note(3));

  private static JsonObject note(int votes) {
    return new JsonObject().put("key", "n1").put("votes", votes);
  }

  private static JsonObject random(RandomGenerator random) {
    return note(random.nextInt(100));
  }

  private static MergeLaws<JsonObject> laws(BinaryOperator<JsonObject> merge) {
    return MergeLaws.of(NOTE, merge);
  }

  private static MergeLaws<JsonObject> votes(BinaryOperator<Integer> merge) {
    return laws((a, b) -> note(merge.apply(a.getInteger("votes"), b.getInteger("votes"))));
  }

  @Test
  void aMaximumKeepsAllLaws() {
    assertThatCode(() -> laws(Samples::mostVotes).check(SAMPLES)).doesNotThrowAnyException();
    assertThatCode(() -> laws(Samples::mostVotes).check(MergeLawsTest::random, 200, 1))
        .doesNotThrowAnyException();
  }

  @Test
  void theOrderOfFieldsDoesNotMatter() {
    BinaryOperator<JsonObject> merge = (a, b) -> {
      int most = Math.max(a.getInteger("votes"), b.getInteger("votes"));
      return a.getInteger("votes") > b.getInteger("votes")
          ? new JsonObject().put("votes", most).put("key", "n1")
          : note(most);
    };
    assertThatCode(() -> laws(merge).check(SAMPLES)).doesNotThrowAnyException();
  }

  @Test
  void eachBrokenLawIsReportedWithWhatBreaksIt() {
    assertThatThrownBy(() -> votes((a, b) -> a).check(SAMPLES))
        .isInstanceOf(AssertionError.class)
        .hasMessage("the merge function of event note is not commutative: merge(a, b) is"
            + " {\"key\":\"n1\",\"votes\":1}, but merge(b, a) is {\"key\":\"n1\",\"votes\":2},"
            + " a = {\"key\":\"n1\",\"votes\":1}, b = {\"key\":\"n1\",\"votes\":2}");
    assertThatThrownBy(() -> votes(Integer::sum).check(SAMPLES))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("is not idempotent");
    // 1 and 2 make 3, 1 and 3 make 2, 2 and 3 make 1.
    assertThatThrownBy(() -> votes((a, b) -> a.equals(b) ? a : 6 - a - b).check(SAMPLES))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("is not associative")
        .hasMessageContaining("c = ");
  }

  @Test
  void randomPayloadsAreCheckedTooAndTheSeedIsTold() {
    assertThatThrownBy(() -> votes((a, b) -> (a + b) / 2).check(MergeLawsTest::random, 200, 11))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("is not associative")
        .hasMessageContaining("(seed 11, round ");
  }

  @Test
  void aFunctionThatFailsIsReported() {
    IllegalStateException failure = new IllegalStateException("no");
    assertThatThrownBy(() -> laws((a, b) -> {
              throw failure;
            })
            .check(SAMPLES))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("fails: merge(a, b)")
        .hasCause(failure);
  }

  /** Otherwise a function that changes its first argument and gives it would look idempotent. */
  @Test
  void everyCallGetsItsOwnPayloads() {
    BinaryOperator<JsonObject> adds =
        (a, b) -> a.put("votes", a.getInteger("votes") + b.getInteger("votes"));
    assertThatThrownBy(() -> laws(adds).check(List.of(note(1))))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("is not idempotent");
  }

  @Test
  void bytesAreComparedByContentAndShownInHex() {
    EventDefinition<byte[]> raw = EventDefinition.of("raw", PayloadCodec.raw(), bytes -> "k");
    assertThatCode(() -> MergeLaws.of(raw, (a, b) -> a[0] > b[0] ? a.clone() : b.clone())
            .check(List.of(new byte[] {1}, new byte[] {2})))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () -> MergeLaws.of(raw, (a, b) -> a).check(List.of(new byte[] {1}, new byte[] {10})))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("a = 01, b = 0a");
  }
}
