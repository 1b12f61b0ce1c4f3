package io.tributary.server.it;

import io.tributary.storage.postgres.PostgresServer;
import io.tributary.storage.redis.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/** A database server in a process of its own, for hubs to keep their data in. */
interface Database extends AutoCloseable {
  /** How to run a hub on data of its own in here. */
  HubProcess.Options hub();

  /** Ends it in order. */
  void stop();

  /** SIGKILL, for all its processes. */
  void kill();

  /** Starts it again, on the port and the data it had; returns when it takes connections. */
  void start();

  @Override
  void close();

  /** A new, empty one for a kind that has one. */
  static Database of(HubKind kind) {
    return switch (kind) {
      case POSTGRES -> new Postgres();
      case REDIS -> new Redis();
      default -> throw new IllegalArgumentException(kind + " has no server");
    };
  }

  /** PostgreSQL. */
  final class Postgres implements Database {
    private final PostgresServer server;
    private final AtomicInteger hubs = new AtomicInteger();

    Postgres() {
      this(() -> PostgresServer.start(PostgresServer.Version.NEWEST));
    }

    Postgres(Callable<PostgresServer> start) {
      try {
        server = start.call();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    /** Whether it runs, that is, hasn't ended by itself. */
    boolean isRunning() {
      return server.isRunning();
    }

    @Override
    public HubProcess.Options hub() {
      return HubProcess.Options.of("postgres")
          .withServeArguments(
              "--set",
              "storage.postgres.uri=" + server.uri(),
              "--set",
              "storage.postgres.poolSize=4",
              "--set",
              "storage.postgres.tablePrefix=hub_" + hubs.incrementAndGet() + "_");
    }

    @Override
    public void stop() {
      try {
        server.stop();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void kill() {
      server.kill();
    }

    @Override
    public void start() {
      try {
        server.start();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Redis. */
  final class Redis implements Database {
    private final TestServer server = new TestServer(TestServer.Version.BUNDLED);
    private final AtomicInteger hubs = new AtomicInteger();

    @Override
    public HubProcess.Options hub() {
      return HubProcess.Options.of("redis")
          .withServeArguments(
              "--set",
              "storage.redis.uri=" + server.uri(),
              "--set",
              "storage.redis.prefix=hub-" + hubs.incrementAndGet() + ":");
    }

    @Override
    public void stop() {
      server.stop();
    }

    @Override
    public void kill() {
      server.kill();
    }

    @Override
    public void start() {
      server.start();
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
