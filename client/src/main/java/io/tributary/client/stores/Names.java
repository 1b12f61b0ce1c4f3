package io.tributary.client.stores;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;

/** Checks the names that callers give to sessions and artifacts. */
public final class Names {
  /** Bytes of UTF-8 that a name may have. */
  public static final int MAX = 1_024;

  private Names() {}

  /**
   * The name, if it may be one.
   *
   * @param field its parameter, for the message
   * @throws IllegalArgumentException if it is empty, too long, or no Unicode text
   */
  @CanIgnoreReturnValue
  public static String check(String field, String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException(field + ": found nothing, allowed is any other text");
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
      throw new IllegalArgumentException(
          field + ": found half a surrogate pair, allowed is Unicode text");
    }
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX) {
      throw new IllegalArgumentException(
          field + ": found " + bytes + " bytes of UTF-8, allowed are up to " + MAX);
    }
    return name;
  }
}
