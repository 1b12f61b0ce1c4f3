package io.tributary.storage.memory;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Lease;
import io.tributary.storage.LogStore;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

final class MemoryLog implements LogStore {
  private final ConcurrentMap<StoreKey, StoreLog> stores = new ConcurrentHashMap<>();

  /** The same stores in the order of their keys' text. */
  private final ConcurrentNavigableMap<String, StoreKey> ordered = new ConcurrentSkipListMap<>();

  private final MemoryLeases leases;
  private volatile boolean closed;

  MemoryLog(MemoryLeases leases) {
    this.leases = leases;
  }

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
    return existing(store).append(appends);
  }

  private StoreLog existing(StoreKey store) {
    StoreLog log = stores.get(store);
    return log != null
        ? log
        : stores.computeIfAbsent(store, key -> {
          ordered.put(key.toString(), key);
          return new StoreLog();
        });
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

  @Override
  public Future<Outlines> scan(StoreKey store, long from, int max) {
    requireSome(max);
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    long start = Math.max(1, from);
    StoreLog log = stores.get(store);
    return Future.succeededFuture(
        log == null ? new Outlines(List.of(), start, 0) : log.scan(start, max));
  }

  @Override
  public Future<Removed> remove(Removal removal) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    Lease fence = removal.fence();
    return fence == null ? removeNow(removal) : leases.under(fence, () -> removeNow(removal));
  }

  private Future<Removed> removeNow(Removal removal) {
    StoreLog log = stores.get(removal.store());
    return Future.succeededFuture(
        log == null ? Removed.NOTHING : log.remove(removal.sequences(), removal.removedAt()));
  }

  @Override
  public Future<Integer> forget(StoreKey store, long removedBefore, int max) {
    requireSome(max);
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    StoreLog log = stores.get(store);
    return Future.succeededFuture(log == null ? 0 : log.forget(removedBefore, max));
  }

  @Override
  public Future<Tombstones> tombstones(StoreKey store, long from, int max) {
    requireSome(max);
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    StoreLog log = stores.get(store);
    return Future.succeededFuture(
        log == null ? new Tombstones(List.of(), 0) : log.tombstones(from, max));
  }

  @Override
  public Future<Void> restore(Restoration restoration) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    try {
      restoration.requireAbove(head(restoration.store()));
      if (restoration.head() > 0) {
        existing(restoration.store()).restore(restoration);
      }
      return Future.succeededFuture();
    } catch (StorageException e) {
      return Future.failedFuture(e);
    }
  }

  @Override
  public Future<List<StoreKey>> stores(Optional<StoreKey> after, int max) {
    requireSome(max);
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    Map<String, StoreKey> rest =
        after.isEmpty() ? ordered : ordered.tailMap(after.get().toString(), false);
    return Future.succeededFuture(
        rest.values().stream().filter(store -> head(store) > 0).limit(max).toList());
  }

  @Override
  public Future<StoreStats> stats(StoreKey store) {
    if (closed) {
      return Future.failedFuture(MemoryStorage.closedException());
    }
    StoreLog log = stores.get(store);
    return Future.succeededFuture(log == null ? StoreStats.empty(store) : log.stats(store));
  }

  static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
  }

  void close() {
    closed = true;
    stores.clear();
    ordered.clear();
  }
}
