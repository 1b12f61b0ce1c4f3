package io.tributary.core.wire.v3;

import io.tributary.core.model.Entry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a hub sends. */
public sealed interface ServerMessage extends Message {
  /** The first message of every connection. */
  record Hello(byte[] remoteId) implements ServerMessage {}

  /** Settles a write: one sequence per slot of it, in its order. */
  record Ack(double id, double[] sequenceNumbers) implements ServerMessage {}

  /** Entries of an encrypted store. */
  record Changes(String publicKey, List<SealedChange> entries) implements ServerMessage {}

  /** One entry with its sequence. */
  record SealedChange(double sequence, byte[] iv, byte[] entryId, byte[] ciphertext) {}

  /** Entries of a store in the clear. Only for peers that asked for that variant. */
  record ChangesUnencrypted(String publicKey, List<PlainChange> entries) implements ServerMessage {}

  /** One entry in the clear with its sequence. */
  record PlainChange(double remoteSequence, Entry entry) {}

  /** Answers a {@link ClientMessage.Ping}. */
  record Pong(double id) implements ServerMessage {}

  /**
   * A request on a store in the clear was refused; the connection stays. Tag {@code Error} on the
   * wire. Only for peers that asked for that variant.
   *
   * @param requestTag the tag of the request
   * @param id the id of a write; null otherwise
   * @param publicKey the key concerned
   * @param message for people; tells nothing of the hub's inside
   */
  record Refusal(
      String requestTag,
      @Nullable Double id,
      @Nullable String publicKey,
      ErrorCode code,
      String message)
      implements ServerMessage {}

  /** Why a request was refused; the names are those of the wire. */
  enum ErrorCode {
    /** The peer may not do that. */
    Unauthorized,
    /** The request can never succeed as it is. */
    InvalidRequest,
    /** The hub could not do it; the same request may succeed later. */
    InternalServerError
  }

  /** One part of a message that was cut. */
  record Chunked(Chunk chunk) implements ServerMessage {}
}
