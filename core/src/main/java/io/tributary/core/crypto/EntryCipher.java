package io.tributary.core.crypto;

import io.tributary.core.model.Entry;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.V3Codec;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals and opens the entries of one identity: AES-GCM under its secret, a 128-bit tag behind the
 * ciphertext, no additional data.
 *
 * <p>A sealed entry is sealed once and sent as often as need be. Entries share no initialization
 * vector, so each goes into a write of its own.
 */
public final class EntryCipher {
  /** Bytes in the initialization vectors made here. Others open too. */
  public static final int IV_SIZE = 12;

  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec key;

  /**
   * @throws IllegalArgumentException if the secret of {@code identity} has neither 16, 24 nor 32
   *     bytes
   */
  public EntryCipher(Identity identity) {
    byte[] privateKey = identity.privateKey();
    if (privateKey.length != 16 && privateKey.length != 24 && privateKey.length != 32) {
      throw new IllegalArgumentException(
          "a privateKey has 16, 24 or 32 bytes, this one has " + privateKey.length);
    }
    key = new SecretKeySpec(privateKey, "AES");
  }

  /** Seals an entry under a fresh initialization vector. */
  public SealedEntry seal(Entry entry) {
    byte[] iv = new byte[IV_SIZE];
    RANDOM.nextBytes(iv);
    try {
      byte[] ciphertext = cipher(Cipher.ENCRYPT_MODE, iv).doFinal(V3Codec.encodeEntry(entry));
      return new SealedEntry(entry.id(), iv, ciphertext);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  /**
   * Opens a sealed entry. What the sealed entry says of its id in the clear is not looked at: only
   * the id inside is its author's.
   *
   * @throws UnreadableEntryException if it does not open
   */
  public Entry open(SealedEntry sealed) throws UnreadableEntryException {
    byte[] plaintext;
    try {
      if (sealed.ciphertext().length < TAG_BITS / 8) {
        // Some versions of the platform answer this with an unchecked exception.
        throw new AEADBadTagException("shorter than a tag");
      }
      plaintext = cipher(Cipher.DECRYPT_MODE, sealed.iv()).doFinal(sealed.ciphertext());
    } catch (GeneralSecurityException e) {
      throw new UnreadableEntryException("the entry was not sealed with this key", e);
    }
    try {
      return V3Codec.decodeEntry(plaintext);
    } catch (MalformedMessageException e) {
      throw new UnreadableEntryException("what was sealed is no entry: " + e.getMessage(), e);
    }
  }

  private Cipher cipher(int mode, byte[] iv) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, iv));
    return cipher;
  }
}
