package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EntryPage;
import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.SyncService;
import io.tributary.core.crypto.Identity;
import io.tributary.core.crypto.MalformedIdentityException;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.EntryId;
import io.tributary.storage.Storage;
import io.tributary.storage.Storages;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * A replica of our own with the events of {@link NpmClient}, on storage of its own. Its methods are for test threads, and
 * wait.
 */
final class JavaReplica implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** An event whose body follows from its key, so that every reader can check it. */
  record Note(String key, byte[] body) {}

  static final EventDefinition<Note> NOTE =
      EventDefinition.of("NoteAdded", PayloadCodec.record(Note.class), Note::key);
  static final EventDefinition<JsonObject> THING =
      EventDefinition.of("ThingSet", PayloadCodec.json(), thing -> thing.getString("key"));

  private final Storage storage;
  private final EventLog log;
  private final SyncService sync;
  private final Map<EntryId, AtomicInteger> runs = new ConcurrentHashMap<>();
  private final Map<String, JsonObject> things = new ConcurrentHashMap<>();

  private JavaReplica(Vertx vertx, String name, Storage storage, Identity identity) {
    this.storage = storage;
    EventLogOptions options = EventLogOptions.builder(identity)
        .name(name)
        .group(EventGroup.named("notes").event(NOTE).build())
        .group(EventGroup.named("things").event(THING).build())
        .handle(NOTE, (note, entry, conflicts) -> {
          runs.computeIfAbsent(entry.idempotencyKey(), id -> new AtomicInteger())
              .incrementAndGet();
          assertThat(note.body()).isEqualTo(NoteBodies.of(note.key(), note.body().length));
          return Future.succeededFuture("noted");
        })
        .handle(THING, (thing, entry, conflicts) -> {
          things.put(thing.getString("key"), thing);
          return Future.succeededFuture("set");
        })
        .build();
    log = EventLog.open(vertx, EventJournal.open(storage, name), options).await();
    sync = new SyncService(vertx, List.of(log), AuditSink.NONE);
  }

  /** One with its journal in a directory, made or found there. */
  static JavaReplica open(Vertx vertx, String name, Path directory, String identity) {
    try {
      Storage storage = Storages.find("file")
          .open(vertx, new JsonObject().put("dir", directory.resolve(name).toString()))
          .await();
      return new JavaReplica(vertx, name, storage, Identity.decodeString(identity));
    } catch (MalformedIdentityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Begins to sync. */
  void connect(RemoteOptions options) {
    String unused = sync.connect(options).await();
  }

  /** Writes notes with the keys {@code prefix-0} and so on, one after the other, each when the one before is in the journal. */
  Future<Void> write(String prefix, int n, int bodyBytes) {
    Future<Void> written = Future.succeededFuture();
    for (int i = 0; i < n; i++) {
      Note note = new Note(prefix + "-" + i, NoteBodies.of(prefix + "-" + i, bodyBytes));
      written = written.compose(before -> log.write(NOTE, note)).map(its -> {
        assertThat(its.result()).isEqualTo("noted");
        return null;
      });
    }
    return written;
  }

  /** Writes one thing. */
  void writeThing(JsonObject thing) {
    var unused = log.write(THING, thing).await();
  }

  /** Waits for this many things, own ones included. */
  Map<String, JsonObject> awaitThings(int count) {
    Awaitility.await().atMost(PATIENCE).until(() -> things.size() >= count);
    return things;
  }

  /** Waits until the journal has this many entries and the remotes have all of them. */
  void awaitSynced(int count) {
    Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
      assertThat(entries()).as("%s", sync.status()).hasSizeGreaterThanOrEqualTo(count);
      assertThat(sync.status())
          .allSatisfy(status -> assertThat(status.pendingUploads()).isZero());
    });
  }

  /** Completes when what is pending is at the remotes, and what they have is here. */
  Future<Void> syncNow() {
    return sync.syncNow();
  }

  SyncService sync() {
    return sync;
  }

  EventLog log() {
    return log;
  }

  /** The journal, in its order. */
  List<LoggedEntry> entries() {
    List<LoggedEntry> all = new ArrayList<>();
    long after = 0;
    while (true) {
      EntryPage page = log.entries(EntryFilter.ALL, after, 1_000).await();
      all.addAll(page.items());
      if (page.next().isEmpty()) {
        return all;
      }
      after = page.next().getAsLong();
    }
  }

  /** What became of each entry of the journal. */
  Map<EntryId, Optional<EntryOutcome>> outcomes() {
    Map<EntryId, Optional<EntryOutcome>> outcomes = new LinkedHashMap<>();
    for (LoggedEntry entry : entries()) {
      outcomes.put(entry.entry().id(), log.outcome(entry.entry().id()).await());
    }
    return outcomes;
  }

  /** How often the handler of notes ran for each entry. */
  Map<EntryId, AtomicInteger> runs() {
    return runs;
  }

  @Override
  public void close() {
    Void unused = sync.close()
        .compose(closed -> log.close())
        .compose(closed -> storage.close())
        .await();
  }
}
