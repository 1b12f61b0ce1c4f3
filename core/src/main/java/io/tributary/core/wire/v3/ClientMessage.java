package io.tributary.core.wire.v3;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a client sends. */
public sealed interface ClientMessage extends Message {
  /**
   * Entries for an encrypted store, all sealed under one {@code iv}. Answered by exactly one {@link
   * ServerMessage.Ack}.
   *
   * @param id counts from 0 per connection; echoed, never indexed on
   * @param inOrder whether the ack of a write without entries is to wait until everything the store
   *     has by now was sent to this connection
   */
  record WriteEntries(
      String publicKey, double id, byte[] iv, List<SealedItem> entries, boolean inOrder)
      implements ClientMessage {
    /** A write acked as soon as it is durable. */
    public WriteEntries(String publicKey, double id, byte[] iv, List<SealedItem> entries) {
      this(publicKey, id, iv, entries, false);
    }
  }

  /**
   * One sealed entry of a write. The id is as it came: it may be too short or no valid UUID.
   */
  record SealedItem(byte[] entryId, byte[] ciphertext) {}

  /**
   * Entries in the clear. Answered by one {@link ServerMessage.Ack} or {@link ServerMessage.Refusal}.
   *
   * @param inOrder as for {@link WriteEntries}
   */
  record WriteEntriesUnencrypted(
      String publicKey, double id, List<PlainItem> entries, boolean inOrder)
      implements ClientMessage {
    /** A write acked as soon as it is durable. */
    public WriteEntriesUnencrypted(String publicKey, double id, List<PlainItem> entries) {
      this(publicKey, id, entries, false);
    }
  }

  /**
   * One entry in the clear, as it came: its id may be too short or no valid UUID, its text malformed.
   *
   * @param event in UTF-8
   * @param primaryKey in UTF-8
   */
  record PlainItem(byte[] id, byte[] event, byte[] primaryKey, byte[] payload) {
    /** The item for an entry. */
    public static PlainItem of(Entry entry) {
      return new PlainItem(
          entry.id().toBytes(),
          entry.event().getBytes(StandardCharsets.UTF_8),
          entry.primaryKey().getBytes(StandardCharsets.UTF_8),
          entry.payload());
    }

    /**
     * The entry; malformed UTF-8 in its text becomes U+FFFD.
     *
     * @throws IllegalArgumentException if the id has fewer than 16 bytes
     */
    public Entry toEntry() {
      return new Entry(
          EntryId.of(id),
          new String(event, StandardCharsets.UTF_8),
          new String(primaryKey, StandardCharsets.UTF_8),
          payload);
    }
  }

  /**
   * Asks for everything from {@code startSequence} (inclusive) on, without end. Replaces an earlier
   * one for the same key and variant.
   *
   * @param unencrypted whether the store in the clear is meant
   */
  record RequestChanges(String publicKey, double startSequence, boolean unencrypted)
      implements ClientMessage {}

  /** Ends what {@link RequestChanges} began; not answered. */
  record StopChanges(String publicKey) implements ClientMessage {}

  /** Answered by a {@link ServerMessage.Pong} with the same id. */
  record Ping(double id) implements ClientMessage {}

  /** One part of a message that was cut. */
  record Chunked(Chunk chunk) implements ClientMessage {}
}
