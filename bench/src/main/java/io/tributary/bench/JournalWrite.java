package io.tributary.bench;

import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.Written;
import io.tributary.core.conflict.ConflictPolicies;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.storage.Storage;
import io.tributary.storage.Storages;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
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
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a write to a replica costs, each waited for, in a journal of the provider {@code file} that is
 * long already: it is to cost the same in all of them. {@code bench/journal} runs it, in the directory
 * for temporary files: on a real disk a write mostly waits for that.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 20)
@Fork(1)
public class JournalWrite {
  /** Few, so that the short journal stays one. */
  private static final int WRITES = 50;

  private static final int BEFORE = 3_000;
  private static final int BATCH = 1_000;

  /** How many entries have the same key. */
  private static final int PER_KEY = 10;

  /** What the entries are of: its primary key. */
  record Note(String key, String text) {}

  private static final EventDefinition<Note> NOTE =
      EventDefinition.of("note", PayloadCodec.record(Note.class), Note::key);
  private static final EventGroup NOTES = EventGroup.named("notes").event(NOTE).build();
  private static final String TEXT = "x".repeat(200);

  private final Vertx vertx = Vertx.vertx();
  private final Random random = new Random(1);

  /** How many entries the journal has. */
  @Param({"1000", "10000", "100000", "1000000"})
  public int entries;

  private Path dir = Path.of("");
  private Optional<Storage> storage = Optional.empty();
  private Optional<EventLog> log = Optional.empty();

  /** Makes the journal, and lets the compiler see writes to another one. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    dir = Files.createTempDirectory("tributary-bench");
    Storage opened = Storages.find("file")
        .open(vertx, new JsonObject().put("dir", dir.toString()))
        .await();
    storage = Optional.of(opened);
    fill(opened, "before", BATCH);
    fill(opened, "measured", entries);
    EventLog before = log(opened, "before");
    for (int i = 0; i < BEFORE; i++) {
      Written unused = write(before, BATCH);
    }
    before.close().await();
    log = Optional.of(log(opened, "measured"));
  }

  private EventLog log(Storage opened, String journal) {
    return EventLog.open(
            vertx,
            EventJournal.open(opened, journal),
            EventLogOptions.builder(Identity.random()).group(NOTES).build())
        .await();
  }

  private static void fill(Storage opened, String journal, int entries) {
    EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
    byte[] event = NOTE.tag().getBytes(StandardCharsets.UTF_8);
    for (int from = 0; from < entries; from += BATCH) {
      List<JournalEntry> some = new ArrayList<>();
      List<EntryOutcome> outcomes = new ArrayList<>();
      List<Winner> winners = new ArrayList<>();
      for (int i = from; i < Math.min(entries, from + BATCH); i++) {
        Note note = new Note("k" + i % keys(entries), TEXT);
        byte[] key = note.key().getBytes(StandardCharsets.UTF_8);
        EntryId id = ids.next();
        some.add(new JournalEntry(id, event, key, NOTE.encode(note), 0));
        outcomes.add(new EntryOutcome(id, EntryOutcome.State.UNHANDLED, 0, id.millis(), null));
        winners.add(new Winner(event, key, id, null, ConflictPolicies.LAST_WRITE_WINS));
      }
      List<Long> unused = opened
          .journals()
          .commit(
              journal,
              new JournalCommit(
                  List.of(), some, outcomes, winners, List.of(), List.of(), List.of()),
              Optional.empty())
          .await();
    }
  }

  private static int keys(int entries) {
    return entries / PER_KEY;
  }

  private Written write(EventLog to, int inIt) {
    return to.write(NOTE, new Note("k" + random.nextInt(keys(inIt)), TEXT)).await();
  }

  /** Writes to keys that have entries, one after the other. */
  @Benchmark
  @OperationsPerInvocation(WRITES)
  public long write() {
    EventLog to = log.orElseThrow();
    long position = 0;
    for (int i = 0; i < WRITES; i++) {
      position = write(to, entries).position();
    }
    return position;
  }

  /** Leaves nothing. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    log.orElseThrow().close().await();
    storage.orElseThrow().close().await();
    vertx.close().await();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
