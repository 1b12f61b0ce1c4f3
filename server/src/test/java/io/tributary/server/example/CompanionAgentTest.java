package io.tributary.server.example;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.hub.Hub;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two agents that share a conversation, with a hub that comes late. */
@Timeout(120)
class CompanionAgentTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final Vertx elsewhere = Vertx.vertx();

  @AfterEach
  void stop() {
    vertx.close().await();
    elsewhere.close().await();
  }

  private Hub hub(int port) {
    return Hub.start(
            vertx,
            HubConfig.builder()
                .port(port)
                .storage(StorageConfig.file(directory.resolve("hub")))
                .admin(new AdminConfig("127.0.0.1", 0, null, null))
                .build())
        .await();
  }

  private CompanionAgent agent(Vertx vertx, String name, int hubPort) {
    CompanionAgent agent = new CompanionAgent(name);
    String unused = vertx
        .deployVerticle(
            agent,
            new DeploymentOptions()
                .setConfig(new JsonObject()
                    .put("dir", directory.resolve(name).toString())
                    .put("identity", directory.resolve("identity").toString())
                    .put("hub", "ws://127.0.0.1:" + hubPort)))
        .await();
    return agent;
  }

  @Test
  void theyAnswerEachOtherAndEndWithTheSameConversation() {
    Hub first = hub(0);
    int port = first.port();
    Void unused = first.stop().await();
    CompanionAgent scout = agent(vertx, "scout", port);
    CompanionAgent planner = agent(elsewhere, "planner", port);
    // Written while there is no hub: what they say goes out later.
    assertThat(planner.say("planner", "How do I get to the sea?").await().sequence())
        .isEqualTo(1);

    Hub second = hub(port);
    List<String> expected = List.of(
        "planner: How do I get to the sea?",
        "planner: Which trains are there?",
        "scout: There are trains at 07:02 and 09:32.",
        "planner: Take the one at 09:32.");
    Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
      assertThat(scout.conversation().await()).isEqualTo(expected);
      assertThat(planner.conversation().await()).isEqualTo(expected);
      assertThat(planner.artifacts().get("trip", "trains").await())
          .hasValueSatisfying(trains -> assertThat(trains.content()).isEqualTo("07:02, 09:32"));
    });
    unused = second.stop().await();
  }
}
