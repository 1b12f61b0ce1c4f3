package io.tributary.client.sync;

import io.tributary.core.wire.v3.ServerMessage.ErrorCode;

/** The hub refused to send changes: {@code InvalidRequest} if the key is mapped to no store. */
public final class SubscriptionRefusedException extends SyncException {
  private final ErrorCode code;

  SubscriptionRefusedException(ErrorCode code, String message) {
    super("the hub refused the subscription with " + code + ": " + message);
    this.code = code;
  }

  /** The hub's word. */
  public ErrorCode code() {
    return code;
  }
}
