package io.tributary.core.compaction;

import io.tributary.core.model.StoreKey;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compacted windows of all stores, bounded by bytes; the least recently used go first. Windows that
 * are the same for all readers are shared, the others are kept for the reader that computed them while
 * it sends them. Thread-safe.
 */
public final class WindowCache {
  /** @param reader whose it is; null if it is for all */
  private record Key(
      StoreKey store,
      CompactionPlan plan,
      long first,
      @Nullable CompactedReader reader) {}

  /** A window being computed. */
  static final class Ticket {
    private final StoreKey store;
    private final long first;

    private Ticket(StoreKey store, long first) {
      this.store = store;
      this.first = first;
    }
  }

  private final long maxBytes;
  private final Map<Key, CompactedWindow> windows = new LinkedHashMap<>(16, 0.75f, true);

  /** What is being computed and has not lost a record since it began. By identity. */
  private final Set<Ticket> valid = new HashSet<>();

  private long bytes;

  /** Holds at most {@code maxBytes}. */
  public WindowCache(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The bytes it holds. */
  public synchronized long bytes() {
    return bytes;
  }

  /**
   * Records up to {@code through} were removed from a store: no window with one of them is found from
   * here on, also if it is being computed.
   */
  public synchronized void onRemoved(StoreKey store, long through) {
    valid.removeIf(ticket -> ticket.first <= through && ticket.store.equals(store));
    for (Iterator<Map.Entry<Key, CompactedWindow>> all = windows.entrySet().iterator();
        all.hasNext(); ) {
      Map.Entry<Key, CompactedWindow> entry = all.next();
      if (entry.getKey().first <= through && entry.getKey().store.equals(store)) {
        bytes -= entry.getValue().bytes();
        all.remove();
      }
    }
  }

  /** Records may have been removed anywhere: as {@link #onRemoved} for all there are. */
  public synchronized void clear() {
    valid.clear();
    windows.clear();
    bytes = 0;
  }

  /**
   * The window that begins at {@code first}: the one for all, if it is what the reader would compute
   * under its {@code now} and {@code head}, or the reader's own.
   */
  synchronized @Nullable CompactedWindow get(
      StoreKey store,
      CompactionPlan plan,
      long first,
      long now,
      long head,
      CompactedReader reader) {
    CompactedWindow shared = windows.get(new Key(store, plan, first, null));
    return shared != null && shared.dueAt() <= now && shared.next() <= head + 1
        ? shared
        : windows.get(new Key(store, plan, first, reader));
  }

  /** Before the first record of a window is read; {@link #put} or {@link #cancel} must follow. */
  synchronized Ticket begin(StoreKey store, long first) {
    Ticket ticket = new Ticket(store, first);
    valid.add(ticket);
    return ticket;
  }

  /** The window was computed. */
  synchronized void put(
      Ticket ticket, CompactionPlan plan, CompactedWindow window, CompactedReader reader) {
    long more = window.bytes();
    if (!valid.remove(ticket) || more > maxBytes) {
      return;
    }
    Key key = new Key(ticket.store, plan, ticket.first, window.forAll() ? null : reader);
    CompactedWindow before = windows.put(key, window);
    bytes += more - (before == null ? 0 : before.bytes());
    Iterator<CompactedWindow> oldest = windows.values().iterator();
    while (bytes > maxBytes) {
      bytes -= oldest.next().bytes();
      oldest.remove();
    }
  }

  /** The window will not be computed. */
  synchronized void cancel(Ticket ticket) {
    valid.remove(ticket);
  }

  /** A reader is done with a window of its own. */
  synchronized void release(
      StoreKey store, CompactionPlan plan, long first, CompactedReader reader) {
    CompactedWindow window = windows.remove(new Key(store, plan, first, reader));
    if (window != null) {
      bytes -= window.bytes();
    }
  }
}
