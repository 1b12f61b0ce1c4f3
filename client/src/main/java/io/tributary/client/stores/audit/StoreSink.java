package io.tributary.client.stores.audit;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Steps;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands events to an audit log without waiting for it. For any thread. */
final class StoreSink implements AuditSink {
  /** Events that may wait: fewer than the store takes, so that there is room for others' writes. */
  static final int MAX_WAITING = 5_000;

  private static final Logger logger = LoggerFactory.getLogger(StoreSink.class);

  private final String name;
  private final Function<AuditEvent, Future<EntryId>> write;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong dropped = new AtomicLong();

  /** Whether it was logged that events are lost, and none was written since. */
  private final AtomicBoolean failing = new AtomicBoolean();

  StoreSink(String name, Function<AuditEvent, Future<EntryId>> write) {
    this.name = name;
    this.write = write;
  }

  @Override
  public void note(AuditEvent event) {
    if (waiting.incrementAndGet() > MAX_WAITING) {
      waiting.decrementAndGet();
      lost(event, MAX_WAITING + " wait already");
      return;
    }
    Steps.attempt(() -> write.apply(event)).onComplete(done -> {
      waiting.decrementAndGet();
      if (done.failed()) {
        lost(event, done.cause().toString());
      } else if (failing.compareAndSet(true, false)) {
        logger.info("{}: events are noted again, {} were lost", name, dropped.getAndSet(0));
      }
    });
  }

  private void lost(AuditEvent event, String why) {
    dropped.incrementAndGet();
    if (failing.compareAndSet(false, true)) {
      logger.warn(
          "{}: an event {} is not noted, nor are others until this is over: {}",
          name,
          event.tag(),
          why);
    }
  }

  /** How many were lost since one was noted last. */
  long dropped() {
    return dropped.get();
  }
}
