package io.tributary.server.it;

import static io.tributary.server.it.PlainClient.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.server.config.StorageConfig;
import io.tributary.storage.Storage;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A replica with many entries starts, writes and syncs in little memory, and another one gets them all.
 */
@Timeout(value = 3_600, unit = TimeUnit.SECONDS)
class LongJournalIT {
  private static final boolean LONG = Boolean.getBoolean("tributary.long");
  private static final int ENTRIES = LONG ? 1_000_000 : 100_000;
  private static final int BATCH = 1_000;
  private static final int KEYS = 10_000;
  private static final int WRITES = 100;
  private static final Duration PATIENCE = LONG ? Duration.ofMinutes(50) : Duration.ofMinutes(9);

  /** A third of it is the idle replica's; {@link #ENTRIES} of {@link #TEXT} don't fit in the rest. */
  private static final String HEAP = "-Xmx64m";

  private static final String TEXT = "x".repeat(400);

  private final Vertx vertx = Vertx.vertx();

  @TempDir
  Path dir;

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  @Test
  void manyEntriesSyncInLittleMemory() throws Exception {
    Identity identity = Identity.random();
    Path key = Files.writeString(dir.resolve("identity"), identity.encodeString());
    Path data = dir.resolve("many");
    long began = System.nanoTime();
    makeJournal(data);
    began = report("made " + ENTRIES + " entries", began);
    try (HubProcess hub = HubProcess.start(HubProcess.Options.of("file"));
        ReplicaProcess replica = new ReplicaProcess(List.of(data, key), flags());
        ReplicaProcess other = new ReplicaProcess(List.of(dir.resolve("none"), key), flags())) {
      String connect = "connect " + hub.url(KeyedReplica.TENANT);
      began = System.nanoTime();
      replica.start();
      began = report("started", began);
      replica.ask("notes " + WRITES);
      began = report("wrote " + WRITES + ", one after the other", began);
      replica.ask(connect);
      String all = Integer.toString(ENTRIES + WRITES);
      assertThat(replica.ask("sync", PATIENCE)).isEqualTo(all);
      report("uploaded, the sum of the heap pools' peaks " + replica.ask("heap"), began);
      replica.terminate();

      began = System.nanoTime();
      other.start();
      other.ask(connect);
      assertThat(other.ask("sync", PATIENCE)).isEqualTo(all);
      began = report("downloaded, the sum of the heap pools' peaks " + other.ask("heap"), began);
      assertThat(other.ask("count", PATIENCE)).isEqualTo(all);
      other.terminate();
      began = System.nanoTime();
      replica.start();
      replica.ask(connect);
      assertThat(replica.ask("sync", PATIENCE)).isEqualTo(all);
      assertThat(replica.ask("count", PATIENCE)).isEqualTo(all);
      report("started again, synced, counted", began);
    }
  }

  private static String[] flags() {
    return new String[] {HEAP, "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError"};
  }

  /** Returns the time it is. */
  @CanIgnoreReturnValue
  private static long report(String what, long began) {
    long now = System.nanoTime();
    System.out.println("LongJournalIT: " + what + " after " + (now - began) / 1_000_000 + " ms");
    return now;
  }

  /** A journal that a replica might have written, whatever the time that takes. */
  private void makeJournal(Path data) {
    Storage storage = get(StorageConfig.file(data).open(vertx));
    EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
    byte[] event = KeyedReplica.NOTE.tag().getBytes(StandardCharsets.UTF_8);
    for (int from = 0; from < ENTRIES; from += BATCH) {
      List<JournalEntry> entries = new ArrayList<>();
      List<EntryOutcome> outcomes = new ArrayList<>();
      List<Winner> winners = new ArrayList<>();
      for (int i = from; i < from + BATCH; i++) {
        KeyedReplica.Note note = new KeyedReplica.Note("k" + i % KEYS, TEXT);
        byte[] primaryKey = note.key().getBytes(StandardCharsets.UTF_8);
        EntryId id = ids.next();
        entries.add(new JournalEntry(id, event, primaryKey, KeyedReplica.NOTE.encode(note), 0));
        outcomes.add(new EntryOutcome(
            id, EntryOutcome.State.UNHANDLED, 0, System.currentTimeMillis(), null));
        winners.add(new Winner(event, primaryKey, id, null, ConflictPolicies.LAST_WRITE_WINS));
      }
      var unused = get(storage
          .journals()
          .commit(
              KeyedReplica.JOURNAL,
              new JournalCommit(
                  List.of(), entries, outcomes, winners, List.of(), List.of(), List.of()),
              Optional.empty()));
    }
    get(storage.close());
  }
}
