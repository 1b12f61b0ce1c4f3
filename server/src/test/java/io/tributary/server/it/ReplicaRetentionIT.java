package io.tributary.server.it;

import static io.tributary.server.it.PlainClient.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.client.ReplicaOptions;
import io.tributary.client.Tributary;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.model.EntryId;
import io.tributary.core.retention.CompactionStrategy;
import io.tributary.core.retention.RetentionRule;
import io.tributary.server.config.StorageConfig;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A replica that keeps nothing keeps what its hub is yet to get. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ReplicaRetentionIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Vertx vertx = Vertx.vertx();
  private final Identity identity = Identity.random();
  private final List<EntryId> handled = new CopyOnWriteArrayList<>();

  /** How often somebody asked for the time: with nothing else going on, only retention's runs do. */
  private final AtomicLong asked = new AtomicLong();

  private final InstantSource clock = () -> {
    asked.incrementAndGet();
    return Instant.now();
  };

  @TempDir
  Path dir;

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void whatTheHubIsYetToGetStays() {
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file"));
        CuttingProxy proxy = new CuttingProxy(vertx, hub.port())) {
      String url = "ws://127.0.0.1:" + proxy.port() + "/event-log/" + KeyedReplica.TENANT;
      Storage storage = get(StorageConfig.file(dir.resolve("data")).open(vertx));

      // Never connected: nobody knows yet what the hub has.
      proxy.refuse(true);
      io.tributary.client.Replica replica = open(storage, url);
      List<EntryId> mine = new ArrayList<>(write(replica, "first", 50));
      awaitRun();
      assertThat(journal(replica)).isEqualTo(mine);
      get(replica.close());
      replica = open(storage, url);
      mine.addAll(write(replica, "second", 10));
      awaitRun();
      assertThat(journal(replica)).isEqualTo(mine);

      // Connected: each has all, then this one keeps nothing.
      io.tributary.client.Replica other = get(Tributary.replica(
          vertx,
          ReplicaOptions.builder()
              .storage(get(StorageConfig.memory().open(vertx)))
              .identity(identity)
              .eventLog(KeyedReplica::events)
              .remote(KeyedReplica.remote(hub.url(KeyedReplica.TENANT)))
              .build()));
      List<EntryId> all = new ArrayList<>(mine);
      all.addAll(write(other, "elsewhere", 20));
      get(other.sync().syncNow());
      proxy.refuse(false);
      get(replica.sync().syncNow());
      get(other.sync().syncNow());
      assertThat(journal(other)).containsExactlyInAnyOrderElementsOf(all);
      awaitEmpty(replica);
      assertThat(handled).containsExactlyInAnyOrderElementsOf(all);

      // Disconnected: it knows what the hub has not.
      proxy.refuse(true);
      List<EntryId> third = write(replica, "third", 10);
      awaitRun();
      assertThat(journal(replica)).isEqualTo(third);
      all.addAll(third);
      long connections = proxy.connections();
      long bytes = proxy.bytesToClient();
      proxy.refuse(false);
      get(replica.sync().syncNow());
      awaitEmpty(replica);
      get(other.sync().syncNow());
      assertThat(journal(other)).containsExactlyInAnyOrderElementsOf(all);
      assertThat(proxy.connections()).isGreaterThan((int) connections);
      long again = proxy.bytesToClient() - bytes;
      bytes = proxy.bytesToClient();

      // A hub that nobody knows brings everything once more, to no effect.
      get(other.close());
      int unused = hub.terminate();
      assertThat(Jar.run("reseed", "--data-dir", hub.dataDirectory().toString()).exitCode())
          .isZero();
      hub.start();
      get(replica.sync().syncNow());
      assertThat(proxy.bytesToClient() - bytes)
          .as("all of it came, unlike before")
          .isGreaterThan(2 * again);
      awaitRun();
      assertThat(journal(replica)).isEmpty();
      assertThat(handled).containsExactlyInAnyOrderElementsOf(all);
      assertThat(get(storage.journals().known(KeyedReplica.JOURNAL, all)).values())
          .hasSameSizeAs(all)
          .allMatch(KnownEntry::removed);
      get(replica.close());
      get(storage.close());
      NavigableMap<Long, EntryId> store =
          Replica.readAll(vertx, hub.url(KeyedReplica.TENANT), identity.publicKey());
      Replica.assertContiguous(store);
      // The reader's own.
      store.remove(store.lastKey());
      assertThat(store.values()).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  /** One that keeps nothing. */
  private io.tributary.client.Replica open(Storage storage, String url) {
    return get(Tributary.replica(
        vertx,
        ReplicaOptions.builder()
            .name(KeyedReplica.NAME)
            .storage(storage)
            .identity(identity)
            .eventLog(KeyedReplica::events)
            .eventLog(log -> log.handle(HandlingHub.KEYED, (payload, entry, conflicts) -> {
              handled.add(entry.idempotencyKey());
              return Future.succeededFuture();
            }))
            .retention(RetentionRule.ofAll(CompactionStrategy.byCount(0)))
            .retentionInterval(Duration.ofSeconds(1))
            .clock(clock)
            .remote(KeyedReplica.remote(url))
            .build()));
  }

  private static List<EntryId> write(
      io.tributary.client.Replica replica, String prefix, int count) {
    List<EntryId> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(get(replica.eventLog().write(HandlingHub.KEYED, new HandlingHub.Keyed(prefix + i, i)))
          .id());
    }
    return ids;
  }

  /** Until a run has begun and ended. */
  private void awaitRun() {
    long before = asked.get();
    await("two runs begun").atMost(PATIENCE).until(() -> asked.get() >= before + 2);
  }

  private static void awaitEmpty(io.tributary.client.Replica replica) {
    await("nothing kept").atMost(PATIENCE).until(() -> journal(replica).isEmpty());
  }

  /** All of it; there is less than a page. */
  private static List<EntryId> journal(io.tributary.client.Replica replica) {
    List<LoggedEntry> items =
        get(replica.eventLog().entries(EntryFilter.ALL, 0, 1_000)).items();
    return items.stream().map(item -> item.entry().id()).toList();
  }
}
