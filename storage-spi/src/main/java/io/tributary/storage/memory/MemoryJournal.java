package io.tributary.storage.memory;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** One journal. Not thread-safe. */
final class MemoryJournal {
  private static final EntryId LEAST = new EntryId(0, 0);

  /** What entries are found by that have the same event and primary key. */
  private record Key(byte[] event, byte[] primaryKey, EntryId id) implements Comparable<Key> {
    private static final Comparator<Key> ORDER = Comparator.comparing(
            Key::event, Arrays::compareUnsigned)
        .thenComparing(Key::primaryKey, Arrays::compareUnsigned)
        .thenComparing(Key::id);

    static Key of(JournalEntry entry) {
      return new Key(entry.event(), entry.primaryKey(), entry.id());
    }

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  private record RemoteStore(RemoteId remote, String store) {}

  /** What is known of a remote's store. */
  private static final class Remote {
    private @Nullable RemoteProgress progress;

    private final TreeMap<Long, UploadMark> marks = new TreeMap<>();

    private final Map<UploadMark.State, TreeMap<Long, UploadMark>> byState =
        new EnumMap<>(UploadMark.State.class);

    NavigableMap<Long, UploadMark> marks(UploadMark.State state) {
      return byState.computeIfAbsent(state, key -> new TreeMap<>());
    }

    void mark(UploadMark mark) {
      unmark(mark.position());
      marks.put(mark.position(), mark);
      marks(mark.state()).put(mark.position(), mark);
    }

    void unmark(long position) {
      UploadMark before = marks.remove(position);
      if (before != null) {
        marks(before.state()).remove(position);
      }
    }

    void progress(RemoteProgress next) {
      progress = next;
      for (UploadMark.State state : UploadMark.State.values()) {
        if (state != UploadMark.State.REFUSED) {
          List<Long> done =
              List.copyOf(marks(state).headMap(next.uploaded(), true).keySet());
          done.forEach(this::unmark);
        }
      }
    }
  }

  /** 0 for one that was removed. */
  private final Map<EntryId, Long> positions = new HashMap<>();

  private final TreeMap<Long, PlacedEntry> entries = new TreeMap<>();
  private final TreeMap<Key, PlacedEntry> byKey = new TreeMap<>();
  private final TreeMap<EntryId, EntryOutcome> outcomes = new TreeMap<>();
  private final Map<EntryOutcome.State, TreeMap<EntryId, EntryOutcome>> byState =
      new EnumMap<>(EntryOutcome.State.class);

  /** By the keys of their events and primary keys. */
  private final TreeMap<Key, Winner> winners = new TreeMap<>();

  private final Map<RemoteStore, Remote> remotes = new HashMap<>();

  private long last;

  List<Long> commit(JournalCommit changes) {
    changes.removed().forEach(this::remove);
    List<Long> inserted = new ArrayList<>(changes.entries().size());
    for (JournalEntry entry : changes.entries()) {
      inserted.add(insert(entry));
    }
    changes.outcomes().forEach(this::put);
    for (Winner winner : changes.winners()) {
      winners.put(new Key(winner.event(), winner.primaryKey(), LEAST), winner);
    }
    for (RemoteProgress progress : changes.progress()) {
      remote(progress.remote(), progress.store()).progress(progress);
    }
    for (UploadMark mark : changes.marks()) {
      remote(mark.remote(), mark.store()).mark(mark);
    }
    for (UploadMark mark : changes.unmarked()) {
      remote(mark.remote(), mark.store()).unmark(mark.position());
    }
    return inserted;
  }

  private void remove(EntryId id) {
    Long position = positions.put(id, 0L);
    if (position != null && position > 0) {
      PlacedEntry placed = entries.remove(position);
      if (placed != null) {
        byKey.remove(Key.of(placed.entry()));
      }
    }
  }

  private long insert(JournalEntry entry) {
    Long known = positions.putIfAbsent(entry.id(), last + 1);
    if (known != null) {
      return known;
    }
    last++;
    PlacedEntry placed = new PlacedEntry(last, entry);
    entries.put(last, placed);
    byKey.put(Key.of(entry), placed);
    return last;
  }

  private void put(EntryOutcome outcome) {
    EntryOutcome before = outcomes.get(outcome.id());
    if (before != null) {
      if (before.state() == EntryOutcome.State.REMOVED) {
        return;
      }
      outcomes(before.state()).remove(before.id());
    }
    outcomes.put(outcome.id(), outcome);
    outcomes(outcome.state()).put(outcome.id(), outcome);
  }

  private NavigableMap<EntryId, EntryOutcome> outcomes(EntryOutcome.State state) {
    return byState.computeIfAbsent(state, key -> new TreeMap<>());
  }

  private Remote remote(RemoteId remote, String store) {
    return remotes.computeIfAbsent(new RemoteStore(remote, store), key -> new Remote());
  }

  Map<EntryId, KnownEntry> known(Collection<EntryId> ids) {
    Map<EntryId, KnownEntry> known = new HashMap<>();
    for (EntryId id : ids) {
      Long position = positions.get(id);
      EntryOutcome outcome = outcomes.get(id);
      if (position != null || outcome != null) {
        known.put(
            id,
            new KnownEntry(
                id, position == null ? 0 : position, position != null && position == 0, outcome));
      }
    }
    return known;
  }

  Optional<PlacedEntry> entry(EntryId id) {
    return Optional.ofNullable(entries.get(positions.getOrDefault(id, 0L)));
  }

  List<PlacedEntry> sameKey(byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    return byKey
        .tailMap(new Key(event, primaryKey, above.orElse(LEAST)), above.isEmpty())
        .values()
        .stream()
        .takeWhile(placed -> Arrays.equals(placed.entry().event(), event)
            && Arrays.equals(placed.entry().primaryKey(), primaryKey))
        .limit(max)
        .toList();
  }

  Optional<Winner> winner(byte[] event, byte[] primaryKey) {
    return Optional.ofNullable(winners.get(new Key(event, primaryKey, LEAST)));
  }

  List<PlacedEntry> entries(long after, int max, long maxBytes) {
    return entries(after, position -> true, max, maxBytes);
  }

  List<PlacedEntry> pending(RemoteId remote, String store, long after, int max, long maxBytes) {
    Remote known = remotes.get(new RemoteStore(remote, store));
    return known == null
        ? entries(after, max, maxBytes)
        : entries(
            Math.max(after, known.progress == null ? 0 : known.progress.uploaded()),
            position -> !known.marks.containsKey(position),
            max,
            maxBytes);
  }

  private List<PlacedEntry> entries(long after, LongPredicate wanted, int max, long maxBytes) {
    List<PlacedEntry> some = new ArrayList<>();
    long bytes = 0;
    for (PlacedEntry placed : entries.tailMap(after, false).values()) {
      if (some.size() == max) {
        break;
      }
      if (wanted.test(placed.position())) {
        bytes += placed.entry().bytes();
        if (bytes > maxBytes && !some.isEmpty()) {
          break;
        }
        some.add(placed);
      }
    }
    return some;
  }

  List<UploadMark> marks(
      RemoteId remote, String store, UploadMark.State state, long after, int max) {
    Remote known = remotes.get(new RemoteStore(remote, store));
    return known == null
        ? List.of()
        : known.marks(state).tailMap(after, false).values().stream().limit(max).toList();
  }

  RemoteProgress progress(RemoteId remote, String store) {
    Remote known = remotes.get(new RemoteStore(remote, store));
    return known == null || known.progress == null
        ? RemoteProgress.none(remote, store)
        : known.progress;
  }

  List<RemoteProgress> progress() {
    List<RemoteProgress> all = new ArrayList<>();
    for (Remote known : remotes.values()) {
      if (known.progress != null) {
        all.add(known.progress);
      }
    }
    return all;
  }

  List<EntryOutcome> outcomes(
      Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    NavigableMap<EntryId, EntryOutcome> wanted = state.isEmpty() ? outcomes : outcomes(state.get());
    return (after.isEmpty() ? wanted : wanted.tailMap(after.get(), false))
        .values().stream().limit(max).toList();
  }
}
