package io.tributary.client.simulation;

import java.time.Instant;
import java.time.InstantSource;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Virtual time and everything that is going to happen. What is due at the same moment happens in the
 * order it was asked for, so that a seed replays exactly.
 */
final class World {
  private record Event(long at, long number, Runnable run) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
    }
  }

  /** A long time after 1970, so that clocks that are behind still have version 7 ids. */
  private static final long EPOCH = 1_800_000_000_000L;

  final Random random;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long now = EPOCH;
  private long numbers;

  World(long seed) {
    random = new Random(seed);
  }

  long now() {
    return now;
  }

  /** A clock that is {@code skewMs} ahead of the world's. */
  InstantSource clock(long skewMs) {
    return () -> Instant.ofEpochMilli(now + skewMs);
  }

  /** Runs something after a while, never at once. */
  void in(long delayMs, Runnable run) {
    events.add(new Event(now + delayMs, numbers++, run));
  }

  /** Runs something soon: after 0 to {@code maxMs} milliseconds. */
  void soon(int maxMs, Runnable run) {
    in(random.nextInt(maxMs + 1), run);
  }

  /** Whether one chance in {@code n} has come. */
  boolean chance(int n) {
    return random.nextInt(n) == 0;
  }

  /** Lets the next thing happen; false if nothing is left. */
  boolean step() {
    Event event = events.poll();
    if (event == null) {
      return false;
    }
    now = event.at;
    event.run.run();
    return true;
  }

  /** Lets everything happen that is due until then. */
  void runUntil(long at) {
    while (!events.isEmpty() && events.peek().at <= at) {
      step();
    }
    now = Math.max(now, at);
  }
}
