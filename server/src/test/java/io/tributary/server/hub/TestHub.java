package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.tributary.core.wire.v3.ServerMessage.Hello;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.metrics.HubMetrics;
import io.tributary.server.metrics.HubMetrics.Held;
import io.tributary.server.metrics.HubMetrics.Transport;
import io.tributary.server.runtime.HubExtensions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.slf4j.LoggerFactory;

/** A hub in this process, with its log, what it holds, and sockets to it. For one thread. */
final class TestHub implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final AtomicInteger RUNNING = new AtomicInteger();

  static {
    // By itself it looks every 100 ms, and not at once.
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
  }

  /** Keeps what is logged. */
  private static final class Log extends AppenderBase<ILoggingEvent> {
    final ConcurrentLinkedQueue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      events.add(event);
    }
  }

  private final Vertx vertx;
  private final Hub hub;
  private final Log log;
  private final List<RawClient> clients = new ArrayList<>();

  private TestHub(Vertx vertx, Hub hub, Log log) {
    this.vertx = vertx;
    this.hub = hub;
    this.log = log;
  }

  /** Memory, any free port, no admin listener, no tokens. */
  static HubConfig.Builder config() {
    return HubConfig.builder()
        .port(0)
        .storage(StorageConfig.memory())
        .admin(new AdminConfig("127.0.0.1", 0, null, null));
  }

  static TestHub start() {
    return start(config());
  }

  static TestHub start(HubConfig.Builder config) {
    return start(config, InstantSource.system());
  }

  static TestHub start(HubConfig.Builder config, HubExtensions extensions) {
    return start(config, extensions, InstantSource.system());
  }

  static TestHub start(HubConfig.Builder config, InstantSource clock) {
    return start(config, HubExtensions.none(), clock);
  }

  static TestHub start(HubConfig.Builder config, HubExtensions extensions, InstantSource clock) {
    Log log = new Log();
    log.start();
    if (RUNNING.getAndIncrement() == 0) {
      // Not on to the console: what the hub says here is what the test makes it say.
      ours().setLevel(Level.INFO);
      ours().setAdditive(false);
    }
    ours().addAppender(log);
    root().addAppender(log);
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(4));
    return new TestHub(vertx, get(Hub.start(vertx, config.build(), extensions, clock)), log);
  }

  private static Logger ours() {
    return (Logger) LoggerFactory.getLogger("io.tributary");
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Vertx vertx() {
    return vertx;
  }

  Hub hub() {
    return hub;
  }

  int port() {
    return hub.port();
  }

  HubMetrics metrics() {
    return hub.metrics();
  }

  static String path(String tenant) {
    return "/event-log/" + tenant;
  }

  /** A peer that has read its Hello. */
  RawClient connect(String tenant, String... headers) {
    return greeted(RawClient.upgrade(port(), path(tenant), headers));
  }

  /** The same, on a socket that takes little while it isn't read. */
  RawClient connectNarrow(String tenant) {
    return greeted(RawClient.upgradeNarrow(port(), path(tenant)));
  }

  private RawClient greeted(RawClient client) {
    clients.add(client);
    assertThat(client.status()).isEqualTo(101);
    assertThat(client.next()).isInstanceOf(Hello.class);
    return client;
  }

  /** A peer that may be refused. */
  RawClient tryConnect(String path, String... headers) {
    RawClient client = RawClient.upgrade(port(), path, headers);
    clients.add(client);
    return client;
  }

  /** What was logged, one line each. */
  List<String> log() {
    return log.events.stream()
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .toList();
  }

  /** Waits for a line with all these parts. */
  void awaitLog(String... parts) {
    await("a log line with " + String.join(", ", parts))
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(log()).anyMatch(line -> Stream.of(parts).allMatch(line::contains)));
  }

  /** The bytes of unfinished chunks, writes and what waits to be sent. */
  long held() {
    return metrics().held(Held.CHUNKS)
        + metrics().held(Held.WRITES)
        + metrics().held(Held.OUTBOUND);
  }

  /** Waits until the hub holds nothing for anybody. */
  void awaitNothingHeld() {
    await("nothing held")
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(held()).isZero());
  }

  /** Waits until there are that many sessions. */
  void awaitSessions(int n) {
    await("sessions")
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(metrics().open(Transport.WEBSOCKET)).isEqualTo(n));
  }

  /** Waits until there are that many connections, sessions or not. */
  void awaitConnections(int n) {
    await("connections")
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(hub.connections()).isEqualTo(n));
  }

  /** Drops the peers, waits until nothing is held for them any more, and stops the hub. */
  @Override
  public void close() {
    try {
      clients.forEach(RawClient::close);
      awaitSessions(0);
      awaitNothingHeld();
      await("no feeds").atMost(PATIENCE).until(() -> metrics().held(Held.TAIL) == 0);
      get(hub.stop());
      assertThat(log.events)
          .filteredOn(event -> event.getLevel() == Level.ERROR)
          .as("errors in the log")
          .isEmpty();
    } finally {
      discard();
    }
  }

  /** Ends what {@link #close} would, after the hub was stopped. */
  void discard() {
    clients.forEach(RawClient::close);
    ours().detachAppender(log);
    if (RUNNING.decrementAndGet() == 0) {
      ours().setAdditive(true);
      ours().setLevel(null);
    }
    root().detachAppender(log);
    get(vertx.close());
  }
}
