package io.tributary.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.session.HubSession;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * What the hub counts. No label is taken from a tenant, a key or anything else that a peer chooses.
 */
public final class HubMetrics {
  /** How a peer is connected. */
  public enum Transport {
    /** Over a WebSocket. */
    WEBSOCKET,
    /** Over plain TCP. */
    TCP,
    /** Without a socket. */
    IN_PROCESS
  }

  /** What bytes are held for. */
  public enum Held {
    /** Unfinished chunked messages. */
    CHUNKS,
    /** Writes that are not acked yet. */
    WRITES,
    /** The live tails of feeds. */
    TAIL,
    /** What waits to be sent. */
    OUTBOUND
  }

  /** Peers may close with any of 4000 codes; those with a meaning here have a label of their own. */
  private static final List<Integer> CLOSE_CODES =
      List.of(1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013);

  private static final int OTHER = -1;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<Transport, LongAdder> connections = new EnumMap<>(Transport.class);
  private final Map<Held, LongAdder> held = new EnumMap<>(Held.class);
  private final Map<Held, LongSupplier> watched = new EnumMap<>(Held.class);
  private final Map<Integer, Counter> refused = new ConcurrentHashMap<>();
  private final Map<Integer, Counter> closes = new ConcurrentHashMap<>();
  private final Counter appended;
  private final Counter duplicates;
  private final Counter acks;
  private final Counter delivered;
  private final Counter retries;
  private final Counter beyondHead;
  private final Counter requestsRefused;
  private final Map<EntryOutcome.State, Counter> outcomes = new EnumMap<>(EntryOutcome.State.class);
  private final Timer append;

  /** @param budgets what sessions hold: chunks, and chunks and writes together */
  public HubMetrics(HubSession.Budgets budgets) {
    watched.put(Held.CHUNKS, budgets.chunks()::held);
    watched.put(
        Held.WRITES,
        () -> Math.max(0, budgets.inFlight().held() - budgets.chunks().held()));
    for (Transport transport : Transport.values()) {
      LongAdder open = new LongAdder();
      connections.put(transport, open);
      Gauge.builder("tributary.connections.open", open, LongAdder::sum)
          .description("Open sessions")
          .tag("transport", name(transport))
          .register(registry);
    }
    for (Held kind : List.of(Held.TAIL, Held.OUTBOUND)) {
      LongAdder bytes = new LongAdder();
      held.put(kind, bytes);
      watched.put(kind, bytes::sum);
    }
    watched.forEach((kind, bytes) -> {
      Gauge.builder("tributary.held", bytes, LongSupplier::getAsLong)
          .description("Bytes held in memory for peers")
          .baseUnit("bytes")
          .tag("kind", name(kind))
          .strongReference(true)
          .register(registry);
    });
    appended = counter("tributary.entries.appended", "Entries committed to a store");
    duplicates =
        counter("tributary.entries.duplicate", "Submitted entries that a store had already");
    acks = counter("tributary.acks", "Acks sent");
    delivered = counter("tributary.entries.delivered", "Entries sent to subscribers");
    retries = counter(
        "tributary.append.retries",
        "Appends tried again because their outcome was unknown or failed");
    beyondHead =
        counter("tributary.cursors.beyond.head", "Subscriptions from beyond their store's end");
    requestsRefused =
        counter("tributary.requests.refused", "Requests for stores in the clear that were refused");
    for (EntryOutcome.State state : EntryOutcome.State.values()) {
      outcomes.put(
          state,
          Counter.builder("tributary.entries.processed")
              .description("Entries with a recorded outcome of the hub's handlers")
              .tag("outcome", name(state))
              .register(registry));
    }
    append = Timer.builder("tributary.append")
        .description("From handing entries to the storage until they are durable")
        .serviceLevelObjectives(
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(25),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5))
        .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
  }

  /** A session began. */
  public void opened(Transport transport) {
    adder(connections, transport).increment();
  }

  /**
   * A session ended.
   *
   * @param code the close code of a WebSocket, 1006 without one; of TCP likewise
   */
  public void closed(Transport transport, int code) {
    adder(connections, transport).decrement();
    int label = CLOSE_CODES.contains(code) ? code : OTHER;
    closes
        .computeIfAbsent(
            label,
            c -> Counter.builder("tributary.connections.closed")
                .description("Ended sessions by close code")
                .tag("code", c == OTHER ? "other" : c.toString())
                .register(registry))
        .increment();
  }

  /**
   * A request did not become a session.
   *
   * @param status the answer's HTTP status
   */
  public void refused(int status) {
    refused
        .computeIfAbsent(
            status,
            s -> Counter.builder("tributary.handshakes.refused")
                .description("Requests that did not become a session, by HTTP status")
                .tag("status", s.toString())
                .register(registry))
        .increment();
  }

  /**
   * An append is durable.
   *
   * @param entries how many it added
   * @param known how many were there already
   * @param nanos how long it took
   */
  public void appended(int entries, int known, long nanos) {
    appended.increment(entries);
    if (known > 0) {
      duplicates.increment(known);
    }
    append.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** An append is tried again. */
  public void appendRetried() {
    retries.increment();
  }

  /** An ack was sent. */
  public void acked() {
    acks.increment();
  }

  /** Entries were sent to a subscriber. */
  public void delivered(int entries) {
    delivered.increment(entries);
  }

  /** A request for a store in the clear was refused. */
  public void requestRefused() {
    requestsRefused.increment();
  }

  /** An outcome of processing was recorded. */
  public void recorded(EntryOutcome.State state) {
    Counter counter = outcomes.get(state);
    if (counter != null) {
      counter.increment();
    }
  }

  /** A subscription began beyond its store's head + 1. */
  public void cursorBeyondHead() {
    beyondHead.increment();
  }

  /**
   * More or fewer bytes are held.
   *
   * @param kind {@link Held#TAIL} or {@link Held#OUTBOUND}
   * @param delta may be negative
   */
  public void held(Held kind, long delta) {
    adder(held, kind).add(delta);
  }

  /** How many bytes are held; exact when nothing changes meanwhile. */
  public long held(Held kind) {
    return Objects.requireNonNull(watched.get(kind)).getAsLong();
  }

  /** How many sessions there are; exact when nothing changes meanwhile. */
  public long open(Transport transport) {
    return adder(connections, transport).sum();
  }

  /** Everything in the Prometheus text format. */
  public String scrape() {
    return registry.scrape();
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  private static <E extends Enum<E>> LongAdder adder(Map<E, LongAdder> adders, E key) {
    LongAdder adder = adders.get(key);
    if (adder == null) {
      throw new IllegalStateException("every " + key + " has an adder");
    }
    return adder;
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
