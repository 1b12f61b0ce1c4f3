package io.tributary.storage.postgres;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.postgres.PostgresServer.Version;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Tuple;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * How fast this storage is, beside the same server's own best statement for a batch into a bare table
 * with the same columns and indexes. Arguments: stores, appends in flight per store, bytes per
 * record, seconds per round, rounds, then the records per append, each measured on its own.
 */
public final class AppendBench {
  private static final int RAW_CONNECTIONS = 2;

  private static final String RAW_TABLE = """
      CREATE TABLE raw (
        store bigint NOT NULL, first bigint NOT NULL, committed_at bigint NOT NULL,
        id uuid, header bytea NOT NULL, body bytea NOT NULL,
        PRIMARY KEY (store, first));
      ALTER TABLE raw ALTER COLUMN body SET STORAGE EXTERNAL;
      CREATE UNIQUE INDEX ON raw (id, store)
      """;

  private static final String RAW_INSERT =
      "INSERT INTO raw SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]),"
          + " unnest($4::uuid[]), unnest($5::bytea[]), unnest($6::bytea[])";

  private final Vertx vertx = Vertx.vertx();
  private final EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system(), new Random());
  private final int stores;
  private final int inFlight;
  private final int bytes;
  private final int seconds;

  private AppendBench(int stores, int inFlight, int bytes, int seconds) {
    this.stores = stores;
    this.inFlight = inFlight;
    this.bytes = bytes;
    this.seconds = seconds;
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    int[] numbers = Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    AppendBench bench = new AppendBench(numbers[0], numbers[1], numbers[2], numbers[3]);
    try (PostgresServer server = PostgresServer.start(Version.NEWEST, "max_wal_size=4GB")) {
      bench.run(server, numbers[4], Arrays.copyOfRange(numbers, 5, numbers.length));
    }
    await(bench.vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get();
  }

  private void run(PostgresServer server, int rounds, int[] batches) throws Exception {
    Storage storage =
        await(new PostgresStorageProvider().open(vertx, new JsonObject().put("uri", server.uri())));
    List<PgConnection> raw = new ArrayList<>();
    for (int i = 0; i < RAW_CONNECTIONS; i++) {
      raw.add(await(PgConnection.connect(
          vertx,
          new PgConnectOptions(PgConnectOptions.fromUri(server.uri()))
              .setCachePreparedStatements(true))));
    }
    Object unused = await(raw.get(0).query(RAW_TABLE).execute());
    for (int batch : batches) {
      List<Double> ratios = new ArrayList<>();
      for (int round = 0; round <= rounds; round++) {
        double ours = storage(storage, batch);
        double theirs = raw(raw, batch);
        if (round > 0) { // the first one warms up
          ratios.add(ours / theirs);
          System.out.printf(
              Locale.ROOT,
              "%d per append: %.0f records/s, raw %.0f records/s, %.0f %%%n",
              batch,
              ours,
              theirs,
              100 * ours / theirs);
        }
      }
      ratios.sort(null);
      System.out.printf(
          Locale.ROOT,
          "%d per append: median %.0f %%%n",
          batch,
          100 * ratios.get(ratios.size() / 2));
    }
    for (int round = 0; round <= rounds; round++) {
      scan(storage, raw.get(0), round > 0);
    }
    await(storage.close());
  }

  private double storage(Storage storage, int batch) throws Exception {
    List<Context> contexts = new ArrayList<>();
    List<Supplier<Future<?>>> calls = new ArrayList<>();
    for (int s = 0; s < stores; s++) {
      StoreKey key = new StoreKey.Sealed("bench", "store-" + s);
      Context context = vertx.getOrCreateContext();
      for (int f = 0; f < inFlight; f++) {
        contexts.add(context);
        calls.add(() -> {
          List<NewRecord> records = new ArrayList<>(batch);
          for (int i = 0; i < batch; i++) {
            records.add(NewRecord.sealed(ids.next(), new byte[12], new byte[bytes]));
          }
          return storage.log().append(List.of(new Append(key, 1_790_000_000_000L, records)));
        });
      }
    }
    return batch * rate(contexts, calls);
  }

  /** As many batches at once as the storage has calls in flight, each as large as a batch is. */
  private double raw(List<PgConnection> connections, int batch) throws Exception {
    AtomicLong sequence = new AtomicLong(System.nanoTime());
    List<Context> contexts = new ArrayList<>();
    List<Supplier<Future<?>>> calls = new ArrayList<>();
    for (int c = 0; c < connections.size(); c++) {
      PgConnection connection = connections.get(c);
      long store = c;
      contexts.add(vertx.getOrCreateContext());
      calls.add(() -> {
        Long[] storeIds = new Long[batch];
        Long[] firsts = new Long[batch];
        Long[] times = new Long[batch];
        UUID[] uuids = new UUID[batch];
        Buffer[] headers = new Buffer[batch];
        Buffer[] bodies = new Buffer[batch];
        for (int i = 0; i < batch; i++) {
          storeIds[i] = store;
          firsts[i] = sequence.incrementAndGet();
          times[i] = 1_790_000_000_000L;
          uuids[i] = ids.next().toUuid();
          headers[i] = Buffer.buffer(new byte[12]);
          bodies[i] = Buffer.buffer(new byte[bytes]);
        }
        return connection
            .preparedQuery(RAW_INSERT)
            .execute(Tuple.tuple()
                .addValue(storeIds)
                .addValue(firsts)
                .addValue(times)
                .addValue(uuids)
                .addValue(headers)
                .addValue(bodies));
      });
    }
    return batch * rate(contexts, calls);
  }

  /** Calls a second, each call made again when it is answered. */
  private double rate(List<Context> contexts, List<Supplier<Future<?>>> calls) throws Exception {
    AtomicLong done = new AtomicLong();
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    CountDownLatch latch = new CountDownLatch(calls.size());
    for (int i = 0; i < calls.size(); i++) {
      Supplier<Future<?>> call = calls.get(i);
      contexts
          .get(i)
          .runOnContext(nothing -> new Object() {
            void next() {
              var unused = call.get().onComplete(result -> {
                if (result.failed()) {
                  result.cause().printStackTrace();
                  latch.countDown();
                  return;
                }
                long count = done.incrementAndGet();
                if (count > 0 && System.nanoTime() < end) {
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

  private void scan(Storage storage, PgConnection raw, boolean print) throws Exception {
    StoreKey key = new StoreKey.Sealed("bench", "store-0");
    long start = System.nanoTime();
    long records = 0;
    long from = 1;
    while (records < 200_000) {
      Page page = await(storage.log().read(key, from, 1000, 1 << 20));
      if (page.records().isEmpty()) {
        break;
      }
      records += page.records().size();
      from = page.next();
    }
    double ours = records / ((System.nanoTime() - start) / 1e9);
    start = System.nanoTime();
    long rows = 0;
    long after = 0;
    while (rows < 200_000) {
      var page = await(raw.preparedQuery("SELECT first, id, committed_at, header, body FROM raw"
              + " WHERE store = 0 AND first > $1 ORDER BY first LIMIT 1000")
          .execute(Tuple.of(after)));
      if (page.size() == 0) {
        break;
      }
      for (var row : page) {
        after = row.getLong(0);
        rows += row.getBuffer(4).getBytes().length > 0 ? 1 : 0;
      }
    }
    double theirs = rows / ((System.nanoTime() - start) / 1e9);
    if (print) {
      System.out.printf(
          Locale.ROOT,
          "read: %.0f records/s, raw %.0f rows/s, %.0f %%%n",
          ours,
          theirs,
          100 * ours / theirs);
    }
  }
}
