package io.tributary.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.Seeds;
import java.math.BigInteger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryIdGeneratorTest {
  private static final long START = 1_700_000_000_000L;
  private long now = START;
  private final InstantSource clock = () -> Instant.ofEpochMilli(now);

  /** The 74 random bits as a number. */
  private static BigInteger randomBits(EntryId id) {
    return BigInteger.valueOf(id.high() & 0xfff)
        .shiftLeft(62)
        .or(BigInteger.valueOf(id.low() & (1L << 62) - 1));
  }

  @Test
  void idsAreVersion7WithTheClocksMilliseconds() {
    EntryIdGenerator generator = new EntryIdGenerator(clock);
    for (int i = 0; i < 100; i++) {
      now += 1 + i;
      EntryId id = generator.next();
      assertThat(id.isValid()).isTrue();
      assertThat(id.version()).isEqualTo(7);
      assertThat(id.millis()).isEqualTo(now);
    }
  }

  @Test
  void neverGoesBackWhateverTheClockDoes() {
    Random random = Seeds.random("neverGoesBackWhateverTheClockDoes");
    EntryIdGenerator generator = new EntryIdGenerator(clock, random);
    EntryId last = generator.next();
    for (int i = 0; i < 200_000; i++) {
      if (random.nextInt(10) == 0) {
        now += random.nextInt(2_000) - 1_000;
      }
      EntryId id = generator.next();
      assertThat(id).isGreaterThan(last);
      assertThat(id.isValid()).isTrue();
      assertThat(id.millis()).isGreaterThanOrEqualTo(last.millis());
      last = id;
    }
  }

  @Test
  void stepsWithinAMillisecondAreLarge() {
    EntryIdGenerator generator =
        new EntryIdGenerator(clock, Seeds.random("stepsWithinAMillisecondAreLarge"));
    EntryId last = generator.next();
    BigInteger least = BigInteger.ONE.shiftLeft(51);
    BigInteger most = BigInteger.ONE.shiftLeft(56);
    boolean low = false;
    boolean high = false;
    for (int i = 0; i < 100_000; i++) {
      EntryId id = generator.next();
      assertThat(id.millis()).isEqualTo(START);
      BigInteger step = randomBits(id).subtract(randomBits(last));
      assertThat(step).isBetween(least, most);
      low |= step.bitLength() < 54;
      high |= step.bitLength() == 56;
      last = id;
    }
    assertThat(low && high).as("steps of every size").isTrue();
  }

  @Test
  void aStandingClockNeverRunsOutOfIds() {
    EntryIdGenerator generator =
        new EntryIdGenerator(clock, Seeds.random("aStandingClockNeverRunsOutOfIds"));
    EntryId last = generator.next();
    for (int i = 0; i < 600_000; i++) {
      EntryId id = generator.next();
      assertThat(id.compareTo(last)).isPositive();
      last = id;
    }
    assertThat(last.millis()).as("borrowed milliseconds").isGreaterThan(START);
    assertThat(last.isValid()).isTrue();
  }

  @Test
  void randomBitsStartAnewWithEachMillisecond() {
    EntryIdGenerator generator = new EntryIdGenerator(clock);
    EntryId first = generator.next();
    now++;
    EntryId second = generator.next();
    assertThat(second.low()).isNotEqualTo(first.low());
    assertThat(second.high() & 0x800).as("room within the millisecond").isZero();
  }
}
