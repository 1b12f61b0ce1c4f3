package io.tributary.core.log;

/** What the bytes of a record are. The code is what storages keep; codes are never reused. */
public enum RecordKind {
  /** One sealed entry of the v3 wire: header = iv, body = ciphertext. */
  SEALED(1),
  /** A sealed batch of the v4 wire: several ids under one body. */
  SEALED_BATCH(2),
  /** One entry in the clear: event and primaryKey set, body = payload. */
  PLAIN(3);

  private final int code;

  RecordKind(int code) {
    this.code = code;
  }

  /** The number storages keep. */
  public int code() {
    return code;
  }

  /**
   * The kind with that code.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static RecordKind of(int code) {
    for (RecordKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no record kind has code " + code);
  }
}
