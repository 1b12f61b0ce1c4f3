package io.tributary.server.runtime;

import io.tributary.core.model.Entry;
import io.tributary.core.session.Principal;
import io.tributary.server.config.AllowRule;
import io.tributary.server.runtime.HubAuthException.Reason;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Allows what a list says, and nothing else. One rule that allows it is enough. */
final class AllowListAuth implements HubAuth {
  private final Map<String, List<AllowRule>> byTenant;

  AllowListAuth(List<AllowRule> rules) {
    this.byTenant = rules.stream().collect(Collectors.groupingBy(AllowRule::tenant));
  }

  @Override
  public Future<Void> authorizeWrite(Principal principal, String publicKey, List<Entry> entries) {
    boolean reads = false;
    for (AllowRule rule : byTenant.getOrDefault(principal.tenant(), List.of())) {
      if (matches(rule, principal, publicKey)) {
        // As for tokens that are read-only, a write of nothing is none.
        if (!rule.readOnly() || entries.isEmpty()) {
          return Future.succeededFuture();
        }
        reads = true;
      }
    }
    return refused(
        publicKey,
        reads ? "the hub's list lets this key only read" : "the key is not allowed here");
  }

  @Override
  public Future<Void> authorizeRead(Principal principal, String publicKey) {
    for (AllowRule rule : byTenant.getOrDefault(principal.tenant(), List.of())) {
      if (matches(rule, principal, publicKey)) {
        return Future.succeededFuture();
      }
    }
    return refused(publicKey, "the key is not allowed here");
  }

  private static boolean matches(AllowRule rule, Principal principal, String publicKey) {
    Set<String> keys = rule.publicKeys();
    return (keys == null || keys.contains(publicKey))
        && (rule.token() == null || rule.token().equals(principal.token()));
  }

  private static Future<Void> refused(String publicKey, String message) {
    return Future.failedFuture(new HubAuthException(Reason.FORBIDDEN, publicKey, message));
  }
}
