package io.tributary.core.wire.v3;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/** The messages of the wire by the value of {@code _tag}. */
// The arrays are never written to.
@SuppressWarnings("ImmutableEnumChecker")
enum Tag {
  WRITE_ENTRIES(
      "WriteEntries",
      true,
      false,
      Field.PUBLIC_KEY,
      Field.ID,
      Field.IV,
      Field.ENCRYPTED_ENTRIES,
      Field.IN_ORDER),
  WRITE_ENTRIES_UNENCRYPTED(
      "WriteEntriesUnencrypted",
      true,
      false,
      Field.PUBLIC_KEY,
      Field.ID,
      Field.ENTRIES,
      Field.IN_ORDER),
  REQUEST_CHANGES(
      "RequestChanges", true, false, Field.PUBLIC_KEY, Field.START_SEQUENCE, Field.UNENCRYPTED),
  STOP_CHANGES("StopChanges", true, false, Field.PUBLIC_KEY),
  PING("Ping", true, false, Field.ID),
  CHUNKED_MESSAGE("ChunkedMessage", true, true, Field.ID, Field.PART, Field.DATA),
  HELLO("Hello", false, true, Field.REMOTE_ID),
  ACK("Ack", false, true, Field.ID, Field.SEQUENCE_NUMBERS),
  CHANGES("Changes", false, true, Field.PUBLIC_KEY, Field.ENTRIES),
  CHANGES_UNENCRYPTED("ChangesUnencrypted", false, true, Field.PUBLIC_KEY, Field.ENTRIES),
  PONG("Pong", false, true, Field.ID),
  ERROR(
      "Error",
      false,
      true,
      Field.REQUEST_TAG,
      Field.ID,
      Field.PUBLIC_KEY,
      Field.CODE,
      Field.MESSAGE);

  /** No tag is longer. */
  static final int MAX_LENGTH = 31;

  private static final Tag[] ALL = values();

  final String wireName;
  final boolean fromClient;
  final boolean fromServer;

  private final EnumSet<Field> fields;

  /** The tag as a MessagePack fixstr. */
  final byte[] encoded;

  Tag(String wireName, boolean fromClient, boolean fromServer, Field... fields) {
    this.wireName = wireName;
    this.fromClient = fromClient;
    this.fromServer = fromServer;
    this.fields = EnumSet.copyOf(Arrays.asList(fields));
    encoded = new byte[1 + wireName.length()];
    encoded[0] = (byte) (0xa0 | wireName.length());
    byte[] ascii = wireName.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, encoded, 1, ascii.length);
  }

  /** Whether messages of this tag have {@code field}. */
  boolean has(Field field) {
    return fields.contains(field);
  }

  /** The tag whose name is the first {@code length} bytes. */
  static @Nullable Tag find(byte[] name, int length) {
    for (Tag tag : ALL) {
      if (tag.encoded.length == 1 + length
          && Arrays.equals(tag.encoded, 1, 1 + length, name, 0, length)) {
        return tag;
      }
    }
    return null;
  }
}
