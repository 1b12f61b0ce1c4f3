package io.tributary.client.stores.migration;

import io.tributary.client.eventlog.EventLog;
import io.tributary.client.stores.DerivedId;
import io.tributary.client.stores.Payloads;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.json.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the npm SDK's files: first the entries of its journals, then the rows that no entry
 * explains, as entries with derived ids. Blocks; calls follow each other, on any thread.
 */
final class SdkCursor implements Closeable {
  private static final int MAX_ENTRIES = 256;
  private static final long MAX_BYTES = 4L << 20;

  /** Entries of journals whose ids are kept: about 100 bytes each. */
  private static final int MAX_KEPT = 4_000_000;

  /** What is looked at without a pause. */
  private static final int MAX_STEPS = 10_000;

  private static final int MAX_LISTED = 100;

  private final AgentSdkFiles files;
  private final SdkLayout layout;
  private final List<EventLog> logs;
  private final int maxPayload;
  private final boolean purgedToo;
  private final Deque<String> journals;

  private @Nullable SdkJournal journal;
  private String journalKey = "";
  private long index;
  private AgentSdkFiles.@Nullable Rows rows;

  /** Ids of journals' entries: the package itself writes some twice. */
  private final Set<EntryId> seen = new HashSet<>();

  /** What rows they explain, by the ids that these would get. */
  private final Set<EntryId> explained = new HashSet<>();

  private final Map<EventLog, Long> unreadableOf = new LinkedHashMap<>();
  private final List<String> unreadable = new ArrayList<>();
  private boolean done;
  private long damaged;
  private long ignored;
  private long purged;

  SdkCursor(AgentSdkFiles files, List<EventLog> logs, int maxPayload, boolean purgedToo) {
    this.files = files;
    this.layout = files.layout();
    this.logs = logs;
    this.maxPayload = maxPayload;
    this.purgedToo = purgedToo;
    journals = new ArrayDeque<>(files.journals());
  }

  /** Some entries for each event log, or none yet. */
  Map<EventLog, List<Entry>> next() {
    Batch batch = new Batch();
    try {
      for (int i = 0; i < MAX_STEPS && !batch.isFull() && !done; i++) {
        done = !step(batch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return batch.entries;
  }

  /** Whether all has been read. */
  boolean isDone() {
    return done;
  }

  private static final class Batch {
    private final Map<EventLog, List<Entry>> entries = new LinkedHashMap<>();
    private int count;
    private long bytes;

    void add(EventLog log, Entry entry) {
      entries.computeIfAbsent(log, its -> new ArrayList<>()).add(entry);
      count++;
      bytes += entry.payload().length;
    }

    boolean isFull() {
      return count >= MAX_ENTRIES || bytes >= MAX_BYTES;
    }
  }

  /** Whether there was something. */
  private boolean step(Batch batch) throws IOException {
    SdkJournal open = journal;
    if (open != null) {
      entry(open, batch);
      return true;
    }
    String key = journals.poll();
    if (key != null) {
      journalKey = key;
      index = 0;
      try {
        journal = files.journal(key, maxPayload);
      } catch (SdkJournal.BrokenException e) {
        unreadable(Optional.empty(), key);
      }
      return true;
    }
    AgentSdkFiles.Rows its = rows;
    if (its == null) {
      its = files.rows();
      rows = its;
    }
    Optional<AgentSdkFiles.RowFile> row = its.next();
    row.ifPresent(found -> row(found, batch));
    return row.isPresent();
  }

  private void entry(SdkJournal open, Batch batch) throws IOException {
    Optional<SdkJournal.Item> item;
    try {
      item = open.next();
    } catch (SdkJournal.BrokenException e) {
      unreadable(Optional.empty(), journalKey);
      item = Optional.empty();
    }
    if (item.isEmpty()) {
      open.close();
      journal = null;
      return;
    }
    String at = journalKey + "#" + index++;
    Optional<Entry> entry = item.get().entry();
    if (entry.isEmpty()) {
      unreadable(Optional.empty(), at);
    } else {
      entry(entry.get(), at, batch);
    }
  }

  private void entry(Entry entry, String at, Batch batch) {
    if (!seen.add(entry.id())) {
      return;
    }
    if (seen.size() > MAX_KEPT) {
      throw new MigrationException(
          "the journals have more than " + MAX_KEPT + " entries: that many can't be migrated");
    }
    Optional<EventLog> log = log(entry.event());
    if (log.isEmpty()) {
      ignored++;
      return;
    }
    try {
      EventDefinition<?> event = definition(log.get(), entry.event());
      String primaryKey = primaryKey(event, entry.payload());
      for (SdkLayout.Row row : SdkLayout.Row.values()) {
        if (row.tag.equals(entry.event())) {
          JsonObject fields = PayloadCodec.json().decode(entry.payload());
          long time = Payloads.of(fields).millis(row.time);
          explained.add(DerivedId.of(row.tag, primaryKey, time));
          if (row == SdkLayout.Row.CHAT && isPurged(fields)) {
            purged++;
            if (!purgedToo) {
              return;
            }
          }
        }
      }
      batch.add(log.get(), entry);
    } catch (PayloadException e) {
      unreadable(log, at);
    }
  }

  /** Whether a session's rows are gone. A message's own may be gone for other reasons. */
  private boolean isPurged(JsonObject fields) {
    Payloads payload = Payloads.of(fields);
    String session = payload.text("sessionId");
    return !files.has(layout.session(session))
        && !files.has(layout.message(session, payload.whole("sequence")));
  }

  private void row(AgentSdkFiles.RowFile row, Batch batch) {
    String tag = row.kind().tag;
    Optional<EventLog> log = log(tag);
    if (row.value().isEmpty()) {
      unreadable(log, row.key());
      return;
    }
    try {
      JsonObject fields = row.value().get();
      Payloads payload = Payloads.of(fields);
      String own = row.kind() == SdkLayout.Row.CHAT
          ? layout.message(payload.text("sessionId"), payload.whole("sequence"))
          : layout.artifact(payload.text("id"));
      if (!own.equals(row.key())) {
        // Of another scope: a tenant, or a session that is named as one.
        return;
      }
      if (log.isEmpty()) {
        ignored++;
        return;
      }
      EventDefinition<?> event = definition(log.get(), tag);
      byte[] bytes = encoded(event, PayloadCodec.json().encode(fields));
      String primaryKey = primaryKey(event, bytes);
      EntryId id = DerivedId.of(tag, primaryKey, payload.millis(row.kind().time));
      if (!explained.contains(id)) {
        batch.add(log.get(), new Entry(id, tag, primaryKey, bytes));
      }
    } catch (PayloadException e) {
      unreadable(log, row.key());
    }
  }

  private Optional<EventLog> log(String tag) {
    return logs.stream().filter(log -> log.groups().find(tag).isPresent()).findFirst();
  }

  private static EventDefinition<?> definition(EventLog log, String tag) {
    return log.groups().find(tag).map(RegisteredEvent::definition).orElseThrow();
  }

  private static <P> String primaryKey(EventDefinition<P> event, byte[] payload) {
    return event.primaryKey(event.decode(payload));
  }

  /** As the store itself would write it. */
  private static <P> byte[] encoded(EventDefinition<P> event, byte[] payload) {
    return event.encode(event.decode(payload));
  }

  private void unreadable(Optional<EventLog> log, String where) {
    if (log.isPresent()) {
      unreadableOf.merge(log.get(), 1L, Long::sum);
    } else {
      damaged++;
    }
    list(where);
  }

  /** Notes where something is that can't be read. */
  void list(String where) {
    if (unreadable.size() < MAX_LISTED) {
      unreadable.add(where);
    }
  }

  /** How many of an event log's were unreadable so far. */
  long unreadable(EventLog log) {
    return unreadableOf.getOrDefault(log, 0L);
  }

  /** How many can't be told whose they are. */
  long damaged() {
    return damaged;
  }

  long ignored() {
    return ignored;
  }

  long purged() {
    return purged;
  }

  List<String> listed() {
    return List.copyOf(unreadable);
  }

  @Override
  public void close() throws IOException {
    SdkJournal open = journal;
    if (open != null) {
      open.close();
    }
    AgentSdkFiles.Rows its = rows;
    if (its != null) {
      its.close();
    }
  }
}
