package io.tributary.server.it;

import java.time.Duration;
import org.awaitility.Awaitility;

/**
 * Every wait of these tests for real time: for a timer that only the real client has, and for a
 * database that is away. All others await a condition.
 */
final class RealTimeWaits {
  /** The client pings every 10 s, first after 10 s, and gives up at 20 s if the first wasn't answered. */
  static final Duration IDLE_CLIENT = Duration.ofSeconds(25);

  /** How long a database is away while clients wait for their acks. */
  static final Duration DATABASE_AWAY =
      Duration.ofSeconds(Boolean.getBoolean("tributary.long") ? 40 : 5);

  private RealTimeWaits() {}

  /** Lets a client's own timers run for that long. */
  static void pass(Duration time) {
    Awaitility.await().pollDelay(time).atMost(time.plusSeconds(30)).until(() -> true);
  }
}
