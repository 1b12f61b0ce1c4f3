package io.tributary.server.hub;

import io.tributary.client.sync.Connector;
import io.tributary.client.sync.RemoteStatus;
import io.tributary.core.compaction.CompactionPlan;
import io.tributary.core.hub.Budget;
import io.tributary.core.session.HubSession;
import io.tributary.server.access.Handshake;
import io.tributary.server.access.Tokens;
import io.tributary.server.admin.AdminApi;
import io.tributary.server.admin.AdminVerticle;
import io.tributary.server.admin.LiveHub;
import io.tributary.server.config.CompactionConfig;
import io.tributary.server.config.ConfigException;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.http.Readiness;
import io.tributary.server.http.Routes;
import io.tributary.server.metrics.HubMetrics;
import io.tributary.server.retention.CompactionVerticle;
import io.tributary.server.retention.Eraser;
import io.tributary.server.retention.Retention;
import io.tributary.server.runtime.Admission;
import io.tributary.server.runtime.Compactions;
import io.tributary.server.runtime.HubAuth;
import io.tributary.server.runtime.HubAuths;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.server.runtime.HubRuntime;
import io.tributary.server.runtime.ProcessingVerticle;
import io.tributary.server.runtime.StoreWrites;
import io.tributary.storage.Storage;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running hub. The command line runs one; an application starts one in its own Vert.x:
 *
 * <pre>{@code
 * Hub.start(vertx, HubConfig.defaults()).onSuccess(hub -> System.out.println(hub.port()));
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Hub {
  private static final Logger logger = LoggerFactory.getLogger(Hub.class);

  private final Vertx vertx;
  private final boolean listening;
  private final HubConfig config;
  private final Readiness readiness;
  private final Storage storage;
  private final Tokens tokens;
  private final HubContext context;
  private final AdminApi api;
  private final AdminVerticle admin;
  private final WritesVerticle writes;
  private final Retention retention;
  private final Optional<CompactionVerticle> compaction;
  private final @Nullable TcpVerticle tcp;
  private final LocalVerticle local;
  private final Optional<ProcessingVerticle> processing;
  private final RuntimeVerticle insider;
  private final HubRuntime runtime;
  private final ArrayDeque<String> deployments = new ArrayDeque<>();
  private final List<SocketVerticle> sockets = new ArrayList<>();

  private Hub(
      Vertx vertx,
      HubConfig config,
      Readiness readiness,
      Storage storage,
      Tokens tokens,
      HubExtensions extensions,
      InstantSource clock,
      boolean listening) {
    this.listening = listening;
    this.vertx = vertx;
    this.config = config;
    this.readiness = readiness;
    this.storage = storage;
    this.tokens = tokens;
    LimitsConfig limits = config.limits();
    HubSession.Budgets budgets = new HubSession.Budgets(
        new Budget(limits.chunkBytesTotal()), new Budget(limits.inFlightBytesTotal()));
    HubMetrics metrics = new HubMetrics(budgets);
    int cores = Runtime.getRuntime().availableProcessors();
    this.context = new HubContext(
        config,
        new Topology("tributary.hub." + UUID.randomUUID(), Math.max(1, cores / 2), cores),
        storage,
        budgets,
        new ConnectionLimits(limits.connections(), limits.connectionsPerTenant()),
        tokens,
        new Handshake(tokens, config),
        new Admission(vertx, HubAuths.choose(config.hubAuth(), extensions), storage),
        new Compactions(vertx, storage.log(), plan(config.compaction(), extensions)),
        metrics,
        readiness,
        clock);
    this.processing = extensions.handles()
        ? Optional.of(new ProcessingVerticle(
            storage, extensions, clock, context.topology().processing(), metrics::recorded))
        : Optional.empty();
    this.insider = new RuntimeVerticle(context, extensions.reactivity());
    this.runtime = new HubRuntime(
        vertx,
        storage,
        context.admission(),
        extensions,
        processing,
        insider,
        context.compactions(),
        clock,
        limits.payload());
    // Its sessions have the place after those of the socket verticles.
    this.tcp = listening && config.tcp().enabled() ? new TcpVerticle(context, cores) : null;
    int local = cores + (tcp == null ? 0 : 1);
    this.local = new LocalVerticle(context, local);
    LiveHub live = new LiveHubBus(vertx, context.topology(), local + 1);
    Eraser eraser = new Eraser(vertx, storage, clock, live);
    this.retention = new Retention(vertx, storage, config.retention(), clock, eraser);
    this.compaction = config.retention().enabled()
        ? Optional.of(new CompactionVerticle(config.retention(), retention))
        : Optional.empty();
    this.api = new AdminApi(
        vertx,
        storage,
        clock,
        retention,
        eraser,
        new StoreWrites(runtime, extensions.groups()),
        Optional.of(live));
    this.writes = new WritesVerticle(api);
    this.admin = new AdminVerticle(vertx, config, metrics, api);
  }

  private static CompactionPlan plan(CompactionConfig config, HubExtensions extensions) {
    return new CompactionPlan(
        config.window(),
        config.maxBytes(),
        extensions.compactions().stream()
            .map(each -> new CompactionPlan.Registration(
                each.compactor(), each.olderThan().toMillis()))
            .toList());
  }

  /**
   * Opens the storage, then listens.
   *
   * @return fails if the configuration names what isn't there, the storage can't be opened, or an
   *     address can't be listened on; nothing is left running then
   */
  public static Future<Hub> start(Vertx vertx, HubConfig config) {
    return start(vertx, config, HubExtensions.none());
  }

  /** The same with what an application brings. */
  public static Future<Hub> start(Vertx vertx, HubConfig config, HubExtensions extensions) {
    return start(vertx, config, extensions, InstantSource.system());
  }

  /**
   * The same without any socket: for an application that reads and writes by {@link #runtime} alone.
   * What the configuration says of listeners does not count.
   */
  public static Future<Hub> embed(Vertx vertx, HubConfig config, HubExtensions extensions) {
    return start(vertx, config, extensions, InstantSource.system(), false);
  }

  static Future<Hub> start(
      Vertx vertx, HubConfig config, HubExtensions extensions, InstantSource clock) {
    return start(vertx, config, extensions, clock, true);
  }

  private static Future<Hub> start(
      Vertx vertx,
      HubConfig config,
      HubExtensions extensions,
      InstantSource clock,
      boolean listening) {
    try {
      HubAuth unused = HubAuths.choose(config.hubAuth(), extensions);
    } catch (ConfigException e) {
      return Future.failedFuture(e);
    }
    Readiness readiness = new Readiness(clock);
    Messages.register(vertx);
    return Tokens.open(vertx, config.auth())
        .compose(tokens -> config
            .storage()
            .open(vertx)
            .onFailure(failure -> tokens.close())
            .compose(storage -> {
              readiness.storage(storage);
              Hub hub =
                  new Hub(vertx, config, readiness, storage, tokens, extensions, clock, listening);
              return hub.deploy()
                  .map(hub)
                  .recover(failure -> hub.release().transform(v -> Future.failedFuture(failure)));
            }));
  }

  /** What the application that the hub runs in uses to write and read. */
  public HubRuntime runtime() {
    return runtime;
  }

  /**
   * A connector for a replica in this process: to a tenant, without any socket, and without a token.
   *
   * @throws IllegalArgumentException if it is no tenant's name
   */
  public Connector connector(String tenant) {
    return local.connector(tenant);
  }

  /** Where it keeps its data, for who shares the data set; the hub closes it. */
  public Storage storage() {
    return storage;
  }

  /** Shows the remotes of a replica beside the hub in its status. */
  public void showRemotes(Supplier<List<RemoteStatus>> remotes) {
    api.showRemotes(() -> remotes.get().stream().map(RemoteStatus::toJson).toList());
  }

  /** The port of the main listener; 0 without one. */
  public int port() {
    return sockets.isEmpty() ? 0 : sockets.get(0).port();
  }

  /** The port of the TCP listener, if there is one. */
  public OptionalInt tcpPort() {
    return tcp == null ? OptionalInt.empty() : OptionalInt.of(tcp.port());
  }

  /** Where the admin listener is; empty if it is off. */
  public Optional<URI> adminUrl() {
    return admin.url();
  }

  /** What it counts. */
  HubMetrics metrics() {
    return context.metrics();
  }

  /** How many connections there are, sessions or not. */
  int connections() {
    return context.connections().open();
  }

  /**
   * Stops in order: no longer ready, no new appends; those in flight finish and are acked, within
   * {@code shutdown.grace}; sockets are closed with 1001; the storage is closed.
   */
  public Future<Void> stop() {
    readiness.stopping();
    retention.stop();
    DeliveryOptions patience = new DeliveryOptions().setLocalOnly(true).setSendTimeout(graceMs());
    return all(context.topology().stores(), i -> ask(context.topology().drain(i), patience))
        .otherwise(failure -> {
          logger.warn("appends were still in flight after shutdown.grace");
          return null;
        })
        .compose(v -> Future.join(
            ask(local.goodbye(), patience),
            all(
                listening ? context.topology().sockets() + (tcp == null ? 0 : 1) : 0,
                i -> ask(context.topology().goodbye(i), patience))))
        .transform(v -> release());
  }

  private long graceMs() {
    return Math.max(1, config.shutdownGrace().toMillis());
  }

  private Future<?> ask(String address, DeliveryOptions patience) {
    return vertx.eventBus().request(address, "", patience);
  }

  private Future<Void> deploy() {
    Topology topology = context.topology();
    if (!storage.durable()) {
      logger.warn(
          "storage {} is not durable: acked entries are lost when the hub or the machine stops",
          config.storage().provider());
    }
    return all(topology.stores(), i -> deploy(new StoreVerticle(context, i)))
        .compose(v -> deploy(insider))
        .compose(v -> processing.isEmpty()
            ? Future.succeededFuture()
            : deploy(processing.get()).<Void>mapEmpty())
        .compose(v -> all(listening ? topology.sockets() : 0, this::deploySocket))
        .compose(v -> tcp == null ? Future.succeededFuture() : deploy(tcp).<Void>mapEmpty())
        .compose(v -> deploy(local))
        .compose(v -> compaction.isEmpty()
            ? Future.succeededFuture()
            : deploy(compaction.get()).<Void>mapEmpty())
        .compose(v -> deploy(writes))
        .compose(v -> listening ? deploy(admin).<Void>mapEmpty() : Future.succeededFuture())
        .onSuccess(v -> readiness.serving());
  }

  private Future<?> deploySocket(int instance) {
    SocketVerticle socket =
        new SocketVerticle(context, instance, router -> Routes.mount(router, readiness));
    synchronized (sockets) {
      sockets.add(socket);
    }
    return deploy(socket);
  }

  private Future<?> deploy(Deployable verticle) {
    return vertx.deployVerticle(verticle).onSuccess(id -> {
      synchronized (deployments) {
        deployments.push(id);
      }
    });
  }

  /** Undeploys what was deployed, the last first, and closes the storage. */
  private Future<Void> release() {
    tokens.close();
    return undeployAll().transform(v -> storage.close());
  }

  private Future<Void> undeployAll() {
    String id;
    synchronized (deployments) {
      id = deployments.poll();
    }
    if (id == null) {
      return Future.succeededFuture();
    }
    return vertx
        .undeploy(id)
        .onFailure(failure -> logger.warn("a part of the hub did not stop in order", failure))
        .transform(v -> undeployAll());
  }

  private static Future<Void> all(int n, IntFunction<Future<?>> each) {
    List<Future<?>> futures = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      futures.add(each.apply(i));
    }
    return Future.join(futures).mapEmpty();
  }
}
