package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.hub.AdminHttp.Answer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The admin API of a running hub, through its socket. */
class AdminApiTest {
  private TestHub hub;
  private AdminHttp admin;

  @BeforeEach
  void start() {
    hub = TestHub.start(
        TestHub.config().admin(new AdminConfig("127.0.0.1", 0, AdminHttp.TOKEN, null)));
    admin = new AdminHttp(hub);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private static JsonObject mapping(String tenant, String publicKey, String store) {
    return new JsonObject().put("tenant", tenant).put("publicKey", publicKey).put("store", store);
  }

  private static String segment(String tenant, String publicKey) {
    return AdminHttp.segment(new StoreKey.Sealed(tenant, publicKey));
  }

  @Test
  void mapsKeysToStores() {
    JsonObject made = admin.post("mappings", mapping("a", "k", "orders")).ok();
    assertThat(made).isEqualTo(mapping("a", "k", "orders").put("requestedStore", "default"));
    assertThat(admin.post("mappings", mapping("a", "k", "orders")).status()).isEqualTo(200);
    assertThat(admin.post("mappings", mapping("a", "k", "other")).error())
        .isEqualTo("409 AlreadyAssigned");
    assertThat(admin.delete("mappings?tenant=a&publicKey=k").ok().getInteger("removed"))
        .isEqualTo(1);
    assertThat(admin.delete("mappings?tenant=a&publicKey=k").error()).isEqualTo("404 NotFound");
    assertThat(admin.post("mappings", mapping("a", "k", "orders")).error())
        .isEqualTo("409 Removed");
    assertThat(admin.get("mappings").items())
        .singleElement()
        .satisfies(one -> assertThat(one.getBoolean("removed")).isTrue());
    assertThat(admin
            .post("mappings", mapping("a", "k", "other").put("force", true))
            .status())
        .isEqualTo(200);
    assertThat(admin.get("mappings").items())
        .containsExactly(
            mapping("a", "k", "other").put("requestedStore", "default").put("removed", false));
  }

  @Test
  void listsAreReadPageByPage() {
    for (int i = 0; i < 7; i++) {
      assertThat(admin.post("mappings", mapping("t" + i % 2, "key/" + i, "s")).status())
          .isEqualTo(200);
      try (RawClient client = hub.connect("t" + i % 2)) {
        client.write("key/" + i, 1, Entries.some(i + 1));
      }
    }
    assertThat(pages("mappings?limit=3", "publicKey"))
        .containsExactly("key/0", "key/2", "key/4", "key/6", "key/1", "key/3", "key/5");
    assertThat(pages("stores?limit=2", "head")).containsExactly("1", "3", "5", "7", "2", "4", "6");
    assertThat(pages("stores?limit=2&tenant=t1", "head")).containsExactly("2", "4", "6");
    assertThat(pages("stores?limit=3&tenant=t1", "head")).containsExactly("2", "4", "6");
    assertThat(pages("stores?tenant=t2", "head")).isEmpty();
    assertThat(pages("stores/" + segment("t0", "key/6") + "/entries?limit=3", "sequence"))
        .containsExactly("1", "2", "3", "4", "5", "6", "7");
  }

  private List<String> pages(String path, String field) {
    List<String> found = new ArrayList<>();
    Answer page = admin.get(path);
    while (true) {
      page.items().forEach(item -> found.add(item.getValue(field).toString()));
      Object next = page.body().getValue("next");
      if (next == null) {
        return found;
      }
      page = admin.get(path
          + (path.contains("?") ? "&" : "?")
          + "after="
          + java.net.URLEncoder.encode(next.toString(), java.nio.charset.StandardCharsets.UTF_8));
    }
  }

  @Test
  void tellsWhatAStoreHolds() {
    try (RawClient client = hub.connect("a")) {
      client.write("k", 1, Entries.some(3, 100));
    }
    String store = "a/sealed:k";
    JsonObject expected = new JsonObject()
        .put("store", store)
        .put("tenant", "a")
        .put("head", 3)
        .put("records", 3)
        .put("entries", 3)
        .put("bytes", 3 * (64 + 16 + 12 + 100))
        .put("tombstones", 0);
    assertThat(admin.get("stores/" + segment("a", "k")).ok()).isEqualTo(expected);
    assertThat(admin.get("stores").items()).containsExactly(expected);
    assertThat(admin.get("stores/" + segment("a", "other")).error()).isEqualTo("404 NotFound");
    assertThat(admin
            .post("stores/" + segment("a", "other") + "/purge", new JsonObject())
            .error())
        .isEqualTo("404 NotFound");
  }

  @Test
  void listsAndClosesSessions() {
    try (RawClient one = hub.connect("a");
        RawClient other = hub.connect("b")) {
      one.subscribe("k", 0);
      one.expectNothing();
      other.expectNothing();
      List<JsonObject> sessions = admin.get("sessions").items();
      assertThat(sessions).hasSize(2);
      assertThat(pages("sessions?limit=1", "id"))
          .containsExactlyElementsOf(
              sessions.stream().map(session -> session.getString("id")).toList());
      JsonObject mine = sessions.stream()
          .filter(session -> session.getString("tenant").equals("a"))
          .findFirst()
          .orElseThrow();
      assertThat(mine.getJsonArray("stores")).isEqualTo(JsonArray.of("a/sealed:k"));
      assertThat(mine.getString("transport")).isEqualTo("websocket");

      String id = mine.getString("id");
      assertThat(admin.delete("sessions/" + id).ok().getString("closed")).isEqualTo(id);
      assertThat(one.awaitClosed().code()).isEqualTo(1001);
      assertThat(admin.delete("sessions/" + id).error()).isEqualTo("404 NotFound");
      assertThat(admin.delete("sessions/9999-1").error()).isEqualTo("404 NotFound");
      other.pingPong(1);
    }
  }

  @Test
  void aReseededHubClosesItsSessionsAndIsAnotherRemote() {
    try (RawClient before = RawClient.upgrade(hub.port(), TestHub.path("a"))) {
      ServerMessage.Hello hello = before.expect(ServerMessage.Hello.class);
      JsonObject ids = admin.post("reseed", new JsonObject()).ok();
      assertThat(ids.getString("new")).isNotEqualTo(ids.getString("old"));
      assertThat(before.awaitClosed().code()).isEqualTo(1012);
      for (int i = 0; i < 8; i++) {
        try (RawClient after = RawClient.upgrade(hub.port(), TestHub.path("a"))) {
          assertThat(after.expect(ServerMessage.Hello.class).remoteId())
              .isNotEqualTo(hello.remoteId());
        }
      }
    }
  }

  @Test
  void anImportIntoARunningHubReachesItsClients() {
    List<SealedItem> entries = Entries.some(2000, 500);
    String exported;
    try (RawClient writer = hub.connect("a")) {
      writer.write("k", 1, entries);
      exported = admin.export("?store=" + segment("a", "k"));
    }
    assertThat(exported.lines()).hasSize(2000 + 4);
    try (TestHub other = TestHub.start(
        TestHub.config().admin(new AdminConfig("127.0.0.1", 0, AdminHttp.TOKEN, null)))) {
      AdminHttp there = new AdminHttp(other);
      assertThat(there
              .send("POST", "import", exported.substring(0, 900_000), AdminHttp.TOKEN)
              .error())
          .isEqualTo("400 Rejected");
      assertThat(there.get("stores").items()).as("nothing of a damaged file").isEmpty();
      try (RawClient before = RawClient.upgrade(other.port(), TestHub.path("a"))) {
        ServerMessage.Hello hello = before.expect(ServerMessage.Hello.class);
        before.subscribe("k", 0);
        before.expectNothing();

        JsonObject moved =
            there.send("POST", "import?move=true", exported, AdminHttp.TOKEN).ok();

        assertThat(moved.getLong("records")).isEqualTo(2000);
        assertThat(before.awaitClosed().code()).isEqualTo(1012);
        try (RawClient after = RawClient.upgrade(other.port(), TestHub.path("a"))) {
          assertThat(after.expect(ServerMessage.Hello.class).remoteId())
              .isNotEqualTo(hello.remoteId());
          after.subscribe("k", 0);
          assertThat(after.changes("k", 2000))
              .extracting(change -> Entries.key(change.entryId()))
              .containsExactlyElementsOf(
                  entries.stream().map(item -> Entries.key(item.entryId())).toList());
        }
        try (RawClient here = RawClient.upgrade(hub.port(), TestHub.path("a"));
            RawClient moved2 = RawClient.upgrade(other.port(), TestHub.path("a"))) {
          assertThat(moved2.expect(ServerMessage.Hello.class).remoteId())
              .as("moved")
              .isEqualTo(here.expect(ServerMessage.Hello.class).remoteId());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, nothing, , 404 NotFound",
    "GET, stores/a%2Fsealed:k/nothing, , 404 NotFound",
    "PUT, stores, , 405 MethodNotAllowed",
    "GET, stores/nonsense, , 400 InvalidRequest",
    "GET, stores?limit=0, , 400 InvalidRequest",
    "GET, stores?limit=x, , 400 InvalidRequest",
    "GET, stores?limits=1, , 400 InvalidRequest",
    "GET, stores?limit=1&limit=2, , 400 InvalidRequest",
    "GET, stores?after=x, , 400 InvalidRequest",
    "GET, mappings?after=x, , 400 InvalidRequest",
    "GET, sessions?after=x, , 400 InvalidRequest",
    "POST, mappings, {}, 400 InvalidRequest",
    "POST, mappings, {, 400 InvalidRequest",
    "POST, mappings, '[]', 400 InvalidRequest",
    "POST, mappings, '{\"tenant\": 1}', 400 InvalidRequest",
    "POST, compactions, '{\"dryrun\": true}', 400 InvalidRequest",
    "POST, compactions, '{\"dryRun\": \"yes\"}', 400 InvalidRequest",
    "DELETE, mappings?tenant=a, , 400 InvalidRequest",
    "DELETE, stores/a%2Fsealed:k/entries, , 400 InvalidRequest",
    "DELETE, stores/a%2Fsealed:k/entries, '{\"sequences\": [0]}', 400 InvalidRequest",
    "DELETE, stores/a%2Fsealed:k/entries, '{\"sequences\": [1.5]}', 400 InvalidRequest",
    "POST, backup, '{\"directory\": \"relative\"}', 400 InvalidRequest",
    "POST, backup, '{\"directory\": \"/tmp/x\"}', 400 Rejected",
  })
  void refusesWhatItDoesNotUnderstand(String method, String path, String body, String error) {
    assertThat(admin.send(method, path, body, AdminHttp.TOKEN).error()).isEqualTo(error);
    assertThat(admin.send(method, path, body, "another-token-than-the-one").error())
        .isEqualTo("401 Unauthorized");
  }

  @Test
  void namesTheFieldThatIsWrong() {
    assertThat(admin
            .post("mappings", new JsonObject().put("tenant", "a"))
            .body()
            .getJsonObject("error")
            .getString("field"))
        .isEqualTo("publicKey");
    assertThat(admin.get("stores?limit=0").body().getJsonObject("error").getString("field"))
        .isEqualTo("limit");
  }
}
