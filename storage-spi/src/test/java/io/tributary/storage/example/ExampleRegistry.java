package io.tributary.storage.example;

import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

final class ExampleRegistry implements StoreRegistry {
  private final ExampleStorage storage;
  private final ExampleMappings mappings;

  ExampleRegistry(ExampleStorage storage, ExampleMappings mappings) {
    this.storage = storage;
    this.mappings = mappings;
  }

  private <T> Future<T> call(Callable<T> work) {
    if (storage.isClosed()) {
      return Future.failedFuture(
          new RegistryException(Reason.UNAVAILABLE, "the storage is closed", null));
    }
    return storage
        .run(work)
        .recover(e -> Future.failedFuture(
            e instanceof RegistryException
                ? e
                : new RegistryException(Reason.UNAVAILABLE, "the database failed: " + e, e)));
  }

  @Override
  public Future<String> resolve(String tenant, String publicKey, String requestedStore) {
    return call(() -> mappings.resolve(new Mapping(tenant, publicKey, requestedStore, "")));
  }

  @Override
  public Future<Void> assign(Mapping mapping, boolean revive) {
    return call(() -> {
      mappings.assign(mapping, revive);
      return null;
    });
  }

  @Override
  public Future<Integer> remove(String tenant, String publicKey) {
    return call(() -> mappings.remove(tenant, publicKey));
  }

  @Override
  public Future<List<Listed>> list(Optional<Mapping> after, int max) {
    ExampleStorage.requireSome(max);
    return call(() -> mappings.list(after.orElse(null), max));
  }

  @Override
  public Future<byte[]> bind(Binding binding) {
    return call(() -> mappings.bind(binding));
  }

  @Override
  public Future<Optional<byte[]>> binding(String tenant, String publicKey) {
    return call(() -> mappings.binding(new Binding(tenant, publicKey, new byte[0])));
  }

  @Override
  public Future<List<Binding>> bindings(Optional<Binding> after, int max) {
    ExampleStorage.requireSome(max);
    return call(() -> mappings.bindings(after.orElse(null), max));
  }
}
