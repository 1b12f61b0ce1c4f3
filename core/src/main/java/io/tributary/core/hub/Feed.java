package io.tributary.core.hub;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.StoreKey;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The live tail of one store: its head as far as this node knows it without a gap, and the newest
 * records, bounded by bytes.
 *
 * <p>The head moves only contiguously. A commit that does not begin at the head is not taken: the
 * feed asks for a read of the storage from its head on ({@link #wantsRead}) and goes on from there.
 *
 * <p>Threading: {@link #head} and {@link #frameAt} from any thread; all else by the owner.
 */
public final class Feed {
  private final StoreKey store;
  private final ConcurrentSkipListMap<Long, Frame> frames = new ConcurrentSkipListMap<>();

  /** Every record from here to the head is in {@link #frames}, or was removed. */
  private volatile long floor;

  /** -1 = not known yet. */
  private volatile long head = -1;

  private long bytes;
  private long target;
  private boolean reading;

  /** What comes with sequences up to here may have been read or written before it was removed. */
  private long removedThrough;

  /** Anything that comes may have been removed. */
  private boolean distrusted;

  /** A feed that doesn't know its head yet. */
  public Feed(StoreKey store) {
    this.store = store;
  }

  /** The store it is the tail of. */
  public StoreKey store() {
    return store;
  }

  /** The greatest sequence that readers may have; -1 until the head is known. */
  public long head() {
    return head;
  }

  /** The bytes its frames hold. */
  public long bytes() {
    return bytes;
  }

  /**
   * The frame with the first record at or after {@code sequence}.
   *
   * @return null if the tail does not reach back that far, or nothing has come yet
   */
  public @Nullable Frame frameAt(long sequence) {
    if (sequence < floor || sequence > head) {
      return null;
    }
    Map.Entry<Long, Frame> at = frames.floorEntry(sequence);
    if (at == null || at.getValue().last() < sequence) {
      at = frames.ceilingEntry(sequence);
    }
    // Eviction raises the floor before it removes: what was found counts only if it still holds.
    return at == null || sequence < floor ? null : at.getValue();
  }

  /** The storage says that the store has reached {@code storedHead}: at the start, or by a hint. */
  public void onHead(long storedHead) {
    if (head < 0) {
      floor = storedHead + 1;
      head = storedHead;
    } else {
      target = Math.max(target, storedHead);
    }
  }

  /** This node has committed something. Returns whether the head moved. */
  public boolean onCommit(Commit commit) {
    target = Math.max(target, commit.head());
    if (head < 0 || reading || commit.previousHead() != head || commit.head() == head) {
      return false;
    }
    add(commit.records(), commit.head());
    head = commit.head();
    return true;
  }

  /**
   * Where to read the storage from, because something was committed that the feed has not seen. Once
   * taken, {@link #onPage} or {@link #onReadFailed} must follow.
   */
  public OptionalLong wantsRead() {
    if (head < 0 || reading || target <= head) {
      return OptionalLong.empty();
    }
    reading = true;
    return OptionalLong.of(head + 1);
  }

  /** What was read from the storage. Returns whether the head moved. */
  public boolean onPage(Page page) {
    reading = false;
    long reached = page.next() - 1;
    if (reached <= head) {
      return false;
    }
    add(page.records(), reached);
    head = reached;
    return true;
  }

  /** The read failed; it will be wanted again. */
  public void onReadFailed() {
    reading = false;
  }

  /** Lets go of the oldest frames until at most {@code keep} bytes remain. Returns the bytes freed. */
  @CanIgnoreReturnValue
  public long evict(long keep) {
    long before = bytes;
    while (bytes > keep) {
      Map.Entry<Long, Frame> oldest = frames.firstEntry();
      if (oldest == null) {
        break;
      }
      evict(oldest);
    }
    return before - bytes;
  }

  /**
   * Records up to {@code sequence} were removed from the store: from here on no reader gets them from
   * the tail, also if they reach the feed only now.
   */
  public void onRemoved(long sequence) {
    removedThrough = Math.max(removedThrough, sequence);
    for (Map.Entry<Long, Frame> oldest = frames.firstEntry();
        oldest != null && oldest.getKey() <= sequence;
        oldest = frames.firstEntry()) {
      evict(oldest);
    }
  }

  /**
   * Records may have been removed, and it is not known which: no reader gets anything from the tail,
   * until {@link #trust}. Returns the bytes freed.
   */
  @CanIgnoreReturnValue
  public long distrust() {
    distrusted = true;
    return evict(0);
  }

  /**
   * What is committed from now on is kept again.
   *
   * @param storedHead where the store was at a time after {@link #distrust}: what comes with
   *     sequences up to there may still have been read or written before it was removed
   */
  public void trust(long storedHead) {
    if (distrusted) {
      distrusted = false;
      removedThrough = Math.max(removedThrough, storedHead);
    }
  }

  private void evict(Map.Entry<Long, Frame> oldest) {
    floor = oldest.getValue().last() + 1;
    frames.remove(oldest.getKey());
    bytes -= oldest.getValue().bytes();
  }

  /** @param reached where the head is about to be */
  private void add(List<StoredRecord> records, long reached) {
    if (distrusted || head < removedThrough) {
      // Readers find what remains in the storage.
      floor = reached + 1;
      return;
    }
    for (Frame frame : Frame.of(store, records)) {
      frames.put(frame.first(), frame);
      bytes += frame.bytes();
    }
  }
}
