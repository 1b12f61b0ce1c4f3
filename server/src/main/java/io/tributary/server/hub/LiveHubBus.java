package io.tributary.server.hub;

import io.tributary.core.model.StoreKey;
import io.tributary.server.admin.LiveHub;
import io.tributary.server.hub.Messages.CloseSession;
import io.tributary.server.hub.Messages.Grown;
import io.tributary.server.hub.Messages.ListSessions;
import io.tributary.server.hub.Messages.Removed;
import io.tributary.server.hub.Messages.Reseeded;
import io.tributary.server.hub.Messages.Sessions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reaches the hub's verticles over the event bus. */
final class LiveHubBus implements LiveHub {
  private final Vertx vertx;
  private final Topology topology;
  private final int hosts;

  /** @param hosts how many verticles have sessions */
  LiveHubBus(Vertx vertx, Topology topology, int hosts) {
    this.vertx = vertx;
    this.topology = topology;
    this.hosts = hosts;
  }

  private <T> Future<T> ask(String address, Object message) {
    return vertx.eventBus().<T>request(address, message, Messages.LOCAL).map(Message::body);
  }

  @Override
  public Future<Void> removed(StoreKey store, long through) {
    // Without a verticle there, the hub is stopping, and there is no reader.
    return ask(topology.store(store), new Removed(store, through))
        .transform(v -> Future.succeededFuture());
  }

  @Override
  public void grown(StoreKey store, long head) {
    vertx.eventBus().send(topology.store(store), new Grown(store, head), Messages.LOCAL);
  }

  @Override
  public Future<List<JsonObject>> sessions(Optional<SessionId> after, int max) {
    return sessions(
        after.map(SessionId::host).orElse(0),
        after.map(SessionId::number).orElse(0L),
        max,
        new ArrayList<>());
  }

  private Future<List<JsonObject>> sessions(int host, long after, int max, List<JsonObject> found) {
    if (host >= hosts || found.size() == max) {
      return Future.succeededFuture(found);
    }
    return this.<Sessions>ask(topology.socket(host), new ListSessions(after, max - found.size()))
        .compose(some -> {
          for (JsonObject session : some.sessions()) {
            long number = session.getLong("id");
            found.add(session.copy().put("id", new SessionId(host, number).toString()));
          }
          return sessions(host + 1, 0, max, found);
        });
  }

  @Override
  public Future<Boolean> closeSession(SessionId id) {
    return id.host() >= hosts
        ? Future.succeededFuture(false)
        : ask(topology.socket(id.host()), new CloseSession(id.number()));
  }

  @Override
  public Future<Void> reseeded() {
    List<Future<?>> told = new ArrayList<>();
    for (int host = 0; host < hosts; host++) {
      told.add(ask(topology.socket(host), new Reseeded()));
    }
    return Future.join(told).mapEmpty();
  }
}
