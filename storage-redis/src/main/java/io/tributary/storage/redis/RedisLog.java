package io.tributary.storage.redis;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.AppendResult.Slot;
import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.LogStore;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The logs. Changes go over the writing link, reads over the reading one. */
final class RedisLog implements LogStore {
  /** What the server takes in one call is less than 1 GiB ({@code client-query-buffer-limit}). */
  private static final long MAX_CALL_BYTES = 512L * 1024 * 1024;

  /** Of one script, so that others are not kept waiting. */
  private static final int READ_RECORDS = 2048;

  private static final int READ_BYTES = 16 * 1024 * 1024;
  private static final int HEADS = 1000;
  private static final int TOMBSTONES = 5000;
  private static final int FORGOTTEN = 10_000;

  private static final long DAY_MS = 86_400_000;

  private final Link writer;
  private final Link reader;
  private final Confirmed confirmed;
  private final RedisLeases leases;

  RedisLog(Link writer, Link reader, Confirmed confirmed, RedisLeases leases) {
    this.writer = writer;
    this.reader = reader;
    this.confirmed = confirmed;
    this.leases = leases;
  }

  // ---- append ----

  @Override
  public Future<List<AppendResult>> append(List<Append> appends) {
    Map<StoreKey, List<Integer>> byStore = new LinkedHashMap<>();
    for (int i = 0; i < appends.size(); i++) {
      byStore.computeIfAbsent(appends.get(i).store(), key -> new ArrayList<>()).add(i);
    }
    AppendResult[] results = new AppendResult[appends.size()];
    List<StoreKey> empty = new ArrayList<>();
    List<Future<?>> calls = new ArrayList<>();
    for (var entry : byStore.entrySet()) {
      StoreKey store = entry.getKey();
      List<Integer> at = entry.getValue();
      if (at.stream().allMatch(i -> appends.get(i).records().isEmpty())) {
        empty.add(store);
      } else {
        calls.add(append(store, at.stream().map(appends::get).toList()).map(some -> {
          for (int i = 0; i < some.size(); i++) {
            results[at.get(i)] = some.get(i);
          }
          return some;
        }));
      }
    }
    if (!empty.isEmpty() || calls.isEmpty()) {
      calls.add(heads(empty).map(heads -> {
        for (int i = 0; i < results.length; i++) {
          Long head = heads.get(appends.get(i).store());
          if (head != null) {
            results[i] = new AppendResult(head, head, List.of());
          }
        }
        return heads;
      }));
    }
    return Callers.here(Future.join(calls)
        .transform(all -> all.succeeded()
            ? Future.succeededFuture(List.of(results))
            : Future.failedFuture(together(calls))));
  }

  private Future<List<AppendResult>> append(StoreKey store, List<Append> appends) {
    long bytes = 0;
    for (Append append : appends) {
      for (NewRecord record : append.records()) {
        bytes += record.bytes();
      }
    }
    if (bytes > MAX_CALL_BYTES) {
      return Future.failedFuture(new StorageException(
          Outcome.REJECTED,
          store.abbreviated() + ": an append of " + bytes + " bytes is more than the provider redis"
              + " takes at once, " + MAX_CALL_BYTES,
          null));
    }
    Args args = new Args().add(store.toString()).add(confirmed.carried(store)).add(appends.size());
    for (Append append : appends) {
      args.add(append.records().size());
      for (NewRecord record : append.records()) {
        args.add(Records.encode(append.committedAt(), record));
      }
    }
    return writer.call(Script.APPEND, args.list(), true).map(reply -> {
      List<AppendResult> results = results(reply, appends);
      confirmed.confirmed(store, results.get(results.size() - 1).head());
      return results;
    });
  }

  private static List<AppendResult> results(Response reply, List<Append> appends) {
    List<AppendResult> results = new ArrayList<>(appends.size());
    int at = 1;
    for (Append append : appends) {
      long before = reply.get(at++).toLong();
      List<Slot> slots = new ArrayList<>(append.records().size());
      for (NewRecord record : append.records()) {
        long[] sequences = new long[record.ids().size()];
        long first = reply.get(at).toLong();
        for (int i = 0; i < sequences.length; i++) {
          sequences[i] = first > 0 ? first + i : -reply.get(at + i).toLong();
        }
        at += first > 0 ? 1 : sequences.length;
        slots.add(new Slot(first > 0, sequences));
      }
      results.add(new AppendResult(before, reply.get(at++).toLong(), slots));
    }
    return results;
  }

  /** What a call over several stores fails with, some of which may have succeeded. */
  private static StorageException together(List<Future<?>> calls) {
    StorageException worst = null;
    boolean anySucceeded = false;
    for (Future<?> call : calls) {
      if (call.succeeded()) {
        anySucceeded = true;
        continue;
      }
      StorageException e = call.cause() instanceof StorageException known
          ? known
          : new StorageException(
              Outcome.UNKNOWN, "appending failed: " + call.cause(), call.cause());
      if (worst == null || severity(e) > severity(worst)) {
        worst = e;
      }
    }
    if (worst == null) {
      throw new IllegalStateException("none failed");
    }
    return anySucceeded && worst.outcome() != Outcome.UNKNOWN
        ? new StorageException(Outcome.UNKNOWN, String.valueOf(worst.getMessage()), worst)
        : worst;
  }

  private static int severity(StorageException e) {
    return switch (e.outcome()) {
      case REJECTED -> 0;
      case NOT_COMMITTED -> 1;
      case UNKNOWN -> 2;
    };
  }

  // ---- read ----

  @Override
  public Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    requireSome(maxRecords, "maxRecords");
    Walk<StoredRecord> walk = new Walk<>(store, from, maxRecords, maxBytes, false) {
      @Override
      int decode(Response reply, int at) {
        StoredRecord record =
            Records.decode(reply.get(at).toLong(), reply.get(at + 1).toBytes());
        room -= record.record().bytes();
        found.add(record);
        return at + 2;
      }
    };
    return Callers.here(walk.run().map(done -> new Page(walk.found, walk.next, walk.head)));
  }

  @Override
  public Future<Outlines> scan(StoreKey store, long from, int max) {
    requireSome(max, "max");
    Walk<Outline> walk = new Walk<>(store, from, max, Long.MAX_VALUE, true) {
      @Override
      int decode(Response reply, int at) {
        found.add(Records.outline(
            reply.get(at).toLong(),
            reply.get(at + 1).toBytes(),
            reply.get(at + 2).toLong(),
            reply.get(at + 3).toBytes()));
        return at + 4;
      }
    };
    return Callers.here(walk.run().map(done -> new Outlines(walk.found, walk.next, walk.head)));
  }

  /** Reads in steps that are short for the server, up to the head that the first one found. */
  private abstract class Walk<T> {
    private static final long TO_THE_HEAD = -1;

    /** The script was ended by its own bounds, not by the caller's. */
    private static final long ENDED_EARLY = 2;

    final List<T> found = new ArrayList<>();
    private final StoreKey store;
    private final int max;
    private final boolean outlines;
    private long upTo = TO_THE_HEAD;
    long room;
    long next;
    long head;

    Walk(StoreKey store, long from, int max, long room, boolean outlines) {
      this.store = store;
      this.next = Math.max(1, from);
      this.max = max;
      this.room = room;
      this.outlines = outlines;
    }

    /** Adds what is at that position of the reply; returns the position after it. */
    abstract int decode(Response reply, int at);

    Future<Void> run() {
      return step().compose(reply -> {
        long observed = reply.get(1).toLong();
        long visible = Math.max(reply.get(2).toLong(), confirmed.head(store));
        if (upTo != TO_THE_HEAD) {
          return take(reply);
        }
        if (observed <= visible) {
          upTo = observed;
          return take(reply);
        }
        return confirmed.confirm().transform(done -> {
          if (done.succeeded()) {
            confirmed.confirmed(store, observed);
            upTo = observed;
            return take(reply);
          }
          // Nobody can say that what is above is on the disk.
          upTo = visible;
          return step().compose(this::take);
        });
      });
    }

    private Future<Response> step() {
      return reader.call(
          Script.READ,
          new Args()
              .add(store.toString())
              .add(next)
              .add(upTo)
              .add(Math.min(READ_RECORDS, max - found.size()))
              .add(room)
              .add(found.isEmpty() ? 1 : 0)
              .add(outlines ? 1 : 0)
              .add(READ_BYTES)
              .list(),
          false);
    }

    private Future<Void> take(Response reply) {
      head = upTo;
      if (next <= upTo) {
        // Numbers as great as a cursor may be are not exact in a script.
        next = reply.get(4).toLong();
      }
      int at = 5;
      while (at < reply.size()) {
        at = decode(reply, at);
      }
      return reply.get(3).toLong() == ENDED_EARLY && found.size() < max
          ? run()
          : Future.succeededFuture();
    }
  }

  /**
   * What the server says of a store.
   *
   * @param durable as far as this node may show
   */
  private record Seen(StoreKey store, long head, long durable) {}

  @Override
  public Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores) {
    List<StoreKey> all = stores.stream().distinct().toList();
    List<Future<List<Seen>>> calls = new ArrayList<>();
    // One call at least: a closed storage tells nothing.
    for (int i = 0; i == 0 || i < all.size(); i += HEADS) {
      calls.add(seen(all.subList(i, Math.min(all.size(), i + HEADS))));
    }
    return Callers.here(Future.all(calls).compose(done -> {
      List<Seen> seen = calls.stream().flatMap(call -> call.result().stream()).toList();
      List<Seen> behind = seen.stream().filter(each -> each.head > each.durable).toList();
      Map<StoreKey, Long> heads = new HashMap<>();
      seen.forEach(each -> heads.put(each.store, each.head));
      if (behind.isEmpty()) {
        return Future.succeededFuture(heads);
      }
      return confirmed.confirm().transform(result -> {
        for (Seen each : behind) {
          if (result.succeeded()) {
            confirmed.confirmed(each.store, each.head);
          } else {
            heads.put(each.store, each.durable);
          }
        }
        return Future.succeededFuture(heads);
      });
    }));
  }

  private Future<List<Seen>> seen(List<StoreKey> stores) {
    Args args = new Args();
    stores.forEach(store -> args.add(store.toString()));
    return reader.call(Script.HEADS, args.list(), false).map(reply -> {
      List<Seen> seen = new ArrayList<>(stores.size());
      for (int i = 0; i < stores.size(); i++) {
        StoreKey store = stores.get(i);
        long durable = reply.get(2 + 2 * i).toLong();
        seen.add(new Seen(
            store, reply.get(1 + 2 * i).toLong(), Math.max(durable, confirmed.head(store))));
      }
      return seen;
    });
  }

  // ---- removal and restoring ----

  @Override
  public Future<Removed> remove(Removal removal) {
    Lease fence = removal.fence();
    Args args = new Args()
        .add(removal.store().toString())
        .add(Math.floorDiv(removal.removedAt(), DAY_MS))
        .add(fence == null ? new byte[0] : leases.key(fence.name()))
        .add(fence == null ? 0 : fence.epoch())
        .add(leases.shiftMs());
    removal.sequences().forEach(args::add);
    return Callers.here(writer
        .call(Script.REMOVE, args.list(), true)
        .map(reply -> new Removed(
            reply.get(1).toLong(), reply.get(2).toLong(), reply.get(3).toLong()))
        .recover(e -> Future.failedFuture(
            fence != null && RedisLeases.isFenced(e) ? new FencedException(fence) : e)));
  }

  @Override
  public Future<Integer> forget(StoreKey store, long removedBefore, int max) {
    requireSome(max, "max");
    String due = removedBefore == Long.MAX_VALUE
        ? "+inf"
        : Long.toString(Math.floorDiv(removedBefore, DAY_MS) - 1);
    return Callers.here(forget(store, due, max, 0));
  }

  private Future<Integer> forget(StoreKey store, String due, int left, int forgotten) {
    int most = Math.min(left, FORGOTTEN);
    return writer
        .call(Script.FORGET, new Args().add(store.toString()).add(due).add(most).list(), true)
        .compose(reply -> {
          int some = reply.get(1).toInteger();
          return some < most || some == left
              ? Future.succeededFuture(forgotten + some)
              : forget(store, due, left - some, forgotten + some);
        });
  }

  @Override
  public Future<Tombstones> tombstones(StoreKey store, long from, int max) {
    requireSome(max, "max");
    Args args = new Args().add(store.toString()).add(from).add(Math.min(max, TOMBSTONES));
    return Callers.here(reader.call(Script.TOMBSTONES, args.list(), false).map(reply -> {
      List<Tombstone> some = new ArrayList<>();
      for (int i = 2; i < reply.size(); i += 2) {
        some.add(
            new Tombstone(reply.get(i).toLong(), EntryId.of(reply.get(i + 1).toBytes())));
      }
      return new Tombstones(some, reply.get(1).toLong());
    }));
  }

  @Override
  public Future<Void> restore(Restoration restoration) {
    Args args = new Args()
        .add(restoration.store().toString())
        .add(restoration.head())
        .add(Math.floorDiv(restoration.restoredAt(), DAY_MS));
    long bytes = 0;
    for (LogItem item : restoration.items()) {
      args.add(item.firstSequence());
      if (item instanceof StoredRecord stored) {
        args.add(Records.encode(stored.committedAt(), stored.record()));
        bytes += stored.record().bytes();
      } else if (item instanceof Tombstone tombstone) {
        args.add(tombstone.id().toBytes());
      }
    }
    if (bytes > MAX_CALL_BYTES) {
      return Future.failedFuture(new StorageException(
          Outcome.REJECTED, "more than " + MAX_CALL_BYTES + " bytes to restore at once", null));
    }
    try {
      // That it is above the store's head, the script sees.
      restoration.requireAbove(0);
    } catch (StorageException e) {
      return Future.failedFuture(e);
    }
    return Callers.here(writer.call(Script.RESTORE, args.list(), true).map(reply -> {
      confirmed.confirmed(restoration.store(), restoration.head());
      return null;
    }));
  }

  @Override
  public Future<List<StoreKey>> stores(Optional<StoreKey> after, int max) {
    requireSome(max, "max");
    Args args = new Args().add(after.map(StoreKey::toString).orElse("")).add(max);
    return Callers.here(reader
        .call(Script.STORES, args.list(), false)
        .map(reply ->
            reply.stream().skip(1).map(key -> StoreKey.parse(key.toString())).toList()));
  }

  @Override
  public Future<StoreStats> stats(StoreKey store) {
    Args args = new Args().add(store.toString());
    return Callers.here(reader.call(Script.STATS, args.list(), false).compose(reply -> {
      long observed = reply.get(1).toLong();
      long visible = Math.max(reply.get(2).toLong(), confirmed.head(store));
      if (observed <= visible) {
        return Future.succeededFuture(stats(store, observed, reply));
      }
      return confirmed.confirm().transform(done -> {
        if (done.succeeded()) {
          confirmed.confirmed(store, observed);
        }
        return Future.succeededFuture(stats(store, done.succeeded() ? observed : visible, reply));
      });
    }));
  }

  private static StoreStats stats(StoreKey store, long head, Response reply) {
    return new StoreStats(
        store,
        head,
        reply.get(3).toLong(),
        reply.get(4).toLong(),
        reply.get(5).toLong(),
        reply.get(6).toLong());
  }

  private static void requireSome(int max, String name) {
    if (max < 1) {
      throw new IllegalArgumentException(name + " is at least 1, not " + max);
    }
  }
}
