package io.tributary.client.eventlog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Runs tasks on the thread of the test, when it says so; its time goes on when nothing else is left. */
public final class ManualRunner implements Runner, InstantSource {
  private record Timer(long at, long order, Runnable task) {}

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>((a, b) ->
      a.at() == b.at() ? Long.compare(a.order(), b.order()) : Long.compare(a.at(), b.at()));
  private long now = 1_790_000_000_000L;
  private long order;

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Runnable after(long delayMs, Runnable task) {
    Timer timer = new Timer(now + delayMs, order++, task);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(now);
  }

  /** Lets its clock stand elsewhere. */
  public void setClock(long nowMs) {
    now = nowMs;
  }

  /** Runs one task; false if there is none. */
  public boolean step() {
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
    return task != null;
  }

  /** Runs what is there, without letting time go on. */
  public void run() {
    while (step()) {}
  }

  /** Runs until it is complete, letting time go on where needed, and gives the result. */
  @CanIgnoreReturnValue
  public <T> T await(Future<T> future) {
    finish(future);
    if (future.failed()) {
      if (future.cause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(future.cause());
    }
    return future.result();
  }

  /** Runs until it is complete, and gives what it failed with. */
  public Throwable failure(Future<?> future) {
    finish(future);
    Throwable cause = future.cause();
    if (cause == null) {
      throw new AssertionError("it did not fail: " + future.result());
    }
    return cause;
  }

  private void finish(Future<?> future) {
    while (!future.isComplete()) {
      if (!step()) {
        @Nullable Timer next = timers.poll();
        if (next == null) {
          throw new AssertionError("nothing is left to do, and it is not complete");
        }
        now = Math.max(now, next.at());
        next.task().run();
      }
    }
    run();
  }
}
