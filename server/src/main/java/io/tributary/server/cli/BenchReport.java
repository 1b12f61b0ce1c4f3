package io.tributary.server.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What a bench found out.
 *
 * @param json everything, under stable names
 * @param lines the same for people
 */
record BenchReport(JsonObject json, List<String> lines) {
  static BenchReport ofWriting(BenchPlan plan, List<BenchLoop.Counts> loops) {
    double seconds = 0;
    double ackedPerSecond = 0;
    double deliveredPerSecond = 0;
    long acked = 0;
    long delivered = 0;
    Histogram ack = new Histogram(loops.get(0).ackMicros());
    Histogram delivery = new Histogram(loops.get(0).deliveryMicros());
    for (BenchLoop.Counts loop : loops) {
      seconds = Math.max(seconds, loop.seconds());
      ackedPerSecond += loop.acked() / loop.seconds();
      deliveredPerSecond += loop.delivered() / loop.seconds();
      acked += loop.acked();
      delivered += loop.delivered();
      ack.add(loop.ackMicros());
      delivery.add(loop.deliveryMicros());
    }
    JsonObject json = new JsonObject()
        .put("writers", plan.writers())
        .put("shared", plan.shared())
        .put("batch", plan.batch())
        .put("payload", plan.payload())
        .put("window", plan.window())
        .put("subscribers", plan.subscribers())
        .put("seconds", round(seconds))
        .put("entries", acked)
        .put("entriesPerSecond", Math.round(ackedPerSecond))
        .put("ackMs", quantiles(ack));
    List<String> lines = new ArrayList<>();
    lines.add(text(
        "%s%s, %d x %d B, window %d, %.1f s",
        Plural.of(plan.writers(), "writer"),
        plan.shared() ? " of one identity" : "",
        plan.batch(),
        plan.payload(),
        plan.window(),
        seconds));
    lines.add(text("written    %,12.0f entries/s   ack      %s", ackedPerSecond, text(ack)));
    if (plan.subscribers() > 0) {
      json.put("deliveries", delivered)
          .put("deliveriesPerSecond", Math.round(deliveredPerSecond))
          .put("deliveryMs", quantiles(delivery));
      lines.add(text(
          "delivered  %,12.0f entries/s   delivery %s   to %s",
          deliveredPerSecond, text(delivery), Plural.of(plan.subscribers(), "subscriber")));
    }
    return new BenchReport(json, lines);
  }

  static BenchReport ofBacklog(long entries, long nanos, double[] tenths) {
    double rate = entries * 1e9 / nanos;
    JsonArray rates = new JsonArray();
    for (double tenth : tenths) {
      rates.add(Math.round(tenth));
    }
    return new BenchReport(
        new JsonObject()
            .put("backlog", entries)
            .put("seconds", round(nanos / 1e9))
            .put("entriesPerSecond", Math.round(rate))
            .put("entriesPerSecondByTenth", rates),
        List.of(
            text(
                "one joiner, %,d %s in %.2f s",
                entries, Plural.noun(entries, "entry"), nanos / 1e9),
            text(
                "read       %,12.0f entries/s   first tenth %,.0f   middle %,.0f   last %,.0f",
                rate, tenths[0], tenths[tenths.length / 2], tenths[tenths.length - 1])));
  }

  static BenchReport ofIdle(int sockets, double openingSeconds, int heldSeconds) {
    return new BenchReport(
        new JsonObject()
            .put("idle", sockets)
            .put("openingSeconds", round(openingSeconds))
            .put("socketsPerSecond", Math.round(sockets / openingSeconds))
            .put("heldSeconds", heldSeconds),
        List.of(text(
            "%,d %s opened in %.2f s (%,.0f per second) and held for %d s",
            sockets,
            Plural.noun(sockets, "socket"),
            openingSeconds,
            sockets / openingSeconds,
            heldSeconds)));
  }

  private static JsonObject quantiles(Histogram micros) {
    return new JsonObject()
        .put("p50", micros.getValueAtPercentile(50) / 1e3)
        .put("p99", micros.getValueAtPercentile(99) / 1e3)
        .put("max", micros.getMaxValue() / 1e3);
  }

  private static String text(Histogram micros) {
    return text(
        "p50 %.2f ms  p99 %.2f ms  max %.2f ms",
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(99) / 1e3,
        micros.getMaxValue() / 1e3);
  }

  private static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  private static double round(double seconds) {
    return Math.round(seconds * 1000) / 1000.0;
  }
}
