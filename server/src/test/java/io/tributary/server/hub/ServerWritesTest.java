package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.AllowRule;
import io.tributary.server.config.ConfigException;
import io.tributary.server.config.HubAuthConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writes of the server itself, entries whose handlers failed, and who may use stores in the clear. */
class ServerWritesTest {
  private static final StoreKey STORE = new StoreKey.Plain("t", "todos");
  private static final String AT = "stores/" + AdminHttp.segment(STORE);
  private static final String ID = "01890a5d-ac96-774b-bcce-b302099a8057";
  private static final EventDefinition<JsonObject> ADDED =
      EventDefinition.of("Added", PayloadCodec.json(), payload -> payload.getString("id"));

  private final AtomicBoolean broken = new AtomicBoolean();
  private final AtomicInteger handled = new AtomicInteger();
  private TestHub hub;
  private AdminHttp admin;

  private void start(HubConfig.Builder config) {
    hub = TestHub.start(
        config.admin(new AdminConfig("127.0.0.1", 0, AdminHttp.TOKEN, null)),
        HubExtensions.builder()
            .group(EventGroup.named("todos").event(ADDED).build())
            .handle(ADDED, (payload, entry, conflicts) -> {
              if (broken.get()) {
                return Future.failedFuture(new IllegalStateException("the shop is closed"));
              }
              handled.incrementAndGet();
              return Future.succeededFuture("fine");
            })
            .build());
    admin = new AdminHttp(hub);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private void map(String publicKey) {
    TestHub.get(hub.hub()
        .runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping("t", publicKey, StoreRegistry.DEFAULT_STORE, "todos"), true));
  }

  private static JsonObject entry(String event, String primaryKey) {
    return new JsonObject().put("event", event).put("primaryKey", primaryKey);
  }

  private static JsonObject write(JsonObject... entries) {
    return new JsonObject().put("entries", JsonArray.of((Object[]) entries));
  }

  @Test
  void anAdminWritesForTheServer() {
    start(TestHub.config());
    map("k");
    JsonObject known = new JsonObject()
        .put("event", "Added")
        .put("json", new JsonObject().put("id", "7").put("title", "milk"));
    JsonObject written = admin
        .post(
            AT + "/entries",
            write(
                entry("Noted", "a").put("id", ID).put("payload", "wA=="),
                known,
                entry("Pinged", "b"),
                entry("Listed", "c").put("json", JsonArray.of(1, "x"))))
        .ok();
    assertThat(written.getJsonArray("sequences")).isEqualTo(JsonArray.of(1, 2, 3, 4));
    RawClient reader = hub.connect("t").speaksPlain();
    reader.subscribePlain("k", 0);
    List<PlainChange> read = reader.plainChanges("k", 4);
    assertThat(read.get(0).entry().id().toUuid()).hasToString(ID);
    assertThat(read.get(0).entry().payload()).containsExactly(0xc0);
    assertThat(read.get(1).entry().primaryKey()).isEqualTo("7");
    assertThat(PayloadCodec.json().decode(read.get(1).entry().payload()))
        .isEqualTo(known.getJsonObject("json"));
    assertThat(read.get(3).entry().payload()).containsExactly(0x92, 1, 0xa1, 'x');
    await().untilAsserted(() -> assertThat(handled).hasValue(1));
    // the same id again is the same entry
    assertThat(admin
            .post(AT + "/entries", write(entry("Noted", "a").put("id", ID)))
            .ok()
            .getJsonArray("sequences"))
        .isEqualTo(JsonArray.of(1));
    admin.post(AT + "/entries", write(known).put("runHandlers", false)).ok();
    admin.post(AT + "/entries", write(known)).ok();
    await().untilAsserted(() -> assertThat(handled).hasValue(2));
  }

  @Test
  void saysWhatIsWrongWithAWrite() {
    start(TestHub.config());
    assertRefused("entries has to be a list", new JsonObject());
    assertRefused("entries[0].event is missing", write(new JsonObject().put("primaryKey", "a")));
    assertRefused("Noted is none of them", write(new JsonObject().put("event", "Noted")));
    assertRefused(
        "entries[1].id: found 7, allowed: a UUID",
        write(entry("A", "a"), entry("A", "a").put("id", "7")));
    assertRefused("entries[0] has no field key", write(entry("A", "a").put("key", "x")));
    assertRefused("base64", write(entry("A", "a").put("payload", "?")));
    assertRefused("both", write(entry("A", "a").put("payload", "").put("json", new JsonObject())));
    assertRefused("primaryKey has 4097 bytes", write(entry("A", "a".repeat(4097))));
    assertRefused(
        "no payload to get a primaryKey of",
        write(new JsonObject().put("event", "Added").put("json", new JsonObject())));
    assertThat(admin.get(AT).error()).isEqualTo("404 NotFound");
    String sealed = "stores/" + AdminHttp.segment(new StoreKey.Sealed("t", "k")) + "/entries";
    assertThat(admin.post(sealed, write(entry("A", "a"))).error()).isEqualTo("400 InvalidRequest");
  }

  private void assertRefused(String what, JsonObject request) {
    AdminHttp.Answer answer = admin.post(AT + "/entries", request);
    assertThat(answer.error()).isEqualTo("400 InvalidRequest");
    assertThat(answer.body().getJsonObject("error").getString("message")).contains(what);
  }

  @Test
  void theApplicationWritesByTheEventBus() {
    start(TestHub.config());
    Vertx vertx = hub.vertx();
    JsonObject request = write(
            entry("Noted", "a").put("payload", Buffer.buffer(new byte[] {5})),
            new JsonObject().put("event", "Added").put("json", new JsonObject().put("id", "7")))
        .put("store", STORE.toString());
    JsonObject reply = TestHub.get(
        vertx.eventBus().<JsonObject>request("tributary.hub.write", request).map(m -> m.body()));
    assertThat(reply).isEqualTo(new JsonObject().put("sequences", JsonArray.of(1L, 2L)));
    await().untilAsserted(() -> assertThat(handled).hasValue(1));
    assertFails(400, "store has to be", write(entry("A", "a")));
    assertFails(400, "in the clear", request.copy().put("store", "t/sealed:k"));
    assertFails(400, "JsonObject", "text");
  }

  private void assertFails(int status, String what, Object request) {
    ReplyException failure = (ReplyException) TestHub.get(hub.vertx()
        .eventBus()
        .request("tributary.hub.write", request)
        .<Throwable>map(m -> new AssertionError("written"))
        .recover(Future::succeededFuture));
    assertThat(failure.failureCode()).isEqualTo(status);
    assertThat(failure).hasMessageContaining(what);
  }

  @Test
  void failedEntriesAreRetriedAndDiscarded() {
    start(TestHub.config());
    broken.set(true);
    JsonObject one =
        new JsonObject().put("event", "Added").put("json", new JsonObject().put("id", "7"));
    admin.post(AT + "/entries", write(one, one, one.copy().put("id", ID))).ok();
    await().untilAsserted(() -> assertThat(admin.get(AT + "/failures").items()).hasSize(3));
    JsonObject failed = admin.get(AT + "/failures").items().get(0);
    assertThat(failed.getString("id")).isEqualTo(ID);
    assertThat(failed.getLong("sequence")).isEqualTo(3);
    assertThat(failed.getString("event")).isEqualTo("Added");
    assertThat(failed.getString("reason")).contains("the shop is closed");
    JsonObject page = admin.get(AT + "/failures?limit=2").ok();
    assertThat(admin.get(AT + "/failures?after=" + page.getString("next")).items())
        .hasSize(1);

    JsonObject again = admin.post(AT + "/failures/retry", new JsonObject()).ok();
    assertThat(again.getJsonObject("outcomes")).isEqualTo(new JsonObject().put("failed", 3));
    broken.set(false);
    JsonObject ids = new JsonObject().put("ids", JsonArray.of(ID));
    assertThat(admin.post(AT + "/failures/retry", ids).ok().getJsonObject("outcomes"))
        .isEqualTo(new JsonObject().put("handled", 1));
    assertThat(admin.post(AT + "/failures/retry", ids).ok().getJsonArray("notFailed"))
        .isEqualTo(JsonArray.of(ID));
    assertThat(
            admin.post(AT + "/failures/discard", new JsonObject()).ok().getJsonObject("outcomes"))
        .isEqualTo(new JsonObject().put("discarded", 2));
    assertThat(admin.get(AT + "/failures").items()).isEmpty();
    assertThat(handled).hasValue(1);
    assertThat(
            admin.post(AT + "/failures/retry", new JsonObject().put("ids", "x")).error())
        .isEqualTo("400 InvalidRequest");
  }

  @Test
  void aListAllowsWhatItSays() {
    start(TestHub.config()
        .hubAuth(new HubAuthConfig(
            HubAuthConfig.ALLOW_LIST,
            List.of(
                new AllowRule("t", Set.of("writes"), false, null),
                new AllowRule("t", Set.of("reads"), true, null),
                new AllowRule("t", null, false, "t"),
                new AllowRule("other", null, false, null)))));
    map("writes");
    map("reads");
    map("not-there");
    RawClient peer = hub.connect("t").speaksPlain();
    assertThat(peer.writePlain("writes", 0, PlainEntries.some(1))).containsExactly(1L);
    peer.send(PlainEntries.write("reads", 1));
    assertThat(peer.acked(1)).isEmpty();
    peer.send(PlainEntries.write("reads", 2, PlainEntries.one()));
    assertThat(peer.refusal().code()).isEqualTo(ErrorCode.Unauthorized);
    peer.subscribePlain("reads", 0);
    assertThat(peer.plainSequences("reads", 1)).containsExactly(1L);
    peer.subscribePlain("not-there", 0);
    String message = peer.refusal().message();
    // mapped or not, the answer is the same
    peer.subscribePlain("nowhere", 0);
    assertThat(peer.refusal().message()).isEqualTo(message);
    assertThat(admin.get(AT).ok().getLong("head")).isEqualTo(1);
  }

  @Test
  void aNameThatNobodyBringsIsRefused() {
    start(TestHub.config());
    HubConfig config =
        TestHub.config().hubAuth(new HubAuthConfig("acme", List.of())).build();
    Throwable failure = TestHub.get(Hub.start(hub.vertx(), config)
        .<Throwable>map(started -> new AssertionError("started"))
        .recover(Future::succeededFuture));
    ConfigException refused = catchThrowableOfType(ConfigException.class, () -> {
      throw failure;
    });
    assertThat(refused).hasMessageContaining("hub.auth: found \"acme\"");
  }
}
