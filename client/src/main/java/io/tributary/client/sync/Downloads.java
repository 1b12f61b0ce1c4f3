package io.tributary.client.sync;

import io.tributary.client.eventlog.Arrival;
import io.tributary.core.crypto.EntryCipher;
import io.tributary.core.crypto.UnreadableEntryException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.tributary.core.wire.v3.ServerMessage.SealedChange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a remote sent and the event log has not taken, and the cursor: the sequence to ask for next.
 *
 * <p>What is applied moves the cursor to the highest sequence plus 1, gaps or not. The sequence of an
 * own entry moves it only if it is the very next one.
 */
final class Downloads {
  private static final long PER_CHANGE = 200;
  private static final int MAX_RUNS = 1024;

  /** @param change sealed or in the clear */
  private record Waiting(long sequence, long bytes, Object change) {}

  /**
   * What is handed to the event log at once.
   *
   * @param arrivals those that could be read
   * @param next the cursor when they are in
   * @param changes how many were taken, readable or not
   * @param problem why one could not be read; null if all could
   */
  record Slice(
      List<Arrival> arrivals,
      Set<EntryId> ids,
      long next,
      int changes,
      long bytes,
      int unreadable,
      @Nullable String problem) {}

  private final EntryCipher cipher;
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();

  /** Runs of sequences of own entries beyond the cursor, from first to last. */
  private final TreeMap<Long, Long> own = new TreeMap<>();

  private long bytes;
  private long received;
  private long applied;
  private long cursor;

  Downloads(EntryCipher cipher) {
    this.cipher = cipher;
  }

  /** Begins at a cursor, with nothing waiting. */
  void begin(long cursor) {
    this.cursor = cursor;
    own.clear();
  }

  /** The sequence to ask for next. */
  long cursor() {
    return cursor;
  }

  /** The bytes not yet applied. */
  long bytes() {
    return bytes;
  }

  /** How many changes have come, ever. */
  long received() {
    return received;
  }

  /** How many of them, from the first, are done with. */
  long applied() {
    return applied;
  }

  void sealed(List<SealedChange> changes) {
    List<Waiting> sorted = new ArrayList<>(changes.size());
    for (SealedChange change : changes) {
      long size = change.ciphertext().length + change.iv().length + PER_CHANGE;
      sorted.add(new Waiting((long) change.sequence(), size, change));
    }
    add(sorted);
  }

  void plain(List<PlainChange> changes) {
    List<Waiting> sorted = new ArrayList<>(changes.size());
    for (PlainChange change : changes) {
      Entry entry = change.entry();
      long size = entry.payload().length
          + 2L * (entry.event().length() + entry.primaryKey().length())
          + PER_CHANGE;
      sorted.add(new Waiting((long) change.remoteSequence(), size, change));
    }
    add(sorted);
  }

  private void add(List<Waiting> changes) {
    changes.sort(Comparator.comparingLong(Waiting::sequence));
    for (Waiting one : changes) {
      queue.add(one);
      bytes += one.bytes;
      received++;
    }
  }

  /** What to hand over next; null if nothing waits. {@link #applied(Slice)} follows. */
  @Nullable
  Slice slice(int maxEntries, long maxBytes) {
    List<Arrival> arrivals = new ArrayList<>();
    Set<EntryId> ids = new HashSet<>();
    long next = cursor;
    long last = 0;
    int taken = 0;
    int unreadable = 0;
    long size = 0;
    String problem = null;
    while (true) {
      Waiting one = queue.peek();
      if (one == null || one.sequence < last) {
        break;
      }
      if (taken > 0 && (taken == maxEntries || size + one.bytes > maxBytes)) {
        break;
      }
      queue.remove();
      last = one.sequence;
      taken++;
      size += one.bytes;
      Waiting after = queue.peek();
      // Several may share a sequence: it is done with only when all of them are.
      boolean shared = after != null && after.sequence == one.sequence;
      next = Math.max(next, shared ? one.sequence : one.sequence + 1);
      try {
        Entry entry = read(one.change);
        if (entry.id().isValid()) {
          arrivals.add(new Arrival(one.sequence, entry));
          ids.add(entry.id());
        } else {
          unreadable++;
          problem = "sequence " + one.sequence + ": its id is not a valid UUID";
        }
      } catch (UnreadableEntryException e) {
        unreadable++;
        problem = "sequence " + one.sequence + ": " + e.getMessage();
      }
    }
    return taken == 0 ? null : new Slice(arrivals, ids, next, taken, size, unreadable, problem);
  }

  private Entry read(Object change) throws UnreadableEntryException {
    if (change instanceof SealedChange sealed) {
      // Only the id inside counts; the one outside may be anything.
      return cipher.open(new SealedEntry(new EntryId(0, 0), sealed.iv(), sealed.ciphertext()));
    }
    return ((PlainChange) change).entry();
  }

  /** A slice is in the journal, or nothing of it could be read. */
  void applied(Slice slice) {
    bytes -= slice.bytes;
    applied += slice.changes;
    cursor = Math.max(cursor, slice.next);
    advance();
  }

  /** The connection is gone: what waits will come again. What was handed over is still applied. */
  void forget() {
    for (Waiting one : queue) {
      bytes -= one.bytes;
      applied++;
    }
    queue.clear();
  }

  /** An own entry has this sequence. */
  void own(long sequence) {
    if (sequence < cursor) {
      return;
    }
    Map.Entry<Long, Long> run = own.floorEntry(sequence);
    if (run != null && run.getValue() >= sequence - 1) {
      own.put(run.getKey(), Math.max(run.getValue(), sequence));
    } else {
      own.put(sequence, sequence);
      if (own.size() > MAX_RUNS) {
        // Their entries are asked for once more after a reconnect: no harm.
        own.pollLastEntry();
      }
    }
    advance();
  }

  private void advance() {
    Map.Entry<Long, Long> run = own.firstEntry();
    while (run != null && run.getKey() <= cursor) {
      cursor = Math.max(cursor, run.getValue() + 1);
      own.remove(run.getKey());
      run = own.firstEntry();
    }
  }
}
