package io.tributary.storage.redis;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * How fast this storage is beside the server it is on. Arguments: {@code bundled} or {@code
 * installed}, stores (each with one append in flight), bytes per record, seconds per figure.
 *
 * <p>The server's own rate: the same records by plain {@code HSET}s, one for the records and one for
 * the ids, in as many batches under way at once; read with {@code HGETALL} of what one page holds.
 */
public final class AppendBench {
  private final Vertx vertx = Vertx.vertx();
  private final EntryIdGenerator ids =
      new EntryIdGenerator(InstantSource.system(), new java.util.Random());
  private final int stores;
  private final int bytes;
  private final int seconds;

  private AppendBench(int stores, int bytes, int seconds) {
    this.stores = stores;
    this.bytes = bytes;
    this.seconds = seconds;
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    AppendBench bench = new AppendBench(
        Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
    try (TestServer server =
        new TestServer(TestServer.Version.valueOf(args[0].toUpperCase(Locale.ROOT)))) {
      bench.run(server);
    }
    await(bench.vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get();
  }

  private void run(TestServer server) throws Exception {
    Storage storage = await(new RedisStorageProvider().open(vertx, server.section()));
    Redis plain = Redis.createClient(
        vertx, new RedisOptions().setConnectionString(server.uri()).setMaxWaitingHandlers(8192));
    RedisConnection raw = await(plain.connect());
    for (int batch : new int[] {1, 100, 1000}) {
      for (int round = 0; round < 2; round++) {
        boolean warm = round == 0;
        double ours = rate(
            batch,
            warm,
            store -> () -> storage
                .log()
                .append(List.of(new Append(store, System.currentTimeMillis(), records(batch)))));
        double theirs = rate(batch, warm, store -> () -> raw(raw, store, batch));
        if (!warm) {
          System.out.printf(
              Locale.ROOT,
              "append %d: %.0f records/s, server %.0f, %.0f %%%n",
              batch,
              ours,
              theirs,
              100 * ours / theirs);
        }
      }
    }
    scan(storage, raw);
    await(plain.close());
    await(storage.close());
  }

  private interface Work {
    Supplier<Future<?>> on(StoreKey store);
  }

  private double rate(int batch, boolean warm, Work work) throws InterruptedException {
    AtomicLong done = new AtomicLong();
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(warm ? 2 : seconds);
    CountDownLatch latch = new CountDownLatch(stores);
    for (int s = 0; s < stores; s++) {
      Supplier<Future<?>> call = work.on(new StoreKey.Sealed("bench", batch + "-" + s));
      Context context = vertx.getOrCreateContext();
      context.runOnContext(nothing -> new Object() {
        void next() {
          var unused = call.get().onComplete(result -> {
            if (result.failed()) {
              throw new IllegalStateException(result.cause());
            }
            done.addAndGet(batch);
            if (System.nanoTime() < end) {
              next();
            } else {
              latch.countDown();
            }
          });
        }
      }.next());
    }
    latch.await();
    return done.get() / ((System.nanoTime() - start) / 1e9);
  }

  private List<NewRecord> records(int batch) {
    List<NewRecord> records = new ArrayList<>(batch);
    for (int i = 0; i < batch; i++) {
      records.add(NewRecord.sealed(ids.next(), new byte[12], new byte[bytes]));
    }
    return records;
  }

  private final AtomicLong next = new AtomicLong();

  private Future<?> raw(RedisConnection to, StoreKey store, int batch) {
    long first = next.addAndGet(batch);
    Request put = Request.cmd(Command.HSET).arg("raw:" + first / 128 + store);
    Request known = Request.cmd(Command.HSET).arg("raw-ids:" + store);
    for (int i = 0; i < batch; i++) {
      NewRecord record = NewRecord.sealed(ids.next(), new byte[12], new byte[bytes]);
      Request unused = put.arg(first + i).arg(Records.encode(1, record));
      unused = known.arg(record.ids().get(0).toBytes()).arg(first + i);
    }
    return to.batch(List.of(put, known));
  }

  private void scan(Storage storage, RedisConnection raw) throws Exception {
    StoreKey store = new StoreKey.Sealed("bench", "1000-0");
    long start = System.nanoTime();
    long read = 0;
    for (long from = 1; System.nanoTime() - start < TimeUnit.SECONDS.toNanos(seconds); ) {
      Page page = await(storage.log().read(store, from, 1000, 1 << 20));
      read += page.records().size();
      from = page.records().isEmpty() ? 1 : page.next();
    }
    double reads = read / ((System.nanoTime() - start) / 1e9);
    start = System.nanoTime();
    long scanned = 0;
    for (long from = 1; System.nanoTime() - start < TimeUnit.SECONDS.toNanos(seconds); ) {
      Outlines page = await(storage.log().scan(store, from, 1000));
      scanned += page.records().size();
      from = page.records().isEmpty() ? 1 : page.next();
    }
    double scans = scanned / ((System.nanoTime() - start) / 1e9);
    List<String> pages = await(raw.send(
            Request.cmd(Command.ZRANGE).arg("tributary:pages:" + store).arg(0).arg(-1)))
        .stream()
        .map(Object::toString)
        .toList();
    start = System.nanoTime();
    long got = 0;
    for (int at = 0; System.nanoTime() - start < TimeUnit.SECONDS.toNanos(seconds); ) {
      List<Request> eight = new ArrayList<>();
      for (int i = 0; i < 8; i++, at = (at + 1) % pages.size()) {
        eight.add(
            Request.cmd(Command.HGETALL).arg("tributary:page:" + pages.get(at) + ":" + store));
      }
      for (var page : await(raw.batch(eight))) {
        // Names and values.
        got += page.size() / 2;
      }
    }
    double gets = got / ((System.nanoTime() - start) / 1e9);
    System.out.printf(
        Locale.ROOT,
        "read 1000: %.0f records/s, scan 1000: %.0f, server %.0f, %.0f %%%n",
        reads,
        scans,
        gets,
        100 * reads / gets);
  }
}
