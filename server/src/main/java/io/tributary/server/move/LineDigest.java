package io.tributary.server.move;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Counts lines and digests their bytes, each with its newline. */
final class LineDigest {
  private final MessageDigest sha256;
  private long lines;

  LineDigest() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  void update(byte[] bytes, int offset, int length) {
    sha256.update(bytes, offset, length);
  }

  void lineEnds() {
    lines++;
  }

  long lines() {
    return lines;
  }

  /** Of all lines since it was made or reset; starts anew. */
  byte[] sha256() {
    return sha256.digest();
  }

  void reset() {
    sha256.reset();
    lines = 0;
  }
}
