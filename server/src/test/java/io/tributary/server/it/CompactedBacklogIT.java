package io.tributary.server.it;

import static io.tributary.server.it.PlainClient.get;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.StorageConfig;
import io.tributary.storage.Storage;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A newcomer reads a long backlog compacted, from a hub with a small heap. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class CompactedBacklogIT {
  private static final int ENTRIES = Boolean.getBoolean("tributary.long") ? 1_000_000 : 100_000;
  private static final int BATCH = 5_000;
  private static final int KEYS = 1_000;
  private static final String ALICE = "alice";

  private final Vertx vertx = Vertx.vertx();

  @TempDir
  Path dir;

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void aNewcomerGetsTheSameStateInFarFewerEntries() throws Exception {
    StorageConfig config = StorageConfig.file(dir.resolve("data"));
    Map<String, Long> expected = fill(config, HandlingHub.store(ALICE));
    Map<String, Long> state = new HashMap<>();
    AtomicLong received = new AtomicLong();
    AtomicLong last = new AtomicLong();
    Promise<Void> wholly = Promise.promise();
    try (HandlingProcess hub = new HandlingProcess(
        config, null, List.of(ALICE), "-Xmx256m", "-XX:+ExitOnOutOfMemoryError")) {
      hub.start();
      long began = System.nanoTime();
      try (PlainClient reader = PlainClient.connect(vertx, hub.url(), ALICE)) {
        var unused = reader.closed().onSuccess(wholly::tryFail);
        reader.subscribe(0, (sequence, entry) -> {
          if (sequence < last.getAndSet(sequence)) {
            wholly.tryFail("sequence " + sequence + " is out of order");
          }
          received.incrementAndGet();
          HandlingHub.Keyed payload = HandlingHub.KEYED.decode(entry.payload());
          state.put(payload.key(), payload.number());
          if (sequence == ENTRIES) {
            // what was committed last is the last of its key
            wholly.tryComplete();
          }
        });
        wholly.future().await(300, TimeUnit.SECONDS);
      }
      long ms = (System.nanoTime() - began) / 1_000_000;
      System.out.println("CompactedBacklogIT: " + ENTRIES + " entries as " + received + " in " + ms
          + " ms, peak heap " + (hub.peakHeap() >> 20) + " MiB");
    }
    assertThat(state).isEqualTo(expected);
    assertThat(received.get()).isLessThan(ENTRIES / 10);
  }

  /** Old entries, each key now and then; what each key was last. */
  private Map<String, Long> fill(StorageConfig config, StoreKey.Plain store) {
    Random random = new Random(1);
    Map<String, Long> latest = new HashMap<>();
    Instant longAgo = Instant.now().minus(Duration.ofDays(30));
    EntryIdGenerator ids = new EntryIdGenerator(InstantSource.fixed(longAgo), random);
    Storage storage = get(config.open(vertx));
    for (long number = 0; number < ENTRIES; ) {
      List<NewRecord> records = new ArrayList<>(BATCH);
      for (int i = 0; i < BATCH; i++, number++) {
        HandlingHub.Keyed payload = new HandlingHub.Keyed("key-" + random.nextInt(KEYS), number);
        latest.put(payload.key(), number);
        records.add(NewRecord.plain(
            ids.next(),
            HandlingHub.KEYED.tag().getBytes(UTF_8),
            payload.key().getBytes(UTF_8),
            HandlingHub.KEYED.encode(payload),
            true,
            null));
      }
      var unused =
          get(storage.log().append(List.of(new Append(store, longAgo.toEpochMilli(), records))));
    }
    get(storage.close());
    return latest;
  }
}
