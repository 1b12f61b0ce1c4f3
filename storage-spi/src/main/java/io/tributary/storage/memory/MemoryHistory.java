package io.tributary.storage.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tributary.storage.CompactionHistory;
import io.vertx.core.Future;
import java.util.List;
import java.util.TreeMap;

final class MemoryHistory implements CompactionHistory {
  @GuardedBy("this")
  private final TreeMap<Long, Run> runs = new TreeMap<>();

  @GuardedBy("this")
  private long number;

  @GuardedBy("this")
  private boolean closed;

  @Override
  public synchronized Future<Long> add(byte[] run, int keep) {
    if (keep < 1) {
      throw new IllegalArgumentException("keep is at least 1, not " + keep);
    }
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    number++;
    runs.put(number, new Run(number, run));
    while (runs.size() > keep) {
      runs.pollFirstEntry();
    }
    return Future.succeededFuture(number);
  }

  @Override
  public synchronized Future<List<Run>> list(long below, int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    return Future.succeededFuture(
        runs.headMap(below, false).descendingMap().values().stream().limit(max).toList());
  }

  synchronized void close() {
    closed = true;
    runs.clear();
  }
}
