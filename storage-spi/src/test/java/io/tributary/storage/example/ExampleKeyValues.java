package io.tributary.storage.example;

import io.tributary.storage.KeyValueStore;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

final class ExampleKeyValues implements KeyValueStore {
  private final ExampleStorage storage;
  private final ExampleSpaces spaces;

  ExampleKeyValues(ExampleStorage storage, ExampleSpaces spaces) {
    this.storage = storage;
    this.spaces = spaces;
  }

  @Override
  public Future<Void> commit(String space, Collection<Change> changes) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireChanges(changes);
    return storage.call(Outcome.UNKNOWN, () -> {
      spaces.commit(space, changes);
      return null;
    });
  }

  @Override
  public Future<Optional<byte[]>> get(String space, byte[] key) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireKey(key);
    return storage.call(Outcome.NOT_COMMITTED, () -> spaces.get(space, key));
  }

  @Override
  public Future<List<Item>> range(String space, Range range, int max, long maxBytes) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireSome(max);
    return storage.call(Outcome.NOT_COMMITTED, () -> spaces.range(space, range, max, maxBytes));
  }

  @Override
  public Future<List<String>> spaces(Optional<String> after, int max) {
    KeyValueStore.requireSome(max);
    return storage.call(Outcome.NOT_COMMITTED, () -> spaces.names(after, max));
  }

  @Override
  public Future<Void> destroy(String space) {
    KeyValueStore.requireName(space);
    return storage.call(Outcome.UNKNOWN, () -> {
      spaces.destroy(space);
      return null;
    });
  }
}
