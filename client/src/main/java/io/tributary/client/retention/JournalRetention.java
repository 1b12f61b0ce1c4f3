package io.tributary.client.retention;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.model.EntryId;
import io.tributary.core.retention.CompactionStrategy;
import io.tributary.core.retention.RetentionRule;
import io.tributary.core.retention.RetentionRun;
import io.tributary.storage.JournalStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a replica's journal within the limits of its rules. A run passes over the journal page by page,
 * up to three times; see {@link RetentionRun} for what it remembers.
 *
 * <p>For any thread; runs follow each other, and their futures complete on the context that began
 * them.
 */
public final class JournalRetention {
  private static final Logger logger = LoggerFactory.getLogger(JournalRetention.class);
  private static final int PAGE = 1_000;
  private static final long PAGE_BYTES = 4 << 20;
  private static final int MAX_TAGS = 1_000;

  /** A run on receipt reads the journal: so it waits until that many times fewer have come. */
  private static final int SHARE = 8;

  private final JournalStore journals;
  private final String journal;
  private final List<RetentionRule> rules;
  private final InstantSource clock;
  private final Remover remover;
  private final AuditSink audit;
  private @Nullable Future<RetentionReport> running;
  private long received;
  private long tolerated = 1;
  private boolean closed;

  /** Lets entries go. */
  @FunctionalInterface
  public interface Remover {
    /**
     * Removes those that no configured remote is still to get; they stay known.
     *
     * @param ids at most 1,000
     * @return those that went, or were gone already
     */
    Future<List<EntryId>> remove(List<EntryId> ids);
  }

  /**
   * For one journal.
   *
   * @param rules without any, nothing is ever removed
   * @param clock for ages
   * @param remover the journal's event log
   * @param audit is told of runs that removed something
   */
  public JournalRetention(
      JournalStore journals,
      String journal,
      List<RetentionRule> rules,
      InstantSource clock,
      Remover remover,
      AuditSink audit) {
    this.journals = journals;
    this.journal = journal;
    this.rules = List.copyOf(rules);
    this.clock = clock;
    this.remover = remover;
    this.audit = audit;
  }

  /**
   * Removes what exceeds the limits, as a schedule wants it. If a run is under way, it is that one's
   * outcome.
   *
   * @return fails with what the storage or the remover fails with; what had gone by then is gone
   */
  public Future<RetentionReport> run() {
    Promise<RetentionReport> promise = Promise.promise();
    synchronized (this) {
      if (running != null) {
        return running;
      }
      if (closed || rules.isEmpty()) {
        return Future.succeededFuture(new RetentionReport(0, 0, 0));
      }
      running = promise.future();
      received = 0;
    }
    new Run().start().onComplete(outcome -> {
      synchronized (this) {
        running = null;
        if (outcome.succeeded()) {
          RetentionReport report = outcome.result();
          tolerated = Math.max(1, (report.before() - report.removed()) / SHARE);
        }
      }
      promise.handle(outcome);
    });
    return promise.future();
  }

  /**
   * Says that entries came into the journal. Begins a run when an eighth as many have come as the last
   * run left; a failure is logged.
   */
  public void received(int entries) {
    synchronized (this) {
      received += entries;
      if (closed || rules.isEmpty() || running != null || received < tolerated) {
        return;
      }
    }
    run()
        .onFailure(failure -> logger.warn(
            "journal={} retention failed and is tried again later: {}",
            journal,
            failure.toString()));
  }

  /** Lets no run begin, and ends one that is under way after its page. */
  public synchronized void close() {
    closed = true;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** One run, one step after the other. */
  private final class Run {
    private final long nowMs = clock.millis();
    private final RetentionRun retention = new RetentionRun(rules, nowMs);
    private final Set<String> events = new TreeSet<>();

    /** Entries above it came later, and are left to the next run. */
    private long end = Long.MAX_VALUE;

    private long after;
    private long before;
    private long removed;
    private long pending;

    Future<RetentionReport> start() {
      return repeat(this::page).map(v -> {
        if (removed > 0) {
          audit.note(new AuditEvent.SyncCompaction(
              null, before, before - removed, List.copyOf(events), nowMs));
        }
        return new RetentionReport(before, removed, pending);
      });
    }

    /** Whether there is more to do. */
    private Future<Boolean> page() {
      if (isClosed()) {
        return Future.succeededFuture(false);
      }
      boolean looks = retention.looks();
      return journals.entries(journal, after, PAGE, PAGE_BYTES).compose(page -> {
        List<PlacedEntry> entries =
            page.stream().filter(placed -> placed.position() <= end).toList();
        if (entries.isEmpty()) {
          if (looks) {
            retention.looked();
            end = after;
            after = 0;
          }
          return Future.succeededFuture(looks);
        }
        after = entries.get(entries.size() - 1).position();
        if (looks) {
          entries.forEach(this::look);
          return Future.succeededFuture(true);
        }
        before += entries.size();
        return remove(entries).map(true);
      });
    }

    private void look(PlacedEntry placed) {
      retention.look(placed.entry().id(), event(placed), CompactionStrategy.size(placed.entry()));
    }

    private Future<Void> remove(List<PlacedEntry> entries) {
      List<EntryId> ids = new ArrayList<>();
      List<String> tags = new ArrayList<>();
      for (PlacedEntry placed : entries) {
        String event = event(placed);
        if (retention.goes(placed.entry().id(), event)) {
          ids.add(placed.entry().id());
          tags.add(event);
        }
      }
      if (ids.isEmpty()) {
        return Future.succeededFuture();
      }
      return remover.remove(ids).map(gone -> {
        Set<EntryId> went = new HashSet<>(gone);
        for (int i = 0; i < ids.size(); i++) {
          if (!went.contains(ids.get(i))) {
            pending++;
          } else {
            removed++;
            if (events.size() < MAX_TAGS) {
              events.add(tags.get(i));
            }
          }
        }
        return null;
      });
    }

    private String event(PlacedEntry placed) {
      return new String(placed.entry().event(), StandardCharsets.UTF_8);
    }
  }

  /** Repeats a step as long as it says so, without a deeper stack for more steps. */
  private static Future<Void> repeat(Supplier<Future<Boolean>> step) {
    Promise<Void> done = Promise.promise();
    repeat(step, done);
    return done.future();
  }

  private static void repeat(Supplier<Future<Boolean>> step, Promise<Void> done) {
    while (true) {
      Future<Boolean> more = Future.<Void>succeededFuture().compose(v -> step.get());
      if (!more.isComplete()) {
        more.onComplete(outcome -> {
          if (outcome.failed()) {
            done.fail(outcome.cause());
          } else if (outcome.result()) {
            repeat(step, done);
          } else {
            done.complete();
          }
        });
        return;
      }
      if (more.failed()) {
        done.fail(more.cause());
        return;
      }
      if (!more.result()) {
        done.complete();
        return;
      }
    }
  }
}
