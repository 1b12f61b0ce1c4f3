package io.tributary.server.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The kinds of value below {@code retention}. */
final class RetentionTypes {
  private static final Duration CENTURY = Duration.ofDays(36_500);

  private static final ValueType<Duration> AGE =
      ValueTypes.duration(Duration.ofSeconds(1), CENTURY);
  private static final ValueType<Long> SIZE = ValueTypes.size(0, 1L << 60);
  private static final ValueType<Integer> COUNT = ValueTypes.integer(0, Integer.MAX_VALUE);

  private static final ValueType<String> TENANT = ValueTypes.text(
      "a tenant, in which * stands for any characters", s -> s.matches("[A-Za-z0-9._*-]{1,128}"));

  /** A pattern without a kind would never match anything, or more than was meant. */
  private static final ValueType<String> STORE = ValueTypes.text(
      "a store as sealed:PUBLICKEY, batch:PUBLICKEY:STORE or plain:STORE, in which * stands for any"
          + " characters, or *",
      s -> s.matches("(?:\\*|sealed:|batch:|plain:)[A-Za-z0-9._~%:*-]*"));

  private static final ValueType<List<String>> EVENTS = ValueTypes.listOf(
      ValueTypes.text("an event tag, in which * stands for any characters", s -> !s.isEmpty()));

  /** A duration, or forever. */
  static final ValueType<Optional<Duration>> TOMBSTONES = new ValueType<>() {
    @Override
    public Optional<Optional<Duration>> read(String key, Value value, Reading reading) {
      if (!(value instanceof Value.Text text)) {
        return reading.refuse(key, value, "forever or a duration such as 90 days");
      } else if (text.text().equals("forever")) {
        return Optional.of(Optional.empty());
      } else {
        Optional<Duration> age = AGE.read(key, value, reading);
        return age.isPresent() ? Optional.of(age) : Optional.empty();
      }
    }

    @Override
    public String show(Optional<Duration> value) {
      return value.map(AGE::show).orElse("forever");
    }
  };

  /** One rule. */
  static final ValueType<RetentionRule> RULE = new ValueType<>() {
    @Override
    public Optional<RetentionRule> read(String key, Value value, Reading reading) {
      return rule(key, value, reading);
    }

    @Override
    public String show(RetentionRule rule) {
      List<String> fields = new ArrayList<>();
      fields.add("tenant: " + quoted(rule.tenant()));
      fields.add("store: " + quoted(rule.store()));
      if (!rule.events().isEmpty()) {
        fields.add("events: " + EVENTS.show(rule.events()));
      }
      if (rule.byAge() != null) {
        fields.add("byAge: " + AGE.show(rule.byAge()));
      }
      if (rule.byCount() != null) {
        fields.add("byCount: " + rule.byCount());
      }
      if (rule.bySizeBytes() != null) {
        fields.add("bySizeBytes: " + SIZE.show(rule.bySizeBytes()));
      }
      return "{" + String.join(", ", fields) + "}";
    }

    @Override
    public boolean single() {
      return false;
    }
  };

  private RetentionTypes() {}

  private static String quoted(String text) {
    return ValueTypes.quote(text);
  }

  private static Optional<RetentionRule> rule(String key, Value value, Reading reading) {
    String allowed =
        "{tenant, store, events, byAge, byCount, bySizeBytes} with at least one of the limits";
    if (!(value instanceof Value.Fields fields)) {
      return reading.refuse(key, value, allowed);
    }
    boolean fine = true;
    Optional<String> tenant = Optional.of("*");
    Optional<String> store = Optional.of("*");
    Optional<List<String>> events = Optional.of(List.of());
    @Nullable Duration byAge = null;
    @Nullable Long byCount = null;
    @Nullable Long bySizeBytes = null;
    for (Map.Entry<String, Value> field : fields.fields().entrySet()) {
      String name = key + "." + field.getKey();
      Value found = field.getValue();
      switch (field.getKey()) {
        case "tenant" -> {
          tenant = TENANT.read(name, found, reading);
          fine &= tenant.isPresent();
        }
        case "store" -> {
          store = STORE.read(name, found, reading);
          fine &= store.isPresent();
        }
        case "byAge" -> {
          byAge = AGE.read(name, found, reading).orElse(null);
          fine &= byAge != null;
        }
        case "byCount" -> {
          byCount = COUNT.read(name, found, reading).map(Integer::longValue).orElse(null);
          fine &= byCount != null;
        }
        case "bySizeBytes" -> {
          bySizeBytes = SIZE.read(name, found, reading).orElse(null);
          fine &= bySizeBytes != null;
        }
        case "events" -> {
          events = EVENTS.read(name, found, reading);
          fine &= events.isPresent();
          if (events.isPresent() && events.get().isEmpty()) {
            fine = false;
            reading.refuse(name, found, "one tag at least, or no events");
          }
        }
        default -> {
          fine = false;
          reading.refuse(
              name,
              "a key that is not known",
              found.origin(),
              "tenant, store, events, byAge, byCount, bySizeBytes");
        }
      }
    }
    if (fine && byAge == null && byCount == null && bySizeBytes == null) {
      return reading.refuse(key, "no limit", value.origin(), allowed);
    }
    return fine
        ? Optional.of(new RetentionRule(
            tenant.orElseThrow(),
            store.orElseThrow(),
            events.orElseThrow(),
            byAge,
            byCount,
            bySizeBytes))
        : Optional.empty();
  }
}
