package io.tributary.core.eventlog;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.tributary.core.wire.v3.Vectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzz target. As a plain test it runs over its seeds; with {@code JAZZER_FUZZ=1} Jazzer searches on
 * from there.
 */
class PayloadFuzzTest {
  static Stream<Arguments> seeds() {
    return Vectors.all().stream()
        .filter(vector -> vector.name().startsWith("payload."))
        .map(vector -> Arguments.of((Object) vector.bytes()));
  }

  @MethodSource("seeds")
  @FuzzTest
  void decode(byte[] data) {
    PayloadMutationTest.check(data);
  }
}
