package io.tributary.client.eventlog;

import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The progress with all remotes: loaded once, and from then on what was committed here. */
final class Remotes {
  /** One store of a remote. */
  static final class State {
    final RemoteStore key;

    /** As committed. */
    RemoteProgress progress;

    /** Up to here handlers may have been called in a former life, and how often; 0 if in none. */
    final long inheritedBegun;

    final int inheritedAttempt;

    /** Up to here handlers may be called in this life: that is committed. */
    long begun;

    /** Whether handlers were called whose outcomes could not be recorded. */
    boolean inDoubt;

    /** What was delivered and waits for what was delivered before; the first has its turn. */
    final ArrayDeque<Receive> deliveries = new ArrayDeque<>();

    State(RemoteProgress progress) {
      key = new RemoteStore(progress.remote(), progress.store());
      this.progress = progress;
      boolean inFlight = progress.begun() >= progress.next();
      inheritedBegun = inFlight ? progress.begun() : 0;
      inheritedAttempt = inFlight ? Math.max(1, progress.attempt()) : 0;
      begun = progress.next() - 1;
    }

    RemoteProgress with(long next, long upTo, int attempt) {
      return new RemoteProgress(
          key.remote(), key.store(), next, upTo, attempt, progress.uploaded());
    }

    /** Progress without the calls that were announced and never made. */
    RemoteProgress unbegun() {
      long next = progress.next();
      return inheritedBegun >= next
          ? with(next, inheritedBegun, inheritedAttempt)
          : with(next, Math.min(progress.begun(), next - 1), 0);
    }
  }

  private final JournalAccess access;
  private final Map<RemoteStore, State> states = new HashMap<>();

  Remotes(JournalAccess access) {
    this.access = access;
  }

  /** Loads all; gives the greatest position that a remote has. */
  Future<Long> load() {
    return access.ask((its, name) -> its.progress(name)).map(all -> {
      long uploaded = 0;
      for (RemoteProgress progress : all) {
        State state = new State(progress);
        states.put(state.key, state);
        uploaded = Math.max(uploaded, progress.uploaded());
      }
      return uploaded;
    });
  }

  State get(RemoteStore key) {
    return states.computeIfAbsent(
        key, absent -> new State(RemoteProgress.none(absent.remote(), absent.store())));
  }

  /**
   * How often the handler may have been called for what has that sequence, this time included. Another
   * remote may have delivered the same entry before the former life ended.
   */
  int attempt(State state, long sequence) {
    int own = sequence <= state.inheritedBegun ? state.inheritedAttempt : 0;
    return Math.max(own, attemptOfOthers(state)) + 1;
  }

  /** As {@link #attempt(State, long)}, for what is no remote's. */
  int attempt() {
    return attemptOfOthers(null) + 1;
  }

  private int attemptOfOthers(@Nullable State state) {
    int before = 0;
    for (State other : states.values()) {
      if (other != state && other.inheritedBegun >= other.progress.next()) {
        before = Math.max(before, other.inheritedAttempt);
      }
    }
    return before;
  }

  /** Where deliveries of that store come from. */
  Origin origin(State state) {
    return new Origin() {
      @Override
      public RemoteId remote() {
        return state.key.remote();
      }

      @Override
      public String store() {
        return state.key.store();
      }

      @Override
      public int attempt(long sequence) {
        return Remotes.this.attempt(state, sequence);
      }
    };
  }

  /** Fails all deliveries that wait for others. */
  void dropWaiting(Throwable cause) {
    for (State state : states.values()) {
      List<Receive> waiting = state.deliveries.stream().skip(1).toList();
      waiting.forEach(delivery -> delivery.fail(cause));
    }
  }

  /** Records that calls which were announced were not made. */
  Future<Void> unbegin() {
    List<RemoteProgress> changed = new ArrayList<>();
    for (State state : states.values()) {
      RemoteProgress unbegun = state.unbegun();
      if (!state.inDoubt
          && state.progress.begun() >= state.progress.next()
          && !unbegun.equals(state.progress)) {
        state.progress = unbegun;
        changed.add(unbegun);
      }
    }
    if (changed.isEmpty()) {
      return Future.succeededFuture();
    }
    JournalCommit commit = new JournalCommit(
        List.of(), List.of(), List.of(), List.of(), List.copyOf(changed), List.of(), List.of());
    return access.commit(commit, false).mapEmpty();
  }
}
