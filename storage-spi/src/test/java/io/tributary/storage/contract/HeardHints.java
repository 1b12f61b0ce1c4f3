package io.tributary.storage.contract;

import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Remembers the hints it hears, for a test to wait for. Thread-safe. */
public final class HeardHints implements HintChannel.Listener {
  /** Only a hang takes this long. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final List<Hint> all = new ArrayList<>();
  private int missed;

  /** Nothing heard. */
  public HeardHints() {}

  @Override
  public synchronized void on(Hint hint) {
    all.add(hint);
    notifyAll();
  }

  @Override
  public synchronized void missed() {
    missed++;
    notifyAll();
  }

  /** Returns once it has heard all of these. */
  public synchronized void await(Collection<? extends Hint> hints) {
    await(() -> all.containsAll(hints));
  }

  /** Returns once it was told that it missed something. */
  public synchronized void awaitMissed() {
    await(() -> missed > 0);
  }

  /** Returns once it has heard this, or was told that it missed something. */
  public synchronized void awaitUnlessMissed(Hint hint) {
    await(() -> missed > 0 || all.contains(hint));
  }

  private synchronized void await(BooleanSupplier condition) {
    long until = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      long left = until - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError("heard only " + all + ", missed " + missed);
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  /** What was heard, in order. */
  public synchronized List<Hint> all() {
    return List.copyOf(all);
  }

  /** How often it was told that it missed something. */
  public synchronized int timesMissed() {
    return missed;
  }
}
