package io.tributary.server.cli;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/** Reads a backlog once and remembers how fast each tenth of it came. */
final class BenchJoiner extends BenchReader {
  private static final int PARTS = 10;

  private final long total;
  private final long[] reachedNanos = new long[PARTS + 1];
  private final Promise<double[]> done = Promise.promise();
  private long count;
  private int parts;

  BenchJoiner(BenchLoop loop, BenchKey key, long runId, boolean gaps, long total) {
    super(loop, key, runId, gaps);
    this.total = total;
  }

  /**
   * Subscribes. To be called on the loop, once ready.
   *
   * @return entries per second of each tenth
   */
  Future<double[]> join() {
    reachedNanos[0] = System.nanoTime();
    subscribe();
    return done.future();
  }

  @Override
  void hello() {
    ready();
  }

  @Override
  public void entry(double sequence, byte[] frame, int from, int length) {
    super.entry(sequence, frame, from, length);
    count++;
    while (parts < PARTS && count >= total * (parts + 1) / PARTS) {
      reachedNanos[++parts] = System.nanoTime();
    }
    if (count == total) {
      double[] rates = new double[PARTS];
      for (int part = 0; part < PARTS; part++) {
        long entries = total * (part + 1) / PARTS - total * part / PARTS;
        rates[part] = entries * 1e9 / Math.max(1, reachedNanos[part + 1] - reachedNanos[part]);
      }
      done.tryComplete(rates);
    }
  }

  /** From the request to the last entry, in nanoseconds. */
  long elapsedNanos() {
    return reachedNanos[PARTS] - reachedNanos[0];
  }
}
