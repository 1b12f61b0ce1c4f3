package io.tributary.storage.file;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.LogStore;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The logs: appends go to the writer, reads to the readers. */
final class FileLog implements LogStore {
  private final Writer writer;
  private final Readers readers;

  private volatile boolean closed;

  FileLog(Writer writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
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
    return writer.submit(connection -> connection.append(appends), records, bytes);
  }

  @Override
  public Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    if (maxRecords < 1) {
      throw new IllegalArgumentException("maxRecords is at least 1, not " + maxRecords);
    }
    return closed
        ? Future.failedFuture(Writer.closedException())
        : readers.submit(connection -> connection.read(store, from, maxRecords, maxBytes));
  }

  @Override
  public Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores) {
    return closed
        ? Future.failedFuture(Writer.closedException())
        : readers.submit(connection -> connection.heads(stores));
  }

  void close() {
    closed = true;
  }
}
