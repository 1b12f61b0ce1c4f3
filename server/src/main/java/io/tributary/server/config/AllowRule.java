package io.tributary.server.config;

import io.tributary.core.model.StoreKey;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Lets some connections use some keys of stores in the clear.
 *
 * @param tenant the connections' tenant
 * @param publicKeys the keys; null = any that is mapped
 * @param readOnly whether only to read
 * @param token only connections that the token rule of this name let in: the tenant's own name or
 *     {@link AuthConfig#ANY_TENANT}; null = all connections of the tenant
 */
public record AllowRule(
    String tenant,
    @Nullable Set<String> publicKeys,
    boolean readOnly,
    @Nullable String token) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public AllowRule(
      String tenant, @Nullable Set<String> publicKeys, boolean readOnly, @Nullable String token) {
    this.tenant = tenant;
    this.publicKeys = publicKeys == null ? null : Set.copyOf(publicKeys);
    this.readOnly = readOnly;
    this.token = token;
  }

  /** With the keys' first characters only. */
  @Override
  public String toString() {
    Set<String> cut = new TreeSet<>();
    if (publicKeys == null) {
      cut.add("*");
    } else {
      publicKeys.forEach(key -> cut.add(StoreKey.cut(key)));
    }
    return "AllowRule[tenant="
        + tenant
        + ", publicKeys="
        + cut
        + ", readOnly="
        + readOnly
        + ", token="
        + token
        + "]";
  }
}
