package io.tributary.server.it;

import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Stores;
import io.tributary.client.Tributary;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.audit.AuditEventStore;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.Selection;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The stores of an agent of ours, on a directory of its own. Its methods are for test threads, and wait. */
final class JavaAgent implements AutoCloseable {
  private final Replica replica;
  private final Stores stores;

  private JavaAgent(Replica replica) {
    this.replica = replica;
    stores = replica.stores().orElseThrow();
  }

  /**
   * Opens one, with all of its stores.
   *
   * @param url the hub, which all stores are synced with; empty for none
   */
  static JavaAgent open(
      Vertx vertx, Path directory, IdentityBundle identities, Optional<String> url) {
    ReplicaOptions.Builder options = ReplicaOptions.builder()
        .directory(directory)
        .identity(identities)
        .stores(StoresOptions.builder()
            .audit(new StoresOptions.Audit(
                true,
                StoresOptions.DEFAULTS.audit().maxEntries(),
                StoresOptions.DEFAULTS.audit().maxAge()))
            .build());
    url.ifPresent(hub -> options.remote(RemoteOptions.builder(hub)
        .name("hub")
        .sync(new Selection(true, true, true))
        .build()));
    return new JavaAgent(Tributary.replica(vertx, options.build()).await());
  }

  ChatHistoryStore chat() {
    return stores.chat().orElseThrow();
  }

  List<ChatEvent> messages(String session) {
    return chat().list(session, ChatQuery.FIRST.limit(10_000)).await();
  }

  ArtifactStore artifacts() {
    return stores.artifacts().orElseThrow();
  }

  AuditEventStore audit() {
    return stores.audit().orElseThrow();
  }

  Stores stores() {
    return stores;
  }

  /** Waits until the hub has what was written, and this agent what the hub had. */
  void sync() {
    Void unused = replica.sync().syncNow("hub").await();
  }

  @Override
  public void close() {
    Void unused = replica.close().await();
  }
}
