package io.tributary.storage.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What {@link io.tributary.storage.LogStore} promises. */
public abstract class LogContract extends LogCalls {
  private static final int MEBIBYTE = 1 << 20;

  /** One more than the greatest id count of a record that the tests on concurrency write. */
  private static final int MAX_IDS = 4;

  // order and sequences

  @Test
  protected void aStoreNobodyWroteToIsEmpty() {
    StoreKey store = newStore();
    assertThat(heads(store)).isEqualTo(Map.of(store, 0L));
    assertThat(Shown.of(read(store, 1))).isEqualTo("next 1 head 0");
  }

  @Test
  protected void sequencesAreContiguousFromOne() {
    StoreKey store = newStore();
    assertThat(append(store, record(newId()))).isEqualTo("0->1: +1");
    assertThat(append(store, record(newId()), record(newId()))).isEqualTo("1->3: +2 +3");
    assertThat(append(store, record(newId()))).isEqualTo("3->4: +4");
    assertThat(heads(store)).isEqualTo(Map.of(store, 4L));
  }

  @Test
  protected void recordsAreReadInTheOrderTheyWereAppended() {
    StoreKey store = newStore();
    // Appended against the order of their ids.
    List<EntryId> ids = new ArrayList<>(newIds(50));
    Collections.reverse(ids);
    for (int i = 0; i < 50; i += 10) {
      append(
          store, ids.subList(i, i + 10).stream().map(LogCalls::record).toArray(NewRecord[]::new));
    }
    List<StoredRecord> records = readAll(store);
    assertThat(records).extracting(r -> r.record().ids().get(0)).containsExactlyElementsOf(ids);
    assertThat(records)
        .extracting(StoredRecord::firstSequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 50).boxed().toList());
  }

  @Test
  protected void aRecordOfNIdsTakesNSequences() {
    StoreKey store = newStore();
    assertThat(
            append(store, record(newId()), record(newIds(3)), record(newIds(2)), record(newId())))
        .isEqualTo("0->7: +1 +2,3,4 +5,6 +7");
    assertThat(readAll(store))
        .extracting(StoredRecord::firstSequence)
        .containsExactly(1L, 2L, 5L, 7L);
    assertThat(heads(store)).isEqualTo(Map.of(store, 7L));
  }

  @Test
  protected void aRecordOfManyIdsIsStored() {
    StoreKey store = newStore();
    List<EntryId> ids = newIds(3000);
    List<Long> sequences = LongStream.rangeClosed(1, 3000).boxed().toList();
    Slot slot = appendAll(append(store, List.of(record(ids)))).get(0).slots().get(0);
    assertThat(slot.sequences())
        .containsExactly(sequences.stream().mapToLong(n -> n).toArray());
    assertThat(readAll(store).get(0).record().ids()).isEqualTo(ids);
    Slot again = appendAll(append(store, List.of(record(ids)))).get(0).slots().get(0);
    assertThat(again.stored()).isFalse();
    assertThat(again.sequences()).isEqualTo(slot.sequences());
  }

  @Test
  protected void headsChainOverTheAppendsOfACall() {
    StoreKey store = newStore();
    StoreKey other = newStore();
    EntryId id = newId();
    List<AppendResult> results = appendAll(
        append(store, List.of(record(id), record(newIds(2)))),
        append(other, List.of(record(newId()))),
        append(store, List.of()),
        append(store, List.of(record(id))),
        append(other, List.of(record(newId()))),
        append(store, List.of(record(newId()))));
    assertThat(Shown.of(results))
        .containsExactly("0->3: +1 +2,3", "0->1: +1", "3->3:", "3->3: =1", "1->2: +2", "3->4: +4");
  }

  @Test
  protected void nothingToAppendIsNothingDone() {
    StoreKey store = newStore();
    assertThat(appendAll()).isEmpty();
    assertThat(append(store)).isEqualTo("0->0:");
    append(store, record(newId()));
    assertThat(append(store)).isEqualTo("1->1:");
    assertThat(heads(store)).isEqualTo(Map.of(store, 1L));
  }

  // ids

  @Test
  protected void anIdIsStoredOnceWithinAnAppend() {
    StoreKey store = newStore();
    EntryId a = newId();
    EntryId b = newId();
    assertThat(append(store, record(a), record(b), record(a), record(b), record(newId())))
        .isEqualTo("0->3: +1 +2 =1 =2 +3");
    assertThat(idsOf(readAll(store))).startsWith(a, b).hasSize(3);
  }

  @Test
  protected void anIdIsStoredOnceAcrossTheAppendsOfACall() {
    StoreKey store = newStore();
    EntryId a = newId();
    List<AppendResult> results = appendAll(
        append(store, List.of(record(newId()), record(a))),
        append(store, List.of(record(a), record(newId()))));
    assertThat(Shown.of(results)).containsExactly("0->2: +1 +2", "2->3: =2 +3");
  }

  @Test
  protected void anIdIsStoredOnceAcrossCalls() {
    StoreKey store = newStore();
    EntryId a = newId();
    append(store, record(newId()), record(a));
    assertThat(append(store, record(newId()), record(a), record(newId())))
        .isEqualTo("2->4: +3 =2 +4");
    assertThat(append(store, record(a))).isEqualTo("4->4: =2");
  }

  @Test
  protected void aStoreKnowsAllItsIds() {
    StoreKey store = newStore();
    List<List<NewRecord>> parts = new ArrayList<>();
    for (int i = 0; i < (LONG ? 1_000 : 10); i++) {
      parts.add(records(1000, 1));
      append(store, parts.get(i).toArray(NewRecord[]::new));
    }
    for (int i = 0; i < parts.size(); i++) {
      List<Slot> slots = appendAll(append(store, parts.get(i))).get(0).slots();
      for (int j = 0; j < slots.size(); j++) {
        assertThat(slots.get(j).stored()).isFalse();
        assertThat(slots.get(j).sequences()).containsExactly(1000L * i + j + 1);
      }
    }
  }

  @Test
  protected void anIdRepeatedWithinARecordHasItsFirstSequenceThere() {
    StoreKey store = newStore();
    EntryId a = newId();
    EntryId b = newId();
    assertThat(append(store, record(List.of(a, a, b)))).isEqualTo("0->3: +1,2,3");
    assertThat(append(store, record(a), record(List.of(b, a, a)))).isEqualTo("3->3: =1 =3,1,1");
    assertThat(readAll(store).get(0).record().ids()).containsExactly(a, a, b);
  }

  @Test
  protected void aRecordIsStoredWholeIfOneOfItsIdsIsUnknown() {
    StoreKey store = newStore();
    EntryId a = newId();
    EntryId b = newId();
    EntryId c = newId();
    EntryId d = newId();
    append(store, record(a), record(b));
    assertThat(append(store, record(List.of(b, c, a)))).isEqualTo("2->5: +3,4,5");
    // What was known keeps its sequence, what was not has the one in the new record.
    assertThat(append(store, record(a), record(b), record(c))).isEqualTo("5->5: =1 =2 =4");
    assertThat(append(store, record(List.of(c, b, a)))).isEqualTo("5->5: =4,2,1");
    assertThat(append(store, record(List.of(c, b)), record(List.of(c, d)), record(List.of(d, a))))
        .isEqualTo("5->7: =4,2 +6,7 =7,1");
    assertThat(idsOf(readAll(store))).containsExactly(a, b, b, c, a, c, d);
  }

  @Test
  protected void theVersionStoredFirstStays() {
    StoreKey store = newStore();
    EntryId id = newId();
    EntryId within = newId();
    appendAll(new Append(store, 1000, List.of(record(id, "first"))));
    appendAll(new Append(store, 2000, List.of(record(id, "second"), record(within, "one"))));
    append(store, record(within, "two"), record(id, "third"));
    List<StoredRecord> records = readAll(store);
    assertThat(records)
        .extracting(r -> new String(r.record().body(), UTF_8))
        .containsExactly("first", "one");
    assertThat(records).extracting(StoredRecord::committedAt).containsExactly(1000L, 2000L);
  }

  @Test
  protected void everyBitOfAnIdCounts() {
    StoreKey store = newStore();
    List<EntryId> ids = new ArrayList<>(List.of(new EntryId(0, 0), new EntryId(-1, -1)));
    for (int bit = 0; bit < Long.SIZE; bit++) {
      ids.add(new EntryId(1L << bit, 0));
      ids.add(new EntryId(0, 1L << bit));
    }
    NewRecord[] records = ids.stream().map(LogCalls::record).toArray(NewRecord[]::new);
    append(store, records);
    assertThat(heads(store)).isEqualTo(Map.of(store, (long) ids.size()));
    assertThat(idsOf(readAll(store))).isEqualTo(ids);
    assertThat(append(store, records)).doesNotContain("+");
  }

  @Test
  protected void oneIdInTwoStoresIsTwoEntries() {
    StoreKey store = newStore();
    StoreKey other = newStore();
    EntryId id = newId();
    append(store, record(newId()), record(id, "here"));
    assertThat(append(other, record(id, "there"))).isEqualTo("0->1: +1");
    assertThat(append(store, record(id))).isEqualTo("2->2: =2");
    assertThat(new String(readAll(store).get(1).record().body(), UTF_8)).isEqualTo("here");
    assertThat(new String(readAll(other).get(0).record().body(), UTF_8)).isEqualTo("there");
  }

  // store keys

  @Test
  protected void storesOfDifferentKeysNeverMeet() {
    String tenant = newStore().tenant();
    String other = newStore().tenant();
    List<String> parts = List.of(
        "",
        "x",
        "X",
        "x ",
        " x",
        "0",
        "x:y",
        "x/y",
        "%78",
        "x%3Ay",
        "x\u0000",
        "\u0000",
        "\u0000x",
        "\u00ff",
        "\u00e9",
        "e\u0301",
        "\ufffd",
        "\ud83d\ude00",
        "'; --",
        "*",
        "x".repeat(3000));
    Set<StoreKey> keys = new HashSet<>();
    for (String part : parts) {
      keys.add(new StoreKey.Sealed(tenant, part));
      keys.add(new StoreKey.SealedBatch(tenant, part, part));
      keys.add(new StoreKey.SealedBatch(tenant, part, ""));
      keys.add(new StoreKey.SealedBatch(tenant, "", part));
      keys.add(new StoreKey.Plain(tenant, part));
      keys.add(new StoreKey.Plain(other, part));
      keys.add(new StoreKey.Plain(tenant + part, "x"));
    }
    EntryId id = newId();
    List<StoreKey> ordered = List.copyOf(keys);
    List<Append> appends = ordered.stream()
        .map(key -> append(key, List.of(record(id, key.toString()))))
        .toList();
    assertThat(Shown.of(await(storage().log().append(appends)))).containsOnly("0->1: +1");
    for (StoreKey key : ordered) {
      List<StoredRecord> records = readAll(key);
      assertThat(records)
          .extracting(r -> new String(r.record().body(), UTF_8))
          .containsExactly(key.toString());
    }
    Map<StoreKey, Long> ones = new HashMap<>();
    ordered.forEach(key -> ones.put(key, 1L));
    assertThat(await(storage().log().heads(keys))).isEqualTo(ones);
    assertThat(storesFrom(tenant.compareTo(other) < 0 ? tenant : other))
        .containsSubsequence(
            ordered.stream().sorted(Comparator.comparing(StoreKey::toString)).toList());
  }

  /** In pages: all stores from the tenant's first on. */
  private List<StoreKey> storesFrom(String tenant) {
    List<StoreKey> all = new ArrayList<>();
    // Nobody writes to it: a listing goes on after any key.
    StoreKey after = new StoreKey.SealedBatch(tenant.substring(0, tenant.length() - 1), "", "");
    while (true) {
      List<StoreKey> page = await(storage().log().stores(Optional.of(after), 50));
      assertThat(page).hasSizeLessThanOrEqualTo(50);
      all.addAll(page);
      if (page.size() < 50) {
        assertThat(all).extracting(StoreKey::toString).isSorted().doesNotHaveDuplicates();
        return all;
      }
      after = page.get(49);
    }
  }

  @Test
  protected void onlyStoresThatWereWrittenToAreListed() {
    StoreKey written = newStore();
    StoreKey asked = new StoreKey.Plain(written.tenant(), "asked");
    append(written, record(newId()));
    append(asked);
    assertThat(readAll(asked)).isEmpty();
    assertThat(heads(asked)).isEqualTo(Map.of(asked, 0L));
    assertThat(stats(asked)).isEqualTo(StoreStats.empty(asked));
    assertThat(storesFrom(written.tenant())).contains(written).doesNotContain(asked);
    List<StoreKey> first = await(storage().log().stores(Optional.empty(), 1));
    assertThat(first).hasSize(1);
    assertThat(first.get(0).toString()).isLessThanOrEqualTo(written.toString());
    for (int max : new int[] {0, -1}) {
      assertThatThrownBy(() -> await(storage().log().stores(Optional.empty(), max)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  protected void statisticsCountWhatIsThere() {
    StoreKey store = newStore();
    NewRecord one = record(newIds(3));
    NewRecord two = new NewRecord(
        newIds(1),
        RecordKind.PLAIN,
        new byte[5],
        new byte[7],
        new byte[11],
        new byte[100_000],
        true,
        new byte[13]);
    append(store, one, two, one);
    assertThat(stats(store))
        .isEqualTo(new StoreStats(store, 4, 2, 4, one.bytes() + two.bytes(), 0));
    append(store, record(List.of(one.ids().get(0), newId())));
    assertThat(stats(store).entries()).as("ids in records, known ones too").isEqualTo(6);
    if (survives(Survives.CLOSE)) {
      StoreStats before = stats(store);
      reopen();
      assertThat(stats(store)).isEqualTo(before);
    }
  }

  @Test
  protected void headsAreToldForExactlyTheStoresAskedFor() {
    StoreKey written = newStore();
    StoreKey unknown = newStore();
    append(written, record(newIds(3)));
    append(newStore(), record(newId()));
    assertThat(heads()).isEmpty();
    assertThat(heads(written, unknown, written)).isEqualTo(Map.of(written, 3L, unknown, 0L));
  }

  @Test
  protected void thousandsOfStoresAreKeptApart() {
    int count = LONG ? 50_000 : 3_000;
    String tenant = newStore().tenant();
    EntryId shared = newId();
    List<StoreKey> stores = IntStream.range(0, count)
        .mapToObj(i -> (StoreKey) new StoreKey.Sealed(tenant, "key" + i))
        .toList();
    List<Append> appends = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      appends.add(append(stores.get(i), List.of(record(newIds(1 + i % 3)), record(shared))));
    }
    List<AppendResult> results = await(storage().log().append(appends));
    assertThat(results).hasSize(count);
    Map<StoreKey, Long> expected = new HashMap<>();
    for (int i = 0; i < count; i++) {
      assertThat(results.get(i).head()).isEqualTo(2 + i % 3);
      expected.put(stores.get(i), 2L + i % 3);
    }
    assertThat(await(storage().log().heads(stores))).isEqualTo(expected);
    assertThat(await(storage().log().append(appends)))
        .allSatisfy(result -> assertThat(result.head()).isEqualTo(result.previousHead()));
    assertThat(storesFrom(tenant))
        .containsSubsequence(
            stores.stream().sorted(Comparator.comparing(StoreKey::toString)).toList());
    StoreKey last = stores.get(count - 1);
    assertThat(idsOf(readAll(last))).endsWith(shared).hasSize(2 + (count - 1) % 3);
  }

  // content

  @Test
  protected void everyFieldComesBackAsItWas() {
    StoreKey store = newStore();
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    List<byte[]> values = List.of(
        new byte[0],
        new byte[] {0},
        new byte[] {(byte) 0xff},
        "a\0b".getBytes(UTF_8),
        " padded\r\n".getBytes(UTF_8),
        "\ud83d\ude00e\u0301".getBytes(UTF_8),
        // malformed: a lone continuation byte, a cut sequence, an overlong zero, a surrogate
        new byte[] {(byte) 0x80},
        new byte[] {'x', (byte) 0xe2, (byte) 0x82},
        new byte[] {(byte) 0xc0, (byte) 0x80},
        new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
        all);
    List<byte @Nullable []> orNull = new ArrayList<>(values);
    orNull.add(null);
    byte[] plain = {1};
    List<NewRecord> records = new ArrayList<>();
    for (byte[] v : values) {
      records.add(content(plain, plain, v, plain, plain));
      records.add(content(plain, plain, plain, v, plain));
    }
    for (byte @Nullable [] v : orNull) {
      records.add(content(v, plain, plain, plain, plain));
      records.add(content(plain, v, plain, plain, plain));
      records.add(content(plain, plain, plain, plain, v));
    }
    for (RecordKind kind : RecordKind.values()) {
      for (boolean process : new boolean[] {false, true}) {
        records.add(new NewRecord(newIds(1), kind, null, null, all, all, process, null));
        records.add(new NewRecord(newIds(2), kind, all, all, plain, plain, process, all));
      }
    }
    List<StoredRecord> expected = new ArrayList<>();
    long next = 1;
    // The greatest that a double keeps exactly; further than that, no clock goes.
    for (long committedAt : new long[] {0, 1, 1_790_000_000_123L, (1L << 53) - 1}) {
      List<NewRecord> fresh =
          records.stream().map(r -> withIds(r, newIds(r.ids().size()))).toList();
      appendAll(new Append(store, committedAt, fresh));
      for (NewRecord record : fresh) {
        expected.add(new StoredRecord(next, committedAt, record));
        next += record.ids().size();
      }
    }
    assertThat(shown(readAll(store))).isEqualTo(shown(expected));
    if (survives(Survives.CLOSE)) {
      reopen();
      assertThat(shown(readAll(store))).isEqualTo(shown(expected));
    }
  }

  @Test
  protected void bodiesOfSixteenMebibytesAreKept() {
    StoreKey store = newStore();
    Random random = new Random(16);
    List<NewRecord> records = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      byte[] body = new byte[16 * MEBIBYTE];
      random.nextBytes(body);
      records.add(NewRecord.sealed(newId(), new byte[12], body));
    }
    assertThat(append(store, records.toArray(NewRecord[]::new))).isEqualTo("0->3: +1 +2 +3");
    Page one = await(storage().log().read(store, 1, 10, 16 * MEBIBYTE));
    assertThat(one.records()).as("the first is more than fits").hasSize(1);
    assertThat(one.next()).isEqualTo(2);
    Page two = await(storage().log().read(store, 1, 10, 33 * MEBIBYTE));
    assertThat(two.records()).hasSize(2);
    List<StoredRecord> read = readAll(store);
    for (int i = 0; i < 3; i++) {
      assertThat(Arrays.equals(read.get(i).record().body(), records.get(i).body()))
          .isTrue();
    }
  }

  // reads

  @Test
  protected void readsFromAnySequence() {
    StoreKey store = newStore();
    append(store, record(newId()), record(newIds(3)), record(newId()), record(newIds(2)));
    assertReads(store, Long.MIN_VALUE, 1, 2, 5, 6);
    assertReads(store, 0, 1, 2, 5, 6);
    assertReads(store, 1, 1, 2, 5, 6);
    // A record that is reached in its middle is read whole.
    assertReads(store, 2, 2, 5, 6);
    assertReads(store, 3, 2, 5, 6);
    assertReads(store, 4, 2, 5, 6);
    assertReads(store, 5, 5, 6);
    assertReads(store, 6, 6);
    assertReads(store, 7, 6);
    // Beyond the head there is nothing, and the cursor stays.
    for (long from : new long[] {8, 9, 1000, Long.MAX_VALUE}) {
      assertThat(Shown.of(read(store, from))).isEqualTo("next " + from + " head 7");
    }
  }

  private void assertReads(StoreKey store, long from, long... firstSequences) {
    Page page = read(store, from);
    assertThat(page.records().stream().mapToLong(StoredRecord::firstSequence))
        .containsExactly(Arrays.stream(firstSequences).boxed().toArray(Long[]::new));
    assertThat(page.next()).isEqualTo(8);
    assertThat(page.head()).isEqualTo(7);
  }

  @Test
  protected void readsAsManyRecordsAsAskedFor() {
    StoreKey store = newStore();
    append(store, record(newIds(2)), record(newId()), record(newIds(3)), record(newId()));
    for (int max = 1; max <= 5; max++) {
      Page page = await(storage().log().read(store, 2, max, Long.MAX_VALUE));
      assertThat(page.records()).hasSize(Math.min(4, max));
      assertThat(page.next())
          .isEqualTo(page.records().get(page.records().size() - 1).lastSequence() + 1);
      assertThat(page.head()).isEqualTo(7);
    }
    assertThatThrownBy(() -> await(storage().log().read(store, 1, 0, 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  protected void readsAsManyBytesAsAskedForButAtLeastOneRecord() {
    StoreKey store = newStore();
    byte[] text = new byte[100];
    NewRecord big = new NewRecord(newIds(2), RecordKind.PLAIN, text, text, text, text, true, text);
    append(store, big, record(newId()), withIds(big, newIds(2)), withIds(big, newIds(2)));
    long small = record(newId()).bytes();
    long[][] countsByBytes = {
      {Long.MIN_VALUE, 1},
      {0, 1},
      {big.bytes() - 1, 1},
      {big.bytes() + small - 1, 1},
      {big.bytes() + small, 2},
      {2 * big.bytes() + small - 1, 2},
      {2 * big.bytes() + small, 3},
      {3 * big.bytes() + small, 4},
      {Long.MAX_VALUE, 4}
    };
    for (long[] expected : countsByBytes) {
      Page page = await(storage().log().read(store, 1, 100, expected[0]));
      assertThat(page.records()).as("in %d bytes", expected[0]).hasSize((int) expected[1]);
      assertThat(page.next())
          .isEqualTo(page.records().get(page.records().size() - 1).lastSequence() + 1);
    }
  }

  @Test
  protected void pagesJoinWithoutGapOrOverlap() {
    StoreKey store = newStore();
    Random random = new Random(7);
    List<NewRecord> records = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      records.add(record(newIds(1 + random.nextInt(MAX_IDS))));
    }
    append(store, records.toArray(NewRecord[]::new));
    List<StoredRecord> whole = readAll(store);
    assertThat(whole).hasSize(1000);
    for (int max : new int[] {1, 7, 128, 999, 1000, 1001}) {
      List<StoredRecord> joined = new ArrayList<>();
      long from = 1;
      for (Page page = page(store, from, max);
          !page.records().isEmpty();
          page = page(store, from, max)) {
        assertThat(page.next()).isGreaterThan(from);
        joined.addAll(page.records());
        from = page.next();
      }
      assertThat(shown(joined)).isEqualTo(shown(whole));
    }
  }

  @Test
  protected void aScanIsAReadWithoutTheBytes() {
    StoreKey store = newStore();
    Random random = new Random(8);
    for (int i = 0; i < 200; i++) {
      byte @Nullable [] event = i % 3 == 0 ? null : new byte[i % 5];
      append(
          store,
          new NewRecord(
              newIds(1 + random.nextInt(MAX_IDS)),
              RecordKind.SEALED_BATCH,
              event,
              null,
              new byte[random.nextInt(20)],
              new byte[random.nextInt(3000)],
              false,
              event));
    }
    List<String> expected = readAll(store).stream()
        .map(r -> Shown.of(new Outline(
            r.firstSequence(),
            r.record().ids().size(),
            r.committedAt(),
            r.record().bytes(),
            r.record().event())))
        .toList();
    for (int max : new int[] {1, 7, 199, 200, 201, Integer.MAX_VALUE}) {
      assertThat(scanInPages(store, max).stream().map(Shown::of).toList()).isEqualTo(expected);
    }
    long head = heads(store).get(store);
    Outlines middle = await(storage().log().scan(store, head, 10));
    assertThat(Shown.of(middle.records().get(0))).isEqualTo(expected.get(199));
    assertThat(middle.next()).isEqualTo(head + 1);
    assertThat(middle.head()).isEqualTo(head);
    for (long from : new long[] {head + 1, Long.MAX_VALUE}) {
      assertThat(await(storage().log().scan(store, from, 10)))
          .isEqualTo(new Outlines(List.of(), from, head));
    }
    assertThat(await(storage().log().scan(newStore(), Long.MIN_VALUE, 10)))
        .isEqualTo(new Outlines(List.of(), 1, 0));
    assertThatThrownBy(() -> await(storage().log().scan(store, 1, 0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private Page page(StoreKey store, long from, int maxRecords) {
    return await(storage().log().read(store, from, maxRecords, Long.MAX_VALUE));
  }

  // many at once

  @Test
  protected void writersOfTheSameIdsAtOnceAgreeOnThem() {
    StoreKey store = newStore();
    int count = LONG ? 20_000 : 2_000;
    List<EntryId> ids = newIds(count);
    List<List<List<Append>>> writers = new ArrayList<>();
    List<List<EntryId>> written = new ArrayList<>();
    for (int writer = 0; writer < contexts().size(); writer++) {
      List<EntryId> order = new ArrayList<>(ids);
      Collections.shuffle(order, new Random(writer));
      List<List<Append>> calls = new ArrayList<>();
      for (int i = 0; i < count; i += 20) {
        List<EntryId> some = order.subList(i, i + 20);
        written.add(some);
        calls.add(List.of(append(store, some.stream().map(LogCalls::record).toList())));
      }
      writers.add(calls);
    }
    List<Future<List<AppendResult>>> calls = appendAtOnce(writers);
    List<EntryId> stored = idsOf(readAllOnceDone(store, calls));
    assertThat(stored).hasSize(count).doesNotHaveDuplicates();
    Set<EntryId> storedBySomebody = new HashSet<>();
    for (int i = 0; i < calls.size(); i++) {
      List<Slot> slots = await(calls.get(i)).get(0).slots();
      assertThat(slots).hasSameSizeAs(written.get(i));
      for (int j = 0; j < slots.size(); j++) {
        EntryId id = written.get(i).get(j);
        assertThat(stored.get((int) slots.get(j).sequences()[0] - 1)).isEqualTo(id);
        if (slots.get(j).stored()) {
          assertThat(storedBySomebody.add(id)).as("stored once").isTrue();
        }
      }
    }
    assertThat(storedBySomebody).hasSize(count);
  }

  @Test
  protected void headsChainOverWritersAtOnce() {
    StoreKey store = newStore();
    List<List<List<Append>>> writers = new ArrayList<>();
    for (int writer = 0; writer < contexts().size(); writer++) {
      List<List<Append>> calls = new ArrayList<>();
      for (int i = 0; i < (LONG ? 5_000 : 200); i++) {
        calls.add(List.of(append(
            store, List.of(record(newIds(1 + i % MAX_IDS)), record(newId())))));
      }
      writers.add(calls);
    }
    List<Future<List<AppendResult>>> calls = appendAtOnce(writers);
    Map<Long, AppendResult> byPreviousHead = new HashMap<>();
    for (Future<List<AppendResult>> call : calls) {
      AppendResult result = await(call).get(0);
      assertThat(byPreviousHead.put(result.previousHead(), result))
          .as("two after one head")
          .isNull();
    }
    long head = 0;
    for (int i = 0; i < calls.size(); i++) {
      AppendResult result = byPreviousHead.get(head);
      if (result == null) {
        throw new AssertionError("no append came after head " + head);
      }
      long next = head + 1;
      for (Slot slot : result.slots()) {
        for (long sequence : slot.sequences()) {
          assertThat(sequence).isEqualTo(next++);
        }
      }
      assertThat(result.head()).isEqualTo(next - 1);
      head = result.head();
    }
    assertThat(heads(store)).isEqualTo(Map.of(store, head));
  }

  @Test
  protected void callsInFlightFromOneContextAllComplete() {
    List<StoreKey> stores = List.of(newStore(), newStore(), newStore());
    int count = LONG ? 20_000 : 1_000;
    List<NewRecord> records = newIds(count).stream().map(LogCalls::record).toList();
    List<Future<List<AppendResult>>> calls = Collections.synchronizedList(new ArrayList<>());
    await(on(contexts().get(0), () -> {
      for (int i = 0; i < count; i++) {
        calls.add(
            storage().log().append(List.of(append(stores.get(i % 3), List.of(records.get(i))))));
      }
      return Future.join(calls);
    }));
    assertThat(calls).hasSize(count);
    long sum = heads(stores.toArray(StoreKey[]::new)).values().stream()
        .mapToLong(n -> n)
        .sum();
    assertThat(sum).isEqualTo(count);
  }

  @Test
  protected void readersNeverSeeAGapThatIsFilledInLater() {
    StoreKey store = newStore();
    int callsEach = LONG ? 5_000 : 150;
    AtomicBoolean writing = new AtomicBoolean(true);
    List<Future<List<StoredRecord>>> readers = new ArrayList<>();
    for (Context context : contexts()) {
      Promise<List<StoredRecord>> seen = Promise.promise();
      context.runOnContext(
          ignored -> follow(context, store, 1, 0, writing, new ArrayList<>(), seen));
      readers.add(seen.future());
    }
    List<Future<List<AppendResult>>> calls = new ArrayList<>();
    for (int i = 0; i < callsEach; i++) {
      for (Context context : contexts()) {
        List<NewRecord> records = List.of(record(newIds(1 + i % MAX_IDS)), record(newId()));
        calls.add(on(context, () -> storage().log().append(List.of(append(store, records)))));
      }
    }
    List<StoredRecord> all = readAllOnceDone(store, calls);
    writing.set(false);
    assertThat(all).hasSize(2 * callsEach * contexts().size());
    for (Future<List<StoredRecord>> reader : readers) {
      assertThat(shown(await(reader))).isEqualTo(shown(all));
    }
  }

  /** Reads on until what is there when nobody writes any more was read; fails at the first gap. */
  private void follow(
      Context context,
      StoreKey store,
      long from,
      long lastHead,
      AtomicBoolean writing,
      List<StoredRecord> seen,
      Promise<List<StoredRecord>> result) {
    boolean last = !writing.get();
    attempt(() -> storage().log().read(store, from, 5, Long.MAX_VALUE))
        .onFailure(result::fail)
        .onSuccess(page -> {
          long next = from;
          for (StoredRecord record : page.records()) {
            if (record.firstSequence() != next) {
              result.fail(
                  new AssertionError("after " + (next - 1) + " came " + record.firstSequence()));
              return;
            }
            next = record.lastSequence() + 1;
          }
          if (page.next() != next || page.head() < next - 1 || page.head() < lastHead) {
            result.fail(new AssertionError("read from " + from + ": " + Shown.of(page)));
            return;
          }
          seen.addAll(page.records());
          if (last && page.records().isEmpty()) {
            result.complete(seen);
            return;
          }
          context.runOnContext(
              ignored -> follow(context, store, page.next(), page.head(), writing, seen, result));
        });
  }

  @Test
  protected void theAppendsOfACallToAStoreAreSeenTogether() {
    StoreKey store = newStore();
    StoreKey other = newStore();
    int count = LONG ? 1_000 : 40;
    AtomicBoolean writing = new AtomicBoolean(true);
    List<Future<Void>> readers = new ArrayList<>();
    for (Context context : contexts()) {
      Promise<Void> done = Promise.promise();
      context.runOnContext(ignored -> watchForWholeCalls(context, store, writing, done));
      readers.add(done.future());
    }
    List<Future<List<AppendResult>>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Append> together = List.of(
          append(store, records(400, 1)),
          append(other, List.of(record(newId()))),
          append(store, records(50, 4)),
          append(store, records(400, 1)));
      calls.add(on(contexts().get(i % contexts().size()), () -> storage().log().append(together)));
    }
    calls.forEach(ContractBase::await);
    writing.set(false);
    readers.forEach(ContractBase::await);
    assertThat(heads(store, other)).isEqualTo(Map.of(store, 1000L * count, other, (long) count));
  }

  private void watchForWholeCalls(
      Context context, StoreKey store, AtomicBoolean writing, Promise<Void> done) {
    boolean last = !writing.get();
    Future.join(
            attempt(() -> storage().log().heads(List.of(store))),
            attempt(() -> storage().log().read(store, Long.MAX_VALUE, 1, Long.MAX_VALUE)))
        .onFailure(done::fail)
        .onSuccess(both -> {
          Map<StoreKey, Long> heads = both.resultAt(0);
          Page page = both.resultAt(1);
          long head = heads.getOrDefault(store, -1L);
          if (head % 1000 != 0 || page.head() % 1000 != 0) {
            done.fail(new AssertionError("half a call: heads " + head + ", read " + page.head()));
          } else if (last) {
            done.complete();
          } else {
            context.runOnContext(ignored -> watchForWholeCalls(context, store, writing, done));
          }
        });
  }

  // contexts

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    StoreKey store = newStore();
    EntryId known = newId();
    append(store, record(known));
    List<NewRecord> again = List.of(record(known));
    assertCompletesOnTheCallersContext(() ->
        storage().log().append(List.of(append(store, List.of(record(newId()))))));
    assertCompletesOnTheCallersContext(() -> storage().log().append(List.of(append(store, again))));
    assertCompletesOnTheCallersContext(() -> storage().log().append(List.of()));
    assertCompletesOnTheCallersContext(
        () -> storage().log().append(List.of(append(store, List.of()))));
    assertCompletesOnTheCallersContext(() -> storage().log().read(store, 1, 10, 1000));
    assertCompletesOnTheCallersContext(() -> storage().log().read(newStore(), 1, 10, 1000));
    assertCompletesOnTheCallersContext(() -> storage().log().heads(List.of(store)));
    assertCompletesOnTheCallersContext(() -> storage().log().heads(List.of()));
    assertCompletesOnTheCallersContext(() -> storage().log().scan(store, 1, 10));
    assertCompletesOnTheCallersContext(() -> storage().log().scan(newStore(), 1, 10));
    assertCompletesOnTheCallersContext(() -> storage().log().stores(Optional.empty(), 10));
    assertCompletesOnTheCallersContext(() -> storage().log().stats(store));
    assertCompletesOnTheCallersContext(() -> storage().log().stats(newStore()));
  }

  @Test
  protected void aDurableAppendIsNotWaitedForByTheCaller() {
    assumeTrue(storage().durable(), "commits in no time");
    StoreKey store = newStore();
    List<Boolean> completeAtOnce = new ArrayList<>();
    // A busy machine may run a quick storage's thread before the caller's, so several times.
    for (int round = 0; round < 20 && !completeAtOnce.contains(false); round++) {
      await(on(contexts().get(0), () -> {
        List<Future<List<AppendResult>>> calls = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
          Future<List<AppendResult>> call =
              storage().log().append(List.of(append(store, List.of(record(newId())))));
          completeAtOnce.add(call.isComplete());
          calls.add(call);
        }
        return Future.join(calls);
      }));
    }
    // Some may get done on another thread before their call returns; all do only if calls wait.
    assertThat(completeAtOnce).contains(false);
  }

  // ends

  @Test
  protected void whatWasAppendedIsThereAfterReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    assertSurvives(this::reopen);
  }

  @Test
  protected void whatWasAcknowledgedIsThereAfterACrash() throws Exception {
    assumeSurvives(Survives.CRASH);
    assertSurvives(this::crash);
  }

  private void assertSurvives(End end) throws Exception {
    List<StoreKey> stores = List.of(newStore(), newStore(), newStore());
    LogModel model = new LogModel();
    Random random = new Random(3);
    List<Append> written = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 30; i++) {
        List<NewRecord> records = List.of(record(newIds(1 + random.nextInt(3))), record(newId()));
        List<Append> appends = List.of(append(stores.get(random.nextInt(3)), records));
        written.addAll(appends);
        assertThat(Shown.of(await(storage().log().append(appends))))
            .isEqualTo(Shown.of(model.append(appends)));
      }
      end.happen();
      for (StoreKey store : stores) {
        assertThat(heads(store)).isEqualTo(Map.of(store, model.head(store)));
        assertThat(Shown.of(read(store, 1)))
            .isEqualTo(Shown.of(model.read(store, 1, Integer.MAX_VALUE, Long.MAX_VALUE)));
      }
      assertThat(Shown.of(await(storage().log().append(written))))
          .as("nothing is stored again")
          .isEqualTo(Shown.of(model.append(written)));
    }
  }

  @Test
  protected void callsOnAClosedStorageFail() {
    StoreKey store = newStore();
    append(store, record(newId()));
    var log = close().log();
    assertRefusedAsClosed(() -> log.append(List.of(append(store, List.of(record(newId()))))));
    assertRefusedAsClosed(() -> log.append(List.of(append(store, List.of()))));
    assertRefusedAsClosed(() -> log.append(List.of()));
    assertRefusedAsClosed(() -> log.read(store, 1, 1, 1));
    assertRefusedAsClosed(() -> log.heads(List.of(store)));
    assertRefusedAsClosed(() -> log.heads(List.of()));
    assertRefusedAsClosed(() -> log.scan(store, 1, 1));
    assertRefusedAsClosed(() -> log.stores(Optional.empty(), 1));
    assertRefusedAsClosed(() -> log.stats(store));
  }

  // everything, at random

  @Test
  protected void randomCallsDoWhatTheModelDoes() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    int runs = LONG ? 500 : 10;
    for (int run = 0; run < runs; run++) {
      new RandomCalls(this, seed + run).run();
    }
  }

  // helpers

  private NewRecord content(
      byte @Nullable [] event,
      byte @Nullable [] primaryKey,
      byte[] header,
      byte[] body,
      byte @Nullable [] author) {
    return new NewRecord(
        newIds(1), RecordKind.PLAIN, event, primaryKey, header, body, true, author);
  }

  /** Has every context make its calls while the others make theirs, none waiting for results. */
  private List<Future<List<AppendResult>>> appendAtOnce(List<List<List<Append>>> calls) {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<List<Future<List<AppendResult>>>>> started = new ArrayList<>();
    for (int i = 0; i < contexts().size(); i++) {
      List<List<Append>> mine = calls.get(i);
      started.add(on(contexts().get(i), () -> {
        try {
          start.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        return Future.succeededFuture(mine.stream()
            .map(call -> attempt(() -> storage().log().append(call)))
            .toList());
      }));
    }
    start.countDown();
    return started.stream().flatMap(each -> await(each).stream()).toList();
  }
}
