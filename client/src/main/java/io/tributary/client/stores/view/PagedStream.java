package io.tributary.client.stores.view;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Streams what comes in pages: the next page is read when the last one is handed out. To be used on one
 * context, where the pages' futures complete.
 */
public final class PagedStream<T> implements ReadStream<T> {
  private final Supplier<Future<List<T>>> pages;
  private final ArrayDeque<T> items = new ArrayDeque<>();
  private @Nullable Handler<T> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;
  private long demand = Long.MAX_VALUE;
  private boolean reading;
  private boolean delivering;
  private boolean exhausted;
  private boolean ended;

  /** @param pages gives the next page each time; an empty one is the end */
  public PagedStream(Supplier<Future<List<T>>> pages) {
    this.pages = pages;
  }

  @Override
  public PagedStream<T> exceptionHandler(@Nullable Handler<Throwable> handler) {
    exceptionHandler = handler;
    return this;
  }

  @Override
  public PagedStream<T> handler(@Nullable Handler<T> handler) {
    this.handler = handler;
    deliver();
    return this;
  }

  @Override
  public PagedStream<T> endHandler(@Nullable Handler<Void> handler) {
    endHandler = handler;
    return this;
  }

  @Override
  public PagedStream<T> pause() {
    demand = 0;
    return this;
  }

  @Override
  public PagedStream<T> resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public PagedStream<T> fetch(long amount) {
    if (amount < 1) {
      throw new IllegalArgumentException("amount: found " + amount + ", allowed is 1 or more");
    }
    demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
    deliver();
    return this;
  }

  private void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    try {
      while (handler != null && demand > 0 && !items.isEmpty()) {
        if (demand < Long.MAX_VALUE) {
          demand--;
        }
        handler.handle(items.remove());
      }
    } finally {
      delivering = false;
    }
    if (handler == null || ended || reading || !items.isEmpty()) {
      return;
    }
    if (exhausted) {
      ended = true;
      if (endHandler != null) {
        endHandler.handle(null);
      }
    } else if (demand > 0) {
      read();
    }
  }

  private void read() {
    reading = true;
    pages.get().onComplete(page -> {
      reading = false;
      if (page.failed()) {
        ended = true;
        if (exceptionHandler != null) {
          exceptionHandler.handle(page.cause());
        }
        return;
      }
      exhausted = page.result().isEmpty();
      items.addAll(page.result());
      deliver();
    });
  }
}
