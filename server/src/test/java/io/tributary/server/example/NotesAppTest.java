package io.tributary.server.example;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.crypto.Identity;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.hub.Hub;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of the README, with a hub that comes and goes. */
@Timeout(120)
class NotesAppTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final Vertx elsewhere = Vertx.vertx();
  private Path identity;

  @BeforeEach
  void makeIdentity() throws IOException {
    identity = directory.resolve("identity.txt");
    Files.createFile(
        identity,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(identity, Identity.random().encodeString());
  }

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

  private NotesApp app(Vertx vertx, String name, int hubPort) {
    NotesApp app = new NotesApp();
    String unused = vertx
        .deployVerticle(
            app,
            new DeploymentOptions()
                .setConfig(new JsonObject()
                    .put("dir", directory.resolve(name).toString())
                    .put("identity", identity.toString())
                    .put("hub", "ws://127.0.0.1:" + hubPort)))
        .await();
    return app;
  }

  private JsonObject ask(HttpMethod method, NotesApp app, String path, String body) {
    return vertx
        .createHttpClient()
        .request(method, app.port(), "127.0.0.1", path)
        .compose(request -> request.send(body).compose(HttpClientResponse::body))
        .map(answer -> answer.toJsonObject())
        .await();
  }

  private Set<String> notes(NotesApp app) {
    Set<String> texts = new TreeSet<>();
    ask(HttpMethod.GET, app, "/", "")
        .getJsonArray("items")
        .forEach(item -> texts.add(((JsonObject) item).getJsonObject("payload").getString("text")));
    return texts;
  }

  @Test
  void notesAreSharedAlsoThoseWrittenOffline() {
    Hub first = hub(0);
    int port = first.port();
    NotesApp here = app(vertx, "here", port);
    NotesApp there = app(elsewhere, "there", port);
    Set<String> heard = new ConcurrentSkipListSet<>();
    elsewhere.eventBus().<String>consumer("notes.added", note -> heard.add(note.body()));

    JsonObject written = ask(HttpMethod.PUT, here, "/1", "milk");
    assertThat(written.getString("result")).isEqualTo("1");
    Awaitility.await().atMost(PATIENCE).until(() -> notes(there).equals(Set.of("milk")));

    Void unused = first.stop().await();
    written = ask(HttpMethod.PUT, here, "/2", "bread");
    assertThat(written.getString("id")).isNotEmpty();
    assertThat(ask(HttpMethod.PUT, there, "/3", "salt").getString("id")).isNotEmpty();
    assertThat(notes(here)).containsExactly("bread", "milk");

    Hub second = hub(port);
    Set<String> all = Set.of("bread", "milk", "salt");
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> notes(here).equals(all) && notes(there).equals(all));
    assertThat(heard).containsExactlyInAnyOrder("milk", "bread", "salt");
    unused = second.stop().await();
  }
}
