package io.tributary.client.stores;

import io.tributary.storage.KeyValueStore;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** A real storage's key values, whose commits fail as often as told to. */
public final class FaultyKeyValues implements KeyValueStore {
  private final KeyValueStore real;

  /** Commits that are still to fail. */
  public int failing;

  /** Whether those that fail take effect nevertheless. */
  public boolean takesEffect;

  /** Changes that a commit had, at most. */
  public int largest;

  public FaultyKeyValues(KeyValueStore real) {
    this.real = real;
  }

  @Override
  public Future<Void> commit(String space, Collection<Change> changes) {
    largest = Math.max(largest, changes.size());
    if (failing == 0) {
      return real.commit(space, changes);
    }
    failing--;
    StorageException failure = new StorageException(Outcome.UNKNOWN, "the test lets it fail", null);
    return takesEffect
        ? real.commit(space, changes).compose(done -> Future.failedFuture(failure))
        : Future.failedFuture(failure);
  }

  @Override
  public Future<Optional<byte[]>> get(String space, byte[] key) {
    return real.get(space, key);
  }

  @Override
  public Future<List<Item>> range(String space, Range range, int max, long maxBytes) {
    return real.range(space, range, max, maxBytes);
  }

  @Override
  public Future<List<String>> spaces(Optional<String> after, int max) {
    return real.spaces(after, max);
  }

  @Override
  public Future<Void> destroy(String space) {
    return real.destroy(space);
  }
}
