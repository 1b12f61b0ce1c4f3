package io.tributary.server.config;

import java.util.List;

/**
 * Who may use stores in the clear, among those who passed the handshake.
 *
 * @param name who decides: {@link #TENANT}, {@link #ALLOW_LIST}, {@link #ALLOW_ALL}, or a name that
 *     the application or a module brings
 * @param allowList what {@link #ALLOW_LIST} allows; a connection needs one rule that does
 */
public record HubAuthConfig(String name, List<AllowRule> allowList) {
  /** Every key that is mapped in the connection's tenant. */
  public static final String TENANT = "tenant";

  /** What a list says. */
  public static final String ALLOW_LIST = "allow-list";

  /** As {@link #TENANT}, with a warning at start. */
  public static final String ALLOW_ALL = "allow-all";

  public HubAuthConfig {
    allowList = List.copyOf(allowList);
  }

  /** The tenant decides. */
  public static HubAuthConfig defaults() {
    return new HubAuthConfig(TENANT, List.of());
  }
}
