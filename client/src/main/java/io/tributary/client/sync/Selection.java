package io.tributary.client.sync;

import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.options.OptionsReader;
import io.vertx.core.json.JsonObject;

/**
 * Which of a replica's stores are synced with a remote; its other event logs always are.
 *
 * @param auditLog whether the audit log is
 * @param chatHistory whether conversations are
 * @param artifacts whether artifacts are
 */
public record Selection(boolean auditLog, boolean chatHistory, boolean artifacts) {
  /** The audit log only. */
  public static final Selection DEFAULT = new Selection(true, false, false);

  /** Whether an event log is synced, by its name. */
  public boolean covers(String log) {
    return switch (log) {
      case IdentityBundle.AUDIT -> auditLog;
      case IdentityBundle.CHAT -> chatHistory;
      case IdentityBundle.ARTIFACTS -> artifacts;
      default -> true;
    };
  }

  /** Reads the form of {@link #toJson}; all keys may be absent. */
  static Selection read(OptionsReader reader) {
    return new Selection(
        reader.bool("auditLog").orElse(DEFAULT.auditLog()),
        reader.bool("chatHistory").orElse(DEFAULT.chatHistory()),
        reader.bool("artifacts").orElse(DEFAULT.artifacts()));
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("auditLog", auditLog)
        .put("chatHistory", chatHistory)
        .put("artifacts", artifacts);
  }
}
