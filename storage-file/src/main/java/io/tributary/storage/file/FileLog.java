package io.tributary.storage.file;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.LogStore;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The logs: what changes them goes to the writer, reads to the readers. */
final class FileLog implements LogStore {
  private final Writer writer;
  private final Readers readers;
  private final FileLeases leases;
  private final Forgetting forgetting;

  private volatile boolean closed;

  FileLog(Writer writer, Readers readers, FileLeases leases) {
    this.writer = writer;
    this.readers = readers;
    this.leases = leases;
    this.forgetting = new Forgetting(writer, readers);
  }

  @Override
  public Future<List<AppendResult>> append(List<Append> appends) {
    int records = 0;
    long bytes = 0;
    for (Append append : appends) {
      records += append.records().size();
      for (NewRecord record : append.records()) {
        bytes += record.bytes();
      }
    }
    return writer.submit(connection -> connection.log().append(appends), records, bytes);
  }

  @Override
  public Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    if (maxRecords < 1) {
      throw new IllegalArgumentException("maxRecords is at least 1, not " + maxRecords);
    }
    return read(connection -> connection.read(store, from, maxRecords, maxBytes));
  }

  @Override
  public Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores) {
    return read(connection -> connection.heads(stores));
  }

  @Override
  public Future<Outlines> scan(StoreKey store, long from, int max) {
    requireSome(max);
    return read(connection -> connection.scan(store, from, max));
  }

  @Override
  public Future<Removed> remove(Removal removal) {
    Lease fence = removal.fence();
    return writer
        .submit(
            connection -> {
              if (fence != null && !leases.holds(fence)) {
                return Optional.<Removed>empty();
              }
              forgetting.tombstonesAdded();
              return Optional.of(connection.log().remove(removal));
            },
            removal.sequences().size(),
            0)
        .compose(removed -> removed.isPresent() || fence == null
            ? Future.succeededFuture(removed.orElse(Removed.NOTHING))
            : Future.failedFuture(new FencedException(fence)));
  }

  @Override
  public Future<Integer> forget(StoreKey store, long removedBefore, int max) {
    requireSome(max);
    return closed
        ? Future.failedFuture(Writer.closedException())
        : forgetting.forget(store, removedBefore, max);
  }

  @Override
  public Future<Tombstones> tombstones(StoreKey store, long from, int max) {
    requireSome(max);
    return read(connection -> connection.tombstones(store, from, max));
  }

  @Override
  public Future<Void> restore(Restoration restoration) {
    long bytes = 0;
    for (LogItem item : restoration.items()) {
      if (item instanceof StoredRecord stored) {
        bytes += stored.record().bytes();
      }
    }
    return writer
        .submit(
            connection -> {
              forgetting.tombstonesAdded();
              connection.log().restore(restoration);
              return true;
            },
            restoration.items().size(),
            bytes)
        .mapEmpty();
  }

  @Override
  public Future<List<StoreKey>> stores(Optional<StoreKey> after, int max) {
    requireSome(max);
    return read(connection -> connection.stores(after, max));
  }

  @Override
  public Future<StoreStats> stats(StoreKey store) {
    return read(connection -> connection.stats(store));
  }

  private <T> Future<T> read(Readers.Work<T> work) {
    return closed ? Future.failedFuture(Writer.closedException()) : readers.submit(work);
  }

  static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
  }

  void close() {
    closed = true;
  }
}
