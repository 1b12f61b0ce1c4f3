package io.tributary.server.cli;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Carries out a {@link BenchPlan}. One instance is one run. */
final class BenchRun {
  private static final int POLL_MS = 5;
  private static final long SETTLE_MS = 60_000;
  private static final long PING_EVERY_MS = 10_000;
  private static final int PING_SLICES = 100;

  final BenchPlan plan;
  final long runId = ThreadLocalRandom.current().nextLong();

  private final Vertx vertx;
  private final Consumer<String> progress;
  private final List<BenchLoop> loops = new ArrayList<>();
  private final AtomicLong writesLeft = new AtomicLong();

  BenchRun(Vertx vertx, BenchPlan plan, Consumer<String> progress) {
    this.vertx = vertx;
    this.plan = plan;
    this.progress = progress;
    for (int i = 0; i < plan.threads(); i++) {
      loops.add(new BenchLoop(plan));
    }
  }

  /** Runs it; fails with a reason for people. */
  Future<BenchReport> start() {
    Promise<BenchReport> result = Promise.promise();
    for (BenchLoop loop : loops) {
      loop.failure().onFailure(result::tryFail);
    }
    onEach(vertx::deployVerticle)
        .compose(ignored -> plan.idle() > 0 ? idle() : plan.backlog() > 0 ? backlog() : writing())
        .compose(report -> onEach(BenchLoop::close).map(report))
        .onSuccess(result::tryComplete)
        .onFailure(result::tryFail);
    return result.future();
  }

  /** Whether there is another write to make. Thread-safe. */
  boolean takeWrite() {
    return writesLeft.get() > 0 && writesLeft.getAndDecrement() > 0;
  }

  private Future<BenchReport> writing() {
    List<BenchKey> keys = new ArrayList<>();
    int identities = plan.shared() ? 1 : plan.writers();
    for (int i = 0; i < identities; i++) {
      int subscribers =
          plan.subscribers() / identities + (i < plan.subscribers() % identities ? 1 : 0);
      keys.add(new BenchKey(UUID.randomUUID().toString(), subscribers));
    }
    List<List<BenchPeer>> peers = perLoop();
    int next = 0;
    for (BenchKey key : keys) {
      for (int i = 0; i < key.subscribers; i++, next++) {
        peers.get(next % loops.size()).add(new BenchReader(loop(next), key, runId, false));
      }
    }
    for (int i = 0; i < plan.writers(); i++) {
      peers.get(i % loops.size()).add(new BenchWriter(loop(i), this, keys.get(i % identities)));
    }
    return connect(peers)
        .compose(ignored -> plan.entries() > 0
            ? write(keys, plan.entries())
            : writeFor(keys, plan.warmup(), plan.seconds()))
        .compose(counts -> until(() -> settled(keys), SETTLE_MS, () -> unsettled(keys))
            .map(ignored -> BenchReport.ofWriting(plan, counts)));
  }

  private Future<List<BenchLoop.Counts>> writeFor(List<BenchKey> keys, int warmup, int seconds) {
    pump(keys, Long.MAX_VALUE);
    return after(warmup)
        .compose(ignored -> onEach(BenchLoop::begin))
        .compose(ignored -> after(seconds))
        .compose(ignored -> onEach(BenchLoop::counts))
        .onSuccess(ignored -> writesLeft.set(0));
  }

  /** Writes that many entries, rounded up to whole writes, until the last ack. */
  private Future<List<BenchLoop.Counts>> write(List<BenchKey> keys, long entries) {
    long writes = (entries + plan.batch() - 1) / plan.batch();
    return onEach(BenchLoop::begin)
        .compose(ignored -> {
          pump(keys, writes);
          return until(() -> sum(keys, false) == writes * plan.batch(), Long.MAX_VALUE, () -> "");
        })
        .compose(ignored -> onEach(BenchLoop::counts));
  }

  private void pump(List<BenchKey> keys, long writes) {
    writesLeft.set(writes);
    for (BenchKey key : keys) {
      for (BenchWriter writer : key.writers) {
        writer.loop.run(writer::pump);
      }
    }
  }

  private Future<BenchReport> backlog() {
    String identity = plan.identity();
    BenchKey key = new BenchKey(identity == null ? UUID.randomUUID().toString() : identity, 0);
    long writes = (plan.backlog() + plan.batch() - 1) / plan.batch();
    long entries = identity == null ? writes * plan.batch() : plan.backlog();
    Future<?> written = Future.succeededFuture();
    if (identity == null) {
      BenchWriter writer = new BenchWriter(loop(0), this, key);
      written = loop(0)
          .connect(List.of(writer))
          .compose(ignored -> write(List.of(key), entries))
          .compose(ignored -> loop(0).call(writer::close))
          .onSuccess(ignored -> progress.accept("wrote %,d %s under --identity %s"
              .formatted(entries, Plural.noun(entries, "entry"), key.publicKey)));
    }
    BenchJoiner joiner = new BenchJoiner(loop(0), key, runId, identity != null, entries);
    return written
        .compose(ignored -> loop(0).connect(List.of(joiner)))
        .compose(ignored -> loop(0).call(joiner::join))
        .map(tenths -> BenchReport.ofBacklog(entries, joiner.elapsedNanos(), tenths));
  }

  private Future<BenchReport> idle() {
    List<List<BenchPeer>> peers = perLoop();
    List<BenchIdler> idlers = new ArrayList<>();
    for (int i = 0; i < plan.idle(); i++) {
      BenchIdler idler = new BenchIdler(loop(i), UUID.randomUUID().toString());
      idlers.add(idler);
      peers.get(i % loops.size()).add(idler);
    }
    long began = System.nanoTime();
    return connect(peers).compose(ignored -> {
      double opening = (System.nanoTime() - began) / 1e9;
      progress.accept(
          "%,d %s open".formatted(plan.idle(), plan.idle() == 1 ? "socket is" : "sockets are"));
      long timer = vertx.setPeriodic(PING_EVERY_MS / PING_SLICES, new Pings(idlers));
      return after(plan.seconds())
          .onSuccess(done -> vertx.cancelTimer(timer))
          .map(done -> BenchReport.ofIdle(plan.idle(), opening, plan.seconds()));
    });
  }

  /** Pings a part of the sockets at each tick, so that each is pinged every 10 s. */
  private static final class Pings implements io.vertx.core.Handler<Long> {
    private final List<BenchIdler> idlers;
    private int slice;

    Pings(List<BenchIdler> idlers) {
      this.idlers = idlers;
    }

    @Override
    public void handle(Long timer) {
      for (int i = slice; i < idlers.size(); i += PING_SLICES) {
        BenchIdler idler = idlers.get(i);
        idler.loop.run(idler::ping);
      }
      slice = (slice + 1) % PING_SLICES;
    }
  }

  private static boolean settled(List<BenchKey> keys) {
    return keys.stream().allMatch(BenchKey::settled);
  }

  private static String unsettled(List<BenchKey> keys) {
    long missing = 0;
    for (BenchKey key : keys) {
      missing += key.sent.get() * key.subscribers - key.delivered.get();
    }
    return "%d s after the last write, %d of %d entries were not acked and %d deliveries were missing"
        .formatted(SETTLE_MS / 1000, sum(keys, true) - sum(keys, false), sum(keys, true), missing);
  }

  private static long sum(List<BenchKey> keys, boolean sent) {
    long sum = 0;
    for (BenchKey key : keys) {
      sum += (sent ? key.sent : key.acked).get();
    }
    return sum;
  }

  private BenchLoop loop(int i) {
    return loops.get(i % loops.size());
  }

  private List<List<BenchPeer>> perLoop() {
    List<List<BenchPeer>> peers = new ArrayList<>();
    for (int i = 0; i < loops.size(); i++) {
      peers.add(new ArrayList<>());
    }
    return peers;
  }

  private Future<?> connect(List<List<BenchPeer>> peers) {
    List<Future<Void>> connected = new ArrayList<>();
    for (int i = 0; i < loops.size(); i++) {
      connected.add(loops.get(i).connect(peers.get(i)));
    }
    return Future.all(connected);
  }

  private <T> Future<List<T>> onEach(java.util.function.Function<BenchLoop, Future<T>> action) {
    List<Future<T>> results = new ArrayList<>();
    for (BenchLoop loop : loops) {
      results.add(action.apply(loop));
    }
    return Future.all(results).map(all -> all.<T>list());
  }

  private Future<Void> after(int seconds) {
    return seconds == 0 ? Future.succeededFuture() : vertx.timer(seconds, TimeUnit.SECONDS);
  }

  private Future<Void> until(BooleanSupplier condition, long timeoutMs, Supplier<String> failure) {
    if (condition.getAsBoolean()) {
      return Future.succeededFuture();
    }
    if (timeoutMs <= 0) {
      return Future.failedFuture(failure.get());
    }
    return vertx
        .timer(POLL_MS, TimeUnit.MILLISECONDS)
        .compose(ignored -> until(condition, timeoutMs - POLL_MS, failure));
  }
}
