package io.tributary.server.config;

import java.util.Optional;

/** What a key may be set to. */
interface ValueType<T> {
  /**
   * The value, or empty after saying in {@code reading} what is wrong with it.
   *
   * @param key what to call it in a message
   */
  Optional<T> read(String key, Value value, Reading reading);

  /** As YAML on one line, secrets masked; reading it again gives the same. */
  String show(T value);

  /** Whether it is one text, so that flags and environment need no quotes for it. */
  default boolean single() {
    return true;
  }
}
