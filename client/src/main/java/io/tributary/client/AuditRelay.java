package io.tributary.client;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what a replica notes, from before its audit log is open until after it is closed: for the
 * options' sink at once, for the audit log as long as it can take it. For any thread.
 */
final class AuditRelay implements AuditSink {
  private static final Logger logger = LoggerFactory.getLogger(AuditRelay.class);

  /** Events that wait for the audit log to open. */
  static final int MAX_WAITING = 1_000;

  private static final int MAX_URLS = 100;

  /** States of one remote that are remembered. */
  private static final int MAX_STATES = 32;

  private final AuditSink sink;

  /** Null once nothing waits any more. */
  private @Nullable Queue<AuditEvent> waiting;

  private AuditSink log = AuditSink.NONE;

  /** What the audit log was told of each remote, by URL, since it was last in order. */
  private final Map<String, Set<String>> told = new LinkedHashMap<>();

  /**
   * @param sink that of the options
   * @param opens whether there will be an audit log
   */
  AuditRelay(AuditSink sink, boolean opens) {
    this.sink = sink;
    this.waiting = opens ? new ArrayDeque<>() : null;
  }

  @Override
  public void note(AuditEvent event) {
    sink.note(event);
    synchronized (this) {
      if (event instanceof AuditEvent.SyncStatus status && !isNew(status)) {
        return;
      }
      Queue<AuditEvent> queue = waiting;
      if (queue == null) {
        log.note(event);
      } else if (queue.size() < MAX_WAITING) {
        queue.add(event);
      } else if (queue.size() == MAX_WAITING) {
        logger.warn(
            "more than {} events before the audit log was open: some are not in it", MAX_WAITING);
        queue.add(event);
      }
    }
  }

  /**
   * A remote that is away is tried every few seconds, for every event log: that it still is would fill
   * the audit log. So each state is told once, until the remote is live or stopped.
   */
  private boolean isNew(AuditEvent.SyncStatus status) {
    Set<String> states = told.get(status.url());
    if (states == null) {
      if (told.size() == MAX_URLS) {
        told.remove(told.keySet().iterator().next());
      }
      states = new HashSet<>();
      told.put(status.url(), states);
    }
    String state = status.state() + " " + status.error();
    boolean settled = status.state().equals("live") || status.state().equals("stopped");
    if (!settled) {
      return states.size() < MAX_STATES && states.add(state);
    }
    boolean first = states.size() > 1 || !states.contains(state);
    states.clear();
    return states.add(state) && first;
  }

  /** From now on the audit log gets it, with what waited first. */
  synchronized void open(AuditSink to) {
    Queue<AuditEvent> queue = waiting;
    waiting = null;
    log = to;
    if (queue != null) {
      queue.forEach(to::note);
    }
  }

  /** The audit log takes no more. */
  synchronized void end() {
    waiting = null;
    log = AuditSink.NONE;
  }
}
