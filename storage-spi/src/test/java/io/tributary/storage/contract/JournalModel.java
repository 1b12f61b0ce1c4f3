package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a journal has to answer, by going over everything each time. */
final class JournalModel {
  private final List<PlacedEntry> entries = new ArrayList<>();
  private final Set<EntryId> removed = new HashSet<>();
  private final Map<EntryId, EntryOutcome> outcomes = new HashMap<>();
  private final Map<String, Winner> winners = new HashMap<>();
  private final Map<String, RemoteProgress> progress = new HashMap<>();
  private final List<UploadMark> marks = new ArrayList<>();
  private long last;

  /** Takes changes over; new positions are the storage's choice, within what it may choose. */
  void commit(JournalCommit changes, List<Long> positions) {
    for (EntryId id : changes.removed()) {
      removed.add(id);
      entries.removeIf(placed -> placed.entry().id().equals(id));
    }
    assertThat(positions).hasSameSizeAs(changes.entries());
    for (int i = 0; i < positions.size(); i++) {
      JournalEntry entry = changes.entries().get(i);
      Optional<PlacedEntry> before = entry(entry.id());
      if (removed.contains(entry.id())) {
        assertThat(positions.get(i)).isZero();
      } else if (before.isPresent()) {
        assertThat(positions.get(i)).isEqualTo(before.get().position());
      } else {
        assertThat(positions.get(i)).isGreaterThan(last);
        last = positions.get(i);
        entries.add(new PlacedEntry(last, entry));
      }
    }
    for (EntryOutcome outcome : changes.outcomes()) {
      EntryOutcome before = outcomes.get(outcome.id());
      if (before == null || before.state() != EntryOutcome.State.REMOVED) {
        outcomes.put(outcome.id(), outcome);
      }
    }
    changes
        .winners()
        .forEach(winner -> winners.put(key(winner.event(), winner.primaryKey()), winner));
    for (RemoteProgress next : changes.progress()) {
      progress.put(of(next.remote(), next.store()), next);
      marks.removeIf(mark -> isOf(mark, next.remote(), next.store())
          && mark.position() <= next.uploaded()
          && mark.state() != UploadMark.State.REFUSED);
    }
    for (UploadMark mark : changes.marks()) {
      unmark(mark);
      marks.add(mark);
    }
    changes.unmarked().forEach(this::unmark);
  }

  private void unmark(UploadMark which) {
    marks.removeIf(
        mark -> isOf(mark, which.remote(), which.store()) && mark.position() == which.position());
  }

  private static boolean isOf(UploadMark mark, RemoteId remote, String store) {
    return mark.remote().equals(remote) && mark.store().equals(store);
  }

  private static String of(RemoteId remote, String store) {
    return remote + " " + store;
  }

  private static String key(byte[] event, byte[] primaryKey) {
    return Shown.of(event) + Shown.of(primaryKey);
  }

  /** The greatest position there was. */
  long last() {
    return last;
  }

  Map<EntryId, KnownEntry> known(List<EntryId> ids) {
    Map<EntryId, KnownEntry> known = new HashMap<>();
    for (EntryId id : ids) {
      Optional<PlacedEntry> placed = entry(id);
      if (placed.isPresent() || removed.contains(id) || outcomes.containsKey(id)) {
        known.put(
            id,
            new KnownEntry(
                id,
                placed.map(PlacedEntry::position).orElse(0L),
                removed.contains(id),
                outcomes.get(id)));
      }
    }
    return known;
  }

  Optional<PlacedEntry> entry(EntryId id) {
    return entries.stream().filter(placed -> placed.entry().id().equals(id)).findFirst();
  }

  List<PlacedEntry> sameKey(byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    return entries.stream()
        .filter(placed ->
            key(placed.entry().event(), placed.entry().primaryKey()).equals(key(event, primaryKey)))
        .filter(placed -> above.isEmpty() || placed.entry().id().compareTo(above.get()) > 0)
        .sorted(Comparator.comparing(placed -> placed.entry().id()))
        .limit(max)
        .toList();
  }

  Optional<Winner> winner(byte[] event, byte[] primaryKey) {
    return Optional.ofNullable(winners.get(key(event, primaryKey)));
  }

  List<PlacedEntry> entries(long after, int max, long maxBytes) {
    return page(entries, after, max, maxBytes);
  }

  List<PlacedEntry> pending(RemoteId remote, String store, long after, int max, long maxBytes) {
    Set<Long> marked = new HashSet<>();
    marks.stream()
        .filter(mark -> isOf(mark, remote, store))
        .forEach(mark -> marked.add(mark.position()));
    long uploaded = progress(remote, store).uploaded();
    List<PlacedEntry> pending = entries.stream()
        .filter(placed -> placed.position() > uploaded && !marked.contains(placed.position()))
        .toList();
    return page(pending, after, max, maxBytes);
  }

  private static List<PlacedEntry> page(List<PlacedEntry> all, long after, int max, long maxBytes) {
    List<PlacedEntry> page = new ArrayList<>();
    long bytes = 0;
    for (PlacedEntry placed : all) {
      JournalEntry entry = placed.entry();
      if (placed.position() > after) {
        bytes += entry.event().length + entry.primaryKey().length + entry.payload().length;
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
    return marks.stream()
        .filter(mark -> isOf(mark, remote, store) && mark.state() == state)
        .filter(mark -> mark.position() > after)
        .sorted(Comparator.comparing(UploadMark::position))
        .limit(max)
        .toList();
  }

  RemoteProgress progress(RemoteId remote, String store) {
    return progress.getOrDefault(of(remote, store), RemoteProgress.none(remote, store));
  }

  List<RemoteProgress> progress() {
    return List.copyOf(progress.values());
  }

  List<EntryOutcome> outcomes(
      Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    return outcomes.values().stream()
        .filter(outcome -> state.isEmpty() || outcome.state() == state.get())
        .filter(outcome -> after.isEmpty() || outcome.id().compareTo(after.get()) > 0)
        .sorted(Comparator.comparing(EntryOutcome::id))
        .limit(max)
        .toList();
  }
}
