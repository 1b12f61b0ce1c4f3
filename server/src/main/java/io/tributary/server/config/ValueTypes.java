package io.tributary.server.config;

import io.tributary.core.config.Units;
import io.tributary.core.model.StoreKey;
import io.vertx.core.json.Json;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The kinds of value there are. */
final class ValueTypes {
  static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./][A-Za-z0-9_./ +-]*");
  private static final Pattern SHA256 = Pattern.compile("sha256:[0-9a-fA-F]{64}");

  static final ValueType<Boolean> BOOLEAN = single(
      "true or false",
      text -> text.equals("true") || text.equals("false")
          ? Optional.of(Boolean.valueOf(text))
          : Optional.empty(),
      String::valueOf);

  static final ValueType<String> HOST = text(
      "a host name or an IP address, without port",
      s -> s.matches("[A-Za-z0-9._%:-]+") && !s.matches("[^:]*:[0-9]+"));

  static final ValueType<String> ORIGIN = text(
      "a browser origin or its host, as https://app.example.org or localhost:3000",
      s -> s.matches("(?:[a-z][a-z0-9+.-]*://)?[A-Za-z0-9._:\\[\\]-]+"));

  static final ValueType<String> HOST_HEADER = text(
      "a host name as in the Host header, as hub.example.org",
      s -> s.matches("[A-Za-z0-9._-]+(?::[0-9]+)?|\\[[0-9A-Fa-f:.%]+](?::[0-9]+)?"));

  static final ValueType<String> TENANT_NAME = text(
      "a tenant: up to 128 of A-Z a-z 0-9 . _ -, the first a letter or digit",
      s -> TENANT.matcher(s).matches());

  static final ValueType<Integer> PORT = integer(0, 65_535);

  static final ValueType<Path> PATH = single(
      "a path",
      text -> {
        try {
          return text.isBlank() ? Optional.empty() : Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
          return Optional.empty();
        }
      },
      path -> quote(path.toString()));

  /** A secret, {@code file:/path} or {@code env:NAME}. */
  static final ValueType<String> SECRET = new ValueType<>() {
    @Override
    public Optional<String> read(String key, Value value, Reading reading) {
      return secret(key, value, reading);
    }

    @Override
    public String show(String value) {
      return quote(TokenRule.MASK);
    }
  };

  /** A URI with a password in it, {@code file:/path} or {@code env:NAME}. */
  static final ValueType<String> SECRET_URI = new ValueType<>() {
    @Override
    public Optional<String> read(String key, Value value, Reading reading) {
      return secret(
          key,
          value,
          reading,
          "a URI with everything beyond printable ASCII percent-encoded, file:/path or env:NAME");
    }

    @Override
    public String show(String value) {
      return quote(TokenRule.MASK);
    }
  };

  /** What somebody else checks. */
  static final ValueType<Object> PASSED = new ValueType<>() {
    @Override
    public Optional<Object> read(String key, Value value, Reading reading) {
      Object json = value.toJson();
      return json == null ? reading.refuse(key, value, "a value") : Optional.of(json);
    }

    @Override
    public String show(Object value) {
      return value instanceof String text ? quote(text) : Json.encode(value);
    }

    @Override
    public boolean single() {
      return false;
    }
  };

  /** One text, number or boolean that somebody else checks. */
  static final ValueType<Object> PASSED_SINGLE = new ValueType<>() {
    @Override
    public Optional<Object> read(String key, Value value, Reading reading) {
      return value instanceof Value.Text
          ? PASSED.read(key, value, reading)
          : reading.refuse(key, value, "a single value");
    }

    @Override
    public String show(Object value) {
      return PASSED.show(value);
    }
  };

  static final ValueType<Map<String, TokenRule>> TOKENS = new ValueType<>() {
    @Override
    public Optional<Map<String, TokenRule>> read(String key, Value value, Reading reading) {
      return tokens(key, value, reading);
    }

    @Override
    public String show(Map<String, TokenRule> rules) {
      return rules.entrySet().stream()
          .map(e -> quote(e.getKey()) + ": " + showRule(e.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }

    @Override
    public boolean single() {
      return false;
    }
  };

  private ValueTypes() {}

  static ValueType<Integer> integer(int min, int max) {
    return single(
        "a whole number from " + min + " to " + max,
        text -> {
          try {
            int number = Integer.parseInt(text);
            return number >= min && number <= max ? Optional.of(number) : Optional.empty();
          } catch (NumberFormatException e) {
            return Optional.empty();
          }
        },
        String::valueOf);
  }

  static ValueType<Long> size(long min, long max) {
    return single(
        "a size such as 512 KiB, 64 MiB or bytes, from "
            + Units.show(min)
            + " to "
            + Units.show(max),
        text -> Units.size(text).filter(bytes -> bytes >= min && bytes <= max),
        Units::show);
  }

  /** A size that one buffer has to hold. */
  static ValueType<Integer> bufferSize(int min, int max) {
    ValueType<Long> size = size(min, max);
    return new ValueType<>() {
      @Override
      public Optional<Integer> read(String key, Value value, Reading reading) {
        return size.read(key, value, reading).map(Math::toIntExact);
      }

      @Override
      public String show(Integer value) {
        return size.show(value.longValue());
      }
    };
  }

  static ValueType<Duration> duration(Duration min, Duration max) {
    return single(
        "a duration such as 500 ms, 5 seconds, 30 days or PT20S, from "
            + Units.show(min)
            + " to "
            + Units.show(max),
        text -> Units.duration(text).filter(d -> d.compareTo(min) >= 0 && d.compareTo(max) <= 0),
        Units::show);
  }

  static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
    E[] constants = type.getEnumConstants();
    return single(
        Arrays.stream(constants).map(ValueTypes::lower).collect(Collectors.joining(", ")),
        text -> Arrays.stream(constants).filter(c -> lower(c).equals(text)).findFirst(),
        ValueTypes::lower);
  }

  static ValueType<String> text(String allowed, Predicate<String> check) {
    return single(allowed, text -> Optional.of(text).filter(check), ValueTypes::quote);
  }

  /** A list; one item may stand without brackets. */
  static <T> ValueType<List<T>> listOf(ValueType<T> item) {
    return new ValueType<>() {
      @Override
      public Optional<List<T>> read(String key, Value value, Reading reading) {
        if (value instanceof Value.Text) {
          return item.read(key, value, reading).map(List::of);
        }
        if (!(value instanceof Value.Items list)) {
          return reading.refuse(key, value, "a list, as [a, b]");
        }
        List<T> items = new ArrayList<>();
        boolean fine = true;
        for (int i = 0; i < list.items().size(); i++) {
          Optional<T> read = item.read(key + "[" + i + "]", list.items().get(i), reading);
          fine &= read.isPresent();
          read.ifPresent(items::add);
        }
        return fine ? Optional.of(items) : Optional.empty();
      }

      @Override
      public String show(List<T> value) {
        return value.stream().map(item::show).collect(Collectors.joining(", ", "[", "]"));
      }

      @Override
      public boolean single() {
        return false;
      }
    };
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static <T> ValueType<T> single(
      String allowed, Function<String, Optional<T>> parse, Function<T, String> show) {
    return new ValueType<>() {
      @Override
      public Optional<T> read(String key, Value value, Reading reading) {
        Optional<T> read =
            value instanceof Value.Text text ? parse.apply(text.text()) : Optional.empty();
        return read.isPresent() ? read : reading.refuse(key, value, allowed);
      }

      @Override
      public String show(T value) {
        return show.apply(value);
      }
    };
  }

  private static Optional<String> secret(String key, Value value, Reading reading) {
    return secret(
        key,
        value,
        reading,
        "printable ASCII without spaces, since it travels in a header, file:/path or env:NAME");
  }

  private static Optional<String> secret(String key, Value value, Reading reading, String allowed) {
    if (!(value instanceof Value.Text text)) {
      return reading.refuse(key, value.shape(), value.origin(), allowed);
    }
    String secret;
    try {
      secret = reading.secrets().resolve(text.text());
    } catch (ConfigException e) {
      reading.problem(
          key + ": " + e.problems().get(0) + " (" + value.origin() + "), allowed: " + allowed);
      return Optional.empty();
    }
    if (secret.equals(TokenRule.MASK)) {
      return reading.refuse(key, "the mask of --print-config", value.origin(), allowed);
    }
    if (secret.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      return reading.refuse(
          key,
          "a secret with a space, a control character or one beyond ASCII",
          value.origin(),
          allowed);
    }
    return Optional.of(secret);
  }

  private static Optional<Map<String, TokenRule>> tokens(String key, Value value, Reading reading) {
    String allowed = "tenant: token, or tenant: {token, readOnly, identities}";
    if (!(value instanceof Value.Fields tenants)) {
      // not its text: that may be a token
      return reading.refuse(key, value.shape(), value.origin(), allowed);
    }
    Map<String, TokenRule> rules = new LinkedHashMap<>();
    boolean fine = true;
    for (Map.Entry<String, Value> entry : tenants.fields().entrySet()) {
      String tenant = entry.getKey();
      if (!tenant.equals(AuthConfig.ANY_TENANT) && !TENANT.matcher(tenant).matches()) {
        fine = false;
        reading.refuse(
            key,
            "the tenant \"" + tenant.replaceAll("\\p{Cntrl}", "?") + "\"",
            entry.getValue().origin(),
            "a tenant of up to 128 of A-Z a-z 0-9 . _ -, the first a letter or digit, or *");
        continue;
      }
      Optional<TokenRule> rule = rule(key + "." + tenant, entry.getValue(), reading, allowed);
      fine &= rule.isPresent();
      rule.ifPresent(r -> rules.put(tenant, r));
    }
    return fine ? Optional.of(rules) : Optional.empty();
  }

  private static Optional<TokenRule> rule(
      String key, Value value, Reading reading, String allowed) {
    if (value instanceof Value.Text) {
      return token(key, value, reading).map(TokenRule::of);
    }
    if (!(value instanceof Value.Fields fields)) {
      return reading.refuse(key, value.shape(), value.origin(), allowed);
    }
    boolean fine = true;
    Optional<String> token = Optional.empty();
    boolean readOnly = false;
    @Nullable Set<String> identities = null;
    for (Map.Entry<String, Value> field : fields.fields().entrySet()) {
      String name = key + "." + field.getKey();
      switch (field.getKey()) {
        case "token" -> {
          token = token(name, field.getValue(), reading);
          fine &= token.isPresent();
        }
        case "readOnly" -> {
          Optional<Boolean> read = BOOLEAN.read(name, field.getValue(), reading);
          fine &= read.isPresent();
          readOnly = read.orElse(false);
        }
        case "identities" -> {
          Optional<List<String>> read =
              listOf(text("a public key", s -> !s.isEmpty())).read(name, field.getValue(), reading);
          fine &= read.isPresent();
          identities = read.<Set<String>>map(LinkedHashSet::new).orElse(null);
        }
        default -> {
          fine = false;
          reading.refuse(
              name,
              "a key that is not known",
              field.getValue().origin(),
              "token, readOnly, identities");
        }
      }
    }
    if (!fields.fields().containsKey("token")) {
      fine = false;
      reading.refuse(key, "no token", value.origin(), allowed);
    }
    return fine
        ? Optional.of(new TokenRule(token.orElseThrow(), identities, readOnly))
        : Optional.empty();
  }

  private static Optional<String> token(String key, Value value, Reading reading) {
    return secret(key, value, reading)
        .flatMap(token -> !token.startsWith("sha256:") || SHA256.matcher(token).matches()
            ? Optional.of(token)
            : reading.refuse(
                key,
                "sha256: and something else than a digest",
                value.origin(),
                "sha256: and 64 hex digits"));
  }

  private static String showRule(TokenRule rule) {
    if (rule.identities() == null && !rule.readOnly()) {
      return quote(TokenRule.MASK);
    }
    StringBuilder text = new StringBuilder("{token: ").append(quote(TokenRule.MASK));
    if (rule.readOnly()) {
      text.append(", readOnly: true");
    }
    if (rule.identities() != null) {
      // whoever knows a public key may read what is stored under it
      text.append(rule.identities().stream()
          .map(k -> quote(StoreKey.cut(k)))
          .sorted()
          .collect(Collectors.joining(", ", ", identities: [", "]")));
    }
    return text.append('}').toString();
  }

  /** As a YAML scalar, quoted where needed. */
  static String quote(String text) {
    return PLAIN.matcher(text).matches()
            && !text.endsWith(" ")
            && YamlReader.typed(text) instanceof String
            && !text.equals("null")
        ? text
        : Json.encode(text);
  }
}
