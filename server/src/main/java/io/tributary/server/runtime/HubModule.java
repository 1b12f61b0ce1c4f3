package io.tributary.server.runtime;

import io.vertx.core.Future;

/**
 * What somebody else brings to a hub: events with their handlers, what is invalidated, compactions,
 * deciders. Found by {@link java.util.ServiceLoader}, on the class path and in the directory of {@code
 * serve --plugins}; an application that embeds a hub needs none and gives its {@link HubExtensions}.
 *
 * <p>A module is code of the hub's own: it can do what the process can.
 */
public interface HubModule {
  /** What it is called in the log and in messages; unique in a hub. */
  String name();

  /**
   * Adds what it brings. Called once, before the hub starts, on no event loop. Deciders are added by
   * name, for {@code hub.auth} to choose; the hub's reactivity is kept.
   */
  void register(HubExtensions.Builder extensions);

  /**
   * Called once when the hub runs, one module after the other.
   *
   * @return fails if the hub can't do without it: the hub is stopped then
   */
  default Future<Void> start(HubRuntime hub) {
    return Future.succeededFuture();
  }
}
