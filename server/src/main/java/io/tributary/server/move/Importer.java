package io.tributary.server.move;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.Restoration;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StoreRegistry.Binding;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts the data of a file into a storage.
 *
 * <p>The file is read several times: first to see that it is whole and every digest matches, so that
 * nothing of a damaged file gets into the storage. If it tells what became of entries, a second time
 * to put that into the storage, after every store has been compared with what is there. The last
 * time all else follows.
 *
 * <p>So an entry's outcome is there before the entry is: a hub that runs beside this, and whatever
 * comes of an interruption, never calls a handler for it. Progress comes last. Before the records it
 * would be wrong for a store that a hub began to fill meanwhile, whose entries would never be
 * processed; without it, entries that have an outcome are looked up one by one and passed over.
 *
 * <p>An import that was interrupted is run again: what is there already is compared and passed over.
 * A store that holds anything but a beginning of what the file has is an error, which leaves that
 * store as it is. Outcomes that are there already stay: entries may have been retried since.
 */
public final class Importer {
  private static final int RESTORE_ITEMS = 1000;
  private static final long RESTORE_BYTES = 4 << 20;

  private final Storage storage;
  private final InstantSource clock;
  private final MoveProgress progress;
  private long stores;
  private long records;
  private long tombstones;
  private long present;
  private long mappings;
  private long bindings;
  private long outcomes;

  // Of the store at hand:
  private @Nullable StoreItems there;
  private Line.@Nullable Store store;
  private long headThere;
  private final List<LogItem> batch = new ArrayList<>();
  private long batchBytes;
  private final OutcomeBatch outcomeBatch;

  /** Opens the file from its beginning; called up to three times. */
  @FunctionalInterface
  public interface Source {
    /** The stream is closed by the importer. */
    InputStream open() throws IOException;
  }

  /**
   * For one import into {@code storage}, which stays open.
   *
   * @param clock what time tombstones count as removed at
   */
  public Importer(Storage storage, InstantSource clock, MoveProgress progress) {
    this.storage = storage;
    this.clock = clock;
    this.progress = progress;
    this.outcomeBatch = new OutcomeBatch(storage.journals());
  }

  /**
   * Imports the file. Blocks.
   *
   * @param move whether the storage is to have the identity of the exported data, because it takes
   *     its place; else it gets a fresh one
   * @throws MoveException if the file is damaged, or differs from what is there: with the line, and
   *     what is wrong
   * @throws StorageException if the storage fails; run again, the import goes on
   */
  @CanIgnoreReturnValue
  public Moved run(Source source, boolean move) throws IOException {
    boolean processed = false;
    try (InputStream in = source.open()) {
      ExportFile file = new ExportFile(in);
      for (Line line = file.next(); line != null; line = file.next()) {
        processed |= line instanceof Line.Outcome;
      }
    }
    if (processed) {
      try (InputStream in = source.open()) {
        importOutcomes(new ExportFile(in));
      }
    }
    DataSetId id;
    try (InputStream in = source.open()) {
      id = importAll(new ExportFile(in));
    }
    if (id == null || !move) {
      id = DataSetId.random();
    }
    Waiting.on(storage.reseed(id));
    return new Moved(stores, records, tombstones, present, mappings, bindings, outcomes, id);
  }

  private void importOutcomes(ExportFile file) throws IOException {
    for (Line line = file.next(); line != null; line = file.next()) {
      if (line instanceof Line.Store opened) {
        open(file.number(), opened);
      } else if (line instanceof Line.Item item) {
        boolean unused = isThere(file.number(), item.item());
      } else if (line instanceof Line.Digest) {
        requireNoMore(file.number());
      } else if (line instanceof Line.Outcome outcome) {
        outcomeBatch.add(outcome);
        outcomes++;
      }
    }
    outcomeBatch.commit();
  }

  /** The identity of the exported data. */
  private @Nullable DataSetId importAll(ExportFile file) throws IOException {
    DataSetId id = null;
    Mappings registry = new Mappings(storage.registry());
    for (Line line = file.next(); line != null; line = file.next()) {
      if (line instanceof Line.Header header) {
        id = header.dataSetId();
      } else if (line instanceof Line.Store opened) {
        open(file.number(), opened);
        stores++;
      } else if (line instanceof Line.Item item) {
        add(file.number(), item.item());
      } else if (line instanceof Line.Digest) {
        finish(file.number());
      } else if (line instanceof Line.Mapping mapping) {
        registry.add(file.number(), mapping.listed());
        mappings++;
      } else if (line instanceof Line.Binding binding) {
        bind(file.number(), binding.binding());
      } else if (line instanceof Line.Progress processing) {
        advance(processing);
      }
    }
    registry.finish();
    return id;
  }

  private void open(long number, Line.Store opened) throws IOException {
    StoreKey key = opened.store();
    store = opened;
    headThere = Waiting.on(storage.log().heads(List.of(key))).getOrDefault(key, 0L);
    if (headThere > opened.head()) {
      throw differs(
          number, opened.head() + 1, "goes on to " + headThere + " where the file has its end");
    }
    there = new StoreItems(storage.log(), key, headThere);
  }

  /** False if the item comes after what is there. */
  private boolean isThere(long number, LogItem item) throws IOException {
    LogItem existing = there == null ? null : there.next();
    if (existing != null) {
      if (!same(existing, item)) {
        throw differs(
            number,
            Math.min(existing.firstSequence(), item.firstSequence()),
            "has something else than the file");
      }
      return true;
    }
    if (item.firstSequence() <= headThere) {
      throw differs(number, item.firstSequence(), "lacks what the file has");
    }
    return false;
  }

  private void requireNoMore(long number) throws IOException {
    LogItem more = there == null ? null : there.peek();
    if (more != null) {
      throw differs(number, more.firstSequence(), "has what the file lacks");
    }
  }

  private void add(long number, LogItem item) throws IOException {
    if (item instanceof StoredRecord) {
      records++;
    } else {
      tombstones++;
    }
    if (isThere(number, item)) {
      present++;
      return;
    }
    batch.add(item);
    batchBytes += item instanceof StoredRecord record ? record.record().bytes() : 64;
    if (batch.size() >= RESTORE_ITEMS || batchBytes >= RESTORE_BYTES) {
      restore(number, item.lastSequence());
    }
  }

  private void finish(long number) throws IOException {
    requireNoMore(number);
    if (store == null) {
      return;
    }
    if (store.head() > headThere) {
      restore(number, store.head());
    } else {
      progress.at(store.store(), headThere, headThere);
    }
  }

  private void restore(long number, long head) throws IOException {
    if (store == null) {
      return;
    }
    StoreKey key = store.store();
    try {
      Waiting.on(
          storage.log().restore(new Restoration(key, List.copyOf(batch), head, clock.millis())));
    } catch (StorageException e) {
      if (e.outcome() == Outcome.REJECTED) {
        throw MoveException.at(number, "store " + key.abbreviated() + " " + e.getMessage(), e);
      }
      throw e;
    }
    batch.clear();
    batchBytes = 0;
    progress.at(key, head, store.head());
  }

  /** Never back: a hub may have come further. */
  private void advance(Line.Progress processing) throws IOException {
    StoreKey.Plain key = processing.store();
    String journal = ProcessingJournals.name(key);
    RemoteProgress here = Waiting.on(storage
        .journals()
        .progress(journal, ProcessingJournals.remote(key), ProcessingJournals.storeOf(key)));
    RemoteProgress there = new RemoteProgress(
        here.remote(),
        here.store(),
        processing.next(),
        processing.begun(),
        processing.attempt(),
        here.uploaded());
    if (there.next() > here.next()
        || (there.next() == here.next() && there.begun() > here.begun())
        || here.equals(RemoteProgress.none(here.remote(), here.store()))) {
      Waiting.on(
          storage.journals().commit(journal, JournalCommit.progress(there), Optional.empty()));
    }
  }

  private void bind(long number, Binding binding) throws IOException {
    byte[] bound = Waiting.on(storage.registry().bind(binding));
    if (!Arrays.equals(bound, binding.signingKey())) {
      throw MoveException.at(
          number,
          "the key "
              + StoreKey.cut(binding.publicKey())
              + " of tenant "
              + binding.tenant()
              + " is bound to another signing key");
    }
    bindings++;
  }

  private MoveException differs(long number, long sequence, String how) {
    return MoveException.at(
        number,
        "store "
            + (store == null ? "" : store.store().abbreviated())
            + " "
            + how
            + " at sequence "
            + sequence);
  }

  private static boolean same(LogItem a, LogItem b) {
    if (!(a instanceof StoredRecord stored) || !(b instanceof StoredRecord other)) {
      return a.equals(b);
    }
    NewRecord x = stored.record();
    NewRecord y = other.record();
    return stored.firstSequence() == other.firstSequence()
        && stored.committedAt() == other.committedAt()
        && x.ids().equals(y.ids())
        && x.kind() == y.kind()
        && x.process() == y.process()
        && Arrays.equals(x.event(), y.event())
        && Arrays.equals(x.primaryKey(), y.primaryKey())
        && Arrays.equals(x.header(), y.header())
        && Arrays.equals(x.body(), y.body())
        && Arrays.equals(x.author(), y.author());
  }
}
