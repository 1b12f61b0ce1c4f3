package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.Removal;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What {@link io.tributary.storage.LogStore} promises about removed entries. */
public abstract class RemovalContract extends LogCalls {
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final Duration TTL = Duration.ofSeconds(10);

  // reads

  @Test
  protected void aRemovedRecordIsNeverReadAgain() {
    StoreKey store = newStore();
    append(store, record(newId()), record(newIds(3)), record(newId()), record(newIds(2)));
    NewRecord gone = readAll(store).get(1).record();
    assertThat(remove(store, 3)).as("by a sequence in its middle").isEqualTo(removed(gone));
    for (long from = -1; from <= 7; from++) {
      long start = from;
      Page page = read(store, from);
      assertThat(firsts(page.records()))
          .containsExactlyElementsOf(LongStream.of(1, 5, 6)
              .filter(first -> first >= start || first == 6)
              .boxed()
              .toList());
      assertThat(page.next()).isEqualTo(8);
      assertThat(page.head()).isEqualTo(7);
    }
    assertThat(scanInPages(store, 2))
        .extracting(o -> o.firstSequence())
        .containsExactly(1L, 5L, 6L);
  }

  @Test
  protected void whatNoRecordHoldsIsPassedOver() {
    StoreKey store = newStore();
    assertThat(remove(store, 1, 2, 3)).as("no store").isEqualTo(Removed.NOTHING);
    append(store, record(newIds(2)), record(newId()));
    assertThat(remove(store)).isEqualTo(Removed.NOTHING);
    assertThat(remove(store, Long.MIN_VALUE, -1, 0, 4, Long.MAX_VALUE)).isEqualTo(Removed.NOTHING);
    NewRecord gone = readAll(store).get(0).record();
    assertThat(remove(store, 9, 2, 1, 2, -5)).as("once").isEqualTo(removed(gone));
    assertThat(remove(store, 1, 2)).as("gone already").isEqualTo(Removed.NOTHING);
    assertThat(firsts(readAll(store))).containsExactly(3L);
  }

  @Test
  protected void pagesJoinOverHoles() {
    StoreKey store = newStore();
    Random random = new Random(11);
    List<NewRecord> records = new ArrayList<>();
    for (int i = 0; i < 1500; i++) {
      records.add(record(newIds(1 + random.nextInt(4))));
    }
    append(store, records.toArray(NewRecord[]::new));
    List<StoredRecord> left = new ArrayList<>(readAll(store));
    List<Long> gone = new ArrayList<>();
    // Single ones, and runs that are longer than a page, at the start and at the end.
    for (StoredRecord record : List.copyOf(left)) {
      int at = left.indexOf(record);
      boolean inRun = record.firstSequence() < 600
          || (record.firstSequence() > 1500 && record.firstSequence() < 2500)
          || record.lastSequence() > heads(store).get(store) - 300;
      if (inRun || random.nextInt(3) == 0) {
        left.remove(at);
        gone.add(record.firstSequence() + random.nextInt(record.record().ids().size()));
      }
    }
    remove(store, gone.stream().mapToLong(n -> n).toArray());
    assertThat(shown(readAll(store))).isEqualTo(shown(left));
    for (int max : new int[] {1, 7, 128, left.size(), left.size() + 1}) {
      assertThat(shown(readInPages(store, max, Long.MAX_VALUE))).isEqualTo(shown(left));
      assertThat(scanInPages(store, max))
          .extracting(o -> o.firstSequence())
          .isEqualTo(firsts(left));
    }
    assertThat(shown(readInPages(store, Integer.MAX_VALUE, 1000))).isEqualTo(shown(left));
  }

  @Test
  protected void readersPassOverARemovedTail() {
    StoreKey store = newStore();
    append(store, record(newId()), record(newIds(3)), record(newIds(2)));
    remove(store, 2, 5);
    for (long from = 2; from <= 7; from++) {
      assertThat(Shown.of(read(store, from))).isEqualTo("next 7 head 6");
    }
    remove(store, 1);
    assertThat(Shown.of(read(store, 1))).isEqualTo("next 7 head 6");
    assertThat(append(store, record(newId()))).isEqualTo("6->7: +7");
    assertThat(firsts(read(store, 1).records())).containsExactly(7L);
    assertThat(firsts(read(store, 7).records())).containsExactly(7L);
  }

  @Test
  protected void theHeadStays() {
    StoreKey store = newStore();
    append(store, record(newId()), record(newIds(2)));
    remove(store, 1, 2);
    assertThat(heads(store)).isEqualTo(Map.of(store, 3L));
    assertThat(append(store)).isEqualTo("3->3:");
    forgetAll(store);
    assertThat(heads(store)).isEqualTo(Map.of(store, 3L));
    assertThat(append(store, record(newId()))).isEqualTo("3->4: +4");
  }

  // ids

  @Test
  protected void aRemovedEntryWrittenAgainHasItsOldSequenceAndStaysGone() {
    StoreKey store = newStore();
    List<EntryId> batch = newIds(2);
    EntryId a = newId();
    EntryId b = newId();
    append(store, record(a), record(batch), record(b));
    remove(store, 1, 3);
    String expected = "4->5: =1 =2,3 =3 =4 +5";
    NewRecord[] again = {
      record(a, "another body"), record(batch), record(batch.get(1)), record(b), record(newId())
    };
    assertThat(append(store, again)).isEqualTo(expected);
    assertThat(append(store, again)).isEqualTo("5->5: =1 =2,3 =3 =4 =5");
    assertThat(firsts(readAll(store))).containsExactly(4L, 5L);
  }

  @Test
  protected void aRecordWithANewIdIsStoredBesideRemovedOnes() {
    StoreKey store = newStore();
    EntryId a = newId();
    EntryId b = newId();
    EntryId c = newId();
    append(store, record(a), record(List.of(b)));
    remove(store, 1);
    assertThat(append(store, record(List.of(b, a, c)))).isEqualTo("2->5: +3,4,5");
    assertThat(append(store, record(a), record(b), record(c))).isEqualTo("5->5: =1 =2 =5");
    // What was known when the record was stored is remembered where it was first committed.
    remove(store, 4);
    assertThat(tombstones(store)).containsExactly(new Tombstone(1, a), new Tombstone(5, c));
    assertThat(append(store, record(List.of(c, b, a)))).isEqualTo("5->5: =5,2,1");
    assertThat(idsOf(readAll(store))).containsExactly(b);
    remove(store, 2);
    assertThat(tombstones(store))
        .containsExactly(new Tombstone(1, a), new Tombstone(2, b), new Tombstone(5, c));
  }

  @Test
  protected void oneStoresRemovalIsNotAnothers() {
    StoreKey store = newStore();
    StoreKey other = new StoreKey.Sealed(store.tenant(), "main");
    EntryId id = newId();
    append(store, record(id));
    append(other, record(id));
    remove(store, 1);
    assertThat(readAll(store)).isEmpty();
    assertThat(idsOf(readAll(other))).containsExactly(id);
    assertThat(tombstones(other)).isEmpty();
    assertThat(forgetAll(other)).isZero();
    assertThat(append(store, record(id))).isEqualTo("1->1: =1");
  }

  // tombstones

  @Test
  protected void tombstonesAreListedInPages() {
    StoreKey store = newStore();
    assertThat(tombstones(store)).isEmpty();
    List<Tombstone> expected = new ArrayList<>();
    List<Long> gone = new ArrayList<>();
    long next = 1;
    for (int i = 0; i < 300; i++) {
      List<EntryId> ids = newIds(1 + i % 3);
      append(store, record(ids));
      if (i % 5 != 0) {
        gone.add(next);
        for (int j = 0; j < ids.size(); j++) {
          expected.add(new Tombstone(next + j, ids.get(j)));
        }
      }
      next += ids.size();
    }
    // The order of removal is not the order of the list.
    for (int part = 4; part >= 0; part--) {
      int rest = part;
      remove(store, gone.stream().mapToLong(n -> n).filter(n -> n % 5 == rest).toArray());
    }
    assertThat(tombstones(store)).isEqualTo(expected);
    for (int max : new int[] {1, 7, expected.size() - 1, expected.size()}) {
      List<Tombstone> joined = new ArrayList<>();
      long from = Long.MIN_VALUE;
      do {
        Tombstones page = await(storage().log().tombstones(store, from, max));
        assertThat(page.tombstones()).hasSizeBetween(1, max);
        joined.addAll(page.tombstones());
        assertThat(page.next())
            .satisfiesAnyOf(
                n -> assertThat(n).isZero(),
                n -> assertThat(n).isGreaterThan(joined.get(joined.size() - 1).sequence()));
        from = page.next();
      } while (from != 0);
      assertThat(joined).isEqualTo(expected);
    }
    Tombstone last = expected.get(expected.size() - 1);
    assertThat(await(storage().log().tombstones(store, last.sequence(), 9)).tombstones())
        .containsExactly(last);
    assertThat(await(storage().log().tombstones(store, last.sequence() + 1, 9)))
        .isEqualTo(new Tombstones(List.of(), 0));
    assertThatThrownBy(() -> await(storage().log().tombstones(store, 1, 0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  protected void aRecordOfManyIdsIsRemoved() {
    StoreKey store = newStore();
    List<EntryId> ids = new ArrayList<>(newIds(3000));
    ids.set(1000, ids.get(999));
    append(store, record(ids));
    assertThat(remove(store, 2000).entries()).isEqualTo(3000);
    assertThat(readAll(store)).isEmpty();
    assertThat(tombstones(store)).hasSize(2999);
    assertThat(stats(store)).isEqualTo(new StoreStats(store, 3000, 0, 0, 0, 2999));
    assertThat(append(store, record(ids.get(2999)), record(ids.get(1000))))
        .isEqualTo("3000->3000: =3000 =1000");
    assertThat(await(storage().log().forget(store, Long.MAX_VALUE, 2998))).isEqualTo(2998);
    assertThat(forgetAll(store)).isEqualTo(1);
  }

  @Test
  protected void statisticsFollowRemovals() {
    StoreKey store = newStore();
    EntryId shared = newId();
    NewRecord one = record(List.of(newId(), shared));
    NewRecord two = record(List.of(shared, newId(), newId()));
    NewRecord three = record(newId());
    append(store, one, two, three);
    remove(store, 3);
    assertThat(stats(store))
        .isEqualTo(new StoreStats(store, 6, 2, 3, one.bytes() + three.bytes(), 2));
    remove(store, 1, 6);
    assertThat(stats(store)).isEqualTo(new StoreStats(store, 6, 0, 0, 0, 5));
    await(storage().log().forget(store, Long.MAX_VALUE, 3));
    assertThat(stats(store)).isEqualTo(new StoreStats(store, 6, 0, 0, 0, 2));
    forgetAll(store);
    assertThat(stats(store)).isEqualTo(new StoreStats(store, 6, 0, 0, 0, 0));
  }

  // forgetting

  @Test
  protected void aForgottenEntryIsNew() {
    StoreKey store = newStore();
    EntryId a = newId();
    List<EntryId> batch = newIds(2);
    EntryId b = newId();
    append(store, record(a), record(batch), record(b));
    remove(store, 1, 2);
    assertThat(forgetAll(store)).isEqualTo(3);
    assertThat(tombstones(store)).isEmpty();
    assertThat(forgetAll(store)).isZero();
    assertThat(append(store, record(b), record(a), record(batch))).isEqualTo("4->7: =4 +5 +6,7");
    assertThat(firsts(readAll(store))).containsExactly(4L, 5L, 6L);
    assertThat(append(store, record(a))).isEqualTo("7->7: =5");
    remove(store, 5);
    assertThat(tombstones(store)).containsExactly(new Tombstone(5, a));
  }

  @Test
  protected void onlyWhatWasRemovedBeforeIsForgotten() {
    StoreKey store = newStore();
    List<EntryId> ids = newIds(6);
    append(store, ids.stream().map(LogCalls::record).toArray(NewRecord[]::new));
    // Not removed in the order of their sequences.
    List<Long> sequences = List.of(4L, 1L, 6L, 3L, 5L, 2L);
    for (int i = 0; i < 6; i++) {
      removeAt(store, REMOVED_AT + 2L * i * DAY, sequences.get(i));
    }
    assertThat(await(storage().log().forget(store, REMOVED_AT, 10))).isZero();
    Set<Long> left = new HashSet<>(sequences);
    for (int i = 0; i < 6; i++) {
      // A storage may take up to a day longer.
      long before = REMOVED_AT + 2L * i * DAY + DAY + 1;
      assertThat(await(storage().log().forget(store, before, 10))).isEqualTo(1);
      left.remove(sequences.get(i));
      assertThat(tombstones(store))
          .extracting(Tombstone::sequence)
          .containsExactlyElementsOf(left.stream().sorted().toList());
    }
  }

  @Test
  protected void forgetsAsManyAsAskedFor() {
    StoreKey store = newStore();
    List<EntryId> ids = newIds(10);
    append(store, record(ids.subList(0, 4)), record(ids.subList(4, 7)), record(ids.get(7)));
    append(store, record(ids.get(8)), record(ids.get(9)));
    remove(store, 1, 5, 8, 9);
    int left = 9;
    for (int max : new int[] {1, 2, 3}) {
      assertThat(await(storage().log().forget(store, Long.MAX_VALUE, max))).isEqualTo(max);
      left -= max;
      List<Tombstone> rest = tombstones(store);
      assertThat(rest).hasSize(left);
      for (Tombstone tombstone : rest) {
        assertThat(append(store, record(tombstone.id())))
            .isEqualTo("10->10: =" + tombstone.sequence());
      }
    }
    assertThat(await(storage().log().forget(store, Long.MAX_VALUE, 4))).isEqualTo(3);
    assertThat(await(storage().log().forget(newStore(), Long.MAX_VALUE, 4))).isZero();
    assertThatThrownBy(() -> await(storage().log().forget(store, 1, 0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  protected void aStoreOfManyIdsForgetsSome() {
    StoreKey store = newStore();
    int count = LONG ? 300_000 : 12_000;
    List<EntryId> ids = newIds(count);
    for (int i = 0; i < count; i += 1000) {
      append(
          store, ids.subList(i, i + 1000).stream().map(LogCalls::record).toArray(NewRecord[]::new));
    }
    remove(store, LongStream.rangeClosed(1, count).filter(n -> n % 3 != 0).toArray());
    assertThat(forgetAll(store)).isEqualTo(count - count / 3);
    for (int i = 0; i < count; i += 1000) {
      List<NewRecord> again = new ArrayList<>();
      for (int j = i; j < i + 1000; j++) {
        if ((j + 1) % 3 == 0) {
          again.add(record(ids.get(j)));
        }
      }
      assertThat(appendAll(append(store, again)).get(0).slots())
          .allSatisfy(slot -> assertThat(slot.stored()).isFalse())
          .extracting(slot -> ids.get((int) slot.sequences()[0] - 1))
          .containsExactlyElementsOf(again.stream().map(r -> r.ids().get(0)).toList());
    }
    assertThat(append(store, record(ids.get(0)), record(ids.get(2))))
        .isEqualTo(count + "->" + (count + 1) + ": +" + (count + 1) + " =3");
  }

  // leases

  @Test
  protected void aRemovalUnderALeaseThatEndedRemovesNothing() throws Exception {
    StoreKey store = newStore();
    append(store, record(newId()), record(newId()));
    String name = "kit-" + UUID.randomUUID();
    Lease first = grant(name);
    await(storage().log().remove(new Removal(store, List.of(1L), REMOVED_AT, first)));
    assertThat(firsts(readAll(store))).containsExactly(2L);
    await(storage().leases().release(first));
    assertFenced(store, first);
    Lease second = grant(name);
    assertFenced(store, first);
    fixtureInUse().passTime(TTL);
    // Nobody has asked for it since.
    assertFenced(store, second);
    Lease third = grant(name);
    assertFenced(store, second);
    await(storage().log().remove(new Removal(store, List.of(2L), REMOVED_AT, third)));
    assertThat(readAll(store)).isEmpty();
    if (survives(Survives.CLOSE) && fixtureInUse().singleNode()) {
      append(store, record(newId()));
      reopen();
      assertThatThrownBy(() ->
              await(storage().log().remove(new Removal(store, List.of(3L), REMOVED_AT, third))))
          .isInstanceOf(FencedException.class);
      assertThat(firsts(readAll(store))).containsExactly(3L);
    }
  }

  private Lease grant(String name) {
    return await(storage().leases().acquire(name, TTL)).orElseThrow();
  }

  private void assertFenced(StoreKey store, Lease lease) {
    StoreStats before = stats(store);
    for (List<Long> sequences : List.of(List.of(2L), List.<Long>of())) {
      assertThatThrownBy(
              () -> await(storage().log().remove(new Removal(store, sequences, REMOVED_AT, lease))))
          .isInstanceOfSatisfying(
              FencedException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED));
    }
    assertThat(stats(store)).isEqualTo(before);
    assertThat(firsts(readAll(store))).containsExactly(2L);
  }

  // many at once

  @Test
  protected void aRecordIsRemovedOnceByManyAtOnce() {
    StoreKey store = newStore();
    append(store, records(200, 2).toArray(NewRecord[]::new));
    List<Long> all = LongStream.rangeClosed(1, 400).boxed().toList();
    List<Future<Removed>> calls = new ArrayList<>();
    for (int i = 0; i < 400; i += 20) {
      for (Context context : contexts()) {
        Removal removal = new Removal(store, all.subList(i, i + 20), REMOVED_AT, null);
        calls.add(on(context, () -> storage().log().remove(removal)));
      }
    }
    Removed sum = Removed.NOTHING;
    for (Future<Removed> call : calls) {
      sum = sum.plus(await(call));
    }
    assertThat(sum.records()).isEqualTo(200);
    assertThat(sum.entries()).isEqualTo(400);
    assertThat(stats(store)).isEqualTo(new StoreStats(store, 400, 0, 0, 0, 400));
  }

  @Test
  protected void removalGoesOnBesideReadersAndWriters() {
    StoreKey store = newStore();
    int rounds = LONG ? 2_000 : 100;
    AtomicBoolean writing = new AtomicBoolean(true);
    List<Future<List<StoredRecord>>> readers = new ArrayList<>();
    for (Context context : contexts()) {
      Promise<List<StoredRecord>> seen = Promise.promise();
      context.runOnContext(ignored -> follow(context, store, 1, writing, new ArrayList<>(), seen));
      readers.add(seen.future());
    }
    Promise<Void> removed = Promise.promise();
    Context remover = contexts().get(1);
    remover.runOnContext(ignored -> removeMultiplesOfThree(remover, store, 0, writing, removed));
    List<Future<?>> writes = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      List<NewRecord> records = List.of(record(newIds(1 + i % 4)), record(newId()));
      for (Context context : contexts()) {
        List<NewRecord> mine =
            records.stream().map(r -> withIds(r, newIds(r.ids().size()))).toList();
        writes.add(on(context, () -> storage().log().append(List.of(append(store, mine)))));
      }
    }
    writes.forEach(ContractBase::await);
    writing.set(false);
    await(removed.future());
    List<StoredRecord> left = readAll(store);
    assertThat(left).isNotEmpty().noneMatch(RemovalContract::hasMultipleOfThree);
    for (Future<List<StoredRecord>> reader : readers) {
      List<StoredRecord> seen = await(reader);
      assertThat(seen).extracting(StoredRecord::firstSequence).isSorted().doesNotHaveDuplicates();
      assertThat(shown(seen.stream().filter(r -> !hasMultipleOfThree(r)).toList()))
          .as("no reader missed what was not removed")
          .isEqualTo(shown(left));
    }
    StoreStats stats = stats(store);
    assertThat(stats.entries() + stats.tombstones()).isEqualTo(stats.head());
    assertThat(stats.records()).isEqualTo(left.size());
  }

  private static boolean hasMultipleOfThree(StoredRecord record) {
    return record.lastSequence() / 3 * 3 >= record.firstSequence();
  }

  /** Reads on until what is there when nobody writes any more was read. */
  private void follow(
      Context context,
      StoreKey store,
      long from,
      AtomicBoolean writing,
      List<StoredRecord> seen,
      Promise<List<StoredRecord>> result) {
    boolean last = !writing.get();
    attempt(() -> storage().log().read(store, from, 5, Long.MAX_VALUE))
        .onFailure(result::fail)
        .onSuccess(page -> {
          boolean forward = page.records().isEmpty()
              ? page.next() == Math.max(from, page.head() + 1)
              : page.records().get(0).lastSequence() >= from
                  && page.next() > page.records().get(page.records().size() - 1).lastSequence();
          if (!forward) {
            result.fail(new AssertionError("read from " + from + ": " + Shown.of(page)));
            return;
          }
          seen.addAll(page.records());
          if (last && page.next() > page.head()) {
            result.complete(seen);
            return;
          }
          context.runOnContext(
              ignored -> follow(context, store, page.next(), writing, seen, result));
        });
  }

  /** Removes as the head moves, and sees each time that what it removed is gone. */
  private void removeMultiplesOfThree(
      Context context, StoreKey store, long done, AtomicBoolean writing, Promise<Void> result) {
    boolean last = !writing.get();
    attempt(() -> storage().log().heads(List.of(store)))
        .compose(heads -> {
          long head = heads.getOrDefault(store, 0L);
          List<Long> due = LongStream.rangeClosed(done + 1, head)
              .filter(n -> n % 3 == 0)
              .boxed()
              .toList();
          return storage()
              .log()
              .remove(new Removal(store, due, REMOVED_AT, null))
              .compose(removed -> storage().log().read(store, done + 1, 10_000, Long.MAX_VALUE))
              .map(page -> {
                for (StoredRecord record : page.records()) {
                  if (record.lastSequence() <= head && hasMultipleOfThree(record)) {
                    throw new AssertionError("still there: " + Shown.of(record));
                  }
                }
                return head;
              });
        })
        .onFailure(result::fail)
        .onSuccess(head -> {
          if (last) {
            result.complete();
          } else {
            context.runOnContext(
                ignored -> removeMultiplesOfThree(context, store, head, writing, result));
          }
        });
  }

  // contexts

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    StoreKey store = newStore();
    append(store, records(20, 1).toArray(NewRecord[]::new));
    Lease ended = grant("kit-" + UUID.randomUUID());
    await(storage().leases().release(ended));
    List<Long> some = List.of(1L, 2L);
    assertCompletesOnTheCallersContext(
        () -> storage().log().remove(new Removal(store, some, REMOVED_AT, null)));
    assertCompletesOnTheCallersContext(
        () -> storage().log().remove(new Removal(store, List.of(), REMOVED_AT, null)));
    assertCompletesOnTheCallersContext(
        () -> storage().log().remove(new Removal(store, some, REMOVED_AT, ended)));
    assertCompletesOnTheCallersContext(() -> storage().log().tombstones(store, 1, 10));
    assertCompletesOnTheCallersContext(() -> storage().log().forget(store, Long.MAX_VALUE, 1));
    assertCompletesOnTheCallersContext(() -> storage().log().forget(newStore(), 0, 1));
  }

  // ends

  @Test
  protected void whatWasRemovedIsGoneAfterReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    assertSurvives(this::reopen);
  }

  @Test
  protected void whatWasRemovedIsGoneAfterACrash() throws Exception {
    assumeSurvives(Survives.CRASH);
    assertSurvives(this::crash);
  }

  private void assertSurvives(End end) throws Exception {
    StoreKey store = newStore();
    EntryId a = newId();
    EntryId b = newId();
    EntryId c = newId();
    append(store, record(newIds(3)), record(a), record(b), record(c), record(newId()));
    removeAt(store, REMOVED_AT, 4);
    removeAt(store, REMOVED_AT + 5 * DAY, 5);
    removeAt(store, REMOVED_AT, 6);
    List<Tombstone> tombstones =
        List.of(new Tombstone(4, a), new Tombstone(5, b), new Tombstone(6, c));
    StoreStats stats = stats(store);
    for (int i = 0; i < 2; i++) {
      end.happen();
      assertThat(firsts(readAll(store))).containsExactly(1L, 7L);
      assertThat(tombstones(store)).isEqualTo(tombstones);
      assertThat(stats(store)).isEqualTo(stats);
      assertThat(append(store, record(a), record(c), record(b))).isEqualTo("7->7: =4 =6 =5");
    }
    assertThat(await(storage().log().forget(store, REMOVED_AT + 2 * DAY, 10)))
        .as("the times of removal are kept")
        .isEqualTo(2);
    end.happen();
    assertThat(tombstones(store)).containsExactly(new Tombstone(5, b));
    assertThat(append(store, record(a), record(b))).isEqualTo("7->8: +8 =5");
    remove(store, 7, 8);
    end.happen();
    assertThat(heads(store)).as("though its last entries are gone").isEqualTo(Map.of(store, 8L));
    assertThat(append(store, record(newId()))).isEqualTo("8->9: +9");
  }

  @Test
  protected void callsOnAClosedStorageFail() {
    StoreKey store = newStore();
    append(store, record(newId()));
    Lease lease = grant("kit-" + UUID.randomUUID());
    var log = close().log();
    assertRefusedAsClosed(() -> log.remove(new Removal(store, List.of(1L), REMOVED_AT, null)));
    assertRefusedAsClosed(() -> log.remove(new Removal(store, List.of(1L), REMOVED_AT, lease)));
    assertRefusedAsClosed(() -> log.forget(store, Long.MAX_VALUE, 1));
    assertRefusedAsClosed(() -> log.tombstones(store, 1, 1));
  }

  private void removeAt(StoreKey store, long removedAt, long sequence) {
    Removed removed =
        await(storage().log().remove(new Removal(store, List.of(sequence), removedAt, null)));
    assertThat(removed.records()).isEqualTo(1);
  }

  private static Removed removed(NewRecord record) {
    return new Removed(1, record.ids().size(), record.bytes());
  }

  private static List<Long> firsts(List<StoredRecord> records) {
    return records.stream().map(StoredRecord::firstSequence).toList();
  }
}
