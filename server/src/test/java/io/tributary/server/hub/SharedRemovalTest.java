package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.model.StoreKey;
import io.tributary.server.Main;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.FeedConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.metrics.HubMetrics.Held;
import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.postgres.PostgresServer;
import io.tributary.storage.redis.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is removed from a storage, no hub on it sends any more. */
class SharedRemovalTest {
  private static final String KEY = "key";
  private static final StoreKey STORE = new StoreKey.Sealed("t", KEY);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private enum Provider {
    POSTGRES,
    REDIS
  }

  private static PostgresServer postgres;
  private static TestServer redis;
  private static int dataSets;

  private @Nullable TestHub one;
  private @Nullable TestHub two;
  private StorageConfig storage;

  @BeforeAll
  static void startServers() throws Exception {
    postgres = PostgresServer.start(PostgresServer.Version.NEWEST);
    redis = new TestServer(TestServer.Version.BUNDLED);
  }

  @AfterAll
  static void stopServers() throws Exception {
    postgres.close();
    redis.close();
  }

  @AfterEach
  void stop() {
    if (two != null) {
      two.close();
    }
    if (one != null) {
      one.close();
    }
  }

  private static StorageConfig shared(Provider provider) {
    return switch (provider) {
      case POSTGRES ->
        new StorageConfig(
            "postgres",
            new JsonObject()
                .put("uri", postgres.uri())
                .put("tablePrefix", "removal_" + ++dataSets + "_"));
      case REDIS ->
        new StorageConfig(
            "redis",
            new JsonObject().put("uri", redis.uri()).put("prefix", "removal-" + ++dataSets + ":"));
    };
  }

  /** A hub that follows a store of five entries, and has all of them in memory. */
  private TestHub follower() {
    TestHub hub = start();
    two = hub;
    RawClient follower = hub.connect("t");
    follower.subscribe(KEY, 0);
    follower.expectNothing();
    RawClient writer = hub.connect("t");
    for (int i = 1; i <= 5; i++) {
      writer.write(KEY, i, Entries.some(1));
    }
    assertThat(follower.sequences(KEY, 5)).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(inMemory()).isPositive();
    return hub;
  }

  private TestHub start() {
    return TestHub.start(TestHub.config()
        .storage(storage)
        .admin(new AdminConfig("127.0.0.1", 0, AdminHttp.TOKEN, null))
        .feed(new FeedConfig(1 << 20, 16 << 20, Duration.ofHours(1))));
  }

  private long inMemory() {
    return two.metrics().held(Held.TAIL);
  }

  /** That a peer that comes once the hub has let go of something gets these. */
  private void assertSends(TestHub hub, long before, Long... sequences) {
    await("less in memory").atMost(PATIENCE).until(() -> inMemory() < before);
    RawClient reader = hub.connect("t");
    reader.subscribe(KEY, 0);
    assertThat(reader.sequences(KEY, sequences.length)).containsExactly(sequences);
    reader.expectNothing();
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void whatAnotherHubRemovesIsNotSentFromMemory(Provider provider) {
    storage = shared(provider);
    TestHub follower = follower();
    long before = inMemory();
    TestHub other = start();
    one = other;
    JsonObject unused = new AdminHttp(other)
        .delete(
            "stores/" + AdminHttp.segment(STORE) + "/entries",
            new JsonObject().put("sequences", new JsonArray(List.of(2, 3))))
        .ok();
    assertSends(follower, before, 1L, 4L, 5L);
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void whatAVerbRemovesWithoutAHubIsNotSentFromMemory(Provider provider) {
    storage = shared(provider);
    TestHub follower = follower();
    long before = inMemory();
    StringWriter err = new StringWriter();
    String name = "storage." + storage.provider();
    List<String> args = new ArrayList<>(List.of("entries", "remove", STORE.toString()));
    args.addAll(List.of("2", "3", "--storage", storage.provider()));
    storage.section().forEach(setting -> {
      args.add("--set");
      args.add(name + "." + setting.getKey() + "=" + setting.getValue());
    });
    int code = Main.commandLine()
        .setOut(new PrintWriter(new StringWriter(), true))
        .setErr(new PrintWriter(err, true))
        .execute(args.toArray(String[]::new));
    assertThat(code).as(err.toString()).isZero();
    assertSends(follower, before, 1L, 4L, 5L);
  }

  @Test
  void aHubThatMayHaveMissedNewsSendsNothingFromMemory() {
    TroubledStorage troubled = TroubledStorage.prepare("missed").share();
    storage = troubled.config();
    TestHub follower = follower();
    long before = inMemory();
    troubled.removeElsewhere(STORE, 2);
    troubled.failReads();
    troubled.tell(HintChannel.Listener::missed);
    await("nothing in memory").atMost(PATIENCE).until(() -> inMemory() == 0);
    troubled.recover();
    assertSends(follower, before, 1L, 3L, 4L, 5L);
    RawClient writer = follower.connect("t");
    // Once it knows again what it has, it keeps what comes.
    await("something in memory").atMost(PATIENCE).until(() -> {
      writer.write(KEY, 9, Entries.some(1));
      return inMemory() > 0;
    });
  }

  @Test
  void whatMayBeRemovedAlreadyWhenItComesIsNotKept() {
    TroubledStorage troubled = TroubledStorage.prepare("reading").share();
    storage = troubled.config();
    TestHub follower = follower();
    long before = inMemory();
    troubled.removeElsewhere(STORE, 2);
    troubled.tell(listener -> listener.on(new Hint.Removed(STORE, 7)));
    await("nothing in memory").atMost(PATIENCE).until(() -> inMemory() == 0);
    assertSends(follower, before, 1L, 3L, 4L, 5L);
    RawClient writer = follower.connect("t");
    writer.write(KEY, 6, Entries.some(1));
    writer.write(KEY, 7, Entries.some(1));
    assertThat(inMemory()).as("what may be removed already").isZero();
    writer.write(KEY, 8, Entries.some(1));
    await("something in memory").atMost(PATIENCE).until(() -> inMemory() > 0);
  }
}
