package io.tributary.storage.postgres;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.LogItem;
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
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The logs: appends go through the {@link Appender}, all else is one statement each. */
final class PostgresLog implements LogStore {
  private final Database database;
  private final Appender appender;
  private final Reading reading;
  private final String remove;
  private final String forget;
  private final String tombstones;
  private final String restore;
  private final String stores;
  private final String stats;

  PostgresLog(Database database) {
    this.database = database;
    this.appender = new Appender(database);
    this.reading = new Reading(database);
    Names names = database.names();
    remove = names.in("SELECT fenced, removed_records, removed_entries, removed_bytes"
        + " FROM @remove($1, $2, $3, $4, $5)");
    forget = names.in("SELECT @forget($1, $2, $3) AS forgotten");
    tombstones = names.in("SELECT e.sequence, e.id FROM @entry_id AS e"
        + " WHERE e.store = (SELECT id FROM @store WHERE hash = sha256($1))"
        + " AND e.removed_at IS NOT NULL AND e.sequence >= $2 ORDER BY e.sequence LIMIT $3");
    StringBuilder parameters = new StringBuilder("$1");
    for (int i = 2; i <= 20; i++) {
      parameters.append(", $").append(i);
    }
    restore = names.in("SELECT @restore(" + parameters + ") AS restored");
    stores = names.in("SELECT key FROM @store"
        + " WHERE substring(key, 1, 512) >= substring($1::bytea, 1, 512) AND key > $1 AND head > 0"
        + " ORDER BY substring(key, 1, 512), key LIMIT $2");
    stats = names.in("SELECT head, records, entries, bytes, tombstones FROM @store"
        + " WHERE hash = sha256($1)");
  }

  @Override
  public Future<List<AppendResult>> append(List<Append> appends) {
    return database.submit(() -> appender.append(appends));
  }

  @Override
  public Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    requireSome("maxRecords", maxRecords);
    return reading.read(store, from, maxRecords, maxBytes);
  }

  @Override
  public Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores) {
    return reading.heads(stores);
  }

  @Override
  public Future<Outlines> scan(StoreKey store, long from, int max) {
    requireSome("max", max);
    return reading.scan(store, from, max);
  }

  @Override
  public Future<Removed> remove(Removal removal) {
    Lease fence = removal.fence();
    Tuple parameters = Tuple.of(
        Reading.key(removal.store()),
        removal.sequences().toArray(Long[]::new),
        removal.removedAt(),
        fence == null ? null : Buffer.buffer(fence.name().getBytes(StandardCharsets.UTF_8)),
        fence == null ? null : fence.epoch());
    return database.write(remove, parameters).compose(rows -> {
      Row row = rows.iterator().next();
      if (fence != null && row.getBoolean("fenced")) {
        return Future.failedFuture(new FencedException(fence));
      }
      return Future.succeededFuture(new Removed(
          row.getLong("removed_records"),
          row.getLong("removed_entries"),
          row.getLong("removed_bytes")));
    });
  }

  @Override
  public Future<Integer> forget(StoreKey store, long removedBefore, int max) {
    requireSome("max", max);
    return database
        .write(forget, Tuple.of(Reading.key(store), removedBefore, max))
        .map(rows -> rows.iterator().next().getInteger("forgotten"));
  }

  @Override
  public Future<Tombstones> tombstones(StoreKey store, long from, int max) {
    requireSome("max", max);
    return database
        .read(tombstones, Tuple.of(Reading.key(store), from, max + 1L))
        .map(rows -> {
          List<Tombstone> some = new ArrayList<>(rows.size());
          for (Row row : rows) {
            if (some.size() == max) {
              return new Tombstones(some, row.getLong("sequence"));
            }
            some.add(new Tombstone(row.getLong("sequence"), EntryId.of(row.getUUID("id"))));
          }
          return new Tombstones(some, 0);
        });
  }

  @Override
  public Future<Void> restore(Restoration restoration) {
    long bytes = 0;
    int count = 0;
    for (LogItem item : restoration.items()) {
      if (item instanceof StoredRecord record) {
        bytes += record.record().bytes();
        count++;
      }
    }
    try {
      // The order; whether it is above the store's head is for the function to see.
      restoration.requireAbove(0);
      if (bytes > Appender.MAX_PART_BYTES) {
        throw new StorageException(
            Outcome.REJECTED,
            "can't be restored: " + bytes + " bytes in one call are more than "
                + Appender.MAX_PART_BYTES,
            null);
      }
    } catch (StorageException e) {
      return database.isClosed()
          ? Future.failedFuture(Database.closedException())
          : Future.failedFuture(e);
    }
    return database.write(restore, parameters(restoration, count)).compose(rows -> {
      if (rows.iterator().next().getBoolean("restored")) {
        return Future.succeededFuture();
      }
      return Future.failedFuture(new StorageException(
          Outcome.REJECTED,
          "can't be restored: " + restoration.store().abbreviated() + " has a higher head",
          null));
    });
  }

  private static Tuple parameters(Restoration restoration, int count) {
    RecordColumns columns = new RecordColumns(count);
    Long[] firsts = new Long[count];
    List<UUID> entries = new ArrayList<>();
    List<Integer> entryRecords = new ArrayList<>();
    List<Long> entrySequences = new ArrayList<>();
    Set<EntryId> seen = new HashSet<>();
    int at = 0;
    for (LogItem item : restoration.items()) {
      List<EntryId> ids;
      int record = 0;
      if (item instanceof StoredRecord stored) {
        columns.set(at, stored.committedAt(), stored.record());
        firsts[at] = stored.firstSequence();
        at++;
        record = at;
        ids = stored.record().ids();
      } else {
        ids = List.of(((Tombstone) item).id());
      }
      for (int i = 0; i < ids.size(); i++) {
        if (seen.add(ids.get(i))) {
          entries.add(ids.get(i).toUuid());
          entryRecords.add(record);
          entrySequences.add(item.firstSequence() + i);
        } else if (record > 0 && ids.size() == 1) {
          columns.setKnown(record - 1, ids);
        }
      }
    }
    long lowest = restoration.items().isEmpty()
        ? Long.MAX_VALUE
        : restoration.items().get(0).firstSequence();
    Tuple parameters = Tuple.of(
            Reading.key(restoration.store()), restoration.head(), lowest, restoration.restoredAt())
        .addValue(firsts);
    columns.addTo(parameters);
    return parameters
        .addValue(entries.toArray(UUID[]::new))
        .addValue(entryRecords.toArray(Integer[]::new))
        .addValue(entrySequences.toArray(Long[]::new));
  }

  @Override
  public Future<List<StoreKey>> stores(Optional<StoreKey> after, int max) {
    requireSome("max", max);
    Buffer from = after.map(Reading::key).orElseGet(Buffer::buffer);
    return database.read(stores, Tuple.of(from, (long) max)).map(rows -> {
      List<StoreKey> keys = new ArrayList<>(rows.size());
      rows.forEach(row -> keys.add(Reading.store(row)));
      return keys;
    });
  }

  @Override
  public Future<StoreStats> stats(StoreKey store) {
    return database.read(stats, Tuple.of(Reading.key(store))).map(rows -> {
      for (Row row : rows) {
        return new StoreStats(
            store,
            row.getLong("head"),
            row.getLong("records"),
            row.getLong("entries"),
            row.getLong("bytes"),
            row.getLong("tombstones"));
      }
      return StoreStats.empty(store);
    });
  }

  private static void requireSome(String what, int max) {
    if (max < 1) {
      throw new IllegalArgumentException(what + " is at least 1, not " + max);
    }
  }
}
