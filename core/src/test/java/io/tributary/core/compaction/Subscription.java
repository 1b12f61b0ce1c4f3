package io.tributary.core.compaction;

import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** One subscription's reader and its owner. What the reader wants is done step by step. */
final class Subscription implements CompactedReader.Output {
  final ListLog log;
  final CompactedReader reader;
  final ArrayDeque<Runnable> pending = new ArrayDeque<>();
  final List<Page> pages = new ArrayList<>();
  final List<CompactedReader.LeftRaw> leftRaw = new ArrayList<>();
  final List<Throwable> failures = new ArrayList<>();
  long cursor;
  int admitted;
  int logReads;
  int compactions;

  Subscription(
      ListLog log, CompactionPlan plan, WindowCache cache, long now, long head, long start) {
    this.log = log;
    this.cursor = start;
    this.reader = new CompactedReader(ListLog.STORE, plan, cache, now, head, start, this);
  }

  /** Does the next thing. Returns whether there was one. */
  boolean step() {
    Runnable next = pending.poll();
    if (next == null) {
      return false;
    }
    next.run();
    return true;
  }

  /** Reads one page. */
  Page page(int maxRecords, long maxBytes) {
    int before = pages.size();
    reader.read(cursor, maxRecords, maxBytes);
    while (step()) {
      // goes on
    }
    if (pages.size() != before + 1) {
      throw new AssertionError("one answer, not " + (pages.size() - before));
    }
    return pages.get(before);
  }

  /** Reads to the log's head. */
  List<StoredRecord> rest(int maxRecords, long maxBytes) {
    List<StoredRecord> records = new ArrayList<>();
    while (cursor <= log.head) {
      records.addAll(page(maxRecords, maxBytes).records());
    }
    return records;
  }

  @Override
  public void readLog(long from, int maxRecords, long maxBytes) {
    logReads++;
    pending.add(() -> {
      Page page = log.read(from, maxRecords, maxBytes);
      pending.add(() -> reader.onPage(page));
    });
  }

  @Override
  public void admit() {
    admitted++;
    pending.add(reader::onAdmitted);
  }

  @Override
  public void leave() {
    admitted--;
  }

  @Override
  public void compact(Compaction compaction) {
    compactions++;
    pending.add(() -> {
      compaction.run();
      pending.add(() -> reader.onCompacted(compaction));
    });
  }

  @Override
  public void page(Page page) {
    pages.add(page);
    cursor = page.next();
  }

  @Override
  public void failed(Throwable cause) {
    failures.add(cause);
  }

  @Override
  public void leftRaw(CompactedReader.LeftRaw what) {
    leftRaw.add(what);
  }
}
