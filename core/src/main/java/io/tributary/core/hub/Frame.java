package io.tributary.core.hub;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ChangesEncoder;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A run of a store's records that travels in one message. Immutable to its users and shared between
 * threads: the first that sends it whole encodes it, the others send the same buffers.
 */
public final class Frame {
  /**
   * A message ready to be sent.
   *
   * @param pieces each one frame on the wire, to be sent in this order
   * @param entries how many entries are in it
   */
  public record Encoded(List<Buffer> pieces, int entries) {
    static final Encoded NOTHING = new Encoded(List.of(), 0);
  }

  /** Records are gathered until their encoding is about this long. */
  static final int TARGET_BYTES = 256 * 1024;

  /** More than an entry's keys, headers and numbers take on the wire. */
  private static final int OVERHEAD = 80;

  /** Chunk ids of one process: never in use twice on one socket at the same time. */
  private static final AtomicInteger CHUNK_IDS = new AtomicInteger();

  private final StoreKey.Sealed store;
  private final List<StoredRecord> records;
  private final long bytes;
  private volatile @Nullable Encoded whole;

  private Frame(StoreKey.Sealed store, List<StoredRecord> records, long bytes) {
    this.store = store;
    this.records = records;
    this.bytes = bytes;
  }

  /** Cuts records into frames. A record that is longer than a frame should be gets its own. */
  public static List<Frame> of(StoreKey.Sealed store, List<StoredRecord> records) {
    List<Frame> frames = new ArrayList<>(1);
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < records.size(); i++) {
      long more = encodedBytes(records.get(i).record());
      if (i > from && bytes + more > TARGET_BYTES) {
        frames.add(new Frame(store, records.subList(from, i), bytes));
        from = i;
        bytes = 0;
      }
      bytes += more;
    }
    if (from < records.size()) {
      frames.add(new Frame(store, records.subList(from, records.size()), bytes));
    }
    return frames;
  }

  /** The sequence of its first record. */
  public long first() {
    return records.get(0).firstSequence();
  }

  /** The sequence of its last record. */
  public long last() {
    return records.get(records.size() - 1).lastSequence();
  }

  /** What it may hold in memory: the records and their encoding. */
  public long bytes() {
    return 2 * bytes;
  }

  /** The message with all its records. */
  public Encoded encode() {
    Encoded encoded = whole;
    if (encoded == null) {
      encoded = encode(records);
      whole = encoded;
    }
    return encoded;
  }

  /**
   * The message with the records from a cursor on, less some.
   *
   * @param from the cursor
   * @param leaveOut the ids not to send
   * @return with no pieces if nothing remains
   */
  public Encoded encodeFrom(long from, Predicate<EntryId> leaveOut) {
    List<StoredRecord> kept = null;
    for (int i = 0; i < records.size(); i++) {
      StoredRecord record = records.get(i);
      boolean keep =
          record.lastSequence() >= from && !leaveOut.test(record.record().ids().get(0));
      if (keep && kept != null) {
        kept.add(record);
      } else if (!keep && kept == null) {
        kept = new ArrayList<>(records.subList(0, i));
      }
    }
    if (kept == null) {
      return encode();
    }
    return kept.isEmpty() ? Encoded.NOTHING : encode(kept);
  }

  private Encoded encode(List<StoredRecord> some) {
    List<byte[]> elements = new ArrayList<>(some.size());
    for (StoredRecord stored : some) {
      NewRecord record = stored.record();
      elements.add(ChangesEncoder.sealedChange(
          stored.firstSequence(), record.header(), record.ids().get(0), record.body()));
    }
    Buffer message = ChangesEncoder.changes(store.publicKey(), elements);
    return new Encoded(
        ChangesEncoder.chunk((double) Integer.toUnsignedLong(CHUNK_IDS.getAndIncrement()), message),
        some.size());
  }

  private static long encodedBytes(NewRecord record) {
    return (long) OVERHEAD + record.header().length + record.body().length;
  }
}
