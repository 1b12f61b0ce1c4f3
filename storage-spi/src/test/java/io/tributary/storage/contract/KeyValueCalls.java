package io.tributary.storage.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tributary.storage.KeyValueStore;
import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The calls of the key-value face as the tests write them. */
abstract class KeyValueCalls extends ContractBase {
  static final Range ALL = new Range(new byte[0], null, false);

  /** A space nobody has written to. */
  static String newSpace() {
    return "kit-" + UUID.randomUUID();
  }

  final KeyValueStore keyValues() {
    return storage().keyValues();
  }

  static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  static Change put(String key, String value) {
    return new Change(utf8(key), utf8(value));
  }

  static Change drop(String key) {
    return new Change(utf8(key), null);
  }

  void commit(String space, Change... changes) {
    await(keyValues().commit(space, List.of(changes)));
  }

  Future<Void> submit(String space, Collection<Change> changes) {
    return keyValues().commit(space, changes);
  }

  String get(String space, byte[] key) {
    return shown(await(keyValues().get(space, key)));
  }

  List<String> range(String space, Range range) {
    return range(space, range, Integer.MAX_VALUE, Long.MAX_VALUE);
  }

  List<String> range(String space, Range range, int max, long maxBytes) {
    return shown(await(keyValues().range(space, range, max, maxBytes)));
  }

  List<String> all(String space) {
    return range(space, ALL);
  }

  static String shown(Optional<byte[]> value) {
    return Shown.of(value.orElse(null));
  }

  static List<String> shown(List<Item> items) {
    return items.stream().map(item -> shown(item.key(), item.value())).toList();
  }

  static String shown(byte[] key, byte[] value) {
    return Shown.of(key) + Shown.of(value);
  }

  static String shown(Range range) {
    return Shown.of(range.from()) + " to " + Shown.of(range.to())
        + (range.reverse() ? " reverse" : "");
  }

  /** Whether it is listed, whatever else is there. */
  boolean isListed(String space) {
    String before = space.substring(0, space.length() - 1);
    return await(keyValues().spaces(Optional.of(before), 1)).equals(List.of(space));
  }
}
