package io.tributary.server.runtime;

import io.tributary.core.compaction.CompactedReader;
import io.tributary.core.compaction.Compaction;
import io.tributary.core.log.Page;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.HubSession.Projection;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one subscription reads compacted: carries what a {@link CompactedReader} wants. Confined to the
 * context it was made on.
 */
public final class Backlog implements CompactedReader.Output {
  private static final Logger logger = LoggerFactory.getLogger(Backlog.class);

  private final Compactions compactions;
  private final Context context;
  private final StoreKey store;
  private final CompactedReader reader;
  private @Nullable Promise<Page> asked;

  Backlog(
      Compactions compactions,
      Context context,
      StoreKey store,
      Projection projection,
      long cursor) {
    this.compactions = compactions;
    this.context = context;
    this.store = store;
    this.reader = new CompactedReader(
        store,
        compactions.plan(),
        compactions.cache(),
        projection.nowMs(),
        projection.head(),
        cursor,
        this);
  }

  /**
   * Reads on, as {@link CompactedReader#read}; one at a time. Never completes within the call, nor
   * once this is closed.
   */
  public Future<Page> read(long cursor, int maxRecords, long maxBytes) {
    Promise<Page> answer = Promise.promise();
    asked = answer;
    reader.read(cursor, maxRecords, maxBytes);
    return answer.future();
  }

  /** The subscription has ended. Idempotent. */
  public void close() {
    asked = null;
    reader.close();
  }

  @Override
  public void readLog(long from, int maxRecords, long maxBytes) {
    compactions
        .log()
        .read(store, from, maxRecords, maxBytes)
        .onComplete(read -> context.runOnContext(v -> {
          if (read.succeeded()) {
            reader.onPage(read.result());
          } else {
            reader.onReadFailed(read.cause());
          }
        }));
  }

  @Override
  public void admit() {
    compactions.admit(() -> context.runOnContext(v -> reader.onAdmitted()));
  }

  @Override
  public void leave() {
    compactions.leave();
  }

  @Override
  public void compact(Compaction compaction) {
    compactions
        .run(compaction)
        .onComplete(done -> context.runOnContext(v -> reader.onCompacted(compaction)));
  }

  @Override
  public void page(Page page) {
    Promise<Page> answer = asked;
    asked = null;
    if (answer != null) {
      context.runOnContext(v -> answer.complete(page));
    }
  }

  @Override
  public void failed(Throwable cause) {
    Promise<Page> answer = asked;
    asked = null;
    if (answer != null) {
      context.runOnContext(v -> answer.fail(cause));
    }
  }

  @Override
  public void leftRaw(CompactedReader.LeftRaw what) {
    // Not what was thrown: it may say something of payloads.
    Throwable cause = what.cause();
    logger.warn(
        "store={} sequences {} to {} are not compacted for {} primary keys (0 = at all): {}{}",
        store.abbreviated(),
        what.first(),
        what.last(),
        what.buckets(),
        what.reason(),
        cause == null ? "" : " (" + cause.getClass().getName() + ")");
  }
}
