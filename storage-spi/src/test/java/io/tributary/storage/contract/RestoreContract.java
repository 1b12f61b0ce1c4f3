package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.log.Append;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Restoration;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What {@link io.tributary.storage.LogStore#restore} promises. */
public abstract class RestoreContract extends LogCalls {
  private static final long RESTORED_AT = 1_790_000_200_000L;
  private static final long DAY = Duration.ofDays(1).toMillis();

  @Test
  protected void recordsAreRestoredUnderTheirSequences() {
    StoreKey store = newStore();
    StoredRecord one = new StoredRecord(1, 1000, record(newIds(2)));
    StoredRecord two = new StoredRecord(3, 2000, record(newId(), "two"));
    // Sequences between items stay empty.
    StoredRecord three = new StoredRecord(10, 500, record(newIds(3)));
    restore(store, 12, one, two, three);
    assertThat(shown(readAll(store))).isEqualTo(shown(List.of(one, two, three)));
    assertThat(heads(store)).isEqualTo(Map.of(store, 12L));
    for (long from = 4; from <= 12; from++) {
      assertThat(shown(read(store, from).records())).isEqualTo(shown(List.of(three)));
    }
    assertThat(shown(readInPages(store, 1, Long.MAX_VALUE)))
        .isEqualTo(shown(List.of(one, two, three)));
    assertThat(append(store, two.record(), three.record(), record(newId())))
        .isEqualTo("12->13: =3 =10,11,12 +13");
  }

  @Test
  protected void theHeadMayBeAboveTheLastItem() {
    StoreKey store = newStore();
    restore(store, 5);
    assertThat(heads(store)).isEqualTo(Map.of(store, 5L));
    assertThat(Shown.of(read(store, 1))).isEqualTo("next 6 head 5");
    assertThat(stats(store)).isEqualTo(new StoreStats(store, 5, 0, 0, 0, 0));
    restore(store, 9, new StoredRecord(7, 1000, record(newId())));
    assertThat(heads(store)).isEqualTo(Map.of(store, 9L));
    assertThat(readInPages(store, 1, Long.MAX_VALUE)).hasSize(1);
    assertThat(Shown.of(read(store, 8))).isEqualTo("next 10 head 9");
    restore(store, 9);
    assertThat(append(store, record(newId()))).isEqualTo("9->10: +10");
    assertThat(readAll(store)).extracting(StoredRecord::firstSequence).containsExactly(7L, 10L);
  }

  @Test
  protected void restoredTombstonesAreTombstones() {
    StoreKey store = newStore();
    EntryId a = newId();
    EntryId b = newId();
    EntryId c = newId();
    restore(store, 6, new Tombstone(2, a), new StoredRecord(3, 1, record(b)), new Tombstone(5, c));
    assertThat(tombstones(store)).containsExactly(new Tombstone(2, a), new Tombstone(5, c));
    assertThat(append(store, record(a), record(b), record(c))).isEqualTo("6->6: =2 =3 =5");
    assertThat(readInPages(store, 1, Long.MAX_VALUE)).hasSize(1);
    remove(store, 2, 3, 5);
    assertThat(tombstones(store)).hasSize(3);
    assertThat(stats(store)).isEqualTo(new StoreStats(store, 6, 0, 0, 0, 3));
    assertThat(forgetAll(store)).isEqualTo(3);
    assertThat(append(store, record(a), record(b), record(c))).isEqualTo("6->9: +7 +8 +9");
  }

  @Test
  protected void tombstonesCountAsRemovedWhenTheyWereRestored() {
    StoreKey store = newStore();
    EntryId id = newId();
    restore(store, 1, new Tombstone(1, id));
    assertThat(await(storage().log().forget(store, RESTORED_AT, 10))).isZero();
    assertThat(await(storage().log().forget(store, RESTORED_AT + DAY + 1, 10))).isEqualTo(1);
    assertThat(append(store, record(id))).isEqualTo("1->2: +2");
  }

  @Test
  protected void whatTheStoreKnowsStaysAsItIs() {
    StoreKey store = newStore();
    EntryId a = newId();
    EntryId b = newId();
    EntryId c = newId();
    append(store, record(a), record(b));
    remove(store, 2);
    StoredRecord known = new StoredRecord(4, 1, record(List.of(b, a, c)));
    StoredRecord whole = new StoredRecord(8, 1, record(List.of(a, a)));
    restore(store, 9, new Tombstone(3, a), known, new Tombstone(7, c), whole);
    assertThat(append(store, record(a), record(b), record(c))).isEqualTo("9->9: =1 =2 =6");
    assertThat(tombstones(store)).containsExactly(new Tombstone(2, b));
    assertThat(readAll(store)).extracting(StoredRecord::firstSequence).containsExactly(1L, 4L, 8L);
    assertThat(stats(store).tombstones()).isEqualTo(1);
    remove(store, 4, 8);
    assertThat(tombstones(store)).containsExactly(new Tombstone(2, b), new Tombstone(6, c));
  }

  @Test
  protected void aRestoredStoreIsListed() {
    StoreKey store = newStore();
    StoreKey nothing = new StoreKey.Sealed(store.tenant(), "nothing");
    restore(store, 3);
    restore(nothing, 0);
    StoreKey before = new StoreKey.SealedBatch(store.tenant(), "", "");
    assertThat(await(storage().log().stores(Optional.of(before), 10)))
        .contains(store)
        .doesNotContain(nothing);
  }

  @Test
  protected void whatDoesNotFitIsRefusedWhole() {
    StoreKey store = newStore();
    append(store, record(newIds(2)), record(newId()));
    remove(store, 3);
    String before = Shown.of(read(store, 1));
    StoreStats stats = stats(store);
    List<EntryId> fresh = newIds(4);
    StoredRecord good = new StoredRecord(4, 1, record(fresh.subList(0, 2)));
    Tombstone alsoGood = new Tombstone(6, fresh.get(2));
    LogItem[] bad = {
      new StoredRecord(3, 1, record(fresh.get(3))), // not above the head
      new StoredRecord(2, 1, record(newIds(5))),
      new Tombstone(1, fresh.get(3)),
      new Tombstone(0, fresh.get(3)),
      new Tombstone(-1, fresh.get(3)),
      new StoredRecord(Long.MAX_VALUE, 1, record(newIds(2)))
    };
    for (LogItem item : bad) {
      assertRefused(store, 20, item);
      assertRefused(store, 20, item, good);
      assertRefused(store, 20, good, alsoGood, item);
    }
    assertRefused(store, 20, alsoGood, good);
    assertRefused(store, 20, good, new Tombstone(5, fresh.get(3)));
    assertRefused(store, 20, good, good);
    assertRefused(store, 20, alsoGood, new StoredRecord(6, 1, record(fresh.get(3))));
    assertRefused(store, 5, good, alsoGood);
    assertRefused(store, 4, good);
    assertRefused(store, 2);
    assertRefused(store, 0);
    assertThat(Shown.of(read(store, 1))).isEqualTo(before);
    assertThat(stats(store)).isEqualTo(stats);
    restore(store, 6, good, alsoGood);
    assertThat(append(store, record(fresh.get(0)), record(fresh.get(2)), record(fresh.get(3))))
        .isEqualTo("6->7: =4 =6 +7");
  }

  private void assertRefused(StoreKey store, long head, LogItem... items) {
    assertThatThrownBy(() -> restore(store, head, items))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED))
        .message()
        .isNotEmpty();
  }

  @Test
  protected void ofTwoRestoresAtOnceOneIsDone() {
    for (int round = 0; round < (LONG ? 200 : 20); round++) {
      StoreKey store = newStore();
      List<StoredRecord> records = new ArrayList<>();
      for (NewRecord record : records(20, 2)) {
        records.add(new StoredRecord(1 + 2L * records.size(), 1, record));
      }
      Restoration restoration = new Restoration(store, List.copyOf(records), 40, RESTORED_AT);
      List<Future<Boolean>> calls = contexts().stream()
          .map(context -> on(context, () -> storage().log().restore(restoration))
              .map(true)
              .recover(e ->
                  e instanceof StorageException refused && refused.outcome() == Outcome.REJECTED
                      ? Future.succeededFuture(false)
                      : Future.failedFuture(e)))
          .toList();
      assertThat(calls.stream().filter(ContractBase::await)).hasSize(1);
      assertThat(shown(readAll(store))).isEqualTo(shown(records));
    }
  }

  // moving a store

  @Test
  protected void aStoreReadIntoAnotherIsTheSame() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    for (int run = 0; run < (LONG ? 50 : 3); run++) {
      try {
        assertMoves(seed + run);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("replay with -Dseed=" + (seed + run) + "\n" + e.getMessage(), e);
      }
    }
  }

  private void assertMoves(long seed) throws Exception {
    Random random = new Random(seed);
    StoreKey source = newStore();
    List<EntryId> ids = write(random, source);
    StoreKey target = new StoreKey.SealedBatch(source.tenant(), "target", "");
    int size = 1 + random.nextInt(40);
    long head = heads(source).getOrDefault(source, 0L);
    List<LogItem> items = itemsInPages(source, size);
    for (int i = 0; i < items.size(); i += size) {
      List<LogItem> some = items.subList(i, Math.min(items.size(), i + size));
      long last = some.get(some.size() - 1).lastSequence();
      await(storage().log().restore(new Restoration(target, some, last, RESTORED_AT)));
      if (survives(Survives.CRASH) && random.nextInt(10) == 0) {
        crash();
      }
    }
    restore(target, head);
    assertThat(itemsInPages(target, size).stream().map(RestoreContract::shown).toList())
        .isEqualTo(items.stream().map(RestoreContract::shown).toList());
    assertThat(Shown.of(read(target, 1))).isEqualTo(Shown.of(read(source, 1)));
    StoreStats stats = stats(source);
    assertThat(stats(target))
        .isEqualTo(new StoreStats(
            target,
            stats.head(),
            stats.records(),
            stats.entries(),
            stats.bytes(),
            stats.tombstones()));
    // Answers for known ids change nothing, those for new ones are alike in both.
    List<NewRecord> all = ids.stream().map(LogCalls::record).toList();
    assertThat(Shown.of(appendAll(append(target, all)).get(0)))
        .isEqualTo(Shown.of(appendAll(append(source, all)).get(0)));
  }

  /** Writes, removes and forgets, and returns all ids ever used. */
  private List<EntryId> write(Random random, StoreKey store) {
    List<EntryId> ids = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      List<NewRecord> records = new ArrayList<>();
      for (int j = random.nextInt(12); j > 0; j--) {
        List<EntryId> some = newIds(random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1);
        if (some.size() > 1 && !ids.isEmpty()) {
          some.set(random.nextInt(some.size()), ids.get(random.nextInt(ids.size())));
        }
        ids.addAll(some);
        byte[] body = new byte[random.nextInt(200)];
        random.nextBytes(body);
        boolean plain = random.nextBoolean();
        records.add(new NewRecord(
            some,
            RecordKind.of(1 + random.nextInt(3)),
            plain ? body : null,
            plain ? new byte[0] : null,
            new byte[random.nextInt(3)],
            body,
            plain,
            random.nextBoolean() ? body : null));
      }
      appendAll(new Append(store, random.nextLong(1L << 53), records));
      long head = heads(store).getOrDefault(store, 0L);
      remove(
          store,
          LongStream.generate(() -> 1 + random.nextLong(head + 1))
              .limit(random.nextInt(8))
              .toArray());
    }
    // The end, too; what else was removed at the start is forgotten.
    remove(
        store,
        LongStream.rangeClosed(heads(store).get(store) - 3, 1 << 20).limit(5).toArray());
    return ids;
  }

  private List<LogItem> itemsInPages(StoreKey store, int size) {
    List<LogItem> items = new ArrayList<>(readInPages(store, size, Long.MAX_VALUE));
    for (long from = 1; from != 0; ) {
      Tombstones page = await(storage().log().tombstones(store, from, size));
      items.addAll(page.tombstones());
      from = page.next();
    }
    items.sort(Comparator.comparingLong(LogItem::firstSequence));
    return items;
  }

  private static String shown(LogItem item) {
    return item instanceof StoredRecord record ? Shown.of(record) : item.toString();
  }

  // ends

  @Test
  protected void whatWasRestoredIsThereAfterReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    assertSurvives(this::reopen);
  }

  @Test
  protected void whatWasRestoredIsThereAfterACrash() throws Exception {
    assumeSurvives(Survives.CRASH);
    assertSurvives(this::crash);
  }

  private void assertSurvives(End end) throws Exception {
    StoreKey store = newStore();
    StoreKey empty = newStore();
    EntryId gone = newId();
    StoredRecord one = new StoredRecord(2, 1000, record(newIds(2)));
    StoredRecord two = new StoredRecord(8, 1000, record(newId()));
    restore(store, 5, one, new Tombstone(4, gone));
    end.happen();
    restore(store, 20, two);
    restore(empty, 7);
    end.happen();
    assertThat(shown(readAll(store))).isEqualTo(shown(List.of(one, two)));
    assertThat(tombstones(store)).containsExactly(new Tombstone(4, gone));
    assertThat(heads(store, empty)).isEqualTo(Map.of(store, 20L, empty, 7L));
    assertThat(stats(store).records()).isEqualTo(2);
    assertThat(append(store, record(gone), two.record(), record(newId())))
        .isEqualTo("20->21: =4 =8 +21");
    assertThat(append(empty, record(gone))).isEqualTo("7->8: +8");
    end.happen();
    assertThat(await(storage().log().forget(store, RESTORED_AT, 10))).isZero();
    assertThat(forgetAll(store)).isEqualTo(1);
  }

  // contexts and closing

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    StoreKey store = newStore();
    assertCompletesOnTheCallersContext(() -> storage()
        .log()
        .restore(new Restoration(newStore(), List.of(new Tombstone(1, newId())), 1, RESTORED_AT)));
    append(store, record(newId()));
    assertCompletesOnTheCallersContext(
        () -> storage().log().restore(new Restoration(store, List.of(), 0, RESTORED_AT)));
  }

  @Test
  protected void callsOnAClosedStorageFail() {
    Restoration restoration = new Restoration(newStore(), List.of(), 1, RESTORED_AT);
    var log = close().log();
    assertRefusedAsClosed(() -> log.restore(restoration));
  }

  private void restore(StoreKey store, long head, LogItem... items) {
    await(storage().log().restore(new Restoration(store, List.of(items), head, RESTORED_AT)));
  }
}
