package io.tributary.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.hub.Budget;
import io.tributary.core.session.HubSession;
import io.tributary.server.metrics.HubMetrics.Held;
import io.tributary.server.metrics.HubMetrics.Transport;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HubMetricsTest {
  private final HubSession.Budgets budgets =
      new HubSession.Budgets(new Budget(100), new Budget(100));
  private final HubMetrics metrics = new HubMetrics(budgets);

  @Test
  void whatHappensIsInTheText() {
    metrics.opened(Transport.WEBSOCKET);
    metrics.opened(Transport.WEBSOCKET);
    metrics.opened(Transport.TCP);
    metrics.closed(Transport.WEBSOCKET, 1008);
    metrics.refused(401);
    metrics.refused(401);
    metrics.appended(7, 2, TimeUnit.MILLISECONDS.toNanos(4));
    metrics.appended(1, 0, TimeUnit.MILLISECONDS.toNanos(300));
    metrics.appendRetried();
    metrics.acked();
    metrics.delivered(9);
    metrics.cursorBeyondHead();
    assertThat(budgets.chunks().tryReserve(60)).isTrue();
    assertThat(budgets.inFlight().tryReserve(90)).isTrue();
    metrics.held(Held.TAIL, 5);

    assertThat(metrics.scrape().lines())
        .contains(
            "tributary_connections_open{transport=\"websocket\"} 1.0",
            "tributary_connections_open{transport=\"tcp\"} 1.0",
            "tributary_connections_closed_total{code=\"1008\"} 1.0",
            "tributary_handshakes_refused_total{status=\"401\"} 2.0",
            "tributary_entries_appended_total 8.0",
            "tributary_entries_duplicate_total 2.0",
            "tributary_append_retries_total 1.0",
            "tributary_acks_total 1.0",
            "tributary_entries_delivered_total 9.0",
            "tributary_cursors_beyond_head_total 1.0",
            "tributary_held_bytes{kind=\"chunks\"} 60.0",
            "tributary_held_bytes{kind=\"writes\"} 30.0",
            "tributary_held_bytes{kind=\"tail\"} 5.0",
            "tributary_held_bytes{kind=\"outbound\"} 0.0",
            "tributary_append_seconds_count 2",
            "tributary_append_seconds_bucket{le=\"0.005\"} 1",
            "tributary_append_seconds_bucket{le=\"+Inf\"} 2");
    assertThat(metrics.held(Held.CHUNKS)).isEqualTo(60);
    assertThat(metrics.open(Transport.WEBSOCKET)).isEqualTo(1);
  }

  @Test
  void codesThatPeersChooseDoNotMakeLabels() {
    for (int code = 3000; code < 5000; code++) {
      metrics.opened(Transport.WEBSOCKET);
      metrics.closed(Transport.WEBSOCKET, code);
    }

    assertThat(metrics.scrape().lines().filter(l -> l.startsWith("tributary_connections_closed")))
        .containsExactly("tributary_connections_closed_total{code=\"other\"} 2000.0");
  }
}
