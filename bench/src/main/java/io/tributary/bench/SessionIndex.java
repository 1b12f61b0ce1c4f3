package io.tributary.bench;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionCursor;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.index.SessionMeta;
import io.tributary.client.stores.index.SessionQuery;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Space;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.Storage;
import io.tributary.storage.Storages;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to touch a session of an index, and to read a page of 100, each waited for, in indexes of
 * few and of many sessions: it is to cost about the same in all of them. {@code bench/sessions} runs it,
 * on files in the directory for temporary files, and in memory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class SessionIndex {
  private static final int PAGE = 100;
  private static final int BATCH = 1_000;
  private static final String SPACE = "sessions";

  private final Vertx vertx = Vertx.vertx();
  private final Random random = new Random(1);

  /** How many sessions the index has. */
  @Param({"100", "10000", "100000"})
  public int sessions;

  /** Where it is. */
  @Param({"file", "memory"})
  public String storage = "";

  private Path dir = Path.of("");
  private Optional<Storage> opened = Optional.empty();
  private Optional<SessionIndexStore> index = Optional.empty();
  private long time;

  /** Makes the index. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    dir = Files.createTempDirectory("tributary-bench");
    JsonObject section =
        storage.equals("file") ? new JsonObject().put("dir", dir.toString()) : new JsonObject();
    Storage its = Storages.find(storage).open(vertx, section).await();
    opened = Optional.of(its);
    Storage memory = Storages.find("memory").open(vertx, new JsonObject()).await();
    SessionIndexStore filled = index(memory);
    List<Future<SessionMeta>> touches = new ArrayList<>();
    for (int i = 0; i < sessions; i++) {
      touches.add(filled.touch("session-" + i, time++));
      if (touches.size() == BATCH || i == sessions - 1) {
        Object unused = Future.all(touches).await();
        touches.clear();
      }
    }
    copy(memory.keyValues(), its.keyValues());
    filled.close().await();
    memory.close().await();
    index = Optional.of(index(its));
  }

  private SessionIndexStore index(Storage of) {
    Runner runner = Runner.of(vertx, vertx.getOrCreateContext());
    return SessionIndexStore.of(
        new Place(Space.of(of.keyValues(), SPACE, runner), InstantSource.system(), AuditSink.NONE),
        new StoresOptions.Index(PAGE));
  }

  /** Much faster than as many touches of a file. */
  private static void copy(KeyValueStore from, KeyValueStore to) {
    byte[] next = {};
    List<KeyValueStore.Item> items;
    do {
      items = from.range(SPACE, new KeyValueStore.Range(next, null, false), BATCH, Long.MAX_VALUE)
          .await();
      to.commit(
              SPACE,
              items.stream()
                  .map(item -> new KeyValueStore.Change(item.key(), item.value()))
                  .toList())
          .await();
      if (!items.isEmpty()) {
        byte[] last = items.get(items.size() - 1).key();
        next = Arrays.copyOf(last, last.length + 1);
      }
    } while (!items.isEmpty());
  }

  /** Touches any of them: it becomes the latest. */
  @Benchmark
  public SessionMeta touch() {
    return index
        .orElseThrow()
        .touch("session-" + random.nextInt(sessions), time++)
        .await();
  }

  /** Reads a page from the beginning, or from somewhere else where there are as many. */
  @Benchmark
  public int page() {
    int from = random.nextInt(sessions - PAGE + 1);
    SessionQuery query = new SessionQuery(
        SessionQuery.OrderBy.CREATED_AT,
        false,
        from == 0
            ? Optional.empty()
            : Optional.of(new SessionCursor(from - 1, "session-" + (from - 1))),
        PAGE);
    return index.orElseThrow().list(query).await().items().size();
  }

  /** Leaves nothing. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    index.orElseThrow().close().await();
    opened.orElseThrow().close().await();
    vertx.close().await();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
