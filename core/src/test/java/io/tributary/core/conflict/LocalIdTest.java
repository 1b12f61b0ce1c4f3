package io.tributary.core.conflict;

import static io.tributary.core.conflict.Samples.NOW;
import static io.tributary.core.conflict.Samples.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.wire.v3.Seeds;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LocalIdTest {
  private static final long DAY = Duration.ofHours(24).toMillis();

  private final Random random = Seeds.random("LocalIdTest");

  private static BigInteger number(EntryId id) {
    return BigInteger.valueOf(id.millis())
        .shiftLeft(12)
        .or(BigInteger.valueOf(id.high() & 0xfff))
        .shiftLeft(62)
        .or(BigInteger.valueOf(id.low() & (1L << 62) - 1));
  }

  @Test
  void whatIsGreaterAlreadyStaysAsItIs() {
    EntryId generated = id(NOW, 7);
    assertThat(LocalId.of(generated, Optional.empty(), NOW, random))
        .isEqualTo(new LocalId(generated, false));
    assertThat(LocalId.of(generated, Optional.of(id(NOW, 6)), NOW, random))
        .isEqualTo(new LocalId(generated, false));
  }

  @Test
  void itStepsAboveWhatStandsByMuch() {
    BigInteger least = BigInteger.ONE.shiftLeft(51);
    BigInteger most = BigInteger.ONE.shiftLeft(56);
    for (int i = 0; i < 10_000; i++) {
      // Also with all random bits set, where the step carries into the milliseconds.
      long low = random.nextInt(4) == 0 ? (1L << 62) - 1 : random.nextLong() >>> 2;
      long randA = random.nextInt(4) == 0 ? 0xfff : random.nextInt(0x1000);
      EntryId standing =
          new EntryId((NOW + random.nextLong(DAY)) << 16 | 0x7000 | randA, Long.MIN_VALUE | low);
      LocalId made = LocalId.of(id(NOW, 0), Optional.of(standing), NOW, random);
      assertThat(made.tooFarAhead()).isFalse();
      assertThat(made.id()).isGreaterThan(standing);
      assertThat(made.id().version()).isEqualTo(7);
      assertThat(made.id().isValid()).isTrue();
      assertThat(number(made.id()).subtract(number(standing))).isBetween(least, most);
    }
  }

  @Test
  void aClockThatIsMoreThanADayAheadIsNotFollowed() {
    EntryId generated = id(NOW, 7);
    assertThat(LocalId.of(generated, Optional.of(id(NOW + DAY, 1)), NOW, random).id())
        .isGreaterThan(id(NOW + DAY, 1));
    assertThat(LocalId.of(generated, Optional.of(id(NOW + DAY + 1, 1)), NOW, random))
        .isEqualTo(new LocalId(generated, true));
  }

  @Test
  void theGeneratorIsNotCarriedAway() {
    EntryIdGenerator generator = new EntryIdGenerator(() -> Instant.ofEpochMilli(NOW), random);
    EntryId ahead = id(NOW + DAY, 1);
    assertThat(LocalId.of(generator.next(), Optional.of(ahead), NOW, random).id())
        .isGreaterThan(ahead);
    assertThat(generator.next().millis()).isEqualTo(NOW);
  }
}
