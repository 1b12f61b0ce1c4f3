package io.tributary.core.crypto;

import io.tributary.core.model.StoreKey;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.UUID;

/**
 * Who a replica is: a public name, under which a hub keeps its entries, and the secret that they
 * are sealed with. Whoever knows the name may read ciphertexts and append; the secret never leaves
 * the replica.
 */
public final class Identity {
  /** Bytes in the secret of a new identity. */
  public static final int PRIVATE_KEY_SIZE = 32;

  private final String publicKey;
  private final byte[] privateKey;

  /**
   * @param publicKey any text; compared exactly
   * @param privateKey an AES key; copied
   */
  public Identity(String publicKey, byte[] privateKey) {
    this.publicKey = publicKey;
    this.privateKey = privateKey.clone();
  }

  /** A new one: a random UUID and 32 random bytes. */
  public static Identity random() {
    byte[] privateKey = new byte[PRIVATE_KEY_SIZE];
    new SecureRandom().nextBytes(privateKey);
    return new Identity(UUID.randomUUID().toString(), privateKey);
  }

  /**
   * Reads the form of {@link #encodeString}. Takes correct padding of the outer text, line breaks,
   * keys in any order and keys it does not know.
   *
   * @throws MalformedIdentityException if {@code text} is anything else
   */
  public static Identity decodeString(String text) throws MalformedIdentityException {
    JsonObject json;
    try {
      byte[] utf8 = Base64.getUrlDecoder().decode(withoutLineBreaks(text));
      json = new JsonObject(new String(utf8, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw new MalformedIdentityException("an identity is base64url text");
    } catch (DecodeException e) {
      throw new MalformedIdentityException("an identity is a JSON object in base64url");
    }
    if (!(json.getValue("publicKey") instanceof String publicKey)) {
      throw new MalformedIdentityException("an identity has a string publicKey");
    }
    if (!(json.getValue("privateKey") instanceof String privateKey)) {
      throw new MalformedIdentityException("an identity has a string privateKey");
    }
    try {
      String base64 = withoutLineBreaks(privateKey);
      if (base64.length() % 4 != 0) {
        throw new IllegalArgumentException("unpadded");
      }
      return new Identity(publicKey, Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw new MalformedIdentityException("the privateKey of an identity is padded base64");
    }
  }

  private static String withoutLineBreaks(String text) {
    return text.replace("\n", "").replace("\r", "");
  }

  /**
   * The whole identity, secret included, as one word to hand to another replica: base64url without
   * padding of a JSON object with {@code publicKey} and, in base64 with padding, {@code
   * privateKey}.
   */
  public String encodeString() {
    String json = new JsonObject()
        .put("publicKey", publicKey)
        .put("privateKey", Base64.getEncoder().encodeToString(privateKey))
        .encode();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /** The name. */
  public String publicKey() {
    return publicKey;
  }

  /** The secret, a fresh array. */
  public byte[] privateKey() {
    return privateKey.clone();
  }

  /** Shows the beginning of the name, never the secret. */
  @Override
  public String toString() {
    return "Identity[" + StoreKey.cut(publicKey) + "]";
  }
}
