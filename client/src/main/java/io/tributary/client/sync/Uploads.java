package io.tributary.client.sync;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.eventlog.Placed;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which entries of the journal a remote has.
 *
 * <p>Every entry up to {@code scan} is known to be there, or marked, or held here: waiting, or taken
 * for a write. So everything below the first one held is settled, and what is settled above it needs a
 * mark in the journal. Memory is bounded by what the owner loads and by how long it goes without
 * recording.
 */
final class Uploads {
  /** How many refused entries are known by position. */
  static final int MAX_REFUSED = 10_000;

  private static final long PER_ENTRY = 128;

  /** An entry that the remote is not known to have. */
  static final class Item {
    final long position;
    final Entry entry;
    final long bytes;

    /** Whether it was refused before; it is marked so until the remote has it. */
    final boolean again;

    /** How many connections ended with it alone in flight. */
    int probes;

    private boolean settled;

    private Item(PlacedEntry placed, boolean again) {
      this.position = placed.position();
      this.entry = new Entry(
          placed.entry().id(),
          new String(placed.entry().event(), StandardCharsets.UTF_8),
          new String(placed.entry().primaryKey(), StandardCharsets.UTF_8),
          placed.entry().payload());
      this.bytes = placed.entry().bytes() + PER_ENTRY;
      this.again = again;
    }

    /** Whether it is decided what becomes of it. */
    boolean settled() {
      return settled;
    }
  }

  /** Is told what became of an entry; refused is null if it needs no upload any more. */
  @FunctionalInterface
  interface Listener {
    void settled(long position, @Nullable String refused);
  }

  /** What to tell the journal. */
  record Report(long uploaded, List<UploadMark> marks, List<UploadMark> unmarked) {}

  private final RemoteId remote;
  private final String store;
  private final Listener listener;
  private final TreeMap<Long, Item> waiting = new TreeMap<>();
  private final TreeMap<Long, Item> taken = new TreeMap<>();

  /** Refused ones that are to be tried again, and are not taken. */
  private final ArrayDeque<Item> again = new ArrayDeque<>();

  /** Those waiting that may be what ended a connection. */
  private final TreeSet<Long> suspects = new TreeSet<>();

  private final TreeSet<Long> refused = new TreeSet<>();
  private final TreeMap<Long, UploadMark> unrecorded = new TreeMap<>();

  /** Refused before, and what they are now, unrecorded. */
  private final TreeMap<Long, UploadMark.State> forgiven = new TreeMap<>();

  private long waitingBytes;
  private long scan;
  private long recorded;
  private long last;

  Uploads(RemoteProgress progress, List<UploadMark> refused, long last, Listener listener) {
    this.remote = progress.remote();
    this.store = progress.store();
    this.listener = listener;
    this.scan = progress.uploaded();
    this.recorded = progress.uploaded();
    this.last = last;
    for (UploadMark mark : refused) {
      this.refused.add(mark.position());
    }
  }

  // What is where

  /** Up to here every entry is settled. */
  long through() {
    long first = Long.MAX_VALUE;
    if (!waiting.isEmpty()) {
      first = waiting.firstKey();
    }
    if (!taken.isEmpty()) {
      first = Math.min(first, taken.firstKey());
    }
    return first == Long.MAX_VALUE ? scan : first - 1;
  }

  /** Whether the entry at {@code position} is settled. */
  boolean isSettled(long position) {
    return position <= scan && !waiting.containsKey(position) && !taken.containsKey(position);
  }

  /** Whether the entry at {@code position} is refused, as far as is known. */
  boolean isRefused(long position) {
    return refused.contains(position);
  }

  int refused() {
    return refused.size();
  }

  /** How many are held. */
  int held() {
    return waiting.size() + taken.size();
  }

  /** How many positions are beyond what was looked at. */
  long beyond() {
    return Math.max(0, last - scan);
  }

  /** The position to load from; what is beyond {@link #last} is not there yet. */
  long scan() {
    return scan;
  }

  long last() {
    return last;
  }

  int waiting() {
    return waiting.size();
  }

  long waitingBytes() {
    return waitingBytes;
  }

  boolean hasMore() {
    return scan < last;
  }

  // What comes in

  /**
   * Entries were committed.
   *
   * @param here those that this remote is delivering just now
   */
  void placed(long before, List<Placed> placed, Set<EntryId> here) {
    boolean contiguous = scan >= before;
    for (Placed one : placed) {
      boolean known = here.contains(one.id());
      contiguous = contiguous && known;
      if (contiguous) {
        scan = one.position();
      }
      if (known && one.position() > through()) {
        mark(one.position(), UploadMark.State.KNOWN, null);
      }
      last = Math.max(last, one.position());
    }
  }

  /** What is pending was loaded from {@link #scan} on, when the journal reached to {@code reached}. */
  void loaded(List<PlacedEntry> page, long reached) {
    for (PlacedEntry placed : page) {
      if (placed.position() > last) {
        // Its commit has not been told yet: nobody can say where it came from. All before it is
        // here.
        scan = Math.max(scan, reached);
        return;
      }
      long before = scan;
      scan = Math.max(scan, placed.position());
      if (placed.position() > before && !unrecorded.containsKey(placed.position())) {
        Item item = new Item(placed, false);
        hold(item);
        if (!item.entry.id().isValid()) {
          refuse(item, "its id is not a valid UUID");
        }
      }
    }
    if (page.isEmpty()) {
      scan = Math.max(scan, reached);
    }
  }

  /** A refused entry is to be tried again. */
  void retry(PlacedEntry placed) {
    if (again.stream().noneMatch(item -> item.position == placed.position())) {
      again.add(new Item(placed, true));
    }
  }

  /** A refused entry is not to go there; or is not there any more. */
  void discard(long position) {
    forgive(position, UploadMark.State.DROPPED);
  }

  /** The remote delivered what is at this position. */
  void known(long position) {
    Item item = waiting.get(position);
    if (item == null) {
      item = taken.get(position);
    }
    if (item != null) {
      settle(item, UploadMark.State.KNOWN, null);
    } else if (position > scan) {
      mark(position, UploadMark.State.KNOWN, null);
    }
    forgive(position, UploadMark.State.KNOWN);
  }

  // What is sent

  /** One that goes alone, or null: refused before, or a suspect. Stays where it is until taken. */
  @Nullable
  Item suspect() {
    Item item = again.peek();
    return item != null || suspects.isEmpty() ? item : waiting.get(suspects.first());
  }

  /** The next one waiting, or null. */
  @Nullable
  Item next() {
    Map.Entry<Long, Item> first = waiting.firstEntry();
    return first == null ? null : first.getValue();
  }

  /** It goes into a write now. */
  void take(Item item) {
    if (item.again) {
      again.remove(item);
      return;
    }
    release(item);
    taken.put(item.position, item);
  }

  /** Writes came to nothing: their entries wait again. */
  void putBack(Collection<Item> items) {
    for (Item item : items) {
      if (item.settled) {
        continue;
      }
      if (item.again) {
        again.addFirst(item);
      } else {
        taken.remove(item.position);
        hold(item);
      }
    }
  }

  /** It goes alone from now on, once it waits. */
  void suspect(Item item) {
    if (!item.settled && !item.again) {
      suspects.add(item.position);
    }
  }

  /** The remote has it. */
  void acked(Item item) {
    if (!item.settled) {
      settle(item, UploadMark.State.KNOWN, null);
      if (item.again) {
        forgive(item.position, UploadMark.State.KNOWN);
      }
    }
  }

  /** It is not to go there. */
  void drop(Item item) {
    if (item.again) {
      item.settled = true;
      again.remove(item);
      forgive(item.position, UploadMark.State.DROPPED);
      return;
    }
    settle(item, UploadMark.State.DROPPED, null);
  }

  /** The remote refuses it. */
  void refuse(Item item, String reason) {
    if (item.settled) {
      return;
    }
    if (refused.size() < MAX_REFUSED) {
      refused.add(item.position);
    }
    settle(item, UploadMark.State.REFUSED, reason);
  }

  private void hold(Item item) {
    waiting.put(item.position, item);
    waitingBytes += item.bytes;
  }

  private void release(Item item) {
    if (waiting.remove(item.position, item)) {
      waitingBytes -= item.bytes;
    }
  }

  private void settle(Item item, UploadMark.State state, @Nullable String reason) {
    item.settled = true;
    if (item.again) {
      again.remove(item);
    } else {
      release(item);
      taken.remove(item.position, item);
      suspects.remove(item.position);
    }
    if (!item.again || state == UploadMark.State.REFUSED) {
      mark(item.position, state, reason);
    }
    listener.settled(item.position, state == UploadMark.State.REFUSED ? reason : null);
  }

  private void forgive(long position, UploadMark.State now) {
    if (refused.remove(position)) {
      unrecorded.remove(position);
      forgiven.put(position, now);
      again.removeIf(item -> item.position == position);
      listener.settled(position, null);
    }
  }

  // What is recorded

  private void mark(long position, UploadMark.State state, @Nullable String reason) {
    unrecorded.put(position, new UploadMark(remote, store, position, state, reason));
    forgiven.remove(position);
  }

  /** How many marks wait to be recorded, at most. */
  int unrecorded() {
    return unrecorded.size();
  }

  /** Whether the journal does not know all yet. */
  boolean isDirty() {
    return through() > recorded || !unrecorded.isEmpty() || !forgiven.isEmpty();
  }

  /** What to record now; counts as recorded from here on, because it is repeated until it is. */
  @CanIgnoreReturnValue
  Report report() {
    long uploaded = Math.max(recorded, through());
    List<UploadMark> marks = new ArrayList<>();
    List<UploadMark> unmarked = new ArrayList<>();
    forgiven.forEach((position, state) -> {
      UploadMark mark = new UploadMark(remote, store, position, state, null);
      (position > uploaded ? marks : unmarked).add(mark);
    });
    for (UploadMark mark : unrecorded.values()) {
      // Below, only what is refused needs a mark.
      if (mark.state() == UploadMark.State.REFUSED || mark.position() > uploaded) {
        marks.add(mark);
      }
    }
    forgiven.clear();
    unrecorded.clear();
    recorded = uploaded;
    return new Report(uploaded, marks, unmarked);
  }
}
