package io.tributary.server.runtime;

import io.tributary.core.model.Entry;
import io.tributary.core.session.Principal;
import io.vertx.core.Future;
import java.util.List;

/**
 * Decides what clients may do with stores in the clear. Asked first of all, before the key is
 * resolved to a store, and only for what clients ask: the server's own writes pass it by.
 *
 * <p>Calls may come on any event loop, many at once; they must not block. The futures may complete on
 * any thread. Anything but success refuses the request: {@link HubAuthException} with its message to
 * the client, every other failure as an internal error whose message stays here.
 */
public interface HubAuth {
  /**
   * Asked once for each write, for all its entries together.
   *
   * @param publicKey the key the client writes under; the store it is mapped to is not known yet
   * @param entries as they came: not validated; may be empty
   */
  Future<Void> authorizeWrite(Principal principal, String publicKey, List<Entry> entries);

  /** Asked once for each subscription. */
  Future<Void> authorizeRead(Principal principal, String publicKey);
}
