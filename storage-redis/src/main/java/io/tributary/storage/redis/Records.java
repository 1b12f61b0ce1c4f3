package io.tributary.storage.redis;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records as they are in the server. The scripts read the part of fixed size and the ids; {@code
 * log.lua} says what is where.
 */
final class Records {
  /** The bytes before the ids. */
  static final int FIXED = 30;

  /** What a stored record has more than {@link NewRecord#bytes()}, which may be negative. */
  static final int OVERHEAD = FIXED - 64;

  private static final int PROCESS = 1;
  private static final int EVENT = 2;
  private static final int PRIMARY_KEY = 4;
  private static final int AUTHOR = 8;

  private Records() {}

  static byte[] encode(long committedAt, NewRecord record) {
    byte[] event = orEmpty(record.event());
    byte[] primaryKey = orEmpty(record.primaryKey());
    byte[] author = orEmpty(record.author());
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(record.bytes() + OVERHEAD));
    out.put((byte) record.kind().code());
    out.put((byte) ((record.process() ? PROCESS : 0)
        | (record.event() == null ? 0 : EVENT)
        | (record.primaryKey() == null ? 0 : PRIMARY_KEY)
        | (record.author() == null ? 0 : AUTHOR)));
    out.putInt(record.ids().size());
    out.putLong(committedAt);
    out.putInt(event.length);
    out.putInt(primaryKey.length);
    out.putInt(author.length);
    out.putInt(record.header().length);
    for (EntryId id : record.ids()) {
      out.putLong(id.high()).putLong(id.low());
    }
    out.put(event).put(primaryKey).put(author).put(record.header()).put(record.body());
    return out.array();
  }

  static StoredRecord decode(long firstSequence, byte[] stored) {
    ByteBuffer in = ByteBuffer.wrap(stored);
    RecordKind kind = RecordKind.of(in.get());
    int flags = in.get();
    int count = in.getInt();
    long committedAt = in.getLong();
    int event = in.getInt();
    int primaryKey = in.getInt();
    int author = in.getInt();
    int header = in.getInt();
    List<EntryId> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ids.add(new EntryId(in.getLong(), in.getLong()));
    }
    byte @Nullable [] eventBytes = orNull(in, event, flags & EVENT);
    byte @Nullable [] primaryKeyBytes = orNull(in, primaryKey, flags & PRIMARY_KEY);
    byte @Nullable [] authorBytes = orNull(in, author, flags & AUTHOR);
    byte[] headerBytes = bytes(in, header);
    byte[] body = bytes(in, in.remaining());
    NewRecord record = new NewRecord(
        ids,
        kind,
        eventBytes,
        primaryKeyBytes,
        headerBytes,
        body,
        (flags & PROCESS) != 0,
        authorBytes);
    return new StoredRecord(firstSequence, committedAt, record);
  }

  private static byte @Nullable [] orNull(ByteBuffer in, int length, int flag) {
    return flag == 0 ? null : bytes(in, length);
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  /** The outline of a record of which {@code fixed} is the part of fixed size. */
  static Outline outline(long firstSequence, byte[] fixed, long length, byte[] event) {
    ByteBuffer in = ByteBuffer.wrap(fixed);
    int flags = in.get(1);
    return new Outline(
        firstSequence,
        in.getInt(2),
        in.getLong(6),
        length - OVERHEAD,
        (flags & EVENT) != 0 ? event : null);
  }

  private static byte[] orEmpty(byte @Nullable [] bytes) {
    return bytes == null ? new byte[0] : bytes;
  }
}
