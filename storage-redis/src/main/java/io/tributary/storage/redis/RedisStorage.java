package io.tributary.storage.redis;

import static java.util.Objects.requireNonNull;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.Health;
import io.tributary.storage.HintChannel;
import io.tributary.storage.JournalStore;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.LeaseStore;
import io.tributary.storage.LogStore;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open data set on a server: a connection for what is written, one for reads, one for hints. */
final class RedisStorage implements Storage {
  private static final Logger log = LoggerFactory.getLogger(RedisStorage.class);
  private static final int RETRY_MS = 1_000;
  private static final int REWRITE_POLL_MS = 200;

  private final Vertx vertx;
  private final Server server;
  private final DataSet dataSet = new DataSet();
  private final Link writer;
  private final Link reader;
  private final RedisHints hints;
  private final Confirmed confirmed;
  private final RedisLog logs;
  private final RedisLeases leases;
  private final RedisRegistry registry;
  private final RedisJournals journals;
  private final RedisKeyValues keyValues;
  private final RedisCompactions compactions;
  private final List<String> deployed = new ArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Promise<Void> ended = Promise.promise();

  private RedisStorage(Vertx vertx, Settings settings, LongSupplier clockShift) {
    this.vertx = vertx;
    this.server = new Server(settings);
    this.writer = new Link(server, dataSet, true);
    this.reader = new Link(server, dataSet, false);
    this.hints = new RedisHints(server, dataSet, reader);
    this.confirmed = new Confirmed(vertx, writer);
    this.leases = new RedisLeases(writer, settings.prefix(), clockShift);
    this.logs = new RedisLog(writer, reader, confirmed, leases);
    this.registry = new RedisRegistry(writer, reader);
    Reads reads = new Reads(reader, dataSet, confirmed);
    this.journals = new RedisJournals(writer, reads, leases);
    this.keyValues = new RedisKeyValues(writer, reads);
    this.compactions = new RedisCompactions(writer, reader);
  }

  /** Opens it, waiting for a server that can't be reached yet. */
  static Future<Storage> open(Vertx vertx, Settings settings, LongSupplier clockShift) {
    RedisStorage storage = new RedisStorage(vertx, settings, clockShift);
    long until = System.nanoTime() + settings.connectWait().toNanos();
    return Callers.here(storage
        .deploy(storage.writer)
        .compose(nothing -> storage.deploy(storage.reader))
        .compose(nothing -> storage.deploy(storage.hints))
        .compose(nothing -> storage.open(storage.writer, until))
        .compose(nothing -> storage.open(storage.reader, until))
        .<Storage>map(nothing -> {
          if (!settings.required()) {
            log.warn(
                "storage redis is relaxed: what {} acknowledges may be lost when it stops suddenly",
                settings.server());
          }
          return storage;
        })
        .recover(e -> storage.close().transform(nothing -> Future.failedFuture(e))));
  }

  private Future<Void> deploy(VerticleBase verticle) {
    return vertx.deployVerticle(verticle).map(id -> {
      synchronized (deployed) {
        deployed.add(id);
      }
      return null;
    });
  }

  private Future<Void> open(Link link, long until) {
    return link.open().recover(e -> {
      if (isFinal(e)) {
        return Future.failedFuture(refused(e));
      }
      long left = TimeUnit.NANOSECONDS.toSeconds(until - System.nanoTime());
      if (until - System.nanoTime() <= 0) {
        return Future.failedFuture(new StorageException(
            Outcome.NOT_COMMITTED,
            server.unreachable(e) + ", and was waited for for storage.redis.connectWait, "
                + server.settings().connectWait().toSeconds()
                + " s: start it, or correct storage.redis.uri",
            e));
      }
      log.warn("{}; trying again for up to {} s", server.unreachable(e), left);
      Promise<Void> again = Promise.promise();
      long ignored = vertx.setTimer(RETRY_MS, id -> open(link, until).onComplete(again));
      return again.future();
    });
  }

  /** Whether waiting does not help. */
  private static boolean isFinal(Throwable e) {
    if (Failures.isConnectionLoss(e)) {
      return e instanceof StorageException || e instanceof StorageConfigException;
    }
    return switch (Failures.code(e)) {
      case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN" -> false;
      default -> true;
    };
  }

  private Throwable refused(Throwable e) {
    return Failures.isConnectionLoss(e)
        ? e
        : new StorageException(
            Outcome.REJECTED, Failures.inWords(Failures.code(e), e, server.name()), e);
  }

  @Override
  public DataSetId dataSetId() {
    return requireNonNull(dataSet.id(), "not open");
  }

  @Override
  public boolean durable() {
    return server.settings().required();
  }

  @Override
  public boolean shared() {
    return true;
  }

  @Override
  public LogStore log() {
    return logs;
  }

  @Override
  public LeaseStore leases() {
    return leases;
  }

  @Override
  public HintChannel hints() {
    return hints;
  }

  @Override
  public StoreRegistry registry() {
    return registry;
  }

  @Override
  public JournalStore journals() {
    return journals;
  }

  @Override
  public KeyValueStore keyValues() {
    return keyValues;
  }

  @Override
  public CompactionHistory compactions() {
    return compactions;
  }

  @Override
  public Future<Void> reseed(DataSetId id) {
    String run = dataSet.run();
    dataSet.reseeding(true);
    return Callers.here(writer
        .call(Script.RESEED, new Args().add(id.toString()).add(run).list(), true)
        .map(reply -> {
          dataSet.reseeded(id, run, reply.toLong());
          confirmed.clear();
          return (Void) null;
        })
        .onComplete(done -> dataSet.reseeding(false)));
  }

  /** Has the server write its append-only file anew, without what was removed. */
  @Override
  public Future<Void> reclaim() {
    return Callers.here(persistence().compose(before -> {
      if (!before.contains("aof_enabled:1")) {
        return Future.succeededFuture();
      }
      return rewritten(before)
          .compose(nothing -> writer.command(Request.cmd(Command.BGREWRITEAOF)))
          .compose(started -> persistence())
          .compose(this::rewritten)
          .compose(after -> after.contains("aof_last_bgrewrite_status:ok")
              ? Future.<Void>succeededFuture()
              : Future.failedFuture(new StorageException(
                  Outcome.NOT_COMMITTED,
                  server.name() + " could not write its append-only file anew: see its log",
                  null)));
    }));
  }

  private Future<String> persistence() {
    return writer.command(Request.cmd(Command.INFO).arg("persistence")).map(Response::toString);
  }

  /** What the server says once no rewriting is under way or to come. */
  private Future<String> rewritten(String persistence) {
    if (!Pattern.compile("aof_rewrite_(in_progress|scheduled):1")
        .matcher(persistence)
        .find()) {
      return Future.succeededFuture(persistence);
    }
    Promise<String> later = Promise.promise();
    long ignored = vertx.setTimer(
        REWRITE_POLL_MS, id -> persistence().compose(this::rewritten).onComplete(later));
    return later.future();
  }

  @Override
  public Future<Void> backup(Path directory) {
    return Future.failedFuture(
        closed.get()
            ? Failures.closed()
            : new StorageException(
                Outcome.REJECTED,
                "the provider redis leaves backups to Redis: copy its append-only files after"
                    + " BGREWRITEAOF or its snapshot after BGSAVE, or use redis-cli --rdb FILE; after"
                    + " putting one back, reseed",
                null));
  }

  @Override
  public Future<Health> check() {
    if (closed.get()) {
      return Future.succeededFuture(new Health(Health.Status.DOWN, Failures.CLOSED));
    }
    Future<Response> read = reader.call(Script.HEADS, List.of(), false);
    Future<Response> write = writer.call(Script.PROBE, List.of(), true);
    return Callers.here(Future.join(read, write).transform(both -> {
      if (read.failed()) {
        return Future.succeededFuture(health(Health.Status.DOWN, read));
      }
      return Future.succeededFuture(
          write.failed() ? health(Health.Status.READ_ONLY, write) : Health.UP);
    }));
  }

  private static Health health(Health.Status status, Future<?> failed) {
    return new Health(status, String.valueOf(failed.cause().getMessage()));
  }

  @Override
  public Future<Void> close() {
    if (closed.compareAndSet(false, true)) {
      Future<Void> told = hints.close();
      List<String> ids;
      synchronized (deployed) {
        ids = List.copyOf(deployed);
      }
      List<Future<?>> links = new ArrayList<>();
      if (!ids.isEmpty()) {
        links.add(writer.close());
      }
      if (ids.size() > 1) {
        // It carries the hints.
        links.add(told.compose(nothing -> reader.close()));
      }
      var unused = Future.join(links)
          .transform(done -> Future.join(ids.stream().map(vertx::undeploy).toList()))
          .<Void>transform(done -> Future.succeededFuture())
          .onComplete(ended);
    }
    return Callers.here(ended.future());
  }
}
