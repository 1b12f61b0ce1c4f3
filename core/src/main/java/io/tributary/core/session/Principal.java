package io.tributary.core.session;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection, as far as its token tells.
 *
 * @param tenant the tenant the connection belongs to
 * @param identities the public keys it may use; null = any
 * @param readOnly whether it may only read (empty writes are still acked)
 * @param token the name of the rule that let it in: its tenant's, or {@code *}; null where no token
 *     is asked for
 * @param remoteAddress where it is connected from; null if that is not over a network
 */
public record Principal(
    String tenant,
    @Nullable Set<String> identities,
    boolean readOnly,
    @Nullable String token,
    @Nullable String remoteAddress) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public Principal(
      String tenant,
      @Nullable Set<String> identities,
      boolean readOnly,
      @Nullable String token,
      @Nullable String remoteAddress) {
    this.tenant = tenant;
    this.identities = identities;
    this.readOnly = readOnly;
    this.token = token;
    this.remoteAddress = remoteAddress;
  }

  /** Someone who may use every key of a tenant. */
  public static Principal of(String tenant) {
    return new Principal(tenant, null, false, null, null);
  }

  /** The same, connected from there. */
  public Principal from(String remoteAddress) {
    return new Principal(tenant, identities, readOnly, token, remoteAddress);
  }

  /** Whether {@code publicKey} may be used. */
  public boolean mayUse(String publicKey) {
    return identities == null || identities.contains(publicKey);
  }
}
