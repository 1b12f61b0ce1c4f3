package io.tributary.storage.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.storage.KeyValueStore;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** All spaces, under one lock that each call holds for as long as its own page or changes take. */
final class MemoryKeyValues implements KeyValueStore {
  @GuardedBy("this")
  private final TreeMap<String, TreeMap<byte[], byte[]>> spaces =
      new TreeMap<>(MemoryRegistry.BY_BYTES);

  @GuardedBy("this")
  private boolean closed;

  @Override
  public Future<Void> commit(String space, Collection<Change> changes) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireChanges(changes);
    List<Change> copies = changes.stream()
        .map(change -> new Change(
            change.key().clone(), change.value() == null ? null : change.value().clone()))
        .toList();
    return answer(() -> {
      if (!copies.isEmpty()) {
        apply(space, copies);
      }
      return null;
    });
  }

  private synchronized void apply(String space, List<Change> changes) {
    TreeMap<byte[], byte[]> items =
        spaces.computeIfAbsent(space, name -> new TreeMap<>(Arrays::compareUnsigned));
    for (Change change : changes) {
      byte[] value = change.value();
      if (value == null) {
        items.remove(change.key());
      } else {
        items.put(change.key(), value);
      }
    }
    if (items.isEmpty()) {
      spaces.remove(space);
    }
  }

  @Override
  public Future<Optional<byte[]>> get(String space, byte[] key) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireKey(key);
    return answer(() -> Optional.ofNullable(items(space).get(key)).map(byte[]::clone));
  }

  @Override
  public Future<List<Item>> range(String space, Range range, int max, long maxBytes) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireSome(max);
    return answer(() -> page(items(space), range, max, maxBytes));
  }

  private static List<Item> page(
      NavigableMap<byte[], byte[]> items, Range range, int max, long maxBytes) {
    byte[] to = range.to();
    if (to != null && Arrays.compareUnsigned(range.from(), to) >= 0) {
      return List.of();
    }
    NavigableMap<byte[], byte[]> some = to == null
        ? items.tailMap(range.from(), true)
        : items.subMap(range.from(), true, to, false);
    List<Item> page = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<byte[], byte[]> item :
        (range.reverse() ? some.descendingMap() : some).entrySet()) {
      bytes += item.getKey().length + item.getValue().length;
      if (page.size() == max || (bytes > maxBytes && !page.isEmpty())) {
        break;
      }
      page.add(new Item(item.getKey().clone(), item.getValue().clone()));
    }
    return List.copyOf(page);
  }

  @Override
  public Future<List<String>> spaces(Optional<String> after, int max) {
    KeyValueStore.requireSome(max);
    return answer(() -> spacesAfter(after, max));
  }

  private synchronized List<String> spacesAfter(Optional<String> after, int max) {
    return after.map(name -> spaces.tailMap(name, false)).orElse(spaces).keySet().stream()
        .limit(max)
        .toList();
  }

  @Override
  public Future<Void> destroy(String space) {
    KeyValueStore.requireName(space);
    return answer(() -> {
      forget(space);
      return null;
    });
  }

  private synchronized void forget(String space) {
    spaces.remove(space);
  }

  private synchronized NavigableMap<byte[], byte[]> items(String space) {
    return spaces.getOrDefault(space, new TreeMap<>(Arrays::compareUnsigned));
  }

  private synchronized <T> Future<T> answer(Supplier<T> question) {
    return closed
        ? Future.failedFuture(MemoryStorage.closedException())
        : Future.succeededFuture(question.get());
  }

  synchronized void close() {
    closed = true;
    spaces.clear();
  }
}
