package io.tributary.core.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.wire.v3.V3Codec;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class EntryCipherTest {
  private static final Entry ENTRY =
      new Entry(new EntryId(0x018bcfe568007abcL, 0x8def0123456789abL), "E", "k", new byte[40]);
  private final Identity identity = Identity.random();
  private final EntryCipher cipher = new EntryCipher(identity);

  private static SealedEntry seal(Identity identity, byte[] iv, byte[] plaintext) throws Exception {
    Cipher aes = Cipher.getInstance("AES/GCM/NoPadding");
    aes.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(identity.privateKey(), "AES"),
        new GCMParameterSpec(128, iv));
    return new SealedEntry(ENTRY.id(), iv, aes.doFinal(plaintext));
  }

  @Test
  void everyEntryHasItsOwnIv() {
    Set<String> ivs = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      SealedEntry sealed = cipher.seal(ENTRY);
      assertThat(sealed.id()).isEqualTo(ENTRY.id());
      assertThat(sealed.iv()).hasSize(12);
      ivs.add(HexFormat.of().formatHex(sealed.iv()));
    }
    assertThat(ivs).hasSize(1_000);
  }

  @Test
  void opensForWhoeverHasTheKey() throws Exception {
    EntryCipher other = new EntryCipher(Identity.decodeString(identity.encodeString()));

    Entry opened = other.open(cipher.seal(ENTRY));

    assertThat(opened).usingRecursiveComparison().isEqualTo(ENTRY);
  }

  @Test
  void anyChangedByteIsFound() {
    SealedEntry sealed = cipher.seal(ENTRY);
    for (int i = 0; i < sealed.ciphertext().length; i++) {
      byte[] changed = sealed.ciphertext().clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> cipher.open(new SealedEntry(sealed.id(), sealed.iv(), changed)))
          .isInstanceOf(UnreadableEntryException.class);
    }
  }

  @Test
  void anotherKeyDoesNotOpen() {
    SealedEntry sealed = cipher.seal(ENTRY);
    assertThatThrownBy(() -> new EntryCipher(Identity.random()).open(sealed))
        .isInstanceOf(UnreadableEntryException.class);
  }

  @Test
  void shortCiphertextsAndEmptyIvsDoNotOpen() {
    for (int length = 0; length < 20; length++) {
      SealedEntry sealed = new SealedEntry(ENTRY.id(), new byte[12], new byte[length]);
      assertThatThrownBy(() -> cipher.open(sealed)).isInstanceOf(UnreadableEntryException.class);
    }
    SealedEntry noIv = new SealedEntry(ENTRY.id(), new byte[0], new byte[40]);
    assertThatThrownBy(() -> cipher.open(noIv)).isInstanceOf(UnreadableEntryException.class);
  }

  @Test
  void otherIvLengthsOpen() throws Exception {
    byte[] plaintext = V3Codec.encodeEntry(ENTRY);
    for (int length : new int[] {1, 8, 16, 300}) {
      Entry opened = cipher.open(seal(identity, new byte[length], plaintext));
      assertThat(opened).usingRecursiveComparison().isEqualTo(ENTRY);
    }
  }

  @Test
  void otherPlaintextsDoNotOpen() throws Exception {
    for (String plaintext : new String[] {"", "c0", "80", "81a26964c410" + "00".repeat(16)}) {
      SealedEntry sealed = seal(identity, new byte[12], HexFormat.of().parseHex(plaintext));
      assertThatThrownBy(() -> cipher.open(sealed))
          .isInstanceOf(UnreadableEntryException.class)
          .hasMessageStartingWith("what was sealed is no entry");
    }
    byte[] trailing = (new String(V3Codec.encodeEntry(ENTRY), StandardCharsets.ISO_8859_1) + "x")
        .getBytes(StandardCharsets.ISO_8859_1);
    SealedEntry sealed = seal(identity, new byte[12], trailing);
    assertThatThrownBy(() -> cipher.open(sealed)).hasMessageContaining("1 bytes follow");
  }

  @Test
  void takesKeysOfAes() {
    for (int length : new int[] {16, 24, 32}) {
      EntryCipher fits = new EntryCipher(new Identity("k", new byte[length]));
      assertThat(fits.seal(ENTRY).ciphertext()).isNotEmpty();
    }
    for (int length : new int[] {0, 15, 31, 33, 64}) {
      assertThatThrownBy(() -> new EntryCipher(new Identity("k", new byte[length])))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("this one has " + length);
    }
  }
}
