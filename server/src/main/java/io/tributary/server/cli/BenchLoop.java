package io.tributary.server.cli;

import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.session.RemoteUrl;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One event loop of a bench, its connections and what was measured on them. */
final class BenchLoop extends VerticleBase {
  /**
   * What was measured on a loop.
   *
   * @param acked entries
   * @param delivered entries
   * @param ackMicros per write
   * @param deliveryMicros per entry and subscriber
   */
  record Counts(
      double seconds, long acked, long delivered, Histogram ackMicros, Histogram deliveryMicros) {}

  private static final long MAX_MICROS = 600_000_000;
  private static final int CONNECTING_AT_ONCE = 32;
  private static final int CONNECT_TIMEOUT_MS = 10_000;
  private static final int READY_TIMEOUT_MS = 60_000;

  private final RemoteUrl url;
  private final @Nullable String token;
  private final BenchScanner scanner = new BenchScanner();
  private final BenchScratch scratch = new BenchScratch();
  private final SplittableRandom random = new SplittableRandom();
  private final EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system(), random);
  private final List<BenchPeer> peers = new ArrayList<>();
  private final Promise<Void> failure = Promise.promise();
  private final Histogram ackMicros = new Histogram(MAX_MICROS, 3);
  private final Histogram deliveryMicros = new Histogram(MAX_MICROS, 3);
  private long acked;
  private long delivered;
  private long beganNanos;
  private NetClient client;
  private Context loop;

  @SuppressWarnings("NullAway.Init") // client and loop: by start()
  BenchLoop(BenchPlan plan) {
    this.url = plan.url();
    this.token = plan.token();
  }

  @Override
  public Future<?> start() {
    loop = context;
    NetClientOptions options = new NetClientOptions()
        .setTcpNoDelay(true)
        .setConnectTimeout(CONNECT_TIMEOUT_MS)
        .setSsl(url.tls())
        .setHostnameVerificationAlgorithm("HTTPS");
    client = vertx.createNetClient(options);
    return Future.succeededFuture();
  }

  BenchScanner scanner() {
    return scanner;
  }

  RandomGenerator random() {
    return random;
  }

  EntryIdGenerator ids() {
    return ids;
  }

  /** Fails with the first thing that went wrong on this loop. */
  Future<Void> failure() {
    return failure.future();
  }

  void fail(String why) {
    failure.tryFail(why);
  }

  /** Runs {@code action} on this loop: at once if called there. */
  void run(Runnable action) {
    if (vertx.getOrCreateContext() == loop) {
      action.run();
    } else {
      loop.runOnContext(ignored -> action.run());
    }
  }

  /** Calls {@code action} on this loop. */
  <T> Future<T> call(Callable<Future<T>> action) {
    Promise<T> result = Promise.promise();
    loop.runOnContext(ignored -> {
      try {
        action.call().onComplete(result);
      } catch (Exception e) {
        result.fail(e);
      }
    });
    return result.future();
  }

  /** Connects all of {@code added}, a few at a time; done when each is ready. */
  Future<Void> connect(List<? extends BenchPeer> added) {
    return call(() -> {
      peers.addAll(added);
      Iterator<? extends BenchPeer> rest = added.iterator();
      List<Future<Void>> lanes = new ArrayList<>();
      for (int lane = 0; lane < CONNECTING_AT_ONCE; lane++) {
        lanes.add(connectNext(rest));
      }
      return Future.all(lanes).mapEmpty();
    });
  }

  private Future<Void> connectNext(Iterator<? extends BenchPeer> rest) {
    if (!rest.hasNext()) {
      return Future.succeededFuture();
    }
    BenchPeer peer = rest.next();
    return BenchSocket.connect(client, url, token, scratch, peer)
        .compose(ignored -> peer.whenReady())
        .timeout(READY_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .recover(cause -> Future.failedFuture(
            cause instanceof TimeoutException
                ? "no connection or no Hello within " + READY_TIMEOUT_MS / 1000 + " s"
                : cause.getMessage()))
        .compose(ignored -> connectNext(rest));
  }

  Future<Void> close() {
    return call(() -> {
      List<Future<Void>> closes = new ArrayList<>();
      for (BenchPeer peer : peers) {
        closes.add(peer.close());
      }
      return Future.join(closes).mapEmpty();
    });
  }

  /** Begins to measure. */
  Future<Void> begin() {
    return call(() -> {
      ackMicros.reset();
      deliveryMicros.reset();
      acked = 0;
      delivered = 0;
      beganNanos = System.nanoTime();
      return Future.succeededFuture();
    });
  }

  /** What was measured since {@link #begin}. */
  Future<Counts> counts() {
    return call(() -> Future.succeededFuture(new Counts(
        (System.nanoTime() - beganNanos) / 1e9,
        acked,
        delivered,
        ackMicros.copy(),
        deliveryMicros.copy())));
  }

  void acked(int entries, long nanos) {
    acked += entries;
    ackMicros.recordValue(micros(nanos));
  }

  void delivered(long nanos) {
    delivered++;
    deliveryMicros.recordValue(micros(nanos));
  }

  private static long micros(long nanos) {
    return Math.max(0, Math.min(MAX_MICROS, nanos / 1000));
  }
}
