package io.tributary.client.sync;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.eventlog.Arrival;
import io.tributary.client.eventlog.Placed;
import io.tributary.client.eventlog.SyncAccess;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.JournalStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** An event log without handlers and policies: a journal in the world's time. */
final class JournalAccess implements SyncAccess {
  static final String JOURNAL = "j";

  final World world;
  final String name;
  final Identity identity;
  final JournalStore journals;
  final EntryIdGenerator ids;
  final List<PlacedListener> listeners = new ArrayList<>();
  Function<Entry, Optional<Entry>> redaction = Optional::of;
  long last;
  int records;
  int largestReceive;

  /** Whether the event log takes nothing for now. */
  boolean stuck;

  private boolean dead;
  private final List<Runnable> waiting = new ArrayList<>();

  JournalAccess(World world, String name, Identity identity, JournalStore journals) {
    this.world = world;
    this.name = name;
    this.identity = identity;
    this.journals = journals;
    this.ids = new EntryIdGenerator(world, world.random);
  }

  /** The same journal after its process ended suddenly: what was under way is lost. */
  JournalAccess reopened() {
    dead = true;
    JournalAccess again = new JournalAccess(world, name, identity, journals);
    again.last = last;
    again.redaction = redaction;
    return again;
  }

  /** Writes an entry of its own. */
  @CanIgnoreReturnValue
  Entry write(String key, byte[] payload) {
    Entry entry = new Entry(ids.next(), "event", key, payload);
    writeEntry(entry);
    return entry;
  }

  void writeEntry(Entry entry) {
    List<Long> unused = commit(List.of(entry), List.of(0L), Optional.empty(), Optional.empty());
  }

  /** Writes many in one commit. */
  @CanIgnoreReturnValue
  List<Entry> writeAll(int count, int size) {
    List<Entry> entries = new ArrayList<>();
    List<Long> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(new Entry(ids.next(), "event", "key" + i, new byte[size]));
      sequences.add(0L);
    }
    List<Long> unused = commit(entries, sequences, Optional.empty(), Optional.empty());
    return entries;
  }

  void stick(boolean stuck) {
    this.stuck = stuck;
    if (!stuck) {
      List<Runnable> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(Runnable::run);
    }
  }

  List<EntryId> entries() {
    List<EntryId> all = new ArrayList<>();
    for (PlacedEntry placed :
        now(journals.entries(JOURNAL, 0, Integer.MAX_VALUE, Long.MAX_VALUE))) {
      all.add(placed.entry().id());
    }
    return all;
  }

  List<EntryId> pendingNow(RemoteId remote, String store) {
    List<EntryId> all = new ArrayList<>();
    for (PlacedEntry placed :
        now(journals.pending(JOURNAL, remote, store, 0, Integer.MAX_VALUE, Long.MAX_VALUE))) {
      all.add(placed.entry().id());
    }
    return all;
  }

  RemoteProgress progressNow(RemoteId remote, String store) {
    return now(journals.progress(JOURNAL, remote, store));
  }

  List<UploadMark> marksNow(RemoteId remote, String store, UploadMark.State state) {
    return now(journals.marks(JOURNAL, remote, store, state, 0, Integer.MAX_VALUE));
  }

  private static <T> T now(Future<T> future) {
    if (!future.succeeded()) {
      throw new IllegalStateException("memory answers at once", future.cause());
    }
    return future.result();
  }

  /** Returns the positions. */
  private List<Long> commit(
      List<Entry> entries,
      List<Long> sequences,
      Optional<RemoteProgress> progress,
      Optional<RemoteId> from) {
    Map<EntryId, KnownEntry> known =
        now(journals.known(JOURNAL, entries.stream().map(Entry::id).toList()));
    Map<EntryId, JournalEntry> fresh = new LinkedHashMap<>();
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (!known.containsKey(entry.id())) {
        fresh.putIfAbsent(
            entry.id(),
            new JournalEntry(
                entry.id(),
                entry.event().getBytes(StandardCharsets.UTF_8),
                entry.primaryKey().getBytes(StandardCharsets.UTF_8),
                entry.payload(),
                sequences.get(i)));
      }
    }
    List<Long> positions = now(journals.commit(
        JOURNAL,
        new JournalCommit(
            List.of(),
            List.copyOf(fresh.values()),
            List.of(),
            List.of(),
            progress.map(List::of).orElse(List.of()),
            List.of(),
            List.of()),
        Optional.empty()));
    Map<EntryId, Long> placedAt = new LinkedHashMap<>();
    List<Placed> placed = new ArrayList<>();
    int at = 0;
    for (EntryId id : fresh.keySet()) {
      long position = positions.get(at++);
      placedAt.put(id, position);
      placed.add(new Placed(position, id, from.orElse(null)));
    }
    if (!placed.isEmpty()) {
      long before = last;
      last = placed.get(placed.size() - 1).position();
      List.copyOf(listeners).forEach(listener -> listener.placed(before, placed));
    }
    List<Long> answer = new ArrayList<>();
    for (Entry entry : entries) {
      KnownEntry one = known.get(entry.id());
      Long position = placedAt.get(entry.id());
      answer.add(position != null ? position : one == null ? 0 : one.position());
    }
    return answer;
  }

  private <T> Future<T> later(String what, Supplier<T> result) {
    Promise<T> promise = Promise.promise();
    world.wire(name + " asks for " + what, () -> {
      T answer = result.get();
      world.wire(name + " gets " + what, () -> promise.complete(answer));
    });
    return promise.future();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Identity identity() {
    return identity;
  }

  @Override
  public Future<RemoteProgress> progress(RemoteId remote, String store) {
    return later("progress", () -> progressNow(remote, store));
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      RemoteId remote, String store, long after, int max, long maxBytes) {
    return later(
        "pending", () -> now(journals.pending(JOURNAL, remote, store, after, max, maxBytes)));
  }

  @Override
  public Future<Optional<PlacedEntry>> entryAt(long position) {
    return later(
        "entry",
        () -> now(journals.entries(JOURNAL, position - 1, 1, Long.MAX_VALUE)).stream()
            .filter(placed -> placed.position() == position)
            .findFirst());
  }

  @Override
  public Future<List<UploadMark>> marks(
      RemoteId remote, String store, UploadMark.State state, long after, int max) {
    return later("marks", () -> now(journals.marks(JOURNAL, remote, store, state, after, max)));
  }

  @Override
  public Optional<Entry> redacted(Entry entry) {
    return redaction.apply(entry);
  }

  @Override
  public Future<List<Long>> receive(
      RemoteId remote, String store, List<Arrival> arrivals, long next) {
    largestReceive = Math.max(largestReceive, arrivals.size());
    Promise<List<Long>> promise = Promise.promise();
    Runnable take = () -> {
      if (dead) {
        return;
      }
      RemoteProgress progress = progressNow(remote, store);
      List<Long> positions = commit(
          arrivals.stream().map(Arrival::entry).toList(),
          arrivals.stream().map(Arrival::sequence).toList(),
          Optional.of(new RemoteProgress(
              remote, store, Math.max(next, progress.next()), 0, 0, progress.uploaded())),
          Optional.of(remote));
      world.wire(name + " took", () -> promise.complete(positions));
    };
    world.wire(name + " takes", () -> {
      if (stuck) {
        waiting.add(take);
      } else {
        take.run();
      }
    });
    return promise.future();
  }

  @Override
  public Future<Void> recordUploads(
      RemoteId remote,
      String store,
      long uploaded,
      long next,
      List<UploadMark> marks,
      List<UploadMark> unmarked) {
    records++;
    Promise<Void> promise = Promise.promise();
    world.wire(name + " takes", () -> {
      if (dead) {
        return;
      }
      RemoteProgress progress = progressNow(remote, store);
      List<Long> none = now(journals.commit(
          JOURNAL,
          new JournalCommit(
              List.of(),
              List.of(),
              List.of(),
              List.of(),
              List.of(new RemoteProgress(
                  remote,
                  store,
                  Math.max(next, progress.next()),
                  0,
                  0,
                  Math.max(uploaded, progress.uploaded()))),
              marks,
              unmarked),
          Optional.empty()));
      assert none.isEmpty();
      world.wire(name + " took", promise::complete);
    });
    return promise.future();
  }

  @Override
  public long lastPosition() {
    return last;
  }

  @Override
  public Runnable onPlaced(PlacedListener listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
