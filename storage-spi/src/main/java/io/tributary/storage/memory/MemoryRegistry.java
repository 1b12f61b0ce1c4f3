package io.tributary.storage.memory;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

final class MemoryRegistry implements StoreRegistry {
  /** Text in the order of its UTF-8 bytes, which is not that of its chars. */
  static final Comparator<String> BY_BYTES =
      (a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));

  /** What mappings and bindings are found by; bindings have no requested store. */
  private record Key(String tenant, String publicKey, String requestedStore)
      implements Comparable<Key> {
    private static final Comparator<Key> ORDER = Comparator.comparing(Key::tenant, BY_BYTES)
        .thenComparing(Key::publicKey, BY_BYTES)
        .thenComparing(Key::requestedStore, BY_BYTES);

    static Key of(Mapping mapping) {
      return new Key(mapping.tenant(), mapping.publicKey(), mapping.requestedStore());
    }

    static Key of(Binding binding) {
      return new Key(binding.tenant(), binding.publicKey(), "");
    }

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  @GuardedBy("this")
  private final TreeMap<Key, Listed> mappings = new TreeMap<>();

  @GuardedBy("this")
  private final TreeMap<Key, Binding> bindings = new TreeMap<>();

  @GuardedBy("this")
  private boolean closed;

  @Override
  public synchronized Future<String> resolve(
      String tenant, String publicKey, String requestedStore) {
    if (closed) {
      return unavailable();
    }
    Listed listed = mappings.get(new Key(tenant, publicKey, requestedStore));
    return listed == null || listed.removed()
        ? refused(Reason.NOT_MAPPED, "the key is mapped to no store")
        : Future.succeededFuture(listed.mapping().store());
  }

  @Override
  public synchronized Future<Void> assign(Mapping mapping, boolean revive) {
    if (closed) {
      return unavailable();
    }
    Listed before = mappings.get(Key.of(mapping));
    if (before != null && before.removed() && !revive) {
      return refused(Reason.REMOVED, "the key's mapping was removed");
    }
    if (before != null && !before.removed() && !before.mapping().equals(mapping)) {
      return refused(
          Reason.ALREADY_ASSIGNED, "the key is mapped to " + before.mapping().store());
    }
    mappings.put(Key.of(mapping), new Listed(mapping, false));
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Integer> remove(String tenant, String publicKey) {
    if (closed) {
      return unavailable();
    }
    int removed = 0;
    for (var entry : mappings.tailMap(new Key(tenant, publicKey, ""), true).entrySet()) {
      Mapping mapping = entry.getValue().mapping();
      if (!mapping.tenant().equals(tenant) || !mapping.publicKey().equals(publicKey)) {
        break;
      }
      if (!entry.getValue().removed()) {
        entry.setValue(new Listed(mapping, true));
        removed++;
      }
    }
    return Future.succeededFuture(removed);
  }

  @Override
  public synchronized Future<List<Listed>> list(Optional<Mapping> after, int max) {
    requireSome(max);
    if (closed) {
      return unavailable();
    }
    var rest = after.isEmpty() ? mappings : mappings.tailMap(Key.of(after.get()), false);
    return Future.succeededFuture(rest.values().stream().limit(max).toList());
  }

  @Override
  public synchronized Future<byte[]> bind(Binding binding) {
    if (closed) {
      return unavailable();
    }
    Binding before = bindings.putIfAbsent(Key.of(binding), binding);
    return Future.succeededFuture((before == null ? binding : before).signingKey());
  }

  @Override
  public synchronized Future<Optional<byte[]>> binding(String tenant, String publicKey) {
    if (closed) {
      return unavailable();
    }
    return Future.succeededFuture(
        Optional.ofNullable(bindings.get(new Key(tenant, publicKey, ""))).map(Binding::signingKey));
  }

  @Override
  public synchronized Future<List<Binding>> bindings(Optional<Binding> after, int max) {
    requireSome(max);
    if (closed) {
      return unavailable();
    }
    var rest = after.isEmpty() ? bindings : bindings.tailMap(Key.of(after.get()), false);
    return Future.succeededFuture(rest.values().stream().limit(max).toList());
  }

  synchronized void close() {
    closed = true;
    mappings.clear();
    bindings.clear();
  }

  private static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
  }

  private static <T> Future<T> refused(Reason reason, String message) {
    return Future.failedFuture(new RegistryException(reason, message, null));
  }

  private static <T> Future<T> unavailable() {
    return refused(Reason.UNAVAILABLE, "the storage is closed");
  }
}
