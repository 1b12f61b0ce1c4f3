package io.tributary.storage.file;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast this storage is on the disk it is pointed at. Arguments: directory, stores, appends in
 * flight per store, records per append, bytes per record, seconds.
 */
public final class AppendBench {
  private AppendBench() {}

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    Path dir = Path.of(args[0]);
    int stores = Integer.parseInt(args[1]);
    int inFlight = Integer.parseInt(args[2]);
    int batch = Integer.parseInt(args[3]);
    int bytes = Integer.parseInt(args[4]);
    int seconds = Integer.parseInt(args[5]);
    Vertx vertx = Vertx.vertx();
    Storage storage = new FileStorageProvider()
        .open(vertx, new JsonObject().put("dir", dir.toString()))
        .toCompletionStage()
        .toCompletableFuture()
        .get();
    run(vertx, storage, stores, inFlight, batch, bytes, 2);
    run(vertx, storage, stores, inFlight, batch, bytes, seconds);
    readAll(storage, new StoreKey.Sealed("bench", "store-0"));
    storage.close().toCompletionStage().toCompletableFuture().get();
    sync(dir.resolve("sync-bench"));
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private static void run(
      Vertx vertx, Storage storage, int stores, int inFlight, int batch, int bytes, int seconds)
      throws InterruptedException {
    AtomicLong done = new AtomicLong();
    long[] latencies = new long[4_000_000];
    AtomicLong count = new AtomicLong();
    long cpu = writerCpu();
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    CountDownLatch latch = new CountDownLatch(stores * inFlight);
    EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system(), new java.util.Random());
    for (int s = 0; s < stores; s++) {
      StoreKey key = new StoreKey.Sealed("bench", "store-" + s);
      Context context = vertx.getOrCreateContext();
      for (int f = 0; f < inFlight; f++) {
        context.runOnContext(nothing -> new Object() {
          void next() {
            List<NewRecord> records = new ArrayList<>(batch);
            for (int i = 0; i < batch; i++) {
              records.add(NewRecord.sealed(ids.next(), new byte[12], new byte[bytes]));
            }
            long begin = System.nanoTime();
            var unused = storage
                .log()
                .append(List.of(new Append(key, System.currentTimeMillis(), records)))
                .onComplete(result -> {
                  if (result.failed()) {
                    throw new IllegalStateException(result.cause());
                  }
                  long now = System.nanoTime();
                  int n = (int) count.getAndIncrement();
                  if (n < latencies.length) {
                    latencies[n] = now - begin;
                  }
                  done.addAndGet(batch);
                  if (now < end) {
                    next();
                  } else {
                    latch.countDown();
                  }
                });
          }
        }.next());
      }
    }
    latch.await();
    double took = (System.nanoTime() - start) / 1e9;
    int n = (int) Math.min(latencies.length, count.get());
    long[] sorted = Arrays.copyOf(latencies, n);
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "%.0f records/s, %.0f appends/s; ack p50 %.2f p99 %.2f max %.2f ms; writer CPU %.2f us"
            + " per record%n",
        done.get() / took,
        n / took,
        sorted[n / 2] / 1e6,
        sorted[n * 99 / 100] / 1e6,
        sorted[n - 1] / 1e6,
        (writerCpu() - cpu) / 1e3 / done.get());
  }

  /** Nanoseconds: says more than the rate on a machine that does other things too. */
  private static long writerCpu() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (long id : threads.getAllThreadIds()) {
      ThreadInfo info = threads.getThreadInfo(id);
      if (info != null && info.getThreadName().endsWith("-writer")) {
        return threads.getThreadCpuTime(id);
      }
    }
    return 0;
  }

  private static void readAll(Storage storage, StoreKey key) throws Exception {
    long start = System.nanoTime();
    long from = 1;
    long records = 0;
    while (true) {
      Page page = storage
          .log()
          .read(key, from, 1000, 1 << 20)
          .toCompletionStage()
          .toCompletableFuture()
          .get();
      if (page.records().isEmpty()) {
        break;
      }
      records += page.records().size();
      from = page.next();
    }
    System.out.printf(
        Locale.ROOT,
        "read %d records, %.0f/s%n",
        records,
        records / ((System.nanoTime() - start) / 1e9));
  }

  /** What a sync of about a group's size costs here. */
  private static void sync(Path file) throws IOException {
    long[] took = new long[300];
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer page = ByteBuffer.allocate(48 * 1024);
      for (int i = 0; i < took.length; i++) {
        int unused = channel.write(page.clear(), (i % 20) * 48L * 1024);
        long start = System.nanoTime();
        channel.force(true);
        took[i] = System.nanoTime() - start;
      }
    } finally {
      Files.delete(file);
    }
    Arrays.sort(took);
    System.out.printf(
        Locale.ROOT,
        "fsync after 48 KiB: p50 %.2f p90 %.2f max %.2f ms%n",
        took[150] / 1e6,
        took[270] / 1e6,
        took[299] / 1e6);
  }
}
