package io.tributary.core.conflict;

import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a key's winner moves. It depends on entries only, never on what handlers do, and apart from the
 * policy the rules are the same for every one: the first entry of a key stands without being asked
 * about, and an id that is not version 7 never does.
 */
public final class WinnerRules {
  private static final int ORDERED = 7;

  private WinnerRules() {}

  /**
   * Decides about an entry: one that comes, or one to be handled again. Not for events of append-only
   * groups, nor for those no group defines.
   *
   * @param winner what stands for the entry's event and key, {@linkplain #isCurrent current}; empty if
   *     nothing does
   * @return fails if the policy fails or throws: that is recorded against the entry, and nothing moves
   */
  public static Future<Verdict> decide(
      ConflictPolicy policy, Entry entry, Optional<Winner> winner) {
    if (entry.id().version() != ORDERED) {
      return Future.succeededFuture(new Verdict.Loses("an id that is not version 7 never wins"));
    }
    if (winner.isEmpty()) {
      return Future.succeededFuture(stands(policy, entry));
    }
    Winner current = winner.get();
    if (current.id().equals(entry.id())) {
      return Future.succeededFuture(again(entry, current));
    }
    return resolve(policy, entry, standing(entry, current)).map(resolution -> {
      if (resolution instanceof Resolution.Accept) {
        return stands(policy, entry);
      } else if (resolution instanceof Resolution.Merge merge) {
        return merged(policy, entry, current, merge.payload());
      } else {
        return new Verdict.Loses(((Resolution.Reject) resolution).reason());
      }
    });
  }

  /**
   * Whether a recorded winner is this policy's. If not, it is to be decided anew from the key's
   * entries, by {@link WinnerFold}, before anything else is decided about the key.
   */
  public static boolean isCurrent(ConflictPolicy policy, Winner winner) {
    return winner.policy().equals(policy.name())
        && (winner.payload() != null || !policy.needsWinnerPayload());
  }

  private static Future<Resolution> resolve(ConflictPolicy policy, Entry entry, Entry winner) {
    try {
      Future<Resolution> resolution = policy.resolve(entry, winner);
      return resolution == null
          ? Future.failedFuture(
              new IllegalStateException("conflict policy " + policy.name() + " gave no future"))
          : resolution;
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      return Future.failedFuture(e);
    }
  }

  private static Entry standing(Entry entry, Winner winner) {
    byte[] payload = winner.payload();
    return new Entry(
        winner.id(), entry.event(), entry.primaryKey(), payload == null ? new byte[0] : payload);
  }

  private static Verdict stands(ConflictPolicy policy, Entry entry) {
    byte @Nullable [] kept = policy.needsWinnerPayload() ? entry.payload() : null;
    return new Verdict.Stands(
        entry,
        new Winner(utf8(entry.event()), utf8(entry.primaryKey()), entry.id(), kept, policy.name()),
        false);
  }

  private static Verdict merged(
      ConflictPolicy policy, Entry entry, Winner current, byte[] payload) {
    if (payload == null) {
      throw new IllegalStateException("conflict policy " + policy.name() + " merged to nothing");
    }
    Winner winner = new Winner(
        current.event(),
        current.primaryKey(),
        entry.id().compareTo(current.id()) > 0 ? entry.id() : current.id(),
        payload,
        policy.name());
    return new Verdict.Stands(with(entry, payload), winner, true);
  }

  /** It stands already, perhaps merged with others that came later. */
  private static Verdict again(Entry entry, Winner current) {
    byte[] payload = current.payload();
    return payload == null || Arrays.equals(payload, entry.payload())
        ? new Verdict.Stands(entry, current, false)
        : new Verdict.Stands(with(entry, payload), current, true);
  }

  private static Entry with(Entry entry, byte[] payload) {
    return new Entry(entry.id(), entry.event(), entry.primaryKey(), payload);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
