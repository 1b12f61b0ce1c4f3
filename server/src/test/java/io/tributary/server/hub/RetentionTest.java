package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.RetentionConfig;
import io.tributary.server.config.RetentionRule;
import io.tributary.storage.Lease;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What retention and erasing do, seen by clients and by the operator. */
class RetentionTest {
  private static final String KEY = "key";
  private static final StoreKey STORE = new StoreKey.Sealed("a", KEY);
  private static final JsonObject NOTHING = new JsonObject();

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
  private final TroubledStorage storage = TroubledStorage.prepare("retention");
  private @Nullable TestHub hub;

  private AdminHttp start(RetentionRule... rules) {
    return start(new RetentionConfig(List.of(rules), Duration.ofHours(1), null));
  }

  private AdminHttp start(RetentionConfig retention) {
    HubConfig.Builder config = TestHub.config()
        .storage(storage.config())
        .admin(new AdminConfig("127.0.0.1", 0, AdminHttp.TOKEN, null))
        .retention(retention);
    hub = TestHub.start(config, now::get);
    return new AdminHttp(hub);
  }

  @AfterEach
  void stop() {
    if (hub != null) {
      hub.close();
    }
  }

  private static RetentionRule byCount(long entries) {
    return new RetentionRule("*", "*", null, entries, null);
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  private static JsonObject sequences(long... some) {
    return new JsonObject()
        .put("sequences", new JsonArray(LongStream.of(some).boxed().toList()));
  }

  private static List<Long> remaining(AdminHttp admin) {
    return admin.get("stores/" + AdminHttp.segment(STORE) + "/entries?limit=1000").items().stream()
        .map(entry -> entry.getLong("sequence"))
        .toList();
  }

  @Test
  void removesWhatExceedsALimitAndKeepsTheRest() {
    AdminHttp admin = start(
        new RetentionRule("a", "sealed:*", Duration.ofDays(1), null, null),
        new RetentionRule("b", "*", null, 3L, null),
        new RetentionRule("c", "*", null, null, 3 * (64 + 16 + 12 + 20L)));
    List<SealedItem> first = Entries.some(3);
    try (RawClient a = hub.connect("a");
        RawClient b = hub.connect("b");
        RawClient c = hub.connect("c");
        RawClient d = hub.connect("d")) {
      for (RawClient client : List.of(a, b, c, d)) {
        client.write(KEY, 1, first);
      }
      now.updateAndGet(instant -> instant.plus(Duration.ofHours(25)));
      for (RawClient client : List.of(a, b, c, d)) {
        client.write(KEY, 2, Entries.some(2));
      }

      JsonObject run = admin.post("compactions", NOTHING).ok();

      assertThat(run.getString("status")).isEqualTo("done");
      assertThat(run.getLong("records")).isEqualTo(3 + 2 + 2);
      assertThat(run.getLong("storesChanged")).isEqualTo(3);
      a.subscribe(KEY, 0);
      assertThat(a.sequences(KEY, 2)).isEqualTo(range(4, 5));
      b.subscribe(KEY, 0);
      assertThat(b.sequences(KEY, 3)).isEqualTo(range(3, 5));
      c.subscribe(KEY, 0);
      assertThat(c.sequences(KEY, 3)).isEqualTo(range(3, 5));
      d.subscribe(KEY, 0);
      assertThat(d.sequences(KEY, 5)).isEqualTo(range(1, 5));
      // What was removed is acked as ever, and stays gone.
      a.send(Entries.write(KEY, 3, first));
      assertThat(a.acked(3)).isEqualTo(range(1, 3));
      assertThat(a.write(KEY, 4, Entries.some(1))).containsExactly(6L);
      assertThat(remaining(admin)).isEqualTo(range(4, 6));
    }
    hub.awaitLog(
        "INFO retention run=1 trigger=admin status=done stores=3 records=7 entries=7 bytes="
            + 7 * (64 + 16 + 12 + 20));
  }

  @Test
  void aNewReaderGetsNothingThatWasRemovedFromTheTail() {
    AdminHttp admin = start();
    List<SealedItem> entries = Entries.some(10);
    try (RawClient follower = hub.connect("a");
        RawClient writer = hub.connect("a")) {
      follower.subscribe(KEY, 0);
      follower.expectNothing();
      writer.write(KEY, 1, entries);
      assertThat(follower.sequences(KEY, 10)).isEqualTo(range(1, 10));

      JsonObject removed = admin
          .delete("stores/" + AdminHttp.segment(STORE) + "/entries", sequences(3, 7, 7, 99))
          .ok();

      assertThat(removed.getLong("records")).isEqualTo(2);
      List<Long> left = new ArrayList<>(range(1, 10));
      left.removeAll(List.of(3L, 7L));
      try (RawClient reader = hub.connect("a")) {
        reader.subscribe(KEY, 0);
        assertThat(reader.sequences(KEY, 8)).isEqualTo(left);
        // Live for both, nothing is withheld.
        assertThat(writer.write(KEY, 2, Entries.some(1))).containsExactly(11L);
        assertThat(reader.sequences(KEY, 1)).containsExactly(11L);
        assertThat(follower.sequences(KEY, 1)).containsExactly(11L);
        // A subscriber, too, is acked for what it writes again.
        reader.send(Entries.write(KEY, 3, entries.get(2), entries.get(3)));
        assertThat(reader.acked(3)).containsExactly(3L, 4L);
        reader.expectNothing();
      }
    }
  }

  @Test
  void aSlowReaderGoesOnAfterWhatWasRemovedInFrontOfIt() {
    AdminHttp admin = start(byCount(300));
    int entries = 2000;
    try (RawClient writer = hub.connect("a");
        RawClient slow = hub.connectNarrow("a")) {
      for (int i = 0; i < 20; i++) {
        writer.write(KEY, i, Entries.some(entries / 20, 8000));
      }
      slow.subscribe(KEY, 0);
      assertThat(slow.sequences(KEY, 1)).containsExactly(1L);

      assertThat(admin.post("compactions", NOTHING).ok().getLong("records"))
          .isEqualTo(entries - 300);

      writer.write(KEY, 99, Entries.some(5));
      List<Long> received = new ArrayList<>();
      while (received.isEmpty() || received.get(received.size() - 1) < entries + 5) {
        slow.changes().entries().forEach(entry -> received.add((long) entry.sequence()));
      }
      assertThat(received).isSorted().doesNotHaveDuplicates();
      assertThat(received).as("it was in the midst of what was removed").hasSizeLessThan(entries);
      assertThat(received).containsAll(range(entries - 299, entries + 5));
    }
  }

  @Test
  void aDryRunTellsAndLeavesEverything() {
    AdminHttp admin = start(byCount(1));
    try (RawClient writer = hub.connect("a")) {
      writer.write(KEY, 1, Entries.some(1200));
      JsonObject told =
          admin.post("compactions", new JsonObject().put("dryRun", true)).ok();
      assertThat(told.getLong("records")).isEqualTo(1199);
      assertThat(told.getBoolean("dryRun")).isTrue();
      assertThat(told.getJsonArray("stores").getJsonObject(0).getString("store"))
          .isEqualTo(STORE.toString());
      assertThat(admin.get("compactions").items()).isEmpty();
      assertThat(admin.get("stores/" + AdminHttp.segment(STORE)).ok().getLong("records"))
          .isEqualTo(1200);

      assertThat(admin.post("compactions", NOTHING).ok().getLong("records")).isEqualTo(1199);
      assertThat(remaining(admin)).containsExactly(1200L);
      assertThat(admin.get("compactions").items())
          .singleElement()
          .satisfies(run -> assertThat(run.getLong("records")).isEqualTo(1199));
    }
  }

  @Test
  void tombstonesAreForgottenAfterTheirTimeAndTheIdsAreNewThen() {
    AdminHttp admin =
        start(new RetentionConfig(List.of(byCount(1)), Duration.ofHours(1), Duration.ofDays(9)));
    List<SealedItem> entries = Entries.some(3);
    try (RawClient writer = hub.connect("a")) {
      writer.write(KEY, 1, entries);
      assertThat(admin.post("compactions", NOTHING).ok().getLong("forgotten")).isZero();
      assertThat(tombstones(admin)).isEqualTo(2);
      now.updateAndGet(instant -> instant.plus(Duration.ofDays(11)));

      assertThat(admin.post("compactions", NOTHING).ok().getLong("forgotten")).isEqualTo(2);

      assertThat(tombstones(admin)).isZero();
      assertThat(writer.write(KEY, 2, entries)).containsExactly(4L, 5L, 3L);
    }
  }

  private static long tombstones(AdminHttp admin) {
    return admin.get("stores/" + AdminHttp.segment(STORE)).ok().getLong("tombstones");
  }

  @Test
  void runsByItselfOnItsSchedule() {
    AdminHttp admin = start(new RetentionConfig(List.of(byCount(2)), Duration.ofSeconds(1), null));
    try (RawClient writer = hub.connect("a")) {
      writer.write(KEY, 1, Entries.some(5));
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(remaining(admin)).isEqualTo(range(4, 5)));
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(admin.get("compactions").items()).anySatisfy(run -> {
            assertThat(run.getString("trigger")).isEqualTo("schedule");
            assertThat(run.getLong("records")).isEqualTo(3);
          }));
    }
  }

  @Test
  void onlyOneRunsAtATime() {
    AdminHttp admin = start(byCount(1));
    Lease held = TestHub.get(storage.leases().acquire("retention", Duration.ofMinutes(5)))
        .orElseThrow();
    assertThat(admin.post("compactions", NOTHING).error()).isEqualTo("409 Busy");
    assertThat(admin.get("compactions").items()).isEmpty();
    TestHub.get(storage.leases().release(held));
    assertThat(admin.post("compactions", NOTHING).ok().getString("status")).isEqualTo("done");
  }

  @Test
  void whoLosesTheLeaseRemovesNothingMore() {
    AdminHttp admin = start(byCount(0));
    AtomicInteger removals = new AtomicInteger();
    storage.beforeRemovals(removal -> {
      if (removals.incrementAndGet() == 2) {
        // another node has taken over
        TestHub.get(storage.leases().release(removal.fence()));
        assertThat(TestHub.get(storage.leases().acquire("retention", Duration.ofMinutes(5))))
            .isPresent();
      }
    });
    try (RawClient writer = hub.connect("a")) {
      writer.write(KEY, 1, Entries.some(1600));
      JsonObject run = admin.post("compactions", NOTHING).ok();
      assertThat(run.getString("status")).isEqualTo("lost");
      assertThat(run.getLong("records")).isEqualTo(500);
      assertThat(remaining(admin)).isEqualTo(range(501, 1500));
      assertThat(removals).hasValue(2);
      assertThat(admin.get("compactions").items())
          .singleElement()
          .satisfies(kept -> assertThat(kept.getString("status")).isEqualTo("lost"));
    }
  }

  @Test
  void aStorageThatFailsEndsTheRunAndTheRecordSaysSo() {
    AdminHttp admin = start(byCount(0));
    storage.failRemovals();
    try (RawClient writer = hub.connect("a")) {
      writer.write(KEY, 1, Entries.some(3));
      JsonObject run = admin.post("compactions", NOTHING).ok();
      assertThat(run.getString("status")).isEqualTo("failed");
      assertThat(run.getString("error")).isEqualTo("out of luck");
      assertThat(run.getLong("records")).isZero();
      hub.awaitLog("WARN retention run=1", "status=failed", "error=out of luck");
      assertThat(admin
              .delete("stores/" + AdminHttp.segment(STORE) + "/entries", sequences(1))
              .error())
          .isEqualTo("503 Unavailable");

      storage.recover();
      assertThat(admin.post("compactions", NOTHING).ok().getLong("records")).isEqualTo(3);
    }
  }

  @Test
  void purgeRemovesEverythingAndForgetsOnlyWhenTold() {
    AdminHttp admin = start();
    List<SealedItem> entries = Entries.some(1100);
    String path = "stores/" + AdminHttp.segment(STORE) + "/purge";
    try (RawClient writer = hub.connect("a")) {
      writer.write(KEY, 1, entries);
      JsonObject purged = admin.post(path, NOTHING).ok();
      assertThat(purged.getLong("records")).isEqualTo(1100);
      assertThat(purged.getLong("forgotten")).isZero();
      writer.write(KEY, 2, entries);
      assertThat(remaining(admin)).isEmpty();
      assertThat(tombstones(admin)).isEqualTo(1100);

      purged = admin.post(path, new JsonObject().put("forget", true)).ok();
      assertThat(purged.getLong("records")).isZero();
      assertThat(purged.getLong("forgotten")).isEqualTo(1100);
      assertThat(writer.write(KEY, 3, entries)).isEqualTo(range(1101, 2200));
    }
  }
}
