package io.tributary.client.eventlog;

import io.tributary.client.audit.AuditEvent;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a policy made of an entry. */
sealed interface Decided {
  /**
   * It is to be handled.
   *
   * @param entry with the payload that is to be handled
   * @param winner what stands then
   * @param note for the audit, if it didn't simply become what stands
   */
  record Stands(Entry entry, Winner winner, Optional<AuditEvent.Decision> note)
      implements Decided {}

  /**
   * Another one stands.
   *
   * @param winner which; null if there is none for ids that can't win
   */
  record Lost(@Nullable Winner winner, String reason) implements Decided {
    public Lost(@Nullable Winner winner, String reason) {
      this.winner = winner;
      this.reason = reason;
    }
  }

  /** The policy failed. */
  record Failed(Throwable cause) implements Decided {}
}
