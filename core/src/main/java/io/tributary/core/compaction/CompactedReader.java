package io.tributary.core.compaction;

import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.StoreKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a store as one subscription gets it: what is old enough compacted, all else as it is. Takes
 * the place of reading the log; {@link Page} means the same, but that records may stand for others,
 * and that several may share a sequence. Those are never parted: they must reach the peer in one
 * message, because all it keeps is the greatest sequence it has seen.
 *
 * <p>Who resumes, with the greatest sequence it has seen or the one after, on the same or another
 * node, misses nothing as long as {@code now} and {@code head} do not go back. Under the same {@code
 * now} and {@code head} it gets what it would have got without the interruption; under later ones what
 * it gets may also stand for entries it has, and where a bucket can't be compacted any more an entry
 * may come after one of a greater sequence: entries are ordered by their ids, not by their arrival. A bucket whose last entries are removed from the store
 * meanwhile is lost to who was between it and them.
 *
 * <p>States: idle &rarr; scanning (for something to compact) or passing (where nothing is) &rarr; idle,
 * or from scanning &rarr; admitting &rarr; gathering (the window) &rarr; compacting &rarr; idle. It
 * holds at most {@link CompactionPlan#maxBytes()} and a page while gathering, that and the outputs
 * while compacting, and nothing while idle: what it may need again is in the {@link WindowCache}.
 *
 * <p>Sans-I/O: in {@link #read} and what answers {@link Output}; confined to its owner's thread.
 */
public final class CompactedReader {
  /** What the owner does for it; never calls back from within. */
  public interface Output {
    /** Reads the log of the store; answered by {@link #onPage} or {@link #onReadFailed}. */
    void readLog(long from, int maxRecords, long maxBytes);

    /**
     * Asks for the room that one window takes, {@link CompactionPlan#maxBytes()}; answered by {@link
     * #onAdmitted}. Given back by {@link #leave}.
     */
    void admit();

    /** Gives back what {@link #admit} asked for. */
    void leave();

    /** Runs it, on any thread; answered by {@link #onCompacted}. */
    void compact(Compaction compaction);

    /** Answers {@link #read}. */
    void page(Page page);

    /** Answers {@link #read}: a read of the log failed. */
    void failed(Throwable cause);

    /** A window, or a part of it, is not compacted although it is old enough. Once per window. */
    void leftRaw(LeftRaw what);
  }

  /**
   * What could not be compacted.
   *
   * @param first the window's first sequence
   * @param last the last one up to which it was looked at
   * @param buckets how many primary keys it concerns; 0 if it is the window as a whole
   * @param reason the first reason; names a compactor or the window's limit
   * @param cause what was thrown there
   */
  public record LeftRaw(
      long first,
      long last,
      int buckets,
      String reason,
      @Nullable Throwable cause) {
    /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
    public LeftRaw(long first, long last, int buckets, String reason, @Nullable Throwable cause) {
      this.first = first;
      this.last = last;
      this.buckets = buckets;
      this.reason = reason;
      this.cause = cause;
    }
  }

  private enum State {
    IDLE,
    PASSING,
    SCANNING,
    ADMITTING,
    GATHERING,
    COMPACTING,
    CLOSED,
    /** Closed, and what was admitted has yet to be given back. */
    CLOSED_ADMITTED
  }

  private final StoreKey store;
  private final CompactionPlan plan;
  private final WindowCache cache;
  private final long now;
  private final long head;
  private final long start;
  private final Output out;
  private State state = State.IDLE;

  private long from;
  private int maxRecords;
  private long maxBytes;

  /** Where passing ends. */
  private long passTo;

  /** The window being gathered, up to its end or the head; and how far it was read. */
  private long first;

  private long last;
  private long gatherFrom;
  private long gatheredBytes;
  private List<StoredRecord> gathered = List.of();
  private WindowCache.@Nullable Ticket ticket;

  /** The part of a window that was found too large; passed without another look. */
  private long rawFrom;

  private long rawTo = -1;

  /** The window that the cache may hold for this reader only; 0 if none. */
  private long own;

  private long reported;

  /**
   * A subscription's reader.
   *
   * @param now Unix milliseconds, by which entries are old; at every node, and after restarts, not
   *     less than at the same peer's last subscription
   * @param head above it nothing is compacted; known to the log when this is made
   * @param start the subscription's cursor
   */
  public CompactedReader(
      StoreKey store,
      CompactionPlan plan,
      WindowCache cache,
      long now,
      long head,
      long start,
      Output out) {
    this.store = store;
    this.plan = plan;
    this.cache = cache;
    this.now = now;
    this.head = head;
    this.start = start;
    this.out = out;
  }

  /** Up to where a page may differ from the log: the feed's tail must not be used there. */
  public long head() {
    return head;
  }

  /**
   * Reads on; answered by {@link Output#page} or {@link Output#failed}. One at a time.
   *
   * @param cursor the subscription's first, then where the last page said
   * @param maxRecords at most this many, but records that share a sequence are never parted
   * @param maxBytes at most this many, likewise
   */
  public void read(long cursor, int maxRecords, long maxBytes) {
    if (state != State.IDLE) {
      throw new IllegalStateException("it is " + state);
    }
    this.from = Math.max(1, cursor);
    this.maxRecords = maxRecords;
    this.maxBytes = maxBytes;
    if (from > head || plan.isEmpty()) {
      pass(Long.MAX_VALUE);
    } else if (from >= rawFrom && from <= rawTo) {
      pass(rawTo);
    } else if (!answerFromCache()) {
      state = State.SCANNING;
      out.readLog(from, maxRecords, maxBytes);
    }
  }

  /** The log was read. */
  public void onPage(Page page) {
    switch (state) {
      case PASSING -> onPassed(page);
      case SCANNING -> onScanned(page);
      case GATHERING -> onGathered(page);
      default -> {
        // closed meanwhile
      }
    }
  }

  /** The log could not be read. */
  public void onReadFailed(Throwable cause) {
    if (state == State.GATHERING) {
      stopGathering();
    } else if (state != State.PASSING && state != State.SCANNING) {
      return;
    }
    state = State.IDLE;
    out.failed(cause);
  }

  /** There is room for a window. */
  public void onAdmitted() {
    if (state == State.CLOSED_ADMITTED) {
      state = State.CLOSED;
      out.leave();
    } else if (state == State.ADMITTING) {
      state = State.GATHERING;
      ticket = cache.begin(store, first);
      gathered = new ArrayList<>();
      gatheredBytes = 0;
      gatherFrom = first;
      out.readLog(gatherFrom, maxRecords, maxBytes);
    }
  }

  /** A window was compacted. */
  public void onCompacted(Compaction compaction) {
    if (state == State.CLOSED_ADMITTED) {
      state = State.CLOSED;
      out.leave();
    } else if (state == State.COMPACTING) {
      CompactedWindow window = compaction.result();
      String reason = compaction.reason();
      if (reason != null) {
        report(last, window.raw().size(), reason, compaction.cause());
      }
      finish(window);
    }
  }

  /** The subscription has ended. Idempotent. */
  public void close() {
    switch (state) {
      case CLOSED, CLOSED_ADMITTED -> {
        return;
      }
      case GATHERING -> {
        stopGathering();
        state = State.CLOSED;
      }
      case COMPACTING -> {
        cancelTicket();
        state = State.CLOSED_ADMITTED;
      }
      case ADMITTING -> state = State.CLOSED_ADMITTED;
      default -> state = State.CLOSED;
    }
    releaseOwn();
  }

  private boolean answerFromCache() {
    CompactedWindow window = cache.get(store, plan, plan.windowStart(from), now, head, this);
    // Of a window that was too large only the part below was kept.
    if (window == null || from >= window.next()) {
      return false;
    }
    answer(window);
    return true;
  }

  private void pass(long to) {
    state = State.PASSING;
    passTo = to;
    out.readLog(from, maxRecords, maxBytes);
  }

  private void onPassed(Page page) {
    if (page.next() <= passTo) {
      answer(page);
      return;
    }
    List<StoredRecord> records = page.records();
    int count = 0;
    while (count < records.size() && records.get(count).firstSequence() <= passTo) {
      count++;
    }
    answer(
        count == records.size() && passTo == Long.MAX_VALUE
            ? page
            : new Page(records.subList(0, count), passTo + 1, page.head()));
  }

  /** Up to the first record that is to be compacted, a page is what it is. */
  private void onScanned(Page page) {
    List<StoredRecord> records = page.records();
    for (int i = 0; i < records.size(); i++) {
      StoredRecord record = records.get(i);
      if (record.firstSequence() > head) {
        break;
      }
      if (plan.isDue(record.record(), now)) {
        if (i > 0) {
          answer(new Page(records.subList(0, i), record.firstSequence(), page.head()));
        } else {
          compactAt(record.firstSequence());
        }
        return;
      }
    }
    answer(page);
  }

  /** @param sequence at or above the cursor, with nothing between */
  private void compactAt(long sequence) {
    from = sequence;
    if (answerFromCache()) {
      return;
    }
    first = plan.windowStart(from);
    last = Math.min(head, plan.windowEnd(from));
    state = State.ADMITTING;
    out.admit();
  }

  private void onGathered(Page page) {
    for (StoredRecord record : page.records()) {
      if (record.firstSequence() > last) {
        break;
      }
      gatheredBytes += record.record().bytes();
      if (gatheredBytes > plan.maxBytes()) {
        tooLarge(record.firstSequence());
        return;
      }
      gathered.add(record);
    }
    if (page.next() > last) {
      state = State.COMPACTING;
      List<StoredRecord> window = gathered;
      gathered = List.of();
      boolean closed = last == plan.windowEnd(first);
      out.compact(new Compaction(plan, now, first, last + 1, closed, window));
    } else if (page.next() <= gatherFrom) {
      // The log shows less than the head that was pinned: to be asked again later.
      stopGathering();
      answer(new Page(List.of(), from, page.head()));
    } else {
      gatherFrom = page.next();
      out.readLog(gatherFrom, maxRecords, maxBytes);
    }
  }

  /**
   * The window goes as it is. Not so simple for who begins below the sequence that made it too large:
   * its peer may have had the window before it grew, compacted.
   */
  private void tooLarge(long limit) {
    report(limit, 0, "the window has more than compaction.maxBytes", null);
    rawTo = last;
    if (start > first && start < limit && from < limit) {
      rawFrom = limit;
      Compaction compaction = new Compaction(plan, now, first, limit, false, gathered);
      gathered = List.of();
      compaction.leaveRaw();
      finish(compaction.result());
    } else {
      rawFrom = first;
      stopGathering();
      pass(rawTo);
    }
  }

  private void finish(CompactedWindow window) {
    releaseOwn();
    if (ticket != null) {
      cache.put(ticket, plan, window, this);
      ticket = null;
    }
    own = window.forAll() ? 0 : window.first();
    out.leave();
    answer(window);
  }

  private void answer(CompactedWindow window) {
    answer(window.page(from, start, maxRecords, maxBytes, head));
  }

  private void answer(Page page) {
    state = State.IDLE;
    out.page(page);
  }

  private void stopGathering() {
    cancelTicket();
    gathered = List.of();
    out.leave();
  }

  private void cancelTicket() {
    if (ticket != null) {
      cache.cancel(ticket);
      ticket = null;
    }
  }

  private void releaseOwn() {
    if (own != 0) {
      cache.release(store, plan, own, this);
      own = 0;
    }
  }

  private void report(long to, int buckets, String reason, @Nullable Throwable cause) {
    if (first > reported) {
      reported = first;
      out.leftRaw(new LeftRaw(first, to, buckets, reason, cause));
    }
  }
}
