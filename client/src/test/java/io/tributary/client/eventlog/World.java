package io.tributary.client.eventlog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditEvent;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.Storage;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A memory storage, and event logs on one journal in it, one after the other, on one thread. */
final class World {
  /** A note by its key. */
  record Note(String key, String text) {}

  static final EventDefinition<Note> NOTE =
      EventDefinition.of("Note", PayloadCodec.record(Note.class), Note::key);
  static final EventDefinition<Note> OTHER =
      EventDefinition.of("Other", PayloadCodec.record(Note.class), Note::key);
  static final EventDefinition<Note> LINE =
      EventDefinition.of("Line", PayloadCodec.record(Note.class), Note::key);
  static final EventGroup NOTES =
      EventGroup.named("notes").event(NOTE).event(OTHER).build();
  static final EventGroup LINES =
      EventGroup.named("lines").appendOnly().event(LINE).build();
  static final RemoteId HUB = new RemoteId(0x11, 0x22);
  static final String STORE = "sealed:me";

  /** The memory provider needs none, but the interface says that it is given one. */
  private static final Vertx CLOSED = Vertx.vertx();

  static {
    CLOSED.close().onFailure(cause -> {});
  }

  /** A call of a handler. */
  record Call(HandledEntry entry, Note payload, List<EntryId> conflicts) {
    EntryId id() {
      return entry.entry().id();
    }
  }

  final ManualRunner runner = new ManualRunner();
  final Storage storage;
  FaultyJournals journals;
  final Random random = new Random(7);

  /** Makes the ids of others. */
  final EntryIdGenerator foreign = new EntryIdGenerator(runner, random);

  final List<Call> calls = new ArrayList<>();
  final List<AuditEvent> audit = new ArrayList<>();

  /** What the handler of notes does. */
  Function<Call, Future<?>> handler =
      call -> Future.succeededFuture("did " + call.payload().text());

  EventJournal journal;

  @Nullable
  EventLog log;

  World() {
    storage = memory();
    journals = new FaultyJournals(storage.journals(), runner);
    journal = EventJournal.of(journals, "main");
  }

  private static Storage memory() {
    return new MemoryStorageProvider().open(CLOSED, new JsonObject()).result();
  }

  EventLogOptions.Builder options() {
    return EventLogOptions.builder(Identity.random())
        .group(NOTES)
        .group(LINES)
        .handle(
            NOTE,
            (payload, entry, conflicts) -> handled(
                entry,
                payload,
                conflicts.stream().map(other -> other.entry().id()).toList()))
        .handle(
            LINE,
            (payload, entry, conflicts) -> handled(
                entry,
                payload,
                conflicts.stream().map(other -> other.entry().id()).toList()))
        .registerReactivity("Note", List.of("notes"))
        .audit(audit::add)
        .clock(runner)
        .random(random)
        .ids(new EntryIdGenerator(runner, random));
  }

  private Future<Object> handled(HandledEntry entry, Note payload, List<EntryId> conflicts) {
    Call call = new Call(entry, payload, conflicts);
    calls.add(call);
    return handler.apply(call).map(result -> result);
  }

  @CanIgnoreReturnValue
  EventLog open() {
    return open(builder -> {});
  }

  @CanIgnoreReturnValue
  EventLog open(Consumer<EventLogOptions.Builder> more) {
    EventLogOptions.Builder builder = options();
    more.accept(builder);
    EventLog opened = runner.await(EventLog.open(runner, journal, builder.build()));
    log = opened;
    return opened;
  }

  /** As after a sudden end: what was under way is gone, and another takes the journal over. */
  @CanIgnoreReturnValue
  EventLog reopen(Consumer<EventLogOptions.Builder> more) {
    journals.dead = true;
    journals = new FaultyJournals(storage.journals(), runner);
    journal = EventJournal.of(journals, "main");
    return open(more);
  }

  EventLog log() {
    if (log == null) {
      throw new IllegalStateException("none is open");
    }
    return log;
  }

  @CanIgnoreReturnValue
  Written write(String key, String text) {
    return runner.await(log().write(NOTE, new Note(key, text)));
  }

  Entry foreign(String key, String text) {
    return entry(foreign.next(), key, text);
  }

  static Entry entry(EntryId id, String key, String text) {
    return new Entry(id, "Note", key, NOTE.encode(new Note(key, text)));
  }

  /** Delivers entries under sequences from {@code first} on. */
  Future<List<Long>> deliver(long first, Entry... entries) {
    List<Arrival> arrivals = new ArrayList<>();
    for (int i = 0; i < entries.length; i++) {
      arrivals.add(new Arrival(first + i, entries[i]));
    }
    return log().syncAccess().receive(HUB, STORE, arrivals, first + entries.length);
  }

  @CanIgnoreReturnValue
  List<Long> receive(long first, Entry... entries) {
    return runner.await(deliver(first, entries));
  }

  EntryOutcome outcome(EntryId id) {
    return runner.await(log().outcome(id)).orElseThrow();
  }

  EntryOutcome.State state(Entry entry) {
    return outcome(entry.id()).state();
  }

  List<LoggedEntry> all() {
    return runner.await(log().entries(EntryFilter.ALL, 0, 1_000)).items();
  }

  List<String> texts() {
    return calls.stream().map(call -> call.payload().text()).toList();
  }
}
