package io.tributary.server.access;

import io.tributary.core.session.Principal;
import java.util.List;

/**
 * What a request was let in with. {@link Tokens#stillValid} tells whether it would be let in again.
 */
public final class Grant {
  private final Principal principal;
  private final List<byte[]> digests;
  private final boolean inside;

  /** @param digests the SHA-256 of every token that the request carried */
  Grant(Principal principal, List<byte[]> digests) {
    this(principal, digests, false);
  }

  private Grant(Principal principal, List<byte[]> digests, boolean inside) {
    this.principal = principal;
    this.digests = List.copyOf(digests);
    this.inside = inside;
  }

  /** For who is in the hub's own process, and needs no token. */
  static Grant inside(Principal principal) {
    return new Grant(principal, List.of(), true);
  }

  boolean isInside() {
    return inside;
  }

  /** Who was let in, and what they may do. */
  public Principal principal() {
    return principal;
  }

  List<byte[]> digests() {
    return digests;
  }

  @Override
  public String toString() {
    return "Grant[tenant=" + principal.tenant() + "]";
  }
}
