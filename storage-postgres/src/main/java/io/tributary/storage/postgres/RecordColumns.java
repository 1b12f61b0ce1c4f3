package io.tributary.storage.postgres;

import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Records as arrays, one per column, as the functions of the schema take them. */
final class RecordColumns {
  private static final Buffer[] NONE = {};

  private final Long[] committedAt;
  private final Integer[] count;
  private final Integer[] bytes;
  private final Short[] kind;
  private final Boolean[] process;
  private final @Nullable UUID[] id;
  private final @Nullable Buffer[] ids;
  private final @Nullable Buffer[] event;
  private final @Nullable Buffer[] primaryKey;
  private final @Nullable Buffer[] author;
  private final Buffer[] header;
  private final Buffer[] body;

  RecordColumns(int size) {
    committedAt = new Long[size];
    count = new Integer[size];
    bytes = new Integer[size];
    kind = new Short[size];
    process = new Boolean[size];
    id = new UUID[size];
    ids = new Buffer[size];
    event = new Buffer[size];
    primaryKey = new Buffer[size];
    author = new Buffer[size];
    header = new Buffer[size];
    body = new Buffer[size];
  }

  void set(int at, long committed, NewRecord record) {
    committedAt[at] = committed;
    count[at] = record.ids().size();
    bytes[at] = Math.toIntExact(record.bytes());
    kind[at] = (short) record.kind().code();
    process[at] = record.process();
    if (record.ids().size() == 1) {
      id[at] = record.ids().get(0).toUuid();
    } else {
      ids[at] = ids(record.ids());
    }
    event[at] = orNull(record.event());
    primaryKey[at] = orNull(record.primaryKey());
    author[at] = orNull(record.author());
    header[at] = Buffer.buffer(record.header());
    body[at] = Buffer.buffer(record.body());
  }

  /** That a record's only id was committed before. */
  void setKnown(int at, List<EntryId> only) {
    id[at] = null;
    ids[at] = ids(only);
  }

  private static Buffer ids(List<EntryId> ids) {
    Buffer all = Buffer.buffer(ids.size() * EntryId.SIZE);
    ids.forEach(one -> all.appendLong(one.high()).appendLong(one.low()));
    return all;
  }

  /** Where all are null: unnest fills up what is shorter with nulls. */
  private static <T> @Nullable T[] orEmpty(@Nullable T[] column, T[] empty) {
    for (T value : column) {
      if (value != null) {
        return column;
      }
    }
    return empty;
  }

  private static @Nullable Buffer orNull(byte @Nullable [] bytes) {
    return bytes == null ? null : Buffer.buffer(bytes);
  }

  /** Adds all columns, in the order of the functions' parameters. */
  void addTo(Tuple parameters) {
    parameters
        .addValue(committedAt)
        .addValue(count)
        .addValue(bytes)
        .addValue(kind)
        .addValue(process)
        .addValue(orEmpty(id, new UUID[0]))
        .addValue(orEmpty(ids, NONE))
        .addValue(orEmpty(event, NONE))
        .addValue(orEmpty(primaryKey, NONE))
        .addValue(orEmpty(author, NONE))
        .addValue(header)
        .addValue(body);
  }
}
