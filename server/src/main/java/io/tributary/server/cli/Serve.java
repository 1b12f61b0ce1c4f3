package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.client.Replica;
import io.tributary.client.SyncVerticle;
import io.tributary.client.identity.IdentityException;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.tributary.server.config.Flag;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.LoadedConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.hub.Hub;
import io.tributary.server.runtime.HubModuleException;
import io.tributary.server.runtime.HubModules;
import io.tributary.storage.file.FileStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.net.BindException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs a hub until the process is told to end. */
@Command(
    name = "serve",
    description = "Run the hub, a replica, or both (remote.role).",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Serve implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(Serve.class);

  /** What closing listeners and storage may take beyond {@code shutdown.grace}. */
  private static final Duration CLOSING = Duration.ofSeconds(5);

  @Spec
  private @Nullable CommandSpec spec;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "The address to listen on (host), 127.0.0.1 unless told otherwise.")
  private @Nullable String host;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "The port to listen on (port), 8787 unless told otherwise; 0 = any free one.")
  private @Nullable String port;

  @Mixin
  private ConfigOptions options = new ConfigOptions();

  @Option(
      names = "--insecure-open",
      description = "Allow listening beyond this machine without tokens: everybody gets in.")
  private boolean insecureOpen;

  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      description =
          "Load the modules in the jars of this directory. They are code that can do what the"
              + " hub can; only root and the hub's own user may be able to write them.")
  private @Nullable Path plugins;

  @Option(
      names = "--check",
      description = "Read and check all data first, and serve only if nothing is wrong with it"
          + " (storage.provider file).")
  private boolean check;

  @Option(
      names = "--print-config",
      description =
          "Print the effective configuration, each value with where it came from, and exit.")
  private boolean printConfig;

  @Override
  public Integer call() throws Exception {
    List<Flag> flags = new ArrayList<>();
    ConfigOptions.add(flags, "host", host, "--host");
    ConfigOptions.add(flags, "port", port, "--port");
    LoadedConfig loaded = options.load(flags, insecureOpen);
    if (printConfig) {
      requireNonNull(spec).commandLine().getOut().print(loaded.print());
      requireNonNull(spec).commandLine().getOut().flush();
      return 0;
    }
    HubConfig config = loaded.config();
    Logging.serving(config.log());
    loaded.warnings().forEach(log::warn);
    if (check) {
      check(config.storage());
    }
    HubModules modules = modules();
    Vertx vertx = Vertx.vertx(new VertxOptions()
        // more would only make them wait for each other
        .setEventLoopPoolSize(Math.max(2, Runtime.getRuntime().availableProcessors()))
        .setFileSystemOptions(
            // nothing is served from the class path
            new FileSystemOptions()
                .setClassPathResolvingEnabled(false)
                .setFileCachingEnabled(false)));
    Future<Running> running = start(vertx, config, modules);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(vertx, running, config), "shutdown"));
    LoggerFactory.getLogger(Logging.READY).info("{}", ready(started(running, config), config));
    // until a signal: the shutdown hook then ends the process
    new CountDownLatch(1).await();
    return 0;
  }

  /** What runs, as {@code remote.role} says: a hub, a replica, or both on one storage. */
  private record Running(@Nullable Hub hub, @Nullable String replica, Vertx vertx) {
    Future<Void> stop() {
      Future<Void> replicaStopped =
          replica == null ? Future.succeededFuture() : vertx.undeploy(replica);
      // Its storage is the hub's to close.
      return replicaStopped.transform(
          done -> hub == null ? replicaStopped : hub.stop().compose(v -> replicaStopped));
    }
  }

  private static Future<Running> start(Vertx vertx, HubConfig config, HubModules modules) {
    if (!config.remote().hub()) {
      return vertx
          .deployVerticle(new SyncVerticle(ReplicaOf.options(config).build()))
          .map(id -> new Running(null, id, vertx));
    }
    return Hub.start(vertx, config, modules.extensions())
        .compose(hub -> modules
            .start(hub.runtime())
            .compose(v -> config.remote().replica()
                ? replica(vertx, config, hub)
                : Future.succeededFuture(new Running(hub, null, vertx)))
            .recover(e -> hub.stop().transform(v -> Future.failedFuture(e))));
  }

  private static Future<Running> replica(Vertx vertx, HubConfig config, Hub hub) {
    SyncVerticle verticle =
        new SyncVerticle(ReplicaOf.options(config).storage(hub.storage()).build());
    return vertx.deployVerticle(verticle).map(id -> {
      hub.showRemotes(() -> {
        Replica replica = verticle.replica();
        return replica == null ? List.of() : replica.sync().status();
      });
      return new Running(hub, id, vertx);
    });
  }

  private HubModules modules() {
    try {
      return HubModules.load(Optional.ofNullable(plugins));
    } catch (HubModuleException e) {
      throw new FailedException(String.valueOf(e.getMessage()), e);
    }
  }

  private void check(StorageConfig storage) {
    CommandLine commandLine = requireNonNull(spec).commandLine();
    String dir = storage.section().getString("dir");
    if (!storage.provider().equals("file") || dir == null) {
      throw new ParameterException(
          commandLine,
          "--check is for storage.provider file; " + storage.provider() + " has its own tools");
    }
    Path directory = Path.of(dir);
    if (!OfflineData.isThere(directory)) {
      log.info("{} has no data yet, nothing to check", directory);
      return;
    }
    List<String> findings = FileStorageProvider.check(directory);
    if (!findings.isEmpty()) {
      findings.forEach(commandLine.getErr()::println);
      throw new FailedException(
          "the data in " + directory + " is damaged, so it is not served: put back a backup with"
              + " restore",
          null);
    }
    log.info("the data in {} is as it has to be", directory);
  }

  private static Running started(Future<Running> running, HubConfig config) throws Exception {
    try {
      return running.toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      Throwable cause = requireNonNull(e.getCause());
      if (cause instanceof BindException
          || cause instanceof SocketException
          || cause instanceof UnknownHostException
          || cause instanceof UnresolvedAddressException) {
        // the admin listener says itself that it is the one
        throw new FailedException(
            "cannot listen on host "
                + config.host()
                + ", port "
                + config.port()
                + ": "
                + cause.getMessage(),
            cause);
      }
      if (cause instanceof HubModuleException) {
        throw new FailedException(String.valueOf(cause.getMessage()), cause);
      }
      if (cause instanceof IdentityException) {
        throw new FailedException(String.valueOf(cause.getMessage()), cause);
      }
      throw cause instanceof Exception exception ? exception : e;
    }
  }

  /** Waits: the JVM ends when the hooks have returned. */
  private static void stop(Vertx vertx, Future<Running> running, HubConfig config) {
    if (running.succeeded()) {
      log.info("stopping");
    }
    Duration limit = config.shutdownGrace().plus(CLOSING);
    try {
      await(running.compose(Running::stop), limit);
      log.info("stopped");
    } catch (TimeoutException e) {
      log.warn("not stopped within {} ms, giving up", limit.toMillis());
    } catch (ExecutionException e) {
      // one that never started has said so already
      if (running.succeeded()) {
        log.warn("not stopped in order", e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      // not composed with the above: what completes on an event loop cannot outlive it
      await(vertx.close(), CLOSING);
    } catch (TimeoutException | ExecutionException e) {
      log.debug("Vert.x not closed in order", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(Future<?> future, Duration limit)
      throws TimeoutException, ExecutionException, InterruptedException {
    Object unused = future
        .toCompletionStage()
        .toCompletableFuture()
        .get(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static String ready(Running running, HubConfig config) {
    Hub hub = running.hub();
    String replica = running.replica() == null
        ? ""
        : "replica of " + config.remote().options().shownUrl();
    if (hub == null) {
      return "ready: " + replica + storage(config);
    }
    StringBuilder line = new StringBuilder("ready: ws://")
        .append(reachable(config.host()))
        .append(':')
        .append(hub.port())
        .append("/event-log/{tenant}");
    hub.tcpPort()
        .ifPresent(p -> line.append(", tcp://")
            .append(reachable(config.tcp().host()))
            .append(':')
            .append(p));
    hub.adminUrl().ifPresent(url -> line.append(", admin ").append(url));
    if (!replica.isEmpty()) {
      line.append(", ").append(replica);
    }
    return line.append(storage(config)).toString();
  }

  private static String storage(HubConfig config) {
    StringBuilder line = new StringBuilder(", storage ").append(config.storage().provider());
    String dir = config.storage().section().getString("dir");
    if (config.storage().provider().equals("file")) {
      line.append(" in ").append(dir);
    } else if (config.storage().provider().equals("memory")) {
      line.append(" (gone when it stops)");
    }
    return line.toString();
  }

  /** A host to put into a URL on this machine. */
  private static String reachable(String host) {
    return switch (host) {
      case "0.0.0.0" -> "127.0.0.1";
      case "::" -> "[::1]";
      default -> host.contains(":") ? "[" + host + "]" : host;
    };
  }
}
