package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.KeyValueStore.Range;
import io.tributary.storage.contract.StorageFixture.Survives;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Makes random calls of the key-value face, and ends the storage now and then, beside the model. */
final class RandomKeyValueCalls {
  private static final int CALLS = 200;

  private final KeyValueCalls contract;
  private final long seed;
  private final Random random;
  private final List<String> names =
      List.of(KeyValueCalls.newSpace(), KeyValueCalls.newSpace() + "\0", KeyValueCalls.newSpace());
  private final Map<String, KeyValueModel> models = new HashMap<>();
  private final List<byte[]> keys = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();

  RandomKeyValueCalls(KeyValueCalls contract, long seed) {
    this.contract = contract;
    this.seed = seed;
    this.random = new Random(seed);
    for (int i = 0; i < 40; i++) {
      keys.add(someKey());
    }
  }

  void run() throws Exception {
    try {
      for (int i = 0; i < CALLS; i++) {
        call(any(names));
      }
      for (String name : names) {
        everything(name);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "replay with -Dseed=" + seed + "\n" + String.join("\n", calls) + "\n" + e.getMessage(),
          e);
    }
  }

  private KeyValueModel model(String name) {
    return models.computeIfAbsent(name, none -> new KeyValueModel());
  }

  private void call(String name) throws Exception {
    int what = random.nextInt(100);
    if (what < 45) {
      commit(name);
    } else if (what < 80) {
      range(name, anyRange(), anyMax(), anyBytes());
    } else if (what < 90) {
      get(name, any(keys));
    } else if (what < 93) {
      everything(name);
    } else if (what < 96) {
      calls.add("destroy " + name);
      KeyValueCalls.await(contract.keyValues().destroy(name));
      models.remove(name);
    } else if (contract.survives(Survives.CRASH) && random.nextBoolean()) {
      calls.add("crash");
      contract.crash();
    } else if (contract.survives(Survives.CLOSE)) {
      calls.add("reopen");
      contract.reopen();
    }
  }

  private void everything(String name) {
    range(name, KeyValueCalls.ALL, Integer.MAX_VALUE, Long.MAX_VALUE);
    keys.forEach(key -> get(name, key));
    assertThat(contract.isListed(name)).isEqualTo(!model(name).isEmpty());
  }

  private void commit(String name) {
    TreeMap<byte[], Change> changes = new TreeMap<>(Arrays::compareUnsigned);
    boolean removing = random.nextInt(4) == 0;
    for (int i = random.nextInt(removing ? 40 : 8); i > 0; i--) {
      byte[] key = any(keys);
      boolean remove = removing || random.nextInt(4) == 0;
      changes.put(key, new Change(key, remove ? null : value()));
    }
    List<Change> shuffled = new ArrayList<>(changes.values());
    Collections.shuffle(shuffled, random);
    calls.add("commit to " + name + ": "
        + shuffled.stream()
            .map(change -> Shown.of(change.key()) + Shown.of(change.value()))
            .toList());
    KeyValueCalls.await(contract.submit(name, shuffled));
    model(name).commit(shuffled);
  }

  private void get(String name, byte[] key) {
    calls.add("get from " + name + " " + Shown.of(key));
    assertThat(contract.get(name, key)).isEqualTo(model(name).get(key));
  }

  private void range(String name, Range range, int max, long maxBytes) {
    calls.add(
        "range of " + name + " " + KeyValueCalls.shown(range) + ", " + max + " in " + maxBytes);
    assertThat(contract.range(name, range, max, maxBytes))
        .isEqualTo(model(name).range(range, max, maxBytes));
  }

  /** Of few different bytes, so that many begin as others do. */
  private byte[] someKey() {
    byte[] key = new byte[1 + random.nextInt(4)];
    byte[] bytes = {0, 1, 'a', 0x7f, (byte) 0x80, (byte) 0xff};
    for (int i = 0; i < key.length; i++) {
      key[i] = bytes[random.nextInt(bytes.length)];
    }
    return key;
  }

  private byte[] value() {
    byte[] value = new byte[random.nextInt(random.nextInt(10) == 0 ? 40_000 : 40)];
    random.nextBytes(value);
    return value;
  }

  private Range anyRange() {
    byte[] from = random.nextInt(4) == 0 ? new byte[0] : someKey();
    boolean reverse = random.nextBoolean();
    return switch (random.nextInt(3)) {
      case 0 -> Range.prefix(from, reverse);
      case 1 -> new Range(from, null, reverse);
      default -> new Range(from, someKey(), reverse);
    };
  }

  private int anyMax() {
    return random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(6);
  }

  private long anyBytes() {
    return random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(200) - 1;
  }

  private <T> T any(List<T> some) {
    return some.get(random.nextInt(some.size()));
  }
}
