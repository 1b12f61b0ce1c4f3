package io.tributary.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.DataSetId;
import io.tributary.server.http.Readiness.Check;
import io.tributary.server.http.Readiness.Report;
import io.tributary.server.http.Readiness.Status;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.Health;
import io.tributary.storage.HintChannel;
import io.tributary.storage.JournalStore;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.LeaseStore;
import io.tributary.storage.LogStore;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private long nowMs = 1_000_000;
  private final FakeStorage storage = new FakeStorage();
  private final Readiness readiness = new Readiness(() -> Instant.ofEpochMilli(nowMs));

  /** A storage that says what it is told to. */
  private static final class FakeStorage implements Storage {
    private Future<Health> health = Future.succeededFuture(Health.UP);
    private int checks;

    @Override
    public Future<Health> check() {
      checks++;
      return health;
    }

    @Override
    public DataSetId dataSetId() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean durable() {
      return false;
    }

    @Override
    public LogStore log() {
      throw new UnsupportedOperationException();
    }

    @Override
    public LeaseStore leases() {
      throw new UnsupportedOperationException();
    }

    @Override
    public HintChannel hints() {
      throw new UnsupportedOperationException();
    }

    @Override
    public StoreRegistry registry() {
      throw new UnsupportedOperationException();
    }

    @Override
    public JournalStore journals() {
      throw new UnsupportedOperationException();
    }

    @Override
    public KeyValueStore keyValues() {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompactionHistory compactions() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Void> reseed(DataSetId id) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Void> reclaim() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Void> backup(Path directory) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Report report() throws Exception {
    return done(readiness.report());
  }

  @Test
  void phasesFollowOneAnother() throws Exception {
    assertThat(report().toJson().encode()).isEqualTo("{\"status\":\"starting\",\"checks\":[]}");

    readiness.storage(storage);
    assertThat(report().status()).isEqualTo(Status.STARTING);

    readiness.serving();
    assertThat(report().toJson().encode())
        .isEqualTo("{\"status\":\"ready\",\"checks\":[{\"name\":\"storage\",\"status\":\"up\"}]}");

    readiness.stopping();
    readiness.serving();
    assertThat(report().status()).isEqualTo(Status.STOPPING);
  }

  @Test
  void storageTroubleIsTold() throws Exception {
    readiness.storage(storage);
    readiness.serving();
    storage.health =
        Future.succeededFuture(new Health(Health.Status.READ_ONLY, "the disk is full"));

    Report report = report();

    assertThat(report.status()).isEqualTo(Status.STORAGE);
    assertThat(report.checks())
        .containsExactly(new Check("storage", "read-only", "the disk is full"));
    assertThat(report.toJson().getJsonArray("checks").getJsonObject(0).getString("message"))
        .isEqualTo("the disk is full");
  }

  @Test
  void failedCheckIsTroubleWithoutInternals() throws Exception {
    readiness.storage(storage);
    readiness.serving();
    storage.health = Future.failedFuture(new IllegalStateException("/secret/path"));

    Report report = report();

    assertThat(report.status()).isEqualTo(Status.STORAGE);
    assertThat(report.toJson().encode()).doesNotContain("secret");
  }

  @Test
  void storageIsAskedOnceASecond() throws Exception {
    readiness.storage(storage);
    readiness.serving();
    for (int i = 0; i < 1000; i++) {
      assertThat(report().status()).isEqualTo(Status.READY);
    }
    assertThat(storage.checks).isEqualTo(1);

    storage.health = Future.succeededFuture(new Health(Health.Status.DOWN, "gone"));
    nowMs += 999;
    assertThat(report().status()).isEqualTo(Status.READY);
    nowMs += 1;
    assertThat(report().status()).isEqualTo(Status.STORAGE);
    assertThat(storage.checks).isEqualTo(2);

    storage.health = Future.succeededFuture(Health.UP);
    nowMs += 1000;
    assertThat(report().status()).isEqualTo(Status.READY);
  }

  @Test
  void slowStorageIsNotAskedAgainMeanwhile() throws Exception {
    Promise<Health> slow = Promise.promise();
    storage.health = slow.future();
    readiness.storage(storage);
    readiness.serving();

    Future<Report> first = readiness.report();
    nowMs += 60_000;
    Future<Report> second = readiness.report();
    assertThat(storage.checks).isEqualTo(1);
    slow.complete(Health.UP);

    assertThat(done(first).status()).isEqualTo(Status.READY);
    assertThat(done(second).status()).isEqualTo(Status.READY);
  }

  @Test
  void storageThatNeverAnswersIsDown() throws Exception {
    storage.health = Promise.<Health>promise().future();
    readiness.storage(storage);
    readiness.serving();

    assertThat(report().checks())
        .containsExactly(new Check("storage", "down", "the storage does not answer"));
  }

  @Test
  void pagesAreServed() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      Router router = Router.router(vertx);
      Routes.mount(router, readiness);
      int port = done(vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1"))
          .actualPort();
      HttpClient client = HttpClient.newHttpClient();
      URI base = URI.create("http://127.0.0.1:" + port);

      HttpResponse<String> live = get(client, base.resolve("/healthz"));
      assertThat(live.statusCode()).isEqualTo(200);
      assertThat(live.headers().firstValue("Content-Type")).contains("application/json");
      assertThat(new JsonObject(live.body())).isEqualTo(new JsonObject().put("status", "up"));

      assertThat(get(client, base.resolve("/readyz")).statusCode()).isEqualTo(503);

      readiness.storage(storage);
      readiness.serving();
      HttpResponse<String> ready = get(client, base.resolve("/readyz"));
      assertThat(ready.statusCode()).isEqualTo(200);
      assertThat(new JsonObject(ready.body())).isEqualTo(report().toJson());

      readiness.stopping();
      HttpResponse<String> stopping = get(client, base.resolve("/readyz"));
      assertThat(stopping.statusCode()).isEqualTo(503);
      assertThat(new JsonObject(stopping.body()).getString("status")).isEqualTo("stopping");
      assertThat(get(client, base.resolve("/healthz")).statusCode()).isEqualTo(200);
    } finally {
      done(vertx.close());
    }
  }

  private static HttpResponse<String> get(HttpClient client, URI uri) throws Exception {
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
