package io.tributary.server.it;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The bodies of notes, as {@code client.mjs} makes them of their keys. */
final class NoteBodies {
  private NoteBodies() {}

  /** The first bytes of a key stream. */
  static byte[] of(String key, int size) {
    try {
      byte[] md5 = MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8));
      Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(md5, "AES"), new IvParameterSpec(new byte[16]));
      return cipher.doFinal(new byte[size]);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
