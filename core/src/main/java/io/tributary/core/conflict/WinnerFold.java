package io.tributary.core.conflict;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Decides a key's winner anew from its entries, page by page; keeps no more than one entry. Entries
 * about which the policy fails are passed over, as they were when they came. With {@link
 * ConflictPolicies#reject()} what stands is what was here first, by the order of insertion; any other
 * policy is taken at its word that the order doesn't matter.
 *
 * <p>For one event and key; one call at a time, from any thread.
 */
public final class WinnerFold {
  private final ConflictPolicy policy;
  private Optional<Winner> winner = Optional.empty();

  /** The winner's, as long as it is an entry's own. */
  private long position;

  /** A fold that has seen nothing. */
  public WinnerFold(ConflictPolicy policy) {
    this.policy = policy;
  }

  /** What stands after the entries so far; empty if there were none that can. */
  public Optional<Winner> winner() {
    return winner;
  }

  /**
   * Adds entries, all of the fold's event and key.
   *
   * @return completes when the policy has decided about each, on its thread; never fails
   */
  public Future<Void> add(List<PlacedEntry> page) {
    Promise<Void> done = Promise.promise();
    add(page, 0, done);
    return done.future();
  }

  private void add(List<PlacedEntry> page, int from, Promise<Void> done) {
    for (int i = from; i < page.size(); i++) {
      PlacedEntry placed = page.get(i);
      Future<Verdict> verdict = WinnerRules.decide(policy, entry(placed.entry()), before(placed));
      if (!verdict.isComplete()) {
        int next = i + 1;
        verdict.onComplete(decided -> {
          take(placed, verdict);
          add(page, next, done);
        });
        return;
      }
      take(placed, verdict);
    }
    done.complete();
  }

  /** What is there for the policy to keep; one that keeps what came first must see only that. */
  private Optional<Winner> before(PlacedEntry placed) {
    return policy instanceof FirstCome && placed.position() < position ? Optional.empty() : winner;
  }

  private void take(PlacedEntry placed, Future<Verdict> verdict) {
    if (verdict.succeeded() && verdict.result() instanceof Verdict.Stands stands) {
      winner = Optional.of(stands.winner());
      position = placed.position();
    }
  }

  private static Entry entry(JournalEntry entry) {
    return new Entry(
        entry.id(),
        new String(entry.event(), StandardCharsets.UTF_8),
        new String(entry.primaryKey(), StandardCharsets.UTF_8),
        entry.payload());
  }
}
