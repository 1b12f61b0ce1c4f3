package io.tributary.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.model.Entry;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.Principal;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.hub.Hub;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A hub inside an application. */
class HubVerticleTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static JsonObject config() {
    return new JsonObject()
        .put("port", 0)
        .put("admin", new JsonObject().put("port", 0).put("token", "not-a-secret"))
        .put("storage", new JsonObject().put("provider", "memory"));
  }

  @Test
  void aVerticleServesByTheConfigurationItIsDeployedWith() throws Exception {
    HubVerticle verticle = new HubVerticle();
    String id = await(vertx.deployVerticle(verticle, new DeploymentOptions().setConfig(config())));
    Hub hub = Objects.requireNonNull(verticle.hub());
    assertThat(hub.port()).isPositive();
    assertThat(hub.adminUrl()).isPresent();
    await(vertx.undeploy(id));
    assertThat(verticle.hub()).isNull();
  }

  @Test
  void aWrongKeyFailsTheDeployment() {
    assertThatThrownBy(() -> await(vertx.deployVerticle(
            new HubVerticle(), new DeploymentOptions().setConfig(config().put("prot", 1)))))
        .rootCause()
        .hasMessageContaining("prot")
        .hasMessageContaining("port");
  }

  @Test
  void anEmbeddedHubHasNoSocketsAndDoesAllElse() throws Exception {
    Hub hub = await(Hub.embed(
        vertx, HubConfig.builder().storage(StorageConfig.memory()).build(), HubExtensions.none()));
    assertThat(hub.port()).isZero();
    assertThat(hub.adminUrl()).isEmpty();
    await(hub.runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping("t", "key", StoreRegistry.DEFAULT_STORE, "todos"), false));
    Entry entry = new Entry(hub.runtime().ids().next(), "created", "1", new byte[0]);
    assertThat(await(hub.runtime().ingestClient(Principal.of("t"), "key", List.of(entry))))
        .containsExactly(1L);
    assertThat(await(
            hub.runtime().writeToStore(new StoreKey.Plain("t", "todos"), List.of(entry), true)))
        .containsExactly(1L);
    await(hub.stop());
  }
}
