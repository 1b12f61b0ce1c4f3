package io.tributary.server.runtime;

import io.tributary.core.model.Entry;
import io.tributary.core.session.Principal;
import io.tributary.server.config.ConfigException;
import io.tributary.server.config.HubAuthConfig;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The deciders that the configuration can name. */
public final class HubAuths {
  /** Who passed the handshake may use every key that is mapped in the tenant. */
  public static final HubAuth TENANT = new Open();

  static final Set<String> OWN =
      Set.of(HubAuthConfig.TENANT, HubAuthConfig.ALLOW_LIST, HubAuthConfig.ALLOW_ALL);

  private HubAuths() {}

  /**
   * The decider that {@code extensions} insist on, or else the one that the configuration names.
   *
   * @throws ConfigException if there is none of that name
   */
  public static HubAuth choose(HubAuthConfig config, HubExtensions extensions) {
    if (extensions.auth().isPresent()) {
      return extensions.auth().get();
    }
    return switch (config.name()) {
      case HubAuthConfig.TENANT, HubAuthConfig.ALLOW_ALL -> TENANT;
      case HubAuthConfig.ALLOW_LIST -> new AllowListAuth(config.allowList());
      default -> {
        HubAuth named = extensions.auths().get(config.name());
        if (named == null) {
          Set<String> brought = new TreeSet<>(extensions.auths().keySet());
          throw new ConfigException(List.of("hub.auth: found \""
              + config.name()
              + "\", which no module brings, allowed: tenant, allow-list, allow-all"
              + (brought.isEmpty()
                  ? ", or the name of an auth that a module brings"
                  : ", or what modules bring: " + String.join(", ", brought))));
        }
        yield named;
      }
    };
  }

  private static final class Open implements HubAuth {
    @Override
    public Future<Void> authorizeWrite(Principal principal, String publicKey, List<Entry> entries) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> authorizeRead(Principal principal, String publicKey) {
      return Future.succeededFuture();
    }
  }
}
