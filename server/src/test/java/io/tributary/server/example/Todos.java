package io.tributary.server.example;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.server.runtime.HubModule;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

public final class Todos implements HubModule {
  static final EventDefinition<JsonObject> ADDED =
      EventDefinition.of("TodoAdded", PayloadCodec.json(), todo -> todo.getString("id"));

  @Override
  public String name() {
    return "todos";
  }

  @Override
  public void register(HubExtensions.Builder extensions) {
    extensions
        .group(EventGroup.named("todos").event(ADDED).build())
        .handle(ADDED, (todo, entry, conflicts) -> Future.succeededFuture());
  }
}
