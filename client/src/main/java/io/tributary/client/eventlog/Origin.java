package io.tributary.client.eventlog;

import io.tributary.core.model.RemoteId;
import org.jspecify.annotations.Nullable;

/** Where entries come from that were not just written here: a store of a remote, or elsewhere. */
interface Origin {
  /** The remote; null if it is none. */
  @Nullable
  RemoteId remote();

  /** Its store; null if it is none. */
  @Nullable
  String store();

  /** How often the handler may have been called for what has that sequence, this time included. */
  int attempt(long sequence);
}
