package io.tributary.client.stores.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.core.eventlog.PayloadException;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every store of artifacts does, plain or journaled. */
abstract class ArtifactContract {
  static final String SESSION = "s-1";
  static final StoresOptions.Artifacts OPTIONS =
      new StoresOptions.Artifacts(true, 1_000, 1L << 40, Duration.ofDays(90), 4);

  StoreBench bench;

  abstract ArtifactStore open(StoresOptions.Artifacts options);

  ArtifactStore open() {
    return open(OPTIONS);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  static Artifact text(String session, String id, String content, long createdAt) {
    return Artifact.text(session, id, Artifact.Kind.TOOL_RESULT, content).createdAt(createdAt);
  }

  void put(ArtifactStore store, String id, String content, long createdAt) {
    bench.await(store.put(text(SESSION, id, content, createdAt)));
  }

  Optional<Artifact> get(ArtifactStore store, String id) {
    return bench.await(store.get(SESSION, id));
  }

  List<String> ids(ArtifactStore store, String session) {
    List<String> ids = new ArrayList<>();
    Optional<ArtifactCursor> after = Optional.empty();
    do {
      ArtifactPage page = bench.await(store.list(session, after, 3));
      page.items().forEach(item -> ids.add(item.id()));
      after = page.next();
    } while (after.isPresent());
    return ids;
  }

  @Test
  void keepsAllThatAnArtifactHas() {
    ArtifactStore store = open();
    byte[] bytes = new byte[10_000];
    new Random(1).nextBytes(bytes);
    Artifact image = Artifact.bytes(SESSION, "i", Artifact.Kind.IMAGE, bytes)
        .toolName("shot")
        .toolUseId("use-1")
        .hookEvent("PostToolUse")
        .contentType("image/png")
        .sizeBytes(bytes.length)
        .metadata(new JsonObject()
            .put("a", 1)
            .put("b", new JsonArray().add("ü").addNull())
            .putNull("c"))
        .createdAt(StoreBench.START - 5);
    bench.await(store.put(image));
    Artifact text = text(SESSION, "t", "ünï", StoreBench.START);
    bench.await(store.put(text));
    assertThat(get(store, "i")).contains(image);
    assertThat(get(store, "i").orElseThrow().contentBytes().getBytes()).isEqualTo(bytes);
    assertThat(get(store, "t")).contains(text);
    assertThat(get(store, "t").orElseThrow().size()).isEqualTo(5);
    assertThat(get(store, "other")).isEmpty();
    assertThat(bench.await(store.get("other", "i"))).isEmpty();
    ArtifactSummary summary = bench.await(store.list(SESSION)).items().get(0);
    assertThat(summary)
        .isEqualTo(new ArtifactSummary(
            "i",
            SESSION,
            Artifact.Kind.IMAGE,
            "shot",
            "use-1",
            "PostToolUse",
            "image/png",
            bytes.length,
            StoreBench.START - 5,
            image.metadata()));
  }

  @Test
  void pagesASessionByTheTimeOfItsArtifacts() {
    ArtifactStore store = open();
    for (int i = 9; i >= 1; i--) {
      put(store, "a" + i, "x", StoreBench.START + i);
    }
    bench.await(store.put(text("other", "b", "x", 1)));
    assertThat(ids(store, SESSION))
        .containsExactly("a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9");
    assertThat(bench.await(store.list(SESSION)).items()).hasSize(4);
    ArtifactPage page = bench.await(store.list(SESSION, Optional.empty(), 2));
    assertThat(bench.await(store.delete(SESSION, "a2"))).isTrue();
    assertThat(bench.await(store.list(SESSION, page.next(), 1)).items())
        .extracting(ArtifactSummary::id)
        .containsExactly("a3");
    assertThat(bench.await(store.list("unknown")).items()).isEmpty();
  }

  @Test
  void replacesWhatIsPutAgain() {
    ArtifactStore store = open();
    put(store, "a", "one", StoreBench.START);
    put(store, "b", "x", StoreBench.START + 1);
    put(store, "a", "two", StoreBench.START + 2);
    assertThat(get(store, "a").orElseThrow().content()).isEqualTo("two");
    assertThat(ids(store, SESSION)).containsExactly("b", "a");
  }

  @Test
  void deletesAndPutsAnew() {
    ArtifactStore store = open();
    put(store, "a", "one", StoreBench.START);
    assertThat(bench.await(store.delete(SESSION, "a"))).isTrue();
    assertThat(bench.await(store.delete(SESSION, "a"))).isFalse();
    assertThat(get(store, "a")).isEmpty();
    assertThat(ids(store, SESSION)).isEmpty();
    put(store, "a", "two", StoreBench.START);
    assertThat(get(store, "a").orElseThrow().content()).isEqualTo("two");
  }

  @Test
  void purgesASession() {
    ArtifactStore store = open();
    for (int i = 0; i < 10; i++) {
      put(store, "a" + i, "x", StoreBench.START);
    }
    bench.await(store.put(text("other", "b", "x", 1)));
    assertThat(bench.await(store.purgeSession(SESSION))).isEqualTo(10);
    assertThat(ids(store, SESSION)).isEmpty();
    assertThat(ids(store, "other")).containsExactly("b");
    assertThat(bench.await(store.purgeSession(SESSION))).isZero();
  }

  @Test
  void keepsTheNewestOfASessionByCountAndBytes() {
    ArtifactStore few = open(new StoresOptions.Artifacts(true, 3, 1_000, Duration.ofDays(90), 4));
    for (int i = 1; i <= 5; i++) {
      put(few, "a" + i, "x", StoreBench.START + i);
    }
    assertThat(ids(few, SESSION)).containsExactly("a3", "a4", "a5");
    put(few, "old", "x", StoreBench.START);
    assertThat(ids(few, SESSION)).containsExactly("a3", "a4", "a5");
    put(few, "big", "x".repeat(999), StoreBench.START + 6);
    assertThat(ids(few, SESSION)).containsExactly("a5", "big");
    put(few, "a5", "xx", StoreBench.START + 5);
    assertThat(ids(few, SESSION)).containsExactly("big");
    assertThat(bench.failure(few.put(text(SESSION, "huge", "x".repeat(1_001), 7))))
        .isInstanceOf(PayloadException.class)
        .hasMessageContaining(
            "content: found 1001 bytes, allowed are stores.artifacts.maxBytes = 1000");
    assertThat(ids(few, SESSION)).containsExactly("big");
  }

  @Test
  void smallerLimitsHoldFromTheNextCleanup() {
    ArtifactStore many = open();
    for (int i = 0; i < 150; i++) {
      put(many, "a" + i, "x", StoreBench.START + i);
    }
    bench.reopen();
    ArtifactStore few = open(new StoresOptions.Artifacts(true, 2, 1_000, Duration.ofDays(90), 4));
    CleanupReport report = bench.await(few.cleanup());
    assertThat(report.before()).isEqualTo(150);
    assertThat(report.removed()).isEqualTo(148);
    assertThat(ids(few, SESSION)).containsExactly("a148", "a149");
    assertThat(bench.await(few.cleanup())).isEqualTo(new CleanupReport(2, 0, 0));
  }

  @Test
  void cleanupRemovesWhatIsTooOld() {
    ArtifactStore store = open();
    long day = Duration.ofDays(1).toMillis();
    put(store, "old", "x", StoreBench.START - 91 * day);
    put(store, "just", "x", StoreBench.START - 90 * day);
    bench.await(store.put(text("other", "negative", "x", -1)));
    CleanupReport report = bench.await(store.cleanup());
    assertThat(report.before()).isEqualTo(3);
    assertThat(report.removed()).isEqualTo(2);
    assertThat(ids(store, SESSION)).containsExactly("just");
    assertThat(get(store, "old")).isEmpty();
    assertThat(ids(store, "other")).isEmpty();
  }

  @Test
  void holdsContentsOfManyMegabytes() {
    ArtifactStore store = open();
    byte[] bytes = new byte[20_000_000];
    new Random(2).nextBytes(bytes);
    bench.await(store.put(
        Artifact.bytes(SESSION, "big", Artifact.Kind.FILE, bytes).createdAt(StoreBench.START)));
    assertThat(get(store, "big").orElseThrow().contentBytes().getBytes()).isEqualTo(bytes);
    assertThat(bench.failure(
            store.put(text(SESSION, "too big", "x".repeat(64 << 20), StoreBench.START))))
        .isInstanceOf(PayloadException.class);
    assertThat(ids(store, SESSION)).containsExactly("big");
  }

  @Test
  void isThereAfterARestart() {
    put(open(), "a", "one", StoreBench.START);
    bench.reopen();
    ArtifactStore store = open();
    assertThat(get(store, "a").orElseThrow().content()).isEqualTo("one");
    put(store, "a", "two", StoreBench.START);
    assertThat(get(store, "a").orElseThrow().content()).isEqualTo("two");
  }

  @Test
  void changesAtTheSameTimeFollowEachOther() {
    ArtifactStore store = open();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(store.put(text(SESSION, "a", "v" + i, StoreBench.START + i)));
      all.add(store.put(text(SESSION, "b" + i, "x", StoreBench.START + i)));
      if (i == 10) {
        all.add(store.delete(SESSION, "a"));
      }
    }
    all.forEach(bench::await);
    assertThat(get(store, "a").orElseThrow().content()).isEqualTo("v19");
    assertThat(ids(store, SESSION)).hasSize(21);
  }

  @Test
  void tellsOfChangesOfASession() {
    ArtifactStore store = open();
    AtomicInteger changes = new AtomicInteger();
    var subscription = store.subscribe(SESSION, changes::incrementAndGet);
    bench.await(store.put(text("other", "b", "x", 1)));
    assertThat(changes).hasValue(0);
    put(store, "a", "x", 1);
    assertThat(changes).hasValue(1);
    assertThat(bench.await(store.delete(SESSION, "a"))).isTrue();
    assertThat(changes).hasValue(2);
    subscription.close();
    put(store, "a", "x", 1);
    assertThat(changes).hasValue(2);
  }

  @Test
  void refusesBadNamesAndAfterItsEnd() {
    ArtifactStore store = open();
    assertThatThrownBy(() -> store.get("", "a")).hasMessageContaining("sessionId: found nothing");
    assertThatThrownBy(() -> store.delete("s", "")).hasMessageContaining("id: found nothing");
    assertThatThrownBy(() -> store.put(text("s", "x".repeat(1_025), "", 1)))
        .hasMessageContaining("id: found 1025 bytes");
    assertThat(bench.failure(store.put(
            Artifact.text("s", "a", Artifact.Kind.FILE, "").sizeBytes(-1).createdAt(1))))
        .hasMessageContaining("sizeBytes: found -1");
    bench.await(store.close());
    assertThat(bench.failure(store.get("s", "a"))).isInstanceOf(StoreException.class);
    assertThat(bench.failure(store.put(text("s", "a", "", 1)))).isInstanceOf(StoreException.class);
  }

  @Test
  void noAgeKeepsNothingWhateverItsTime() {
    ArtifactStore store = open(new StoresOptions.Artifacts(true, 100, 1L << 40, Duration.ZERO, 4));
    put(store, "old", "x", 1);
    put(store, "now", "x", StoreBench.START);
    put(store, "ahead", "x", StoreBench.START + 1_000_000);
    assertThat(bench.await(store.cleanup())).isEqualTo(new CleanupReport(3, 3, 0));
    assertThat(ids(store, SESSION)).isEmpty();
  }

  @Test
  void tellsTheAuditLogOfWhatWent() {
    ArtifactStore store =
        open(new StoresOptions.Artifacts(true, 2, 1L << 40, Duration.ofDays(90), 4));
    for (int i = 0; i < 5; i++) {
      put(store, "a" + i, "x", StoreBench.START + i);
    }
    assertThat(bench.await(store.cleanup())).isEqualTo(new CleanupReport(5, 3, 0));
    assertThat(bench.await(store.cleanup())).isEqualTo(new CleanupReport(2, 0, 0));
    assertThat(bench.audit)
        .containsExactly(new AuditEvent.SyncCompaction(
            null, 5, 2, List.of("artifact_record"), StoreBench.START));
  }
}
