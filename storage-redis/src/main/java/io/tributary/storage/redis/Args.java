package io.tributary.storage.redis;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Collects the arguments of a script. */
final class Args {
  private final List<byte[]> all = new ArrayList<>();

  @CanIgnoreReturnValue
  Args add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  @CanIgnoreReturnValue
  Args add(long number) {
    return add(Long.toString(number));
  }

  @CanIgnoreReturnValue
  Args add(byte[] bytes) {
    all.add(bytes);
    return this;
  }

  List<byte[]> list() {
    return all;
  }
}
