package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.stores.artifact.Artifact;
import io.tributary.client.stores.artifact.ArtifactSummary;
import io.tributary.client.stores.audit.AuditEntry;
import io.tributary.client.stores.audit.AuditQuery;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.core.crypto.Identity;
import io.tributary.core.crypto.MalformedIdentityException;
import io.tributary.core.model.EntryId;
import io.tributary.server.it.NpmAgent.Entry;
import io.tributary.server.it.NpmAgent.Store;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The stores of agent runtimes, one identity for each store, through a hub. */
@ExtendWith(HubLogs.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class AgentStoresIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long TIME = 1_771_581_600_000L;

  @BeforeAll
  static void needsNode() {
    NodeEnvironment.require();
  }

  static List<HubKind> localHubs() {
    return HubKind.local();
  }

  private static Map<Store, String> identities() {
    Map<Store, String> identities = new EnumMap<>(Store.class);
    for (Store store : Store.values()) {
      identities.put(store, NpmClient.newIdentity());
    }
    return identities;
  }

  private static JsonObject message(String session, int sequence, Object content) {
    return new JsonObject()
        .put("sessionId", session)
        .put("sequence", sequence)
        .put("timestamp", TIME + sequence)
        .put("source", "sdk")
        .put(
            "message",
            new JsonObject()
                .put("type", "user")
                .put("message", new JsonObject().put("role", "user").put("content", content))
                .putNull("parent_tool_use_id")
                .put("session_id", session));
  }

  private static JsonObject artifact(String session, String id) {
    return new JsonObject()
        .put("id", id)
        .put("sessionId", session)
        .put("kind", "file")
        .put("encoding", "utf8")
        .put("content", "größer 🦊")
        .put("createdAt", TIME + 0.5)
        .put(
            "metadata",
            new JsonObject().put("list", new JsonArray().add(1).add(2.5).addNull()));
  }

  @ParameterizedTest
  @MethodSource("localHubs")
  void npmAgentsShareWhatIsInEachStore(HubKind kind) {
    String url = HubKind.shared(kind).url("agents");
    Map<Store, String> identities = identities();
    try (NpmAgent left = NpmAgent.start("left", identities);
        NpmAgent right = NpmAgent.start("right", identities)) {
      JsonObject first = message("s:1", 1, "written offline");
      left.write(Store.CHAT, "chat_event", first);
      left.connect(url);
      right.connect(url);
      JsonObject second = message("s:1", 2, new JsonArray().add(new JsonObject().put("n", 1.5)));
      right.write(Store.CHAT, "chat_event", second);
      JsonObject artifact = artifact("s:1", "a/ü");
      left.write(Store.ARTIFACTS, "artifact_record", artifact);
      JsonObject deleted =
          new JsonObject().put("id", "a/ü").put("sessionId", "s:1").put("deletedAt", TIME);
      left.write(Store.ARTIFACTS, "artifact_deleted", deleted);
      JsonObject hook = new JsonObject().put("hook", "SessionStart").put("outcome", "success");
      right.write(Store.AUDIT, "hook_event", hook);

      for (NpmAgent agent : List.of(left, right)) {
        assertThat(agent.awaitEntries(Store.CHAT, 2))
            .extracting(Entry::event, Entry::primaryKey, Entry::payload)
            .containsExactlyInAnyOrder(
                tuple("chat_event", "s:1:1", first), tuple("chat_event", "s:1:2", second));
        assertThat(agent.awaitEntries(Store.ARTIFACTS, 2))
            .extracting(Entry::event, Entry::primaryKey, Entry::payload)
            .containsExactly(
                tuple("artifact_record", "s:1:a/ü", artifact),
                tuple("artifact_deleted", "s:1:a/ü", deleted));
        assertThat(agent.awaitEntries(Store.AUDIT, 1))
            .extracting(Entry::event, Entry::primaryKey, Entry::payload)
            .containsExactly(tuple("hook_event", "unknown:SessionStart:success", hook));
      }
      assertThat(right.awaitEntries(Store.CHAT, 2)).extracting(Entry::own).containsOnlyOnce(true);
    }
  }

  private static IdentityBundle bundle(Map<Store, String> identities) {
    Map<String, Identity> byLog = new HashMap<>(Map.of(IdentityBundle.MAIN, Identity.random()));
    identities.forEach((store, identity) -> {
      try {
        byLog.put(store.id(), Identity.decodeString(identity));
      } catch (MalformedIdentityException e) {
        throw new IllegalArgumentException(e);
      }
    });
    return IdentityBundle.of(byLog);
  }

  private static JsonObject said(String session, String text) {
    return message(session, 1, text).getJsonObject("message");
  }

  @ParameterizedTest
  @MethodSource("localHubs")
  void agentsInJavaAndTypeScriptShareWhatIsInEachStore(HubKind kind, @TempDir Path directory) {
    String url = HubKind.shared(kind).url("mixed");
    Map<Store, String> identities = identities();
    Vertx vertx = Vertx.vertx();
    try (NpmAgent npm = NpmAgent.start("npm", identities);
        JavaAgent java = JavaAgent.open(vertx, directory, bundle(identities), Optional.of(url))) {
      ChatEvent first =
          java.chat().appendMessage("s:1", said("s:1", "from Java")).await();
      java.artifacts()
          .put(Artifact.text("s:1", "j", Artifact.Kind.SUMMARY, "größer 🦊")
              .toolName("tool")
              .hookEvent("PostToolUse")
              .metadata(new JsonObject().put("list", new JsonArray().add(1).add(2.5)))
              .createdAt(TIME))
          .await();
      EntryId noted = java.audit()
          .write(new AuditEvent.ToolUse("s:1", "tool", "use-1", AuditEvent.ToolStatus.SUCCESS, 1.5))
          .await();
      npm.connect(url);
      assertThat(npm.awaitEntries(Store.CHAT, 1)).singleElement().satisfies(entry -> {
        assertThat(entry.primaryKey()).isEqualTo("s:1:1");
        assertThat(entry.payload())
            .isEqualTo(new JsonObject()
                .put("sessionId", "s:1")
                .put("sequence", 1)
                .put("timestamp", first.timestamp())
                .put("source", "sdk")
                .put("message", said("s:1", "from Java")));
      });
      assertThat(npm.awaitEntries(Store.ARTIFACTS, 1)).singleElement().satisfies(entry -> {
        assertThat(entry.primaryKey()).isEqualTo("s:1:j");
        assertThat(entry.payload().getString("content")).isEqualTo("größer 🦊");
        assertThat(entry.payload().getString("hookEvent")).isEqualTo("PostToolUse");
      });

      npm.write(Store.CHAT, "chat_event", message("s:1", 2, "from TypeScript"));
      npm.write(Store.ARTIFACTS, "artifact_record", artifact("s:1", "n"));
      npm.write(
          Store.ARTIFACTS,
          "artifact_deleted",
          new JsonObject().put("id", "j").put("sessionId", "s:1").put("deletedAt", TIME));
      npm.write(
          Store.AUDIT,
          "hook_event",
          new JsonObject().put("hook", "SessionStart").put("outcome", "success"));
      Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
        assertThat(java.messages("s:1"))
            .extracting(ChatEvent::sequence, ChatEvent::message)
            .containsExactly(
                tuple(1L, said("s:1", "from Java")), tuple(2L, said("s:1", "from TypeScript")));
        assertThat(java.artifacts().list("s:1").await().items())
            .extracting(ArtifactSummary::id)
            .containsExactly("n");
        assertThat(java.audit().list(AuditQuery.FIRST.tag("hook_event")).await().items())
            .extracting(AuditEntry::event)
            .containsExactly(new AuditEvent.HookEvent(
                null, "SessionStart", null, AuditEvent.HookOutcome.SUCCESS));
      });
      Artifact fromNpm = java.artifacts().get("s:1", "n").await().orElseThrow();
      assertThat(fromNpm.content()).isEqualTo("größer 🦊");
      assertThat(fromNpm.createdAt()).isEqualTo(TIME);
      assertThat(npm.awaitEntries(Store.AUDIT, 2)).anySatisfy(entry -> {
        assertThat(entry.id()).isEqualTo(noted.toUuid().toString());
        assertThat(entry.event()).isEqualTo("tool_use");
        assertThat(entry.payload().getDouble("durationMs")).isEqualTo(1.5);
      });
      assertThat(java.chat().appendMessage("s:1", said("s:1", "again")).await().sequence())
          .isEqualTo(3);
      assertThat(npm.awaitEntries(Store.CHAT, 3)).extracting(Entry::primaryKey).contains("s:1:3");
    } finally {
      Void unused = vertx.close().await();
    }
  }

  @Test
  void agentsThatWereOfflineEndWithTheSameConversationAndALargeArtifact(
      @TempDir Path left, @TempDir Path right) {
    String url = HubKind.shared(HubKind.FILE).url("offline");
    IdentityBundle identities = bundle(identities());
    Vertx vertx = Vertx.vertx();
    byte[] large = new byte[20_000_000];
    new Random(1).nextBytes(large);
    try {
      try (JavaAgent one = JavaAgent.open(vertx, left, identities, Optional.empty());
          JavaAgent two = JavaAgent.open(vertx, right, identities, Optional.empty())) {
        for (int i = 0; i < 3; i++) {
          assertThat(
                  one.chat().appendMessage("s", said("s", "one " + i)).await().sequence())
              .isEqualTo(i + 1);
          assertThat(
                  two.chat().appendMessage("s", said("s", "two " + i)).await().sequence())
              .isEqualTo(i + 1);
        }
        one.artifacts()
            .put(Artifact.bytes("s", "large", Artifact.Kind.FILE, large)
                .createdAt(Instant.now().toEpochMilli()))
            .await();
      }
      try (JavaAgent one = JavaAgent.open(vertx, left, identities, Optional.of(url));
          JavaAgent two = JavaAgent.open(vertx, right, identities, Optional.of(url))) {
        one.sync();
        two.sync();
        one.sync();
        List<ChatEvent> messages = one.messages("s");
        assertThat(messages)
            .extracting(ChatEvent::sequence)
            .containsExactly(1L, 1L, 2L, 2L, 3L, 3L);
        assertThat(two.messages("s")).isEqualTo(messages);
        assertThat(two.artifacts().get("s", "large").await().orElseThrow().contentBytes())
            .isEqualTo(Buffer.buffer(large));
        for (JavaAgent agent : List.of(one, two)) {
          assertThat(agent
                  .audit()
                  .list(AuditQuery.FIRST.tag("sync_conflict"))
                  .await()
                  .items())
              .extracting(entry -> ((AuditEvent.SyncConflict) entry.event()).primaryKey())
              .contains("s:1", "s:2", "s:3");
          assertThat(agent.stores().sessions().get("s").await()).isPresent();
        }
        assertThat(two.artifacts().delete("s", "large").await()).isTrue();
        two.sync();
        one.sync();
        assertThat(one.artifacts().get("s", "large").await()).isEmpty();
      }
    } finally {
      Void unused = vertx.close().await();
    }
  }

  /** What makes the npm agent stand for the SDK: the same bytes and keys for what the SDK itself encoded. */
  @Test
  void npmAgentsEncodeAsTheSdkDoes() throws IOException {
    Path payloads = NodeEnvironment.moduleDirectory()
        .resolveSibling("client")
        .resolve(Path.of("src", "test", "resources", "agent-sdk", "payloads.json"));
    List<JsonObject> vectors = new JsonArray(Files.readString(payloads))
        .stream()
            .map(JsonObject.class::cast)
            // the others have what JSON can't tell
            .filter(vector -> !vector.getJsonObject("payload").encode().contains("\"$"))
            .toList();
    assertThat(vectors).hasSizeGreaterThan(35);
    try (NpmAgent agent = NpmAgent.start("encoder", identities())) {
      Map<Store, List<JsonObject>> written = new EnumMap<>(Store.class);
      for (JsonObject vector : vectors) {
        Store store = storeOf(vector.getString("event"));
        agent.write(store, vector.getString("event"), vector.getJsonObject("payload"));
        written.computeIfAbsent(store, unused -> new ArrayList<>()).add(vector);
      }

      assertThat(written).containsOnlyKeys(Store.values());
      written.forEach((store, ofStore) -> assertThat(agent.awaitEntries(store, ofStore.size()))
          .extracting(
              Entry::event, Entry::primaryKey, entry -> HexFormat.of().formatHex(entry.bytes()))
          .containsExactlyElementsOf(ofStore.stream()
              .map(vector -> tuple(
                  vector.getString("event"),
                  vector.getString("primaryKey"),
                  vector.getString("hex")))
              .toList()));
    }
  }

  private static Store storeOf(String event) {
    return switch (event) {
      case "chat_event" -> Store.CHAT;
      case "artifact_record", "artifact_deleted" -> Store.ARTIFACTS;
      default -> Store.AUDIT;
    };
  }
}
