package io.tributary.storage.contract;

import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.KeyValueStore.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a space has to answer, by going over everything each time. */
final class KeyValueModel {
  private final TreeMap<byte[], byte[]> items = new TreeMap<>(Arrays::compareUnsigned);

  void commit(Collection<Change> changes) {
    for (Change change : changes) {
      byte[] value = change.value();
      if (value == null) {
        items.remove(change.key());
      } else {
        items.put(change.key(), value);
      }
    }
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  String get(byte[] key) {
    return KeyValueCalls.shown(Optional.ofNullable(items.get(key)));
  }

  List<String> range(Range range, int max, long maxBytes) {
    List<Map.Entry<byte[], byte[]>> some = new ArrayList<>();
    byte[] to = range.to();
    for (Map.Entry<byte[], byte[]> item : items.entrySet()) {
      if (Arrays.compareUnsigned(item.getKey(), range.from()) >= 0
          && (to == null || Arrays.compareUnsigned(item.getKey(), to) < 0)) {
        some.add(item);
      }
    }
    if (range.reverse()) {
      Collections.reverse(some);
    }
    List<String> page = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<byte[], byte[]> item : some) {
      bytes += item.getKey().length + item.getValue().length;
      if (page.size() == max || (bytes > maxBytes && !page.isEmpty())) {
        break;
      }
      page.add(KeyValueCalls.shown(item.getKey(), item.getValue()));
    }
    return page;
  }
}
