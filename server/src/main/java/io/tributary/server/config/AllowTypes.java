package io.tributary.server.config;

import io.tributary.core.model.StoreKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The kinds of value in {@code hub}. */
final class AllowTypes {
  private static final String ANY = "*";

  private static final ValueType<List<String>> PUBLIC_KEYS =
      ValueTypes.listOf(ValueTypes.text("a public key, or *", s -> !s.isEmpty()));

  private static final ValueType<String> TOKEN =
      ValueTypes.text("the name of a token rule: the item's tenant, or *", s -> !s.isEmpty());

  /** A name of an auth. Which there are is known when the modules are. */
  static final ValueType<String> NAME = ValueTypes.text(
      "tenant, allow-list, allow-all or the name of an auth that a module brings",
      s -> s.matches("[A-Za-z0-9][A-Za-z0-9._-]*"));

  /** One item of the list. */
  static final ValueType<AllowRule> RULE = new ValueType<>() {
    @Override
    public Optional<AllowRule> read(String key, Value value, Reading reading) {
      return rule(key, value, reading);
    }

    @Override
    public String show(AllowRule rule) {
      List<String> fields = new ArrayList<>();
      fields.add("tenant: " + ValueTypes.quote(rule.tenant()));
      Set<String> keys = rule.publicKeys();
      fields.add("publicKeys: "
          + (keys == null
              ? "[" + ValueTypes.quote(ANY) + "]"
              // whoever knows a public key may read what is stored under it
              : keys.stream()
                  .map(k -> ValueTypes.quote(StoreKey.cut(k)))
                  .sorted()
                  .collect(Collectors.joining(", ", "[", "]"))));
      if (rule.readOnly()) {
        fields.add("readOnly: true");
      }
      if (rule.token() != null) {
        fields.add("token: " + ValueTypes.quote(rule.token()));
      }
      return "{" + String.join(", ", fields) + "}";
    }

    @Override
    public boolean single() {
      return false;
    }
  };

  private AllowTypes() {}

  private static Optional<AllowRule> rule(String key, Value value, Reading reading) {
    String allowed = "{tenant, publicKeys, readOnly, token} with tenant and publicKeys";
    if (!(value instanceof Value.Fields fields)) {
      // not its text: that may be a key
      return reading.refuse(key, value.shape(), value.origin(), allowed);
    }
    boolean fine = true;
    @Nullable String tenant = null;
    @Nullable List<String> publicKeys = null;
    boolean readOnly = false;
    @Nullable String token = null;
    for (Map.Entry<String, Value> field : fields.fields().entrySet()) {
      String name = key + "." + field.getKey();
      Value found = field.getValue();
      switch (field.getKey()) {
        case "tenant" -> {
          tenant = ValueTypes.TENANT_NAME.read(name, found, reading).orElse(null);
          fine &= tenant != null;
        }
        case "publicKeys" -> {
          publicKeys = PUBLIC_KEYS.read(name, found, reading).orElse(null);
          fine &= publicKeys != null;
        }
        case "readOnly" -> {
          Optional<Boolean> read = ValueTypes.BOOLEAN.read(name, found, reading);
          fine &= read.isPresent();
          readOnly = read.orElse(false);
        }
        case "token" -> {
          token = TOKEN.read(name, found, reading).orElse(null);
          fine &= token != null;
        }
        default -> {
          fine = false;
          reading.refuse(
              name,
              "a key that is not known",
              found.origin(),
              "tenant, publicKeys, readOnly, token");
        }
      }
    }
    for (String name : List.of("tenant", "publicKeys")) {
      if (!fields.fields().containsKey(name)) {
        fine = false;
        reading.refuse(key, "no " + name, value.origin(), allowed);
      }
    }
    if (!fine || tenant == null || publicKeys == null) {
      return Optional.empty();
    }
    if (token != null && !token.equals(tenant) && !token.equals(AuthConfig.ANY_TENANT)) {
      return reading.refuse(
          key + ".token",
          // not its text: it may be a token by mistake
          "a text that is no name of a token rule for " + tenant,
          value.origin(),
          tenant + ", if tenant " + tenant + " has a token of its own, or *");
    }
    if (publicKeys.isEmpty()) {
      return reading.refuse(key + ".publicKeys", "an empty list", value.origin(), "keys, or [*]");
    }
    return Optional.of(new AllowRule(
        tenant,
        publicKeys.contains(ANY) ? null : new LinkedHashSet<>(publicKeys),
        readOnly,
        token));
  }
}
