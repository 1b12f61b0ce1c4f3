package io.tributary.core.model;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The name of a store. Equal text in two kinds is two stores.
 *
 * <p>As text: {@code TENANT/sealed:PUBLICKEY}, {@code TENANT/batch:PUBLICKEY:STORE}, {@code
 * TENANT/plain:STORE}, each part in UTF-8 and percent-encoded outside {@code [A-Za-z0-9._~-]}. That
 * text (its {@code toString()}) is also the key in every storage, hint, lease and hash.
 */
public sealed interface StoreKey {
  /** The tenant the store belongs to. */
  String tenant();

  /** What log lines show: public keys cut to 8 characters. */
  String abbreviated();

  /** An encrypted store of the v3 wire: one per identity. */
  record Sealed(String tenant, String publicKey) implements StoreKey {
    @Override
    public String abbreviated() {
      return new Sealed(tenant, cut(publicKey)).toString();
    }

    @Override
    public String toString() {
      return encode(tenant) + "/sealed:" + encode(publicKey);
    }
  }

  /** An encrypted store of the v4 wire: several per identity. */
  record SealedBatch(String tenant, String publicKey, String storeId) implements StoreKey {
    @Override
    public String abbreviated() {
      return new SealedBatch(tenant, cut(publicKey), storeId).toString();
    }

    @Override
    public String toString() {
      return encode(tenant) + "/batch:" + encode(publicKey) + ":" + encode(storeId);
    }
  }

  /** A store in the clear, shared by the identities mapped to it. */
  record Plain(String tenant, String storeId) implements StoreKey {
    @Override
    public String abbreviated() {
      return toString();
    }

    @Override
    public String toString() {
      return encode(tenant) + "/plain:" + encode(storeId);
    }
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if {@code text} is not of that form
   */
  static StoreKey parse(String text) {
    int slash = text.indexOf('/');
    int colon = text.indexOf(':', slash + 1);
    if (slash < 0 || colon < 0) {
      throw malformed(text);
    }
    String tenant = decode(text.substring(0, slash), text);
    String rest = text.substring(colon + 1);
    int second = rest.indexOf(':');
    String kind = text.substring(slash + 1, colon);
    if (kind.equals("batch") && second >= 0) {
      return new SealedBatch(
          tenant,
          decode(rest.substring(0, second), text),
          decode(rest.substring(second + 1), text));
    }
    if (second < 0 && kind.equals("sealed")) {
      return new Sealed(tenant, decode(rest, text));
    }
    if (second < 0 && kind.equals("plain")) {
      return new Plain(tenant, decode(rest, text));
    }
    throw malformed(text);
  }

  /** The first 8 characters of a public key: all that a log line may show of it. */
  static String cut(String publicKey) {
    return publicKey.codePointCount(0, publicKey.length()) <= 8
        ? publicKey
        : publicKey.substring(0, publicKey.offsetByCodePoints(0, 8));
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        "a store key is TENANT/sealed:PUBLICKEY, TENANT/batch:PUBLICKEY:STORE or TENANT/plain:STORE,"
            + " not "
            + text);
  }

  private static String encode(String part) {
    byte[] utf8 = part.getBytes(StandardCharsets.UTF_8);
    StringBuilder text = new StringBuilder(utf8.length);
    for (byte b : utf8) {
      if (isPlain(b)) {
        text.append((char) b);
      } else {
        text.append('%')
            .append(Character.toUpperCase(Character.forDigit((b >> 4) & 0xf, 16)))
            .append(Character.toUpperCase(Character.forDigit(b & 0xf, 16)));
      }
    }
    return text.toString();
  }

  private static boolean isPlain(byte b) {
    return (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || (b >= '0' && b <= '9')
        || b == '.'
        || b == '_'
        || b == '~'
        || b == '-';
  }

  private static String decode(String part, String whole) {
    ByteArrayOutputStream utf8 = new ByteArrayOutputStream(part.length());
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if (c == '%' && i + 2 < part.length()) {
        int high = Character.digit(part.charAt(i + 1), 16);
        int low = Character.digit(part.charAt(i + 2), 16);
        if (high < 0 || low < 0) {
          throw malformed(whole);
        }
        utf8.write(high << 4 | low);
        i += 2;
      } else if (c < 128 && isPlain((byte) c)) {
        utf8.write(c);
      } else {
        throw malformed(whole);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(utf8.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed(whole);
    }
  }
}
