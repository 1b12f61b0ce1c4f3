package io.tributary.server.cli;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** One identity's traffic. Thread-safe: its connections may be on several event loops. */
final class BenchKey {
  final String publicKey;
  final int subscribers;
  final AtomicLong sent = new AtomicLong();
  final AtomicLong acked = new AtomicLong();

  /** Entries received, over all subscribers. */
  final AtomicLong delivered = new AtomicLong();

  final List<BenchWriter> writers = new CopyOnWriteArrayList<>();

  BenchKey(String publicKey, int subscribers) {
    this.publicKey = publicKey;
    this.subscribers = subscribers;
  }

  /** How many entries the average subscriber is behind what has been sent. */
  long behind() {
    return subscribers == 0 ? 0 : sent.get() - delivered.get() / subscribers;
  }

  /** Whether everything sent is acked and has reached every subscriber. */
  boolean settled() {
    return acked.get() == sent.get() && delivered.get() == sent.get() * subscribers;
  }
}
