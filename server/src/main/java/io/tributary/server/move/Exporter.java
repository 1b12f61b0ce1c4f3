package io.tributary.server.move;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry.Binding;
import io.tributary.storage.StoreRegistry.Listed;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes a storage's data to a file, beside live traffic: each store as far as its head was when its
 * turn came. The registry is written as it is after the last store, and then, of the stores in the
 * clear, what became of their entries.
 */
public final class Exporter {
  private static final int PAGE = 500;

  /** Entries of a journal asked for at a time. */
  private static final int AT_ONCE = 8;

  private final Storage storage;
  private final MoveProgress progress;
  private long stores;
  private long records;
  private long tombstones;
  private long mappings;
  private long bindings;
  private long outcomes;

  /** Of the stores in the clear that have been written, in this order. */
  private final Map<StoreKey.Plain, Long> heads = new LinkedHashMap<>();

  /** For one export of {@code storage}, which stays open. */
  public Exporter(Storage storage, MoveProgress progress) {
    this.storage = storage;
    this.progress = progress;
  }

  /**
   * Writes the whole storage. Blocks.
   *
   * @param out is flushed, but not closed
   * @throws MoveException if it can't be done
   * @throws io.tributary.storage.StorageException if the storage fails
   */
  @CanIgnoreReturnValue
  public Moved export(OutputStream out) throws IOException {
    LineWriter lines = new LineWriter(out);
    DataSetId id = storage.dataSetId();
    lines.header(LineParser.VERSION, id);
    Optional<StoreKey> after = Optional.empty();
    List<StoreKey> page;
    do {
      page = Waiting.on(storage.log().stores(after, PAGE));
      for (StoreKey store : page) {
        store(lines, store);
        after = Optional.of(store);
      }
    } while (page.size() == PAGE);
    return finish(lines, id, Optional.empty());
  }

  /**
   * Writes some stores, the mappings to them and the bindings of their tenants. Blocks.
   *
   * @param some which; at least one
   * @param out is flushed, but not closed
   * @throws MoveException if there is no such store, or it can't be done
   * @throws io.tributary.storage.StorageException if the storage fails
   */
  @CanIgnoreReturnValue
  public Moved export(Collection<StoreKey> some, OutputStream out) throws IOException {
    TreeSet<StoreKey> ordered = new TreeSet<>(Comparator.comparing(StoreKey::toString));
    ordered.addAll(some);
    for (StoreKey store : ordered) {
      if (head(store) == 0) {
        throw new MoveException("nothing was ever written to store " + store.abbreviated(), null);
      }
    }
    LineWriter lines = new LineWriter(out);
    DataSetId id = storage.dataSetId();
    lines.header(LineParser.VERSION, id);
    for (StoreKey store : ordered) {
      store(lines, store);
    }
    return finish(lines, id, Optional.of(ordered));
  }

  private long head(StoreKey store) throws IOException {
    return Waiting.on(storage.log().heads(List.of(store))).getOrDefault(store, 0L);
  }

  private void store(LineWriter lines, StoreKey store) throws IOException {
    long head = head(store);
    lines.store(store, head);
    StoreItems items = new StoreItems(storage.log(), store, head);
    long told = 0;
    for (LogItem item = items.next(); item != null; item = items.next()) {
      if (item instanceof StoredRecord record) {
        lines.record(record);
        records++;
      } else if (item instanceof Tombstone tombstone) {
        lines.tombstone(tombstone);
        tombstones++;
      }
      if (items.fetchedTo() != told) {
        told = items.fetchedTo();
        progress.at(store, item.lastSequence(), head);
      }
    }
    lines.digest(store);
    if (store instanceof StoreKey.Plain plain) {
      heads.put(plain, head);
    }
    stores++;
    progress.at(store, head, head);
  }

  private Moved finish(LineWriter lines, DataSetId id, Optional<Set<StoreKey>> only)
      throws IOException {
    Set<String> tenants = new HashSet<>();
    only.ifPresent(some -> some.forEach(store -> tenants.add(store.tenant())));
    Optional<Listed> mapping = Optional.empty();
    List<Listed> page;
    do {
      page = Waiting.on(storage.registry().list(mapping.map(Listed::mapping), PAGE));
      for (Listed listed : page) {
        StoreKey store =
            new StoreKey.Plain(listed.mapping().tenant(), listed.mapping().store());
        if (only.isEmpty() || only.get().contains(store)) {
          lines.mapping(listed.mapping(), listed.removed());
          mappings++;
        }
        mapping = Optional.of(listed);
      }
    } while (page.size() == PAGE);
    Optional<Binding> last = Optional.empty();
    List<Binding> some;
    do {
      some = Waiting.on(storage.registry().bindings(last, PAGE));
      for (Binding binding : some) {
        if (only.isEmpty() || tenants.contains(binding.tenant())) {
          lines.binding(binding);
          bindings++;
        }
        last = Optional.of(binding);
      }
    } while (some.size() == PAGE);
    for (Map.Entry<StoreKey.Plain, Long> exported : heads.entrySet()) {
      outcomes(lines, exported.getKey(), exported.getValue());
    }
    for (Map.Entry<StoreKey.Plain, Long> exported : heads.entrySet()) {
      progress(lines, exported.getKey(), exported.getValue());
    }
    lines.end();
    return new Moved(stores, records, tombstones, 0, mappings, bindings, outcomes, id);
  }

  /** What became of the entries up to the head that was exported: those behind it are left out. */
  private void outcomes(LineWriter lines, StoreKey.Plain store, long head) throws IOException {
    String journal = ProcessingJournals.name(store);
    Optional<EntryId> after = Optional.empty();
    List<EntryOutcome> page;
    do {
      page = Waiting.on(storage.journals().outcomes(journal, Optional.empty(), after, PAGE));
      for (int at = 0; at < page.size(); at += AT_ONCE) {
        List<EntryOutcome> some = page.subList(at, Math.min(page.size(), at + AT_ONCE));
        List<Future<Optional<PlacedEntry>>> asked = some.stream()
            .map(outcome -> storage.journals().entry(journal, outcome.id()))
            .toList();
        for (int i = 0; i < some.size(); i++) {
          JournalEntry entry = Waiting.on(asked.get(i)).map(PlacedEntry::entry).orElse(null);
          if (entry == null || entry.sequence() <= head) {
            lines.outcome(store, some.get(i), entry);
            outcomes++;
          }
          after = Optional.of(some.get(i).id());
        }
      }
    } while (page.size() == PAGE);
  }

  private void progress(LineWriter lines, StoreKey.Plain store, long head) throws IOException {
    for (RemoteProgress of :
        Waiting.on(storage.journals().progress(ProcessingJournals.name(store)))) {
      if (of.remote().equals(ProcessingJournals.remote(store))
          && of.store().equals(ProcessingJournals.storeOf(store))) {
        lines.progress(
            store, Math.min(of.next(), head + 1), Math.min(of.begun(), head), of.attempt());
      }
    }
  }
}
