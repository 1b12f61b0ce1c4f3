package io.tributary.core.retention;

import io.tributary.core.model.EntryId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Finds out, once, which entries exceed what rules keep. While {@link #looks} says so, all entries are
 * shown to {@link #look}, in any order, and then {@link #looked} is called: at most two rounds. Then
 * {@link #goes} tells about each.
 *
 * <p>What goes is always all up to some id: of the newest entries that are kept, only the oldest
 * matters. So strategies in a composite may be taken in any order, and memory is 24 bytes for each
 * entry that a counting rule keeps. Not thread-safe.
 */
public final class RetentionRun {
  private final List<Tagged> tagged = new ArrayList<>();
  private final Quota all;
  private Round round = Round.EVENTS;

  private enum Round {
    EVENTS,
    ALL,
    DONE
  }

  private record Tagged(Set<String> events, Quota quota) {}

  /**
   * A run that has seen nothing.
   *
   * @param rules in any order
   * @param nowMs the clock, Unix milliseconds
   */
  public RetentionRun(List<RetentionRule> rules, long nowMs) {
    List<CompactionStrategy> ofAll = new ArrayList<>();
    for (RetentionRule rule : rules) {
      if (rule.events().isEmpty()) {
        ofAll.add(rule.strategy());
      } else {
        tagged.add(new Tagged(rule.events(), new Quota(rule.strategy(), nowMs)));
      }
    }
    all = new Quota(new CompactionStrategy.Composite(ofAll), nowMs);
    skip();
  }

  /** Whether it has to see all entries (again) before it can tell. */
  public boolean looks() {
    return round != Round.DONE;
  }

  /**
   * Shows an entry, once per round.
   *
   * @param bytes by {@link CompactionStrategy#size}
   * @throws IllegalStateException if it doesn't look (any more)
   */
  public void look(EntryId id, String event, long bytes) {
    switch (round) {
      case EVENTS -> {
        for (Tagged rule : tagged) {
          if (rule.events.contains(event)) {
            rule.quota.add(id, bytes);
          }
        }
      }
      case ALL -> {
        if (!goesByEvent(id, event)) {
          all.add(id, bytes);
        }
      }
      case DONE -> throw new IllegalStateException("it has seen all that it needs");
    }
  }

  /** Says that it has been shown all entries. */
  public void looked() {
    tagged.forEach(rule -> rule.quota.end());
    round = round == Round.EVENTS ? Round.ALL : Round.DONE;
    if (round == Round.DONE) {
      all.end();
    }
    skip();
  }

  /**
   * Whether an entry exceeds the limits. Of entries that weren't there when it looked, only older ones
   * can.
   *
   * @throws IllegalStateException if it still {@linkplain #looks looks}
   */
  public boolean goes(EntryId id, String event) {
    if (looks()) {
      throw new IllegalStateException("it has not seen all entries yet");
    }
    return goesByEvent(id, event) || all.exceeds(id);
  }

  private boolean goesByEvent(EntryId id, String event) {
    for (Tagged rule : tagged) {
      if (rule.events.contains(event) && rule.quota.exceeds(id)) {
        return true;
      }
    }
    return false;
  }

  /** Passes over rounds in which nothing counts. */
  private void skip() {
    if (round == Round.EVENTS && tagged.stream().noneMatch(rule -> rule.quota.counts())) {
      round = Round.ALL;
    }
    if (round == Round.ALL && !all.counts()) {
      round = Round.DONE;
    }
  }
}
