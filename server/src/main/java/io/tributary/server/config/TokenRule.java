package io.tributary.server.config;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant's token is and what it opens.
 *
 * @param token the token itself, or {@code sha256:} and the 64 hex digits of its SHA-256
 * @param identities the public keys it may use; null = any
 * @param readOnly whether it may only read
 */
public record TokenRule(String token, @Nullable Set<String> identities, boolean readOnly) {
  static final String MASK = "****";

  public TokenRule {
    if (identities != null) {
      identities = Set.copyOf(identities);
    }
  }

  /** A token that may do everything in its tenant. */
  public static TokenRule of(String token) {
    return new TokenRule(token, null, false);
  }

  @Override
  public String toString() {
    return "TokenRule[token="
        + MASK
        + ", identities="
        + (identities == null ? "any" : identities.size())
        + ", readOnly="
        + readOnly
        + "]";
  }
}
