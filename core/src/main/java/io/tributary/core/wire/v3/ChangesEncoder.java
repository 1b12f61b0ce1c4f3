package io.tributary.core.wire.v3;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The pieces of the large messages: list elements are encoded once and shared by the messages of
 * many subscribers, and messages above {@link Chunk#SIZE} bytes are cut.
 */
public final class ChangesEncoder {
  private static final byte[] CHANGES_END =
      new MessageWriter(16).tag(Tag.CHANGES).toBytes();
  private static final byte[] CHANGES_UNENCRYPTED_END =
      new MessageWriter(32).tag(Tag.CHANGES_UNENCRYPTED).toBytes();
  private static final byte[] CHUNK_END =
      new MessageWriter(32).tag(Tag.CHUNKED_MESSAGE).toBytes();

  private ChangesEncoder() {}

  /** One element of {@code Changes.entries}. */
  public static byte[] sealedChange(long sequence, byte[] iv, EntryId id, byte[] ciphertext) {
    return sealedChange((double) sequence, iv, id.toBytes(), ciphertext);
  }

  static byte[] sealedChange(double sequence, byte[] iv, byte[] entryId, byte[] ciphertext) {
    return new MessageWriter(72 + iv.length + entryId.length + ciphertext.length)
        .map(4)
        .key(Field.SEQUENCE)
        .number(sequence)
        .key(Field.IV)
        .bytes(iv)
        .key(Field.ENTRY_ID)
        .bytes(entryId)
        .key(Field.ENCRYPTED_ENTRY)
        .bytes(ciphertext)
        .toBytes();
  }

  /**
   * One element of {@code ChangesUnencrypted.entries}.
   *
   * @param event in UTF-8
   * @param primaryKey in UTF-8
   */
  public static byte[] plainChange(
      long remoteSequence, EntryId id, byte[] event, byte[] primaryKey, byte[] payload) {
    return plainChange((double) remoteSequence, id, event, primaryKey, payload);
  }

  static byte[] plainChange(double remoteSequence, Entry entry) {
    return plainChange(
        remoteSequence,
        entry.id(),
        entry.event().getBytes(StandardCharsets.UTF_8),
        entry.primaryKey().getBytes(StandardCharsets.UTF_8),
        entry.payload());
  }

  private static byte[] plainChange(
      double remoteSequence, EntryId id, byte[] event, byte[] primaryKey, byte[] payload) {
    MessageWriter out = new MessageWriter(112 + event.length + primaryKey.length + payload.length)
        .map(2)
        .key(Field.REMOTE_SEQUENCE)
        .number(remoteSequence)
        .key(Field.ENTRY);
    write(out, id, event, primaryKey, payload);
    return out.toBytes();
  }

  static void write(
      MessageWriter out, EntryId id, byte[] event, byte[] primaryKey, byte[] payload) {
    out.map(4)
        .key(Field.ID)
        .bytes(id.toBytes())
        .key(Field.EVENT)
        .text(event)
        .key(Field.PRIMARY_KEY)
        .text(primaryKey)
        .key(Field.PAYLOAD)
        .bytes(payload);
  }

  /**
   * A whole {@code Changes} message.
   *
   * @param elements made by {@link #sealedChange}
   */
  public static Buffer changes(String publicKey, List<byte[]> elements) {
    return message(publicKey, elements, CHANGES_END);
  }

  /**
   * A whole {@code ChangesUnencrypted} message.
   *
   * @param elements made by {@link #plainChange}
   */
  public static Buffer changesUnencrypted(String publicKey, List<byte[]> elements) {
    return message(publicKey, elements, CHANGES_UNENCRYPTED_END);
  }

  private static Buffer message(String publicKey, List<byte[]> elements, byte[] end) {
    byte[] start = new MessageWriter(40 + publicKey.length())
        .map(3)
        .key(Field.PUBLIC_KEY)
        .text(publicKey)
        .key(Field.ENTRIES)
        .list(elements.size())
        .toBytes();
    int size = start.length + end.length;
    for (byte[] element : elements) {
      size = Math.addExact(size, element.length);
    }
    Buffer message = Buffer.buffer(size).appendBytes(start);
    for (byte[] element : elements) {
      message.appendBytes(element);
    }
    return message.appendBytes(end);
  }

  /**
   * The frames that carry a message: itself if it has at most {@link Chunk#SIZE} bytes, else its
   * parts.
   *
   * @param id joins the parts; not in use on the connection for other parts still under way
   */
  public static List<Buffer> chunk(double id, Buffer message) {
    int length = message.length();
    if (length <= Chunk.SIZE) {
      return List.of(message);
    }
    int total = (length + Chunk.SIZE - 1) / Chunk.SIZE;
    List<Buffer> frames = new ArrayList<>(total);
    for (int index = 0; index < total; index++) {
      int from = index * Chunk.SIZE;
      int size = Math.min(Chunk.SIZE, length - from);
      byte[] start = new MessageWriter(64)
          .map(4)
          .key(Field.ID)
          .number(id)
          .key(Field.PART)
          .list(2)
          .number(index)
          .number(total)
          .key(Field.DATA)
          .bytesHeader(size)
          .toBytes();
      frames.add(Buffer.buffer(start.length + size + CHUNK_END.length)
          .appendBytes(start)
          .appendBuffer(message, from, size)
          .appendBytes(CHUNK_END));
    }
    return frames;
  }

  /** The same for a message from {@link V3Codec#encode}. */
  public static List<Buffer> chunk(double id, byte[] message) {
    return chunk(id, Buffer.buffer(message));
  }
}
