package io.tributary.storage.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What the server runs as one step. Each is in the file of its name beside this class. */
enum Script {
  ENTER("enter"),
  RESEED("reseed"),
  CLOSE("guard", "close"),
  APPEND("guard", "log", "append"),
  READ("guard", "log", "read"),
  HEADS("guard", "heads"),
  RAISE("guard", "raise"),
  PROBE("guard", "probe"),
  PUBLISH("guard", "publish"),
  REMOVE("guard", "log", "remove"),
  FORGET("guard", "log", "forget"),
  TOMBSTONES("guard", "log", "tombstones"),
  RESTORE("guard", "log", "restore"),
  STORES("guard", "stores"),
  STATS("guard", "log", "stats"),
  LEASE("guard", "lease"),
  REGISTRY("guard", "registry"),
  JOURNAL_COMMIT("guard", "journal", "journal-commit"),
  JOURNAL_READ("guard", "journal", "journal-read"),
  JOURNAL_DESTROY("guard", "journal", "journal-destroy"),
  JOURNALS("guard", "journals"),
  SPACE_COMMIT("guard", "space", "space-commit"),
  SPACE_GET("guard", "space", "space-get"),
  SPACE_RANGE("guard", "space", "space-range"),
  SPACE_DESTROY("guard", "space", "space-destroy"),
  SPACES("guard", "spaces"),
  COMPACTIONS("guard", "compactions");

  /** The text. */
  final String text;

  /** By which the server knows it once it has run it. */
  final String sha;

  Script(String... parts) {
    StringBuilder whole = new StringBuilder();
    for (String part : parts) {
      whole.append(resource(part + ".lua"));
    }
    text = whole.toString();
    sha = sha(text);
  }

  private static String resource(String name) {
    try (InputStream in = Script.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
