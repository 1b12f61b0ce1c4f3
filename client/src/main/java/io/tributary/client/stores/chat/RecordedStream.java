package io.tributary.client.stores.chat;

import io.tributary.client.eventlog.Steps;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Passes messages on after something was done about each, in order. Fetches one at a time: what is held is
 * that one, and what a source sends though it was not asked. To be used on one context, where the source
 * calls back and the futures complete.
 */
final class RecordedStream implements ReadStream<JsonObject> {
  private final ReadStream<JsonObject> source;
  private final Function<JsonObject, Future<Void>> recorder;

  /** What came and is not recorded. */
  private final ArrayDeque<JsonObject> came = new ArrayDeque<>();

  private @Nullable JsonObject recorded;
  private @Nullable Throwable failure;
  private @Nullable Handler<JsonObject> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;
  private long demand = Long.MAX_VALUE;
  private boolean asked;
  private boolean recording;
  private boolean sourceEnded;
  private boolean ended;
  private boolean working;

  RecordedStream(ReadStream<JsonObject> source, Function<JsonObject, Future<Void>> recorder) {
    this.source = source;
    this.recorder = recorder;
    source.pause();
  }

  @Override
  public RecordedStream exceptionHandler(@Nullable Handler<Throwable> handler) {
    exceptionHandler = handler;
    return this;
  }

  @Override
  public RecordedStream handler(@Nullable Handler<JsonObject> handler) {
    boolean first = this.handler == null;
    this.handler = handler;
    if (handler != null && first && !ended) {
      source.exceptionHandler(this::failed);
      source.endHandler(nothing -> {
        sourceEnded = true;
        work();
      });
      source.handler(message -> {
        asked = false;
        came.add(message);
        work();
      });
      work();
    }
    return this;
  }

  @Override
  public RecordedStream endHandler(@Nullable Handler<Void> handler) {
    endHandler = handler;
    return this;
  }

  @Override
  public RecordedStream pause() {
    demand = 0;
    return this;
  }

  @Override
  public RecordedStream resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public RecordedStream fetch(long amount) {
    if (amount < 1) {
      throw new IllegalArgumentException("amount: found " + amount + ", allowed is 1 or more");
    }
    demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
    work();
    return this;
  }

  /** The source's own trouble: told after what came before it. */
  private void failed(Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
    work();
  }

  private void work() {
    // Handlers may call back.
    if (working) {
      return;
    }
    working = true;
    try {
      boolean more = true;
      while (more) {
        more = step();
      }
    } finally {
      working = false;
    }
  }

  /** Does what is next, if anything; whether to look again. */
  private boolean step() {
    if (ended || handler == null || recording) {
      return false;
    }
    JsonObject message = recorded;
    if (message != null) {
      if (demand == 0) {
        return false;
      }
      if (demand < Long.MAX_VALUE) {
        demand--;
      }
      recorded = null;
      handler.handle(message);
      return true;
    }
    JsonObject next = came.poll();
    if (next != null) {
      recording = true;
      Steps.attempt(() -> recorder.apply(next)).onComplete(done -> {
        recording = false;
        if (done.succeeded()) {
          recorded = next;
        } else {
          refused(done.cause());
        }
        work();
      });
      return true;
    }
    Throwable cause = failure;
    if (cause != null) {
      failure = null;
      if (exceptionHandler != null) {
        exceptionHandler.handle(cause);
      }
      return true;
    }
    if (sourceEnded) {
      ended = true;
      if (endHandler != null) {
        endHandler.handle(null);
      }
      return false;
    }
    if (demand > 0 && !asked) {
      asked = true;
      source.fetch(1);
      return true;
    }
    return false;
  }

  /** It ends here. */
  private void refused(Throwable cause) {
    ended = true;
    came.clear();
    source.pause();
    if (exceptionHandler != null) {
      exceptionHandler.handle(cause);
    }
  }
}
