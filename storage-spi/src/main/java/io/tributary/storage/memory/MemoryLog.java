package io.tributary.storage.memory;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.Page;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.LogStore;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

final class MemoryLog implements LogStore {
  private final ConcurrentMap<StoreKey, StoreLog> stores = new ConcurrentHashMap<>();
  private volatile boolean closed;

  @Override
  public Future<List<AppendResult>> append(List<Append> appends) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    if (appends.size() == 1) {
      Append append = appends.get(0);
      return Future.succeededFuture(
          List.of(commit(append.store(), appends, append.records().isEmpty())[0]));
    }
    Map<StoreKey, List<Integer>> positions = new LinkedHashMap<>();
    for (int i = 0; i < appends.size(); i++) {
      positions
          .computeIfAbsent(appends.get(i).store(), key -> new ArrayList<>())
          .add(i);
    }
    AppendResult[] results = new AppendResult[appends.size()];
    positions.forEach((store, at) -> {
      List<Append> together = at.stream().map(appends::get).toList();
      boolean empty = together.stream().allMatch(append -> append.records().isEmpty());
      AppendResult[] some = commit(store, together, empty);
      for (int i = 0; i < some.length; i++) {
        results[at.get(i)] = some[i];
      }
    });
    return Future.succeededFuture(List.of(results));
  }

  /** Without records nothing is kept, so that asking about stores doesn't cost memory. */
  private AppendResult[] commit(StoreKey store, List<Append> appends, boolean empty) {
    if (empty) {
      long head = head(store);
      AppendResult[] results = new AppendResult[appends.size()];
      Arrays.fill(results, new AppendResult(head, head, List.of()));
      return results;
    }
    StoreLog log = stores.get(store);
    if (log == null) {
      log = stores.computeIfAbsent(store, key -> new StoreLog());
    }
    return log.append(appends);
  }

  @Override
  public Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    if (maxRecords < 1) {
      throw new IllegalArgumentException("maxRecords is at least 1, not " + maxRecords);
    }
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    long start = Math.max(1, from);
    StoreLog log = stores.get(store);
    return Future.succeededFuture(
        log == null ? new Page(List.of(), start, 0) : log.read(start, maxRecords, maxBytes));
  }

  @Override
  public Future<Map<StoreKey, Long>> heads(Collection<StoreKey> keys) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    Map<StoreKey, Long> heads = new HashMap<>();
    for (StoreKey key : keys) {
      heads.put(key, head(key));
    }
    return Future.succeededFuture(heads);
  }

  private long head(StoreKey store) {
    StoreLog log = stores.get(store);
    return log == null ? 0 : log.head();
  }

  void close() {
    closed = true;
    stores.clear();
  }
}
