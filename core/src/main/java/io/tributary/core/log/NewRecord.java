package io.tributary.core.log;

import io.tributary.core.model.EntryId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to become one record of a store. n ids take n consecutive sequences.
 *
 * @param ids at least one; may repeat an id that the store knows
 * @param kind what the bytes are
 * @param event the event's tag in UTF-8, for records in the clear
 * @param primaryKey the primary key in UTF-8, for records in the clear
 * @param header what readers need beside the body (the iv of a sealed entry); may be empty
 * @param body opaque; may be empty
 * @param process whether the hub's handlers are to see it (records in the clear)
 * @param author who wrote it, in UTF-8, where the hub knows
 */
public record NewRecord(
    List<EntryId> ids,
    RecordKind kind,
    byte @Nullable [] event,
    byte @Nullable [] primaryKey,
    byte[] header,
    byte[] body,
    boolean process,
    byte @Nullable [] author) {

  /** Checks what every storage relies on. */
  // Not the compact form: javac 17 loses its parameters' @Nullable for other modules.
  public NewRecord(
      List<EntryId> ids,
      RecordKind kind,
      byte @Nullable [] event,
      byte @Nullable [] primaryKey,
      byte[] header,
      byte[] body,
      boolean process,
      byte @Nullable [] author) {
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("a record has at least one id");
    }
    this.ids = ids;
    this.kind = kind;
    this.event = event;
    this.primaryKey = primaryKey;
    this.header = header;
    this.body = body;
    this.process = process;
    this.author = author;
  }

  /** One sealed entry of the v3 wire. */
  public static NewRecord sealed(EntryId id, byte[] iv, byte[] ciphertext) {
    return new NewRecord(List.of(id), RecordKind.SEALED, null, null, iv, ciphertext, false, null);
  }

  /**
   * One entry in the clear.
   *
   * @param event in UTF-8
   * @param primaryKey in UTF-8
   * @param process whether the hub's handlers are to see it
   * @param author who wrote it, in UTF-8, where the hub knows
   */
  public static NewRecord plain(
      EntryId id,
      byte[] event,
      byte[] primaryKey,
      byte[] payload,
      boolean process,
      byte @Nullable [] author) {
    return new NewRecord(
        List.of(id), RecordKind.PLAIN, event, primaryKey, new byte[0], payload, process, author);
  }

  /** The bytes it holds, for budgets: header, body and text, and 64 for the rest. */
  public long bytes() {
    return 64L
        + (long) EntryId.SIZE * ids.size()
        + header.length
        + body.length
        + (event == null ? 0 : event.length)
        + (primaryKey == null ? 0 : primaryKey.length)
        + (author == null ? 0 : author.length);
  }
}
