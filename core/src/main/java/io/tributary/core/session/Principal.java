package io.tributary.core.session;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection, as far as its token tells.
 *
 * @param tenant the tenant the connection belongs to
 * @param identities the public keys it may use; null = any
 * @param readOnly whether it may only read (empty writes are still acked)
 */
public record Principal(String tenant, @Nullable Set<String> identities, boolean readOnly) {
  /** Someone who may use every key of a tenant. */
  public static Principal of(String tenant) {
    return new Principal(tenant, null, false);
  }

  /** Whether {@code publicKey} may be used. */
  public boolean mayUse(String publicKey) {
    return identities == null || identities.contains(publicKey);
  }
}
