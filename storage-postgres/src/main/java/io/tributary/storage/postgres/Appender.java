package io.tributary.storage.postgres;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Group commit: what arrives while calls are under way goes into the next one, over all stores. A
 * store is in one call at a time, so that calls don't wait for each other in the server. The event
 * loop's own.
 */
final class Appender {
  /** Calls at once: one is worked on while another waits for the disk. */
  private static final int CALLS = 2;

  /** Per call, unless a single part has more: bounds how long one takes. */
  private static final int MAX_RECORDS = 4096;

  private static final long MAX_BYTES = 8 * 1024 * 1024;

  /** What a part may have at most: the server takes no message, and no array, of 1 GiB. */
  static final long MAX_PART_BYTES = 512 * 1024 * 1024;

  private final Database database;
  private final String sql;
  private final String headsSql;
  private final Deque<Part> queue = new ArrayDeque<>();
  private final Set<StoreKey> busy = new HashSet<>();
  private int calls;

  /** All appends of a request to one store: committed together. */
  private static final class Part {
    final StoreKey store;
    final List<Append> appends = new ArrayList<>();

    /** Where their results belong in the request. */
    final List<Integer> places = new ArrayList<>();

    final Promise<List<AppendResult>> promise = Promise.promise();
    int records;
    long bytes;

    Part(StoreKey store) {
      this.store = store;
    }

    void add(Append append, int place) {
      appends.add(append);
      places.add(place);
      for (NewRecord record : append.records()) {
        records++;
        bytes += record.bytes();
      }
    }
  }

  Appender(Database database) {
    this.database = database;
    StringBuilder parameters = new StringBuilder("$1");
    for (int i = 2; i <= 21; i++) {
      parameters.append(", $").append(i);
    }
    this.sql = database.names().in("SELECT heads, firsts, known FROM @append(" + parameters + ")");
    this.headsSql = database.names().in(Reading.HEADS);
  }

  Future<List<AppendResult>> append(List<Append> appends) {
    Map<StoreKey, Part> parts = new LinkedHashMap<>();
    for (int i = 0; i < appends.size(); i++) {
      Append append = appends.get(i);
      parts.computeIfAbsent(append.store(), Part::new).add(append, i);
    }
    List<Future<List<AppendResult>>> futures = new ArrayList<>();
    for (Part part : parts.values()) {
      if (part.bytes > MAX_PART_BYTES) {
        return Future.failedFuture(new StorageException(
            Outcome.REJECTED,
            part.store.abbreviated() + ": " + part.bytes + " bytes in one call are more than "
                + MAX_PART_BYTES,
            null));
      }
    }
    for (Part part : parts.values()) {
      queue.add(part);
      futures.add(part.promise.future());
    }
    next();
    return Future.join(futures)
        .map(done -> {
          AppendResult[] results = new AppendResult[appends.size()];
          for (Part part : parts.values()) {
            List<AppendResult> some = part.promise.future().result();
            for (int i = 0; i < some.size(); i++) {
              results[part.places.get(i)] = some.get(i);
            }
          }
          return List.of(results);
        })
        .recover(e -> Future.failedFuture(together(futures, e)));
  }

  /** If some stores were written to and others not, something was committed. */
  private static Throwable together(List<Future<List<AppendResult>>> parts, Throwable first) {
    Outcome outcome = Outcome.NOT_COMMITTED;
    boolean rejected = false;
    for (Future<?> part : parts) {
      if (part.succeeded()
          || !(part.cause() instanceof StorageException e)
          || e.outcome() == Outcome.UNKNOWN) {
        outcome = Outcome.UNKNOWN;
      } else {
        rejected |= e.outcome() == Outcome.REJECTED;
      }
    }
    if (parts.size() == 1) {
      return first;
    }
    return new StorageException(
        outcome == Outcome.NOT_COMMITTED && rejected ? Outcome.REJECTED : outcome,
        String.valueOf(first.getMessage()),
        first);
  }

  /** Starts as many calls as there may be. */
  private void next() {
    while (calls < CALLS) {
      List<Part> group = gather();
      if (group.isEmpty()) {
        return;
      }
      start(group);
    }
  }

  /** In the order they came, but for what has to wait for a store. */
  private List<Part> gather() {
    List<Part> group = new ArrayList<>();
    int records = 0;
    long bytes = 0;
    Iterator<Part> parts = queue.iterator();
    while (parts.hasNext()) {
      Part part = parts.next();
      if (busy.contains(part.store)) {
        continue;
      }
      if (!group.isEmpty()
          && (records + part.records > MAX_RECORDS || bytes + part.bytes > MAX_BYTES)) {
        break;
      }
      parts.remove();
      group.add(part);
      records += part.records;
      bytes += part.bytes;
    }
    return group;
  }

  private void start(List<Part> group) {
    calls++;
    group.forEach(part -> busy.add(part.store));
    var unused = call(group).onComplete(done -> {
      calls--;
      group.forEach(part -> busy.remove(part.store));
      next();
    });
  }

  /** Completes the parts' promises; never fails. */
  private Future<Void> call(List<Part> group) {
    AppendCall call = new AppendCall();
    Future<List<AppendResult>> answer;
    try {
      group.forEach(part -> part.appends.forEach(call::add));
      answer = call.isEmpty()
          ? heads(group)
          : database
              .runFirst(sql, call.parameters(), bytes(group))
              .map(rows -> call.results(rows.iterator().next()));
    } catch (RuntimeException e) {
      answer = Future.failedFuture(
          new StorageException(Outcome.REJECTED, "it can't be stored: " + e, e));
    }
    return answer.transform(result -> {
      if (result.succeeded()) {
        complete(group, result.result());
        return Future.succeededFuture();
      }
      if (group.size() > 1
          && result.cause() instanceof StorageException e
          && e.outcome() == Outcome.REJECTED) {
        // Not all of them have to suffer.
        Future<Void> each = Future.succeededFuture();
        for (Part part : group) {
          each = each.compose(before -> call(List.of(part)));
        }
        return each;
      }
      // Anything unforeseen may have come after the commit.
      Throwable failure = result.cause() instanceof StorageException
          ? result.cause()
          : new StorageException(Outcome.UNKNOWN, "unexpected: " + result.cause(), result.cause());
      group.forEach(part -> part.promise.fail(failure));
      return Future.succeededFuture();
    });
  }

  private static long bytes(List<Part> group) {
    return group.stream().mapToLong(part -> part.bytes).sum();
  }

  private static void complete(List<Part> group, List<AppendResult> results) {
    int at = 0;
    for (Part part : group) {
      int end = at + part.appends.size();
      part.promise.complete(List.copyOf(results.subList(at, end)));
      at = end;
    }
  }

  /** There is nothing to write: only the heads are asked for. */
  private Future<List<AppendResult>> heads(List<Part> group) {
    Set<StoreKey> stores = new HashSet<>();
    group.forEach(part -> stores.add(part.store));
    return database
        .run(headsSql, Tuple.of(Reading.keys(stores)), Outcome.NOT_COMMITTED)
        .map(rows -> {
          Map<StoreKey, Long> heads = Reading.heads(stores, rows);
          List<AppendResult> results = new ArrayList<>();
          for (Part part : group) {
            long head = heads.getOrDefault(part.store, 0L);
            part.appends.forEach(append -> results.add(new AppendResult(head, head, List.of())));
          }
          return results;
        });
  }
}
