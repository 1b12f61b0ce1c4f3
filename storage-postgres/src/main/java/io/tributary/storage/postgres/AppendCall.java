package io.tributary.storage.postgres;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One call of the function {@code append}: what it is given, and what its answer says about each
 * append.
 *
 * <p>Which ids occur more than once in the call is found out here. The function gets only records
 * with an id that occurs for the first time; any other repeats what is stored already or is being
 * stored by this call.
 */
final class AppendCall {
  /** A store in the call. */
  private static final class Store {
    final int number;

    /** Which entry an id is. */
    final Map<EntryId, Integer> entries = new HashMap<>();

    /** What it gets if the server knows none of the ids. */
    long records;

    int sequences;
    long bytes;

    /** As the answer goes through the call's appends. */
    long head;

    Store(int number) {
      this.number = number;
    }
  }

  /** A record and whether the function gets it, as which one. */
  private record Part(Store store, NewRecord record, int sentAs) {
    static final int NOT_SENT = -1;
  }

  private record Placed(long committedAt, NewRecord record, int store, int above) {}

  private final Map<StoreKey, Store> stores = new HashMap<>();
  private final List<Buffer> keys = new ArrayList<>();
  private final List<Placed> sent = new ArrayList<>();
  private final List<UUID> entries = new ArrayList<>();
  private final List<Integer> entryRecords = new ArrayList<>();
  private final List<Integer> entryPlaces = new ArrayList<>();
  private final List<List<Part>> appends = new ArrayList<>();
  private final List<Store> appendStores = new ArrayList<>();

  /** Adds an append, after those added before. */
  void add(Append append) {
    Store store = stores.get(append.store());
    if (store == null) {
      keys.add(Buffer.buffer(append.store().toString().getBytes(StandardCharsets.US_ASCII)));
      store = new Store(keys.size());
      stores.put(append.store(), store);
    }
    List<Part> parts = new ArrayList<>(append.records().size());
    for (NewRecord record : append.records()) {
      parts.add(new Part(store, record, send(append, store, record)));
    }
    appends.add(parts);
    appendStores.add(store);
  }

  private int send(Append append, Store store, NewRecord record) {
    int number = sent.size();
    boolean fresh = false;
    for (int place = 0; place < record.ids().size(); place++) {
      EntryId id = record.ids().get(place);
      if (store.entries.putIfAbsent(id, entries.size()) == null) {
        fresh = true;
        entries.add(id.toUuid());
        entryRecords.add(number + 1);
        entryPlaces.add(place);
      }
    }
    if (!fresh) {
      return Part.NOT_SENT;
    }
    sent.add(new Placed(append.committedAt(), record, store.number, store.sequences + 1));
    store.records++;
    store.sequences += record.ids().size();
    store.bytes += record.bytes();
    return number;
  }

  /** Whether the function has anything to do. */
  boolean isEmpty() {
    return sent.isEmpty();
  }

  Tuple parameters() {
    Long[] records = new Long[keys.size()];
    Long[] sequences = new Long[keys.size()];
    Long[] bytes = new Long[keys.size()];
    for (Store store : stores.values()) {
      int at = store.number - 1;
      records[at] = store.records;
      sequences[at] = (long) store.sequences;
      bytes[at] = store.bytes;
    }
    Integer[] recordStores = new Integer[sent.size()];
    Integer[] above = new Integer[sent.size()];
    RecordColumns columns = new RecordColumns(sent.size());
    for (int i = 0; i < recordStores.length; i++) {
      Placed placed = sent.get(i);
      recordStores[i] = placed.store;
      above[i] = placed.above;
      columns.set(i, placed.committedAt, placed.record);
    }
    Tuple parameters = Tuple.tuple()
        .addValue(keys.toArray(Buffer[]::new))
        .addValue(records)
        .addValue(sequences)
        .addValue(bytes)
        .addValue(recordStores)
        .addValue(above);
    columns.addTo(parameters);
    return parameters
        .addValue(entries.toArray(UUID[]::new))
        .addValue(entryRecords.toArray(Integer[]::new))
        .addValue(entryPlaces.toArray(Integer[]::new));
  }

  /** One result per append, in the order they were added. */
  List<AppendResult> results(Row answer) {
    Long[] heads = answer.getArrayOfLongs("heads");
    Long[] firsts = answer.getArrayOfLongs("firsts");
    @Nullable Long[] known = answer.getArrayOfLongs("known");
    for (Store store : stores.values()) {
      store.head = heads[store.number - 1];
    }
    List<AppendResult> results = new ArrayList<>(appends.size());
    for (int i = 0; i < appends.size(); i++) {
      Store store = appendStores.get(i);
      long previousHead = store.head;
      List<Part> parts = appends.get(i);
      Slot[] slots = new Slot[parts.size()];
      for (int j = 0; j < slots.length; j++) {
        slots[j] = slot(parts.get(j), firsts, known);
      }
      results.add(new AppendResult(previousHead, store.head, List.of(slots)));
    }
    return results;
  }

  private Slot slot(Part part, Long[] firsts, @Nullable Long @Nullable [] known) {
    List<EntryId> ids = part.record.ids();
    long[] sequences = new long[ids.size()];
    long first = part.sentAs == Part.NOT_SENT ? 0 : firsts[part.sentAs];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = first > 0 ? first + i : sequence(part.store, ids.get(i), firsts, known);
    }
    if (first > 0) {
      part.store.head = first + sequences.length - 1;
    }
    return new Slot(first > 0, sequences);
  }

  /** What the id was first committed under: before, or by this call. */
  private long sequence(Store store, EntryId id, Long[] firsts, @Nullable Long @Nullable [] known) {
    int entry = store.entries.getOrDefault(id, 0);
    Long before = known == null ? null : known[entry];
    return before != null && before > 0
        ? before
        : firsts[entryRecords.get(entry) - 1] + entryPlaces.get(entry);
  }
}
