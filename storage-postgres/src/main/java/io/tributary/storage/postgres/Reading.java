package io.tributary.storage.postgres;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The statements that read logs. Each sees one committed state: a page and its head together. */
final class Reading {
  /** The least a record has by {@link NewRecord#bytes()}. */
  private static final int LEAST_BYTES = 64 + EntryId.SIZE;

  /** Parameter: keys. */
  static final String HEADS =
      "SELECT key, head FROM @store WHERE hash IN (SELECT sha256(k) FROM unnest($1::bytea[]) AS k)";

  /**
   * Parameters: key, from, bytes, one more than the records that can be wanted.
   *
   * <p>The innermost query finds the record that holds the sequence asked for, which may be any of
   * its ids; where that is the record before, it is skipped. The first record fits always, since no
   * record counts for more than all bytes. The first that doesn't fit comes too, to say that there is
   * more, but without its bytes. The head comes with the first row. The one row of the store is
   * joined with the window's rows as these come, in order.
   */
  private static final String PAGE = """
      SELECT CASE WHEN r.first IS NULL OR r.running = r.size THEN s.head END, r.first, %s
      FROM @store AS s
      LEFT JOIN LATERAL (
        SELECT c.*, sum(c.size) OVER (ORDER BY c.first ROWS UNBOUNDED PRECEDING) AS running
        FROM (
          SELECT first, count, committed_at, bytes, least(bytes, $3::bigint)::integer AS size, %s
          FROM @record
          WHERE store = s.id AND first + count > $2 AND first >= coalesce((
            SELECT first FROM @record
            WHERE store = s.id AND first <= $2
            ORDER BY first DESC LIMIT 1
          ), $2)
          ORDER BY first LIMIT $4
        ) AS c
      ) AS r ON r.running - r.size <= $3::bigint
      WHERE s.hash = sha256($1)
      """;

  private static final String READ =
      PAGE.formatted("""
      CASE WHEN r.running <= $3::bigint THEN r.header END, r.committed_at,
        CASE WHEN r.process THEN -r.kind ELSE r.kind END, r.id, r.ids,
        r.event, r.primary_key, r.author, CASE WHEN r.running <= $3::bigint THEN r.body END
      """, "kind, process, id, ids, event, primary_key, author, header, body");

  private static final String SCAN =
      PAGE.formatted("r.count, r.committed_at, r.bytes, r.event", "event");

  // The columns by number: looking for names takes longer than all else with a row.
  private static final int HEAD = 0;
  private static final int FIRST = 1;

  private static final int HEADER = 2;
  private static final int COMMITTED_AT = 3;
  private static final int KIND = 4;
  private static final int ID = 5;
  private static final int IDS = 6;
  private static final int EVENT = 7;
  private static final int PRIMARY_KEY = 8;
  private static final int AUTHOR = 9;
  private static final int BODY = 10;

  private static final int SCAN_COUNT = 2;
  private static final int SCAN_COMMITTED_AT = 3;
  private static final int SCAN_BYTES = 4;
  private static final int SCAN_EVENT = 5;

  private final Database database;
  private final String read;
  private final String scan;
  private final String heads;

  Reading(Database database) {
    this.database = database;
    read = database.names().in(READ);
    scan = database.names().in(SCAN);
    heads = database.names().in(HEADS);
  }

  static Buffer key(StoreKey store) {
    return Buffer.buffer(store.toString().getBytes(StandardCharsets.US_ASCII));
  }

  static Buffer[] keys(Collection<StoreKey> stores) {
    return stores.stream().map(Reading::key).distinct().toArray(Buffer[]::new);
  }

  static StoreKey store(Row row) {
    return StoreKey.parse(row.getBuffer("key").toString(StandardCharsets.US_ASCII));
  }

  static Map<StoreKey, Long> heads(Collection<StoreKey> stores, RowSet<Row> rows) {
    Map<StoreKey, Long> heads = new HashMap<>();
    stores.forEach(store -> heads.put(store, 0L));
    rows.forEach(row -> heads.put(store(row), row.getLong("head")));
    return heads;
  }

  Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores) {
    return database.read(heads, Tuple.of(keys(stores))).map(rows -> heads(stores, rows));
  }

  Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes) {
    long start = Math.max(1, from);
    long bytes = Math.max(1, maxBytes);
    long fit = Math.min(maxRecords, Math.max(1, bytes / LEAST_BYTES));
    return database.read(read, Tuple.of(key(store), start, bytes, fit + 1)).map(rows -> {
      List<StoredRecord> records = new ArrayList<>(rows.size());
      long head = 0;
      long next = start;
      boolean more = false;
      for (Row row : rows) {
        head = records.isEmpty() ? row.getLong(HEAD) : head;
        @Nullable Buffer header = row.getBuffer(HEADER);
        if (header != null && records.size() < maxRecords) {
          StoredRecord record = record(row, header);
          requireAscending(records.isEmpty() ? 0 : next - 1, record.firstSequence());
          records.add(record);
          next = record.lastSequence() + 1;
        } else {
          more = row.getLong(FIRST) != null;
        }
      }
      return new Page(records, more ? next : Math.max(start, head + 1), head);
    });
  }

  Future<Outlines> scan(StoreKey store, long from, int max) {
    long start = Math.max(1, from);
    return database
        .read(scan, Tuple.of(key(store), start, Long.MAX_VALUE, max + 1L))
        .map(rows -> {
          List<Outline> records = new ArrayList<>(rows.size());
          long head = 0;
          long next = start;
          boolean more = false;
          for (Row row : rows) {
            head = records.isEmpty() ? row.getLong(HEAD) : head;
            @Nullable Long first = row.getLong(FIRST);
            if (first != null && records.size() < max) {
              requireAscending(records.isEmpty() ? 0 : next - 1, first);
              Outline record = new Outline(
                  first,
                  row.getInteger(SCAN_COUNT),
                  row.getLong(SCAN_COMMITTED_AT),
                  row.getInteger(SCAN_BYTES),
                  bytes(row, SCAN_EVENT));
              records.add(record);
              next = record.lastSequence() + 1;
            } else {
              more = first != null;
            }
          }
          return new Outlines(records, more ? next : Math.max(start, head + 1), head);
        });
  }

  private static void requireAscending(long before, long first) {
    if (first <= before) {
      throw new IllegalStateException("sequence " + first + " came after " + before);
    }
  }

  private static StoredRecord record(Row row, Buffer header) {
    int kind = row.getInteger(KIND);
    NewRecord record = new NewRecord(
        ids(row),
        RecordKind.of(Math.abs(kind)),
        bytes(row, EVENT),
        bytes(row, PRIMARY_KEY),
        header.getBytes(),
        row.getBuffer(BODY).getBytes(),
        kind < 0,
        bytes(row, AUTHOR));
    return new StoredRecord(row.getLong(FIRST), row.getLong(COMMITTED_AT), record);
  }

  private static List<EntryId> ids(Row row) {
    @Nullable UUID id = row.getUUID(ID);
    if (id != null) {
      return List.of(EntryId.of(id));
    }
    Buffer bytes = row.getBuffer(IDS);
    EntryId[] ids = new EntryId[bytes.length() / EntryId.SIZE];
    for (int i = 0; i < ids.length; i++) {
      int at = i * EntryId.SIZE;
      ids[i] = new EntryId(bytes.getLong(at), bytes.getLong(at + Long.BYTES));
    }
    return List.of(ids);
  }

  private static byte @Nullable [] bytes(Row row, int column) {
    @Nullable Buffer bytes = row.getBuffer(column);
    return bytes == null ? null : bytes.getBytes();
  }
}
