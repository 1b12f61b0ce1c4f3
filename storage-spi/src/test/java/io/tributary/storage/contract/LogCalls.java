package io.tributary.storage.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Removal;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The calls of the log face as the tests write them. */
abstract class LogCalls extends ContractBase {
  static final long REMOVED_AT = 1_790_000_100_000L;

  static NewRecord record(EntryId id) {
    return record(List.of(id));
  }

  static NewRecord record(EntryId id, String body) {
    return NewRecord.sealed(id, new byte[12], body.getBytes(UTF_8));
  }

  static NewRecord record(List<EntryId> ids) {
    byte[] body = ids.get(0).toBytes();
    return ids.size() == 1
        ? NewRecord.sealed(ids.get(0), new byte[12], body)
        : new NewRecord(ids, RecordKind.SEALED_BATCH, null, null, new byte[12], body, false, null);
  }

  static NewRecord withIds(NewRecord r, List<EntryId> ids) {
    return new NewRecord(
        ids, r.kind(), r.event(), r.primaryKey(), r.header(), r.body(), r.process(), r.author());
  }

  List<NewRecord> records(int count, int idsEach) {
    return IntStream.range(0, count).mapToObj(i -> record(newIds(idsEach))).toList();
  }

  static Append append(StoreKey store, List<NewRecord> records) {
    return new Append(store, 1_790_000_000_000L, records);
  }

  @CanIgnoreReturnValue
  String append(StoreKey store, NewRecord... records) {
    return Shown.of(appendAll(append(store, List.of(records))).get(0));
  }

  @CanIgnoreReturnValue
  List<AppendResult> appendAll(Append... appends) {
    return await(storage().log().append(List.of(appends)));
  }

  Map<StoreKey, Long> heads(StoreKey... stores) {
    return await(storage().log().heads(List.of(stores)));
  }

  Page read(StoreKey store, long from) {
    return await(storage().log().read(store, from, Integer.MAX_VALUE, Long.MAX_VALUE));
  }

  List<StoredRecord> readAll(StoreKey store) {
    return read(store, 1).records();
  }

  List<StoredRecord> readAllOnceDone(StoreKey store, List<? extends Future<?>> calls) {
    calls.forEach(ContractBase::await);
    return readAll(store);
  }

  static List<EntryId> idsOf(List<StoredRecord> records) {
    return records.stream().flatMap(record -> record.record().ids().stream()).toList();
  }

  static List<String> shown(List<StoredRecord> records) {
    return records.stream().map(Shown::of).toList();
  }

  /** One page after the other, from the first sequence to where there is nothing more. */
  List<StoredRecord> readInPages(StoreKey store, int maxRecords, long maxBytes) {
    List<StoredRecord> all = new ArrayList<>();
    long from = 1;
    while (true) {
      Page page = await(storage().log().read(store, from, maxRecords, maxBytes));
      all.addAll(page.records());
      if (page.next() > page.head()) {
        assertThat(page.next()).as("at the end").isEqualTo(page.head() + 1);
        return all;
      }
      assertThat(page.next()).as("a reader gets on").isGreaterThan(from);
      from = page.next();
    }
  }

  List<Outline> scanInPages(StoreKey store, int max) {
    List<Outline> all = new ArrayList<>();
    long from = 1;
    while (true) {
      Outlines page = await(storage().log().scan(store, from, max));
      all.addAll(page.records());
      if (page.next() > page.head()) {
        assertThat(page.next()).as("at the end").isEqualTo(page.head() + 1);
        return all;
      }
      assertThat(page.next()).as("a reader gets on").isGreaterThan(from);
      from = page.next();
    }
  }

  @CanIgnoreReturnValue
  Removed remove(StoreKey store, long... sequences) {
    List<Long> some = Arrays.stream(sequences).boxed().toList();
    return await(storage().log().remove(new Removal(store, some, REMOVED_AT, null)));
  }

  /** Forgets all tombstones of the store. */
  @CanIgnoreReturnValue
  int forgetAll(StoreKey store) {
    return await(storage().log().forget(store, Long.MAX_VALUE, Integer.MAX_VALUE));
  }

  List<Tombstone> tombstones(StoreKey store) {
    Tombstones all = await(storage().log().tombstones(store, 1, Integer.MAX_VALUE));
    assertThat(all.next()).isZero();
    return all.tombstones();
  }

  StoreStats stats(StoreKey store) {
    return await(storage().log().stats(store));
  }

  /** What ends a storage. */
  interface End {
    void happen() throws Exception;
  }
}
