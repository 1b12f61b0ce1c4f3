package io.tributary.core.wire.v3;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The keys of the wire's maps. */
// The arrays are never written to.
@SuppressWarnings("ImmutableEnumChecker")
enum Field {
  TAG("_tag"),
  PUBLIC_KEY("publicKey"),
  ID("id"),
  IV("iv"),
  ENCRYPTED_ENTRIES("encryptedEntries"),
  ENTRY_ID("entryId"),
  ENCRYPTED_ENTRY("encryptedEntry"),
  ENTRIES("entries"),
  EVENT("event"),
  PRIMARY_KEY("primaryKey"),
  PAYLOAD("payload"),
  START_SEQUENCE("startSequence"),
  UNENCRYPTED("unencrypted"),
  IN_ORDER("inOrder"),
  PART("part"),
  DATA("data"),
  REMOTE_ID("remoteId"),
  SEQUENCE_NUMBERS("sequenceNumbers"),
  SEQUENCE("sequence"),
  REMOTE_SEQUENCE("remoteSequence"),
  ENTRY("entry"),
  REQUEST_TAG("requestTag"),
  CODE("code"),
  MESSAGE("message");

  /** No key is longer. */
  static final int MAX_LENGTH = 31;

  private static final Field[][] BY_LENGTH = new Field[MAX_LENGTH + 1][];

  static {
    for (int length = 0; length <= MAX_LENGTH; length++) {
      int wanted = length;
      BY_LENGTH[length] =
          Arrays.stream(values()).filter(f -> f.wireName.length() == wanted).toArray(Field[]::new);
    }
  }

  final String wireName;

  /** The key as a MessagePack fixstr. */
  final byte[] encoded;

  Field(String wireName) {
    this.wireName = wireName;
    encoded = new byte[1 + wireName.length()];
    encoded[0] = (byte) (0xa0 | wireName.length());
    byte[] ascii = wireName.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, encoded, 1, ascii.length);
  }

  /** The field whose name is the first {@code length} bytes, at most {@link #MAX_LENGTH}. */
  static @Nullable Field find(byte[] name, int length) {
    for (Field field : BY_LENGTH[length]) {
      if (Arrays.equals(field.encoded, 1, 1 + length, name, 0, length)) {
        return field;
      }
    }
    return null;
  }
}
