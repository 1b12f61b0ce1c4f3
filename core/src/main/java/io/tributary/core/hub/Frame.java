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

  private record Whole(String publicKey, Encoded encoded) {}

  /** Records are gathered until their encoding is about this long. */
  static final int TARGET_BYTES = 256 * 1024;

  /** More than an entry's keys, headers and numbers take on the wire. */
  private static final int OVERHEAD = 112;

  /** Chunk ids of one process: never in use twice on one socket at the same time. */
  private static final AtomicInteger CHUNK_IDS = new AtomicInteger();

  private final StoreKey store;
  private final List<StoredRecord> records;
  private final long bytes;
  /** The whole message for the key that was last asked for: most stores have one reader's key. */
  private volatile @Nullable Whole whole;

  private volatile @Nullable List<byte[]> elements;

  private Frame(StoreKey store, List<StoredRecord> records, long bytes) {
    this.store = store;
    this.records = records;
    this.bytes = bytes;
  }

  /**
   * Cuts records into frames. A record that is longer than a frame should be gets its own; those that
   * share a sequence stay together, because peers keep only the greatest sequence they have seen.
   */
  public static List<Frame> of(StoreKey store, List<StoredRecord> records) {
    List<Frame> frames = new ArrayList<>(1);
    int from = 0;
    long bytes = 0;
    int next;
    for (int i = 0; i < records.size(); i = next) {
      long sequence = records.get(i).firstSequence();
      long more = 0;
      for (next = i;
          next < records.size() && records.get(next).firstSequence() == sequence;
          next++) {
        more += encodedBytes(records.get(next).record());
      }
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

  /** Its records, in sequence order. */
  public List<StoredRecord> records() {
    return records;
  }

  /** The sequence of its first record. */
  public long first() {
    return records.get(0).firstSequence();
  }

  /** The sequence of its last record. */
  public long last() {
    return records.get(records.size() - 1).lastSequence();
  }

  /** What it may hold in memory: the records and their encoding, one by one and in a message. */
  public long bytes() {
    return (store instanceof StoreKey.Plain ? 3 : 2) * bytes;
  }

  /** The message with all its records, for a reader that knows the store by {@code publicKey}. */
  public Encoded encode(String publicKey) {
    Whole last = whole;
    if (last != null && last.publicKey.equals(publicKey)) {
      return last.encoded;
    }
    List<byte[]> each = elements;
    if (each == null) {
      each = records.stream().map(Frame::element).toList();
      if (store instanceof StoreKey.Plain) {
        // Readers under other keys send the same elements behind another head.
        elements = each;
      }
    }
    Encoded encoded = message(publicKey, each);
    whole = new Whole(publicKey, encoded);
    return encoded;
  }

  /**
   * The message with the records from a cursor on, less some.
   *
   * @param publicKey the key by which the reader knows the store
   * @param from the cursor
   * @param leaveOut the ids not to send
   * @return with no pieces if nothing remains
   */
  public Encoded encodeFrom(String publicKey, long from, Predicate<EntryId> leaveOut) {
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
      return encode(publicKey);
    }
    return kept.isEmpty()
        ? Encoded.NOTHING
        : message(publicKey, kept.stream().map(Frame::element).toList());
  }

  private Encoded message(String publicKey, List<byte[]> elements) {
    Buffer message = store instanceof StoreKey.Plain
        ? ChangesEncoder.changesUnencrypted(publicKey, elements)
        : ChangesEncoder.changes(publicKey, elements);
    return new Encoded(
        ChangesEncoder.chunk((double) Integer.toUnsignedLong(CHUNK_IDS.getAndIncrement()), message),
        elements.size());
  }

  private static byte[] element(StoredRecord stored) {
    NewRecord record = stored.record();
    EntryId id = record.ids().get(0);
    byte[] event = record.event();
    byte[] primaryKey = record.primaryKey();
    return event == null || primaryKey == null
        ? ChangesEncoder.sealedChange(stored.firstSequence(), record.header(), id, record.body())
        : ChangesEncoder.plainChange(stored.firstSequence(), id, event, primaryKey, record.body());
  }

  private static long encodedBytes(NewRecord record) {
    byte[] event = record.event();
    byte[] primaryKey = record.primaryKey();
    return (long) OVERHEAD
        + (event == null ? 0 : event.length)
        + (primaryKey == null ? 0 : primaryKey.length)
        + record.header().length
        + record.body().length;
  }
}
