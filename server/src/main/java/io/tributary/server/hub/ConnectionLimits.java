package io.tributary.server.hub;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/** How many connections there are, in all and per tenant. Thread-safe. */
final class ConnectionLimits {
  private final int most;
  private final int mostPerTenant;
  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentMap<String, Integer> perTenant = new ConcurrentHashMap<>();

  ConnectionLimits(int most, int mostPerTenant) {
    this.most = most;
    this.mostPerTenant = mostPerTenant;
  }

  /** A TCP connection has come. Returns whether there is room; if so, {@link #closed} must follow. */
  boolean tryOpen() {
    if (open.incrementAndGet() <= most) {
      return true;
    }
    open.decrementAndGet();
    return false;
  }

  void closed() {
    open.decrementAndGet();
  }

  /** How many TCP connections there are. */
  int open() {
    return open.get();
  }

  /** A session begins. Returns whether there is room; if so, {@link #left} must follow. */
  boolean tryEnter(String tenant) {
    boolean[] entered = new boolean[1];
    perTenant.compute(tenant, (key, n) -> {
      int now = n == null ? 0 : n;
      entered[0] = now < mostPerTenant;
      return entered[0] ? Integer.valueOf(now + 1) : n;
    });
    return entered[0];
  }

  void left(String tenant) {
    perTenant.computeIfPresent(tenant, (key, n) -> n == 1 ? null : Integer.valueOf(n - 1));
  }
}
