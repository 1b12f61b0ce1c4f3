package io.tributary.client.stores.view;

import io.tributary.storage.KeyValueStore;
import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A space as it will be once the changes made here are committed. Lives on the space's runner. */
public final class Draft {
  private final KeyValueStore store;
  private final String space;
  private final NavigableMap<byte[], Change> changes = new TreeMap<>(Arrays::compareUnsigned);

  Draft(KeyValueStore store, String space) {
    this.store = store;
    this.space = space;
  }

  /** The value of a key, if it has one. */
  public Future<Optional<byte[]>> get(byte[] key) {
    Change change = changes.get(key);
    return change == null
        ? store.get(space, key)
        : Future.succeededFuture(Optional.ofNullable(change.value()));
  }

  /**
   * Keys of a range with their values, in order.
   *
   * @param max at most this many, at least 1; all of their values are held in memory
   */
  public Future<List<Item>> range(Range range, int max) {
    return range(range, max, Long.MAX_VALUE);
  }

  /**
   * As {@link #range(Range, int)}, and perhaps fewer.
   *
   * @param maxBytes bytes that are held in memory of what is committed, but for one item; the answer is
   *     not empty if the range isn't
   */
  public Future<List<Item>> range(Range range, int max, long maxBytes) {
    NavigableMap<byte[], Change> its = within(range);
    // As many more as may have been taken away.
    int asked = max + its.size();
    return store.range(space, range, asked, maxBytes).compose(stored -> {
      boolean cut = maxBytes != Long.MAX_VALUE && !stored.isEmpty();
      boolean all = stored.size() < asked && !cut;
      List<Item> merged = merged(stored, all, its, range.reverse(), max);
      return merged.isEmpty() && !all
          ? range(behind(range, stored.get(stored.size() - 1).key()), max, maxBytes)
          : Future.succeededFuture(merged);
    });
  }

  private static Range behind(Range range, byte[] key) {
    return range.reverse()
        ? new Range(range.from(), key, true)
        : new Range(Arrays.copyOf(key, key.length + 1), range.to(), false);
  }

  private NavigableMap<byte[], Change> within(Range range) {
    byte[] to = range.to();
    if (to != null && Arrays.compareUnsigned(range.from(), to) >= 0) {
      return new TreeMap<>(Arrays::compareUnsigned);
    }
    NavigableMap<byte[], Change> its = to == null
        ? changes.tailMap(range.from(), true)
        : changes.subMap(range.from(), true, to, false);
    return range.reverse() ? its.descendingMap() : its;
  }

  /** @param all whether these are all that the store has of the range */
  private static List<Item> merged(
      List<Item> stored,
      boolean all,
      NavigableMap<byte[], Change> changes,
      boolean reverse,
      int max) {
    TreeMap<byte[], Item> merged =
        new TreeMap<>(reverse ? (a, b) -> Arrays.compareUnsigned(b, a) : Arrays::compareUnsigned);
    for (Item item : stored) {
      merged.put(item.key(), item);
    }
    byte @Nullable [] last = all ? null : stored.get(stored.size() - 1).key();
    for (Change change : changes.values()) {
      byte[] value = change.value();
      if (value == null) {
        merged.remove(change.key());
      } else {
        merged.put(change.key(), new Item(change.key(), value));
      }
    }
    List<Item> items = new ArrayList<>();
    for (Item item : merged.values()) {
      // Beyond what was read there may be others in between.
      if (items.size() == max
          || (last != null && merged.comparator().compare(item.key(), last) > 0)) {
        break;
      }
      items.add(item);
    }
    return List.copyOf(items);
  }

  /** Gives a key a value. */
  public void put(byte[] key, byte[] value) {
    changes.put(key, new Change(key, value));
  }

  /** Takes a key away. */
  public void delete(byte[] key) {
    changes.put(key, new Change(key, null));
  }

  /** Bytes of the values that are to be committed. */
  long bytes() {
    long bytes = 0;
    for (Change change : changes.values()) {
      byte[] value = change.value();
      bytes += value == null ? 0 : value.length;
    }
    return bytes;
  }

  Future<Void> commit() {
    return changes.isEmpty()
        ? Future.succeededFuture()
        : store.commit(space, List.copyOf(changes.values()));
  }
}
