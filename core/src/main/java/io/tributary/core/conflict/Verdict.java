package io.tributary.core.conflict;

import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;

/** What becomes of an entry whose event has a conflict policy. */
public sealed interface Verdict {
  /**
   * It is handled, and stands, alone or merged with others.
   *
   * @param handled what the handler gets: the entry, with the merged payload if it was merged
   * @param winner the key's winner from now on, to be committed with the entry's outcome; the one that
   *     was given if nothing changes
   * @param merged whether {@code handled} has another payload than the entry
   */
  record Stands(Entry handled, Winner winner, boolean merged) implements Verdict {}

  /**
   * Its handler is not called, and the key's winner is what it was: from a remote it is stored, written
   * here it is refused.
   *
   * @param reason for people
   */
  record Loses(String reason) implements Verdict {}
}
