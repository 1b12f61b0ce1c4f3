package io.tributary.server.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The kinds of value below {@code remote}, {@code conflicts}, {@code replica} and {@code stores}. */
final class ReplicaTypes {
  static final ValueType<Duration> AGE =
      ValueTypes.duration(Duration.ZERO, Duration.ofDays(36_500));

  static final ValueType<Long> SIZE = ValueTypes.size(0, 1L << 60);

  private static final ValueType<String> ANY_URL = ValueTypes.text(
      "ws://HOST:PORT/event-log/TENANT, wss://..., http://..., https://... or tcp://HOST:PORT",
      text -> text.matches("(?i)(?:wss?|https?|tcp)://[^\\s]+"));

  /** A URL that may be shown. */
  static final ValueType<String> URL = new ValueType<>() {
    @Override
    public Optional<String> read(String key, Value value, Reading reading) {
      if (value instanceof Value.Text text && text.text().matches(".*(?:[?&]token=|@).*")) {
        return reading.refuse(
            key,
            "a URL with a credential in it",
            value.origin(),
            "a URL without; a token belongs into remote.auth.token");
      }
      return ANY_URL.read(key, value, reading);
    }

    @Override
    public String show(String value) {
      return ANY_URL.show(value);
    }
  };

  private static final List<String> POLICIES = List.of("lastWriteWins", "firstWriteWins", "reject");

  /** A policy that needs no code. */
  static final ValueType<String> POLICY = ValueTypes.text(
      String.join(", ", POLICIES) + "; merge only by code, in a replica's options",
      POLICIES::contains);

  static final ValueType<Integer> PAGE_SIZE = ValueTypes.integer(1, Integer.MAX_VALUE);

  static final ValueType<Long> COUNT = new ValueType<>() {
    private final ValueType<Integer> number = ValueTypes.integer(0, Integer.MAX_VALUE);

    @Override
    public Optional<Long> read(String key, Value value, Reading reading) {
      return number.read(key, value, reading).map(Integer::longValue);
    }

    @Override
    public String show(Long value) {
      return value.toString();
    }
  };

  private ReplicaTypes() {}
}
