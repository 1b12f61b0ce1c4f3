package io.tributary.core.hub;

import java.util.concurrent.atomic.AtomicLong;

/** A number of bytes that may be held at once, shared between threads. */
public final class Budget {
  private final long limit;
  private final AtomicLong held = new AtomicLong();

  /** At most {@code limit} bytes. */
  public Budget(long limit) {
    this.limit = limit;
  }

  /** Takes bytes if that many are left. */
  public boolean tryReserve(long bytes) {
    if (held.addAndGet(bytes) <= limit) {
      return true;
    }
    held.addAndGet(-bytes);
    return false;
  }

  /** Gives bytes back. */
  public void release(long bytes) {
    held.addAndGet(-bytes);
  }

  /** The bytes taken and not given back. */
  public long held() {
    return held.get();
  }

  /** The most that may be held. */
  public long limit() {
    return limit;
  }
}
