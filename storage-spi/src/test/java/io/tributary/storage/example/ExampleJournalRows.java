package io.tributary.storage.example;

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
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** The rows of one journal. Goes over them where a database has an index. */
final class ExampleJournalRows {
  private record Remote(RemoteId remote, String store) {}

  private record Place(Remote remote, long position) {}

  private final TreeMap<Long, PlacedEntry> entries = new TreeMap<>();

  /** 0: removed. */
  private final Map<EntryId, Long> positions = new HashMap<>();

  private final TreeMap<EntryId, EntryOutcome> outcomes = new TreeMap<>();
  private final Map<String, Winner> winners = new HashMap<>();
  private final Map<Remote, RemoteProgress> progress = new HashMap<>();
  private final Map<Place, UploadMark> marks = new HashMap<>();
  private long last;

  List<Long> commit(JournalCommit changes) {
    for (EntryId id : changes.removed()) {
      Long position = positions.put(id, 0L);
      if (position != null) {
        entries.remove(position);
      }
    }
    List<Long> answer = new ArrayList<>();
    for (JournalEntry entry : changes.entries()) {
      Long known = positions.putIfAbsent(entry.id(), last + 1);
      if (known == null) {
        entries.put(++last, new PlacedEntry(last, entry));
      }
      answer.add(known == null ? last : known);
    }
    for (EntryOutcome outcome : changes.outcomes()) {
      outcomes.merge(
          outcome.id(),
          outcome,
          (before, next) -> before.state() == EntryOutcome.State.REMOVED ? before : next);
    }
    changes.winners().forEach(w -> winners.put(key(w.event(), w.primaryKey()), w));
    for (RemoteProgress next : changes.progress()) {
      Remote remote = new Remote(next.remote(), next.store());
      progress.put(remote, next);
      marks
          .values()
          .removeIf(mark -> place(mark).remote().equals(remote)
              && mark.position() <= next.uploaded()
              && mark.state() != UploadMark.State.REFUSED);
    }
    changes.marks().forEach(mark -> marks.put(place(mark), mark));
    changes.unmarked().forEach(mark -> marks.remove(place(mark)));
    return answer;
  }

  private static Place place(UploadMark mark) {
    return new Place(new Remote(mark.remote(), mark.store()), mark.position());
  }

  private static String key(byte[] event, byte[] primaryKey) {
    return HexFormat.of().formatHex(event) + "/" + HexFormat.of().formatHex(primaryKey);
  }

  Map<EntryId, KnownEntry> known(Collection<EntryId> ids) {
    Map<EntryId, KnownEntry> known = new HashMap<>();
    for (EntryId id : ids) {
      Long position = positions.get(id);
      EntryOutcome outcome = outcomes.get(id);
      if (position != null) {
        known.put(id, new KnownEntry(id, position, position == 0, outcome));
      } else if (outcome != null) {
        known.put(id, new KnownEntry(id, 0, false, outcome));
      }
    }
    return known;
  }

  Optional<PlacedEntry> entry(EntryId id) {
    return Optional.ofNullable(entries.get(positions.getOrDefault(id, 0L)));
  }

  List<PlacedEntry> sameKey(byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    String wanted = key(event, primaryKey);
    return entries.values().stream()
        .filter(
            placed -> key(placed.entry().event(), placed.entry().primaryKey()).equals(wanted))
        .filter(placed -> above.isEmpty() || placed.entry().id().compareTo(above.get()) > 0)
        .sorted(Comparator.comparing(placed -> placed.entry().id()))
        .limit(max)
        .toList();
  }

  Optional<Winner> winner(byte[] event, byte[] primaryKey) {
    return Optional.ofNullable(winners.get(key(event, primaryKey)));
  }

  List<PlacedEntry> entries(long after, int max, long maxBytes) {
    return page(after, placed -> true, max, maxBytes);
  }

  List<PlacedEntry> pending(RemoteId remote, String store, long after, int max, long maxBytes) {
    Remote its = new Remote(remote, store);
    return page(
        Math.max(after, progress(remote, store).uploaded()),
        placed -> !marks.containsKey(new Place(its, placed.position())),
        max,
        maxBytes);
  }

  private List<PlacedEntry> page(
      long after, Predicate<PlacedEntry> wanted, int max, long maxBytes) {
    List<PlacedEntry> page = new ArrayList<>();
    long bytes = 0;
    for (PlacedEntry placed : entries.tailMap(after, false).values()) {
      if (wanted.test(placed)) {
        bytes += placed.entry().bytes();
        if (page.size() == max || (bytes > maxBytes && !page.isEmpty())) {
          break;
        }
        page.add(placed);
      }
    }
    return page;
  }

  List<UploadMark> marks(
      RemoteId remote, String store, UploadMark.State state, long after, int max) {
    Remote its = new Remote(remote, store);
    return marks.values().stream()
        .filter(mark -> place(mark).remote().equals(its) && mark.state() == state)
        .filter(mark -> mark.position() > after)
        .sorted(Comparator.comparing(UploadMark::position))
        .limit(max)
        .toList();
  }

  RemoteProgress progress(RemoteId remote, String store) {
    return progress.getOrDefault(new Remote(remote, store), RemoteProgress.none(remote, store));
  }

  List<RemoteProgress> progress() {
    return List.copyOf(progress.values());
  }

  List<EntryOutcome> outcomes(
      Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    return outcomes.values().stream()
        .filter(outcome -> state.isEmpty() || outcome.state() == state.get())
        .filter(outcome -> after.isEmpty() || outcome.id().compareTo(after.get()) > 0)
        .limit(max)
        .toList();
  }
}
