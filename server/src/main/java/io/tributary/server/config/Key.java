package io.tributary.server.config;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A key of the configuration.
 *
 * @param name as in the file, with dots
 * @param fallback its value when nobody sets it; empty = none
 */
record Key<T>(String name, ValueType<T> type, Supplier<Optional<T>> fallback) {
  static <T> Key<T> of(String name, ValueType<T> type, Supplier<T> fallback) {
    return new Key<>(name, type, () -> Optional.of(fallback.get()));
  }

  static <T> Key<T> optional(String name, ValueType<T> type) {
    return new Key<>(name, type, Optional::empty);
  }

  String environmentName() {
    return environmentName(name);
  }

  /** {@code storage.file.dir} is {@code TRIBUTARY_STORAGE_FILE_DIR}, dots and humps alike. */
  static String environmentName(String key) {
    return Keys.ENVIRONMENT_PREFIX
        + key.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
            .replaceAll("[^A-Za-z0-9]", "_")
            .toUpperCase(Locale.ROOT);
  }
}
