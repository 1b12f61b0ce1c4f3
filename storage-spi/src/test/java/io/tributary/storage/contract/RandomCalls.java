package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.LogStore;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.StorageFixture.Survives;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes random calls of the log face, and ends the storage now and then, beside the model. */
final class RandomCalls {
  private static final int CALLS = 120;
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final long START = 1_790_000_000_000L;

  private final LogCalls contract;
  private final long seed;
  private final Random random;
  private final LogModel model = new LogModel();
  private final String tenant = LogCalls.newStore().tenant();
  private final List<StoreKey> stores = List.of(
      new StoreKey.Plain(tenant, "x"),
      new StoreKey.Sealed(tenant, "x"),
      new StoreKey.SealedBatch(tenant, "x", "x"),
      new StoreKey.SealedBatch(tenant, "x", "y"));
  private final List<EntryId> ids = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();

  RandomCalls(LogCalls contract, long seed) {
    this.contract = contract;
    this.seed = seed;
    this.random = new Random(seed);
    for (int i = 0; i < 60; i++) {
      ids.add(EntryId.of(new UUID(random.nextLong(), random.nextLong())));
    }
  }

  void run() throws Exception {
    try {
      for (int i = 0; i < CALLS; i++) {
        call(stores.get(random.nextInt(stores.size())));
      }
      for (StoreKey store : stores) {
        everything(store);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "replay with -Dseed=" + seed + "\n" + String.join("\n", calls) + "\n" + e.getMessage(),
          e);
    }
  }

  private LogStore log() {
    return contract.storage().log();
  }

  private void call(StoreKey store) throws Exception {
    int what = random.nextInt(100);
    if (what < 35) {
      append();
    } else if (what < 55) {
      read(
          store,
          anyFrom(store),
          random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(6),
          random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(2000));
    } else if (what < 60) {
      scan(store, anyFrom(store), random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(6));
    } else if (what < 63) {
      heads();
    } else if (what < 75) {
      remove(store);
    } else if (what < 79) {
      forget(store);
    } else if (what < 83) {
      tombstones(store, anyFrom(store), 1 + random.nextInt(6));
    } else if (what < 86) {
      stats(store);
    } else if (what < 89) {
      list();
    } else if (what < 95) {
      restore(store);
    } else if (contract.survives(Survives.CRASH) && random.nextBoolean()) {
      calls.add("crash");
      contract.crash();
    } else if (contract.survives(Survives.CLOSE)) {
      calls.add("reopen");
      contract.reopen();
    }
  }

  private void everything(StoreKey store) {
    read(store, 1, Integer.MAX_VALUE, Long.MAX_VALUE);
    scan(store, 1, Integer.MAX_VALUE);
    tombstones(store, 1, Integer.MAX_VALUE);
    stats(store);
    List<Append> again = ids.stream()
        .map(id -> LogCalls.append(store, List.of(LogCalls.record(id))))
        .toList();
    calls.add("append every id to " + store);
    assertThat(Shown.of(LogCalls.await(log().append(again))))
        .isEqualTo(Shown.of(model.append(again)));
  }

  private long anyFrom(StoreKey store) {
    return random.nextLong(-2, model.head(store) + 4);
  }

  private void append() {
    List<Append> appends = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      List<NewRecord> records = new ArrayList<>();
      for (int j = random.nextInt(4); j > 0; j--) {
        records.add(record());
      }
      appends.add(new Append(
          stores.get(random.nextInt(stores.size())), random.nextLong(1L << 53), records));
    }
    List<AppendResult> expected = model.append(appends);
    calls.add("append " + Shown.of(expected));
    assertThat(Shown.of(LogCalls.await(log().append(appends)))).isEqualTo(Shown.of(expected));
  }

  private NewRecord record() {
    List<EntryId> some = new ArrayList<>();
    for (int k = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1; k > 0; k--) {
      some.add(anyId());
    }
    return new NewRecord(
        some,
        RecordKind.of(1 + random.nextInt(3)),
        bytesOrNull(),
        bytesOrNull(),
        bytes(20),
        bytes(300),
        random.nextBoolean(),
        bytesOrNull());
  }

  private EntryId anyId() {
    return ids.get(random.nextInt(ids.size()));
  }

  private byte @Nullable [] bytesOrNull() {
    return random.nextBoolean() ? null : bytes(4);
  }

  private byte[] bytes(int bound) {
    byte[] bytes = new byte[random.nextInt(bound)];
    random.nextBytes(bytes);
    return bytes;
  }

  private void read(StoreKey store, long from, int maxRecords, long maxBytes) {
    calls.add("read " + store + " from " + from + ", " + maxRecords + " in " + maxBytes);
    Page expected = model.read(store, from, maxRecords, maxBytes);
    Page page = LogCalls.await(log().read(store, from, maxRecords, maxBytes));
    assertThat(LogCalls.shown(page.records())).isEqualTo(LogCalls.shown(expected.records()));
    assertThat(page.head()).isEqualTo(expected.head());
    assertNext(store, page.next(), expected.next());
  }

  private void scan(StoreKey store, long from, int max) {
    calls.add("scan " + store + " from " + from + ", " + max);
    Outlines expected = model.scan(store, from, max);
    Outlines page = LogCalls.await(log().scan(store, from, max));
    assertThat(page.records().stream().map(Shown::of).toList())
        .isEqualTo(expected.records().stream().map(Shown::of).toList());
    assertThat(page.head()).isEqualTo(expected.head());
    assertNext(store, page.next(), expected.next());
  }

  /** Where a limit ended a read, holes behind it may be passed over or not. */
  private void assertNext(StoreKey store, long next, long least) {
    assertThat(next).isBetween(least, model.greatestNext(store, least));
  }

  private void heads() {
    calls.add("heads");
    Map<StoreKey, Long> expected = new HashMap<>();
    stores.forEach(key -> expected.put(key, model.head(key)));
    assertThat(LogCalls.await(log().heads(stores))).isEqualTo(expected);
  }

  /** Even days: a storage may forget a day late. */
  private long anyDay() {
    return START + 2L * random.nextInt(5) * DAY;
  }

  private void remove(StoreKey store) {
    List<Long> sequences = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      sequences.add(anyFrom(store));
    }
    long removedAt = anyDay();
    calls.add("remove " + sequences + " of " + store + " at " + removedAt);
    assertThat(LogCalls.await(log().remove(new Removal(store, sequences, removedAt, null))))
        .isEqualTo(model.remove(store, sequences, removedAt));
  }

  private void forget(StoreKey store) {
    long removedBefore = random.nextInt(4) == 0 ? Long.MAX_VALUE : anyDay() + 3 * DAY / 2;
    int max = random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(4);
    calls.add("forget " + store + " before " + removedBefore + ", " + max + " each time");
    int left = model.forget(store, removedBefore);
    int dropped;
    do {
      dropped = LogCalls.await(log().forget(store, removedBefore, max));
      assertThat(dropped).isEqualTo(Math.min(left, max));
      left -= dropped;
    } while (dropped == max);
  }

  private void tombstones(StoreKey store, long from, int max) {
    calls.add("tombstones of " + store + " from " + from + ", " + max);
    assertThat(LogCalls.await(log().tombstones(store, from, max)))
        .isEqualTo(model.tombstones(store, from, max));
  }

  private void stats(StoreKey store) {
    calls.add("stats of " + store);
    assertThat(LogCalls.await(log().stats(store))).isEqualTo(model.stats(store));
  }

  /** Goes over the tenant's stores; the storage may hold others. */
  private void list() {
    int max = 1 + random.nextInt(5);
    calls.add("list stores, " + max + " each time");
    List<StoreKey> all = new ArrayList<>();
    StoreKey after = new StoreKey.SealedBatch(tenant, "", "");
    while (after.tenant().equals(tenant)) {
      List<StoreKey> some = LogCalls.await(log().stores(Optional.of(after), max));
      assertThat(some).hasSizeLessThanOrEqualTo(max);
      all.addAll(some);
      if (some.size() < max) {
        break;
      }
      after = some.get(some.size() - 1);
    }
    all.removeIf(store -> !store.tenant().equals(tenant));
    assertThat(all).isEqualTo(model.stores());
  }

  private void restore(StoreKey store) {
    List<LogItem> items = new ArrayList<>();
    long last = model.head(store);
    for (int i = random.nextInt(6); i > 0; i--) {
      long first = last + 1 + (random.nextInt(3) == 0 ? random.nextInt(4) : 0);
      if (random.nextInt(20) == 0) {
        first = Math.max(1, first - 1 - random.nextInt(3)); // refused
      }
      LogItem item = random.nextBoolean()
          ? new Tombstone(first, anyId())
          : new StoredRecord(first, random.nextLong(1L << 53), record());
      items.add(item);
      last = item.lastSequence();
    }
    long head = last + (random.nextInt(3) == 0 ? random.nextInt(-1, 4) : 0);
    Restoration restoration = new Restoration(store, items, head, anyDay());
    boolean accepted = model.restore(restoration);
    calls.add("restore " + items.size() + " to " + store + " " + head + ", accepted: " + accepted);
    if (accepted) {
      LogCalls.await(log().restore(restoration));
    } else {
      assertThatThrownBy(() -> LogCalls.await(log().restore(restoration)))
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED));
    }
  }
}
