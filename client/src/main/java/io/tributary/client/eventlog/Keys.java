package io.tributary.client.eventlog;

import io.tributary.client.audit.AuditEvent;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.conflict.Verdict;
import io.tributary.core.conflict.WinnerFold;
import io.tributary.core.conflict.WinnerRules;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The keys that one operation is about: what stands for each, over the journal and over what the
 * operation has decided so far. Nobody else changes the journal meanwhile.
 */
final class Keys {
  /** Entries of a key that are read at a time, and conflicts that a handler is given. */
  static final int PAGE = 1_000;

  private final JournalAccess journal;
  private final ConflictPolicy policy;
  private final Map<Key, KeyState> states = new HashMap<>();

  Keys(JournalAccess journal, ConflictPolicy policy) {
    this.journal = journal;
    this.policy = policy;
  }

  /** Loads what is not loaded, at the same time. */
  Future<Void> load(Collection<Key> keys) {
    List<Future<KeyState>> loads = keys.stream()
        .distinct()
        .filter(key -> !states.containsKey(key))
        .map(this::load)
        .toList();
    if (loads.isEmpty()) {
      return Future.succeededFuture();
    }
    return journal.here(Future.join(loads).map(all -> {
      loads.forEach(load -> states.put(load.result().key, load.result()));
      return null;
    }));
  }

  KeyState get(Key key) {
    KeyState state = states.get(key);
    if (state == null) {
      throw new IllegalStateException("a key was not loaded");
    }
    return state;
  }

  /** What is to be committed of what stands. */
  List<Winner> moved() {
    return states.values().stream()
        .filter(state -> state.moved)
        .flatMap(state -> Optional.ofNullable(state.winner).stream())
        .toList();
  }

  /** It is committed. */
  void settled() {
    states.values().forEach(state -> state.moved = false);
  }

  /** What has moved them rests on entries that aren't there after all. */
  void dismiss(Collection<Key> keys) {
    keys.forEach(key -> {
      KeyState state = states.get(key);
      if (state != null) {
        state.moved = false;
      }
    });
  }

  private Future<KeyState> load(Key key) {
    KeyState state = new KeyState(key);
    return journal
        .winner(state.event, state.primaryKey)
        .compose(row -> {
          Winner winner = row.orElse(null);
          if (winner == null) {
            return journal
                .sameKey(state.event, state.primaryKey, Optional.empty(), 1)
                .compose(some -> some.isEmpty() ? Future.succeededFuture() : rebuild(state, null));
          }
          if (!WinnerRules.isCurrent(policy, winner)) {
            return rebuild(state, winner);
          }
          state.winner = winner;
          return found(state, winner);
        })
        .map(done -> state);
  }

  private Future<Void> found(KeyState state, Winner winner) {
    state.stored = true;
    return journal
        .sameKey(state.event, state.primaryKey, Optional.of(winner.id()), 1)
        .map(above -> {
          state.noneAbove = above.isEmpty() ? winner.id() : null;
          return null;
        });
  }

  /** Decides anew, from the entries, what stands. */
  private Future<Void> rebuild(KeyState state, @Nullable Winner before) {
    state.stored = true;
    WinnerFold fold = new WinnerFold(policy);
    return journal
        .eachOfKey(state.event, state.primaryKey, PAGE, page -> {
          state.noneAbove = page.get(page.size() - 1).entry().id();
          return journal.here(fold.add(page));
        })
        .map(done -> {
          fold.winner().ifPresent(state::move);
          if (state.winner == null && before != null && !policy.needsWinnerPayload()) {
            // Retention took the entries; what stood for them still does.
            state.move(new Winner(
                state.event, state.primaryKey, before.id(), before.payload(), policy.name()));
          }
          return null;
        });
  }

  /** Asks the policy about an entry. Changes nothing; doesn't fail. */
  Future<Decided> decide(KeyState state, Entry entry) {
    return decide(state, entry, state.winner);
  }

  /** As {@link #decide(KeyState, Entry)}, if that stood. */
  Future<Decided> decide(KeyState state, Entry entry, @Nullable Winner winner) {
    return journal
        .here(WinnerRules.decide(policy, entry, Optional.ofNullable(winner)))
        .map(verdict -> decided(entry, winner, verdict))
        .recover(cause -> Future.succeededFuture(new Decided.Failed(cause)));
  }

  private static Decided decided(Entry entry, @Nullable Winner winner, Verdict verdict) {
    if (verdict instanceof Verdict.Stands stands) {
      // One that is older than what it replaces is worth a note, too.
      boolean older = winner != null && entry.id().compareTo(winner.id()) < 0;
      Optional<AuditEvent.Decision> note = stands.merged()
          ? Optional.of(AuditEvent.Decision.MERGE)
          : older ? Optional.of(AuditEvent.Decision.ACCEPT) : Optional.empty();
      return new Decided.Stands(stands.handled(), stands.winner(), note);
    }
    return new Decided.Lost(winner, ((Verdict.Loses) verdict).reason());
  }

  static Entry with(Entry entry, byte[] payload) {
    return new Entry(entry.id(), entry.event(), entry.primaryKey(), payload);
  }

  /** Entries of the same key with a greater id, in id order. */
  Future<List<Entry>> conflicts(KeyState state, Entry entry) {
    TreeMap<EntryId, Entry> greater = new TreeMap<>();
    for (Entry other : state.added) {
      if (other.id().compareTo(entry.id()) > 0) {
        greater.put(other.id(), other);
      }
    }
    EntryId noneAbove = state.noneAbove;
    boolean none = !state.stored || (noneAbove != null && entry.id().compareTo(noneAbove) >= 0);
    if (none) {
      return Future.succeededFuture(first(greater));
    }
    return journal
        .sameKey(state.event, state.primaryKey, Optional.of(entry.id()), PAGE)
        .map(stored -> {
          stored.forEach(placed -> greater.put(placed.entry().id(), Texts.entry(placed.entry())));
          return first(greater);
        });
  }

  private static List<Entry> first(NavigableMap<EntryId, Entry> entries) {
    return entries.values().stream().limit(PAGE).toList();
  }
}
