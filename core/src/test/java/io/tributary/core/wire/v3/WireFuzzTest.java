package io.tributary.core.wire.v3;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzz targets. As plain tests they run over their seeds; with {@code JAZZER_FUZZ=1} and one of them
 * chosen ({@code -Dtest=WireFuzzTest#decodeClient}) Jazzer searches on from there.
 */
class WireFuzzTest {
  static Stream<Arguments> seeds() {
    return MutationTest.seeds().stream().map(bytes -> Arguments.of((Object) bytes));
  }

  @MethodSource("seeds")
  @FuzzTest
  void decodeClient(byte[] data) {
    FuzzTargets.decodeClient(data);
  }

  @MethodSource("seeds")
  @FuzzTest
  void decodeServer(byte[] data) {
    FuzzTargets.decodeServer(data);
  }

  @MethodSource("seeds")
  @FuzzTest
  void decodeEntry(byte[] data) {
    FuzzTargets.decodeEntry(data);
  }

  @MethodSource("seeds")
  @FuzzTest
  void split(byte[] data) {
    FuzzTargets.split(data);
  }

  @MethodSource("seeds")
  @FuzzTest
  void join(byte[] data) {
    FuzzTargets.join(data);
  }
}
