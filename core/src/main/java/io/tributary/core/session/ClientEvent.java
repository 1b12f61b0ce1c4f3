package io.tributary.core.session;

import io.tributary.core.model.RemoteId;
import io.tributary.core.wire.v3.ServerMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link ClientSession} tells its owner. */
public sealed interface ClientEvent {
  /** The hub said hello: writes and subscriptions are possible from now on. Always the first. */
  record Connected(RemoteId remoteId) implements ClientEvent {}

  /**
   * A write is durable.
   *
   * @param write what {@code write} returned
   * @param sequences one for each entry of the write, in its order; not negative
   */
  record Acked(long write, long[] sequences) implements ClientEvent {}

  /**
   * Entries of a subscribed encrypted store, never none. Their sequences are whole numbers, not
   * negative; nothing else about them has been checked: a hub may send one again or out of order.
   */
  record Received(String publicKey, List<ServerMessage.SealedChange> entries)
      implements ClientEvent {}

  /** The same for a store in the clear. */
  record ReceivedUnencrypted(String publicKey, List<ServerMessage.PlainChange> entries)
      implements ClientEvent {}

  /** The hub refused a write and stored nothing of it. The session goes on. */
  record WriteRefused(long write, ServerMessage.ErrorCode code, String message)
      implements ClientEvent {}

  /** The hub refused a subscription in the clear: there is none now. The session goes on. */
  record SubscriptionRefused(
      @Nullable String publicKey, ServerMessage.ErrorCode code, String message)
      implements ClientEvent {}

  /**
   * The ping was answered.
   *
   * @param roundTripMs as far as the owner's clock tells
   */
  record Ponged(long roundTripMs) implements ClientEvent {}

  /**
   * The session is over and the connection is to be closed; writes not acked are in doubt. Always the
   * last.
   *
   * @param closeCode the WebSocket close code that fits
   * @param reason for a log line; holds no payload
   */
  record Failed(int closeCode, String reason) implements ClientEvent {}
}
