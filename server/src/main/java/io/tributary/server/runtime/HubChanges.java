package io.tributary.server.runtime;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.hub.Frame;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.HubSession.Projection;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.storage.LogStore;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A subscription to a store in the clear: first what there is, then what comes, in sequence order,
 * without end. Nothing is read ahead of the demand but one page.
 *
 * <p>Confined to the context it was made on. Ends with an exception when the key is no longer mapped
 * to its store, and quietly when it is closed.
 */
public final class HubChanges implements ReadStream<SequencedEntry> {
  private static final int READ_RECORDS = 1024;
  private static final long READ_BYTES = 256 * 1024;
  private static final long RETRY_MS = 500;

  private final Vertx vertx;
  private final Context context;
  private final StoreKey.Plain store;
  private final LogStore log;
  private final Compactions compactions;
  private final Supplier<Future<StoreKey.Plain>> mapped;
  private final ArrayDeque<StoredRecord> page = new ArrayDeque<>();
  private StoreAccess.@Nullable Following following;
  private @Nullable Projection projection;
  private @Nullable Backlog backlog;
  private @Nullable Handler<SequencedEntry> handler;
  private @Nullable Handler<Throwable> exceptionHandler;
  private @Nullable Handler<Void> endHandler;
  private long cursor;
  private long demand = Long.MAX_VALUE;
  private long timer;
  private boolean reading;
  private boolean emitting;
  private boolean closed;

  HubChanges(
      Vertx vertx,
      StoreKey.Plain store,
      long cursor,
      LogStore log,
      Compactions compactions,
      Supplier<Future<StoreKey.Plain>> mapped) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.store = store;
    this.cursor = Math.max(1, cursor);
    this.log = log;
    this.compactions = compactions;
    this.mapped = mapped;
  }

  /** The store it reads. */
  public StoreKey.Plain store() {
    return store;
  }

  void follow(StoreAccess.Following started, long nowMs) {
    following = started;
    if (compactions.any()) {
      projection = new Projection(nowMs, started.feed().head());
      backlog = compactions.open(store, projection, cursor);
    }
    timer = vertx.setTimer(Admission.FRESH_MS, id -> checkMapping());
    context.runOnContext(v -> proceed());
  }

  void advanced() {
    proceed();
  }

  private void checkMapping() {
    mapped.get().onComplete(found -> {
      boolean refused = found.cause() instanceof RequestRefusedException no
          && no.code() != ErrorCode.InternalServerError;
      if (refused || (found.succeeded() && !store.equals(found.result()))) {
        fail(new RequestRefusedException(
            ErrorCode.InvalidRequest, "the key is no longer mapped to its store", null));
      } else if (!closed) {
        timer = vertx.setTimer(Admission.FRESH_MS, id -> checkMapping());
      }
    });
  }

  private void fail(Throwable failure) {
    if (closed) {
      return;
    }
    Handler<Throwable> told = exceptionHandler;
    if (told != null) {
      told.handle(failure);
    }
    end();
  }

  /** Ends it. Idempotent; from any thread. */
  public void close() {
    context.runOnContext(v -> end());
  }

  private void end() {
    if (closed) {
      return;
    }
    closed = true;
    boolean unused = vertx.cancelTimer(timer);
    if (following != null) {
      following.end();
    }
    if (backlog != null) {
      backlog.close();
    }
    page.clear();
    Handler<Void> told = endHandler;
    if (told != null) {
      told.handle(null);
    }
  }

  private void proceed() {
    if (emitting) {
      return;
    }
    emitting = true;
    try {
      while (!closed && handler != null && demand > 0 && emitNext()) {
        // goes on
      }
    } finally {
      emitting = false;
    }
  }

  /** Hands out one entry, or gets some. Returns false if there is nothing to hand out now. */
  private boolean emitNext() {
    StoredRecord next = page.poll();
    Handler<SequencedEntry> to = handler;
    if (next != null && to != null) {
      if (demand != Long.MAX_VALUE) {
        demand--;
      }
      to.handle(new SequencedEntry(next.firstSequence(), entry(next.record())));
      return true;
    }
    StoreAccess.Following from = following;
    if (from == null || reading || cursor > from.feed().head()) {
      return false;
    }
    Projection through = projection;
    if (through == null || cursor > through.head()) {
      Frame frame = from.feed().frameAt(cursor);
      if (frame != null) {
        take(frame.records(), frame.last() + 1);
        return true;
      }
    }
    reading = true;
    Backlog compacted = backlog;
    (through != null && compacted != null && cursor <= through.head()
            ? compacted.read(cursor, READ_RECORDS, READ_BYTES)
            : log.read(store, cursor, READ_RECORDS, READ_BYTES))
        .onComplete(read -> {
          reading = false;
          if (read.failed()) {
            vertx.setTimer(RETRY_MS, id -> proceed());
            return;
          }
          Page got = read.result();
          if (got.next() == cursor) {
            // the storage shows less than the feed knows
            vertx.setTimer(RETRY_MS, id -> proceed());
            return;
          }
          take(got.records(), got.next());
          proceed();
        });
    return false;
  }

  private void take(List<StoredRecord> records, long next) {
    for (StoredRecord record : records) {
      if (record.lastSequence() >= cursor) {
        page.add(record);
      }
    }
    cursor = next;
  }

  private static Entry entry(NewRecord record) {
    return new Entry(
        record.ids().get(0), text(record.event()), text(record.primaryKey()), record.body());
  }

  private static String text(byte @Nullable [] utf8) {
    return utf8 == null ? "" : new String(utf8, StandardCharsets.UTF_8);
  }

  @CanIgnoreReturnValue
  @Override
  public HubChanges exceptionHandler(@Nullable Handler<Throwable> to) {
    exceptionHandler = to;
    return this;
  }

  @CanIgnoreReturnValue
  @Override
  public HubChanges handler(@Nullable Handler<SequencedEntry> to) {
    handler = to;
    if (to != null) {
      context.runOnContext(v -> proceed());
    }
    return this;
  }

  @CanIgnoreReturnValue
  @Override
  public HubChanges pause() {
    demand = 0;
    return this;
  }

  @CanIgnoreReturnValue
  @Override
  public HubChanges resume() {
    return fetch(Long.MAX_VALUE);
  }

  @CanIgnoreReturnValue
  @Override
  public HubChanges fetch(long amount) {
    demand += amount;
    if (demand < 0) {
      demand = Long.MAX_VALUE;
    }
    context.runOnContext(v -> proceed());
    return this;
  }

  @CanIgnoreReturnValue
  @Override
  public HubChanges endHandler(@Nullable Handler<Void> to) {
    endHandler = to;
    return this;
  }
}
