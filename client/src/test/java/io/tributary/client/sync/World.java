package io.tributary.client.sync;

import static org.assertj.core.api.Assertions.fail;

import io.tributary.client.eventlog.Runner;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * One thread on which everything happens: messages between parts take their time, in order per wire
 * and in any order between wires; when nothing is under way, the clock moves to the next timer.
 */
final class World implements Runner, InstantSource {
  private record Timer(long at, long number, Runnable task) {}

  final Random random;
  private final Map<Object, ArrayDeque<Runnable>> wires = new LinkedHashMap<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>(
      (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.number, b.number));
  private long now = 1_700_000_000_000L;
  private long numbers;

  World(long seed) {
    random = new Random(seed);
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(now);
  }

  @Override
  public long millis() {
    return now;
  }

  @Override
  public void execute(Runnable task) {
    wire("runner", task);
  }

  @Override
  public Runnable after(long delayMs, Runnable task) {
    Timer timer = new Timer(now + delayMs, numbers++, task);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  void wire(Object name, Runnable message) {
    wires.computeIfAbsent(name, key -> new ArrayDeque<>()).add(message);
  }

  /** What is under way on a wire is lost. */
  void cut(Object name) {
    wires.remove(name);
  }

  boolean deliverOne() {
    if (wires.isEmpty()) {
      return false;
    }
    List<Object> names = new ArrayList<>(wires.keySet());
    Object name = names.get(random.nextInt(names.size()));
    ArrayDeque<Runnable> queue = wires.get(name);
    if (queue == null) {
      return false;
    }
    Runnable message = queue.remove();
    if (queue.isEmpty()) {
      wires.remove(name);
    }
    message.run();
    return true;
  }

  /** Everything under way arrives; the clock stands still. */
  void deliver() {
    int steps = 0;
    while (deliverOne()) {
      if (steps++ > 5_000_000) {
        fail("messages without end");
      }
    }
  }

  /** The clock moves on, and what is due happens. */
  void pass(long ms) {
    long until = now + ms;
    deliver();
    for (Timer next = timers.peek(); next != null && next.at <= until; next = timers.peek()) {
      timers.remove(next);
      now = Math.max(now, next.at);
      next.task.run();
      deliver();
    }
    now = until;
  }

  /** Goes on until something is so. */
  void until(String what, BooleanSupplier so) {
    for (int steps = 0; steps < 20_000_000; steps++) {
      if (so.getAsBoolean()) {
        return;
      }
      if (!deliverOne()) {
        Timer next = timers.poll();
        if (next == null) {
          fail("at rest, but never " + what);
          return;
        }
        now = Math.max(now, next.at);
        next.task.run();
      }
    }
    fail("never " + what);
  }
}
