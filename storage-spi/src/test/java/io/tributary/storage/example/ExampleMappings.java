package io.tributary.storage.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StoreRegistry.Binding;
import io.tributary.storage.StoreRegistry.Listed;
import io.tributary.storage.StoreRegistry.Mapping;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The tables of mappings and bindings in the database. Every method is one transaction. */
final class ExampleMappings {
  private final TreeMap<Mapping, Listed> mappings =
      new TreeMap<>(ExampleMappings.<Mapping>by(Mapping::tenant)
          .thenComparing(by(Mapping::publicKey))
          .thenComparing(by(Mapping::requestedStore)));
  private final TreeMap<Binding, Binding> bindings = new TreeMap<>(
      ExampleMappings.<Binding>by(Binding::tenant).thenComparing(by(Binding::publicKey)));

  /** By UTF-8 bytes, as the database compares text. */
  private static <T> Comparator<T> by(Function<T, String> text) {
    return Comparator.comparing(
        value -> HexFormat.of().formatHex(text.apply(value).getBytes(UTF_8)));
  }

  synchronized String resolve(Mapping asked) {
    Listed listed = mappings.get(asked);
    if (listed == null || listed.removed()) {
      throw new RegistryException(Reason.NOT_MAPPED, "the key is mapped to no store", null);
    }
    return listed.mapping().store();
  }

  synchronized void assign(Mapping mapping, boolean revive) {
    Listed before = mappings.get(mapping);
    if (before != null && before.removed() && !revive) {
      throw new RegistryException(Reason.REMOVED, "the key's mapping was removed", null);
    }
    if (before != null && !before.removed() && !before.mapping().equals(mapping)) {
      throw new RegistryException(
          Reason.ALREADY_ASSIGNED, "the key is mapped to " + before.mapping().store(), null);
    }
    Listed unused = mappings.remove(mapping);
    mappings.put(mapping, new Listed(mapping, false));
  }

  synchronized int remove(String tenant, String publicKey) {
    int removed = 0;
    for (var row : mappings.entrySet()) {
      Mapping mapping = row.getKey();
      if (!row.getValue().removed()
          && mapping.tenant().equals(tenant)
          && mapping.publicKey().equals(publicKey)) {
        row.setValue(new Listed(mapping, true));
        removed++;
      }
    }
    return removed;
  }

  synchronized List<Listed> list(@Nullable Mapping after, int max) {
    return (after == null ? mappings : mappings.tailMap(after, false))
        .values().stream().limit(max).toList();
  }

  synchronized byte[] bind(Binding binding) {
    Binding before = bindings.putIfAbsent(binding, binding);
    return (before == null ? binding : before).signingKey();
  }

  synchronized Optional<byte[]> binding(Binding asked) {
    return Optional.ofNullable(bindings.get(asked)).map(Binding::signingKey);
  }

  synchronized List<Binding> bindings(@Nullable Binding after, int max) {
    return (after == null ? bindings : bindings.tailMap(after, false))
        .values().stream().limit(max).toList();
  }
}
