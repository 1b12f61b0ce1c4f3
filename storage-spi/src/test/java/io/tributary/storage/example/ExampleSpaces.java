package io.tributary.storage.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** The tables of keys and values. */
final class ExampleSpaces {
  private static final class Rows extends TreeMap<byte[], byte[]> {
    private Rows() {
      super(Arrays::compareUnsigned);
    }
  }

  /** By UTF-8 bytes, as the database compares text. */
  private final NavigableMap<String, Rows> spaces =
      new TreeMap<>(Comparator.comparing(name -> HexFormat.of().formatHex(name.getBytes(UTF_8))));

  /** One transaction. */
  synchronized void commit(String space, Collection<Change> changes) {
    Rows rows = spaces.computeIfAbsent(space, name -> new Rows());
    for (Change change : changes) {
      byte[] value = change.value();
      if (value == null) {
        rows.remove(change.key());
      } else {
        rows.put(change.key().clone(), value.clone());
      }
    }
    if (rows.isEmpty()) {
      spaces.remove(space);
    }
  }

  synchronized Optional<byte[]> get(String space, byte[] key) {
    return Optional.ofNullable(rows(space).get(key)).map(byte[]::clone);
  }

  synchronized List<Item> range(String space, Range range, int max, long maxBytes) {
    Rows rows = rows(space);
    byte[] to = range.to();
    if (to != null && Arrays.compareUnsigned(range.from(), to) > 0) {
      return List.of();
    }
    NavigableMap<byte[], byte[]> within =
        to == null ? rows.tailMap(range.from(), true) : rows.subMap(range.from(), true, to, false);
    List<Item> page = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<byte[], byte[]> row :
        (range.reverse() ? within.descendingMap() : within).entrySet()) {
      Item item = new Item(row.getKey().clone(), row.getValue().clone());
      bytes += item.bytes();
      if (page.size() == max || (bytes > maxBytes && !page.isEmpty())) {
        break;
      }
      page.add(item);
    }
    return page;
  }

  synchronized List<String> names(Optional<String> after, int max) {
    return after.map(name -> spaces.tailMap(name, false)).orElse(spaces).keySet().stream()
        .limit(max)
        .toList();
  }

  synchronized void destroy(String space) {
    spaces.remove(space);
  }

  private Rows rows(String space) {
    return spaces.getOrDefault(space, new Rows());
  }
}
