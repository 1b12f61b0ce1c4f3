package io.tributary.server.it;

import static io.tributary.server.it.Convergence.assertEachHandledOnce;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.sync.Preset;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.RemoteStatus;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.server.it.NpmClient.Journal;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Replicas of our own beside the npm package's clients, of one identity each. */
@ExtendWith(HubLogs.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ReplicaIT {
  private static final int EACH = 300;
  private static final Duration PACE = Duration.ofMillis(3);

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();

  @BeforeAll
  static void needsNode() {
    NodeEnvironment.require();
  }

  @AfterEach
  void closeVertx() {
    vertx.close().await();
  }

  private static RemoteOptions remote(int port, String tenant) {
    return RemoteOptions.builder("ws://127.0.0.1:" + port).tenant(tenant).build();
  }

  private static int port(String url) {
    return URI.create(url).getPort();
  }

  @Test
  void javaAndNpmConvergeThroughCuts() {
    String url = HubKind.shared(HubKind.FILE).url("mixed");
    String identity = NpmClient.newIdentity();
    try (CuttingProxy leftProxy = new CuttingProxy(vertx, port(url));
        CuttingProxy rightProxy = new CuttingProxy(vertx, port(url));
        JavaReplica left = JavaReplica.open(vertx, "left", directory, identity);
        JavaReplica right = JavaReplica.open(vertx, "right", directory, identity);
        NpmClient steady = NpmClient.start("steady", Journal.MEMORY, identity);
        NpmClient cut = NpmClient.start("cut", Journal.INDEXEDDB, identity)) {
      left.connect(remote(leftProxy.port(), "mixed"));
      right.connect(remote(rightProxy.port(), "mixed"));
      steady.connect(url);
      cut.connect(url);

      CompletableFuture<?> npm = CompletableFuture.allOf(
          steady.write("steady", EACH, 200, PACE), cut.write("cut", EACH, 300, PACE));
      Future<Void> first = Future.join(
              left.write("left", EACH / 3, 250), right.write("right", EACH / 3, 100))
          .mapEmpty();
      first.await();
      leftProxy.cut();
      var unused = cut.awaitAcked(50);
      cut.cut();
      unused = cut.awaitLost(1);
      rightProxy.refuse(true);
      Future<Void> second = Future.join(
              left.write("left-more", EACH / 3, 250), right.write("right-more", EACH / 3, 100))
          .mapEmpty();
      second.await();
      leftProxy.cut();
      rightProxy.refuse(false);
      Future<Void> third = Future.join(
              left.write("left-last", EACH / 3, 250), right.write("right-last", EACH / 3, 100))
          .mapEmpty();
      leftProxy.cut();
      rightProxy.cut();
      third.await();
      npm.join();
      cut.register(url);

      int all = 4 * EACH;
      left.awaitSynced(all);
      right.awaitSynced(all);
      unused = steady.awaitSynced(all, EACH);
      unused = cut.awaitSynced(all, EACH);

      Convergence.assertConverged(all, steady, cut);
      assertEachHandledOnce(steady);
      Set<String> ids = steady.byId().keySet();
      for (JavaReplica replica : List.of(left, right)) {
        assertThat(ids(replica)).isEqualTo(ids);
        assertThat(replica.outcomes().values())
            .hasSize(all)
            .allSatisfy(outcome ->
                assertThat(outcome).map(EntryOutcome::state).contains(EntryOutcome.State.HANDLED));
        assertThat(replica.runs().values())
            .hasSize(all)
            .allSatisfy(runs -> assertThat(runs.get()).isEqualTo(1));
      }
      assertThat(leftProxy.connections()).as("it was cut").isGreaterThan(1);
      assertThat(rightProxy.connections()).as("it was cut").isGreaterThan(1);
    }
  }

  private static Set<String> ids(JavaReplica replica) {
    return replica.entries().stream()
        .map(LoggedEntry::entry)
        .map(entry -> entry.id().toString())
        .collect(Collectors.toSet());
  }

  @Test
  void aReconnectResumesFromTheCursor() {
    String url = HubKind.shared(HubKind.FILE).url("cursor");
    String identity = NpmClient.newIdentity();
    try (CuttingProxy proxy = new CuttingProxy(vertx, port(url));
        JavaReplica writer = JavaReplica.open(vertx, "writer", directory, identity);
        JavaReplica reader = JavaReplica.open(vertx, "reader", directory, identity)) {
      writer.connect(remote(port(url), "cursor"));
      writer.write("before", 1_000, 1_000).await();
      reader.connect(remote(proxy.port(), "cursor"));
      reader.awaitSynced(1_000);
      long backlog = proxy.bytesToClient();
      assertThat(backlog).isGreaterThan(1_000_000);

      proxy.cut();
      writer.write("after", 10, 1_000).await();
      reader.awaitSynced(1_010);
      reader.syncNow().await();

      assertThat(proxy.connections()).isEqualTo(2);
      assertThat(proxy.bytesToClient() - backlog).as("what the hub sent again").isLessThan(20_000);
    }
  }

  @Test
  void replicasWorkWithAHubThatIsNotOurs() {
    String url = HubKind.shared(HubKind.REFERENCE).url("reference");
    String identity = NpmClient.newIdentity();
    try (CuttingProxy proxy = new CuttingProxy(vertx, port(url));
        JavaReplica left = JavaReplica.open(vertx, "left", directory, identity);
        JavaReplica right = JavaReplica.open(vertx, "right", directory, identity);
        NpmClient npm = NpmClient.start("npm", Journal.INDEXEDDB, identity)) {
      left.write("offline", 20, 100).await();
      left.connect(bun(proxy.port()));
      right.connect(bun(port(url)));
      npm.connect(url);
      npm.write("npm", 40, 200);
      right.write("right", 40, 200).await();
      left.awaitSynced(100);

      proxy.cut();
      right.write("meanwhile", 10, 200).await();
      left.write("after", 10, 200).await();

      left.awaitSynced(120);
      right.awaitSynced(120);
      var unused = npm.awaitSynced(120, 40);
      assertThat(ids(left)).isEqualTo(npm.byId().keySet()).isEqualTo(ids(right));
      assertThat(npm.status().faults()).isEmpty();
      for (JavaReplica replica : List.of(left, right)) {
        assertThat(replica.sync().status()).extracting(RemoteStatus::refused).containsExactly(0L);
        assertThat(replica.runs().values())
            .hasSize(120)
            .allSatisfy(runs -> assertThat(runs.get()).isEqualTo(1));
      }
    }
  }

  private static RemoteOptions bun(int port) {
    return RemoteOptions.builder("ws://127.0.0.1:" + port)
        .tenant("reference")
        .provider(Preset.BUN)
        .build();
  }

  // ---- payloads

  /** Values of every kind, as {@link NpmClient#writeThing} tells them. */
  private static Map<String, @Nullable Object> told() {
    Map<String, @Nullable Object> told = new LinkedHashMap<>();
    for (String number : List.of(
        "0",
        "1",
        "-1",
        "-32",
        "-33",
        "127",
        "128",
        "-128",
        "-129",
        "255",
        "256",
        "65535",
        "65536",
        "-32768",
        "-32769",
        "2147483647",
        "2147483648",
        "-2147483648",
        "-2147483649",
        "4294967295",
        "4294967296",
        "9007199254740991",
        "-9007199254740991",
        "0.5",
        "-0.1",
        "1e300",
        "5e-324",
        "NaN",
        "Infinity",
        "-Infinity")) {
      told.put("number " + number, new JsonObject().put("$number", number));
    }
    for (int length : List.of(0, 1, 31, 32, 255, 256, 65_535, 65_536)) {
      told.put("text " + length, "x".repeat(length));
      told.put(
          "bytes " + length,
          new JsonObject().put("$hex", HexFormat.of().formatHex(new byte[length])));
    }
    told.put("unicode", "ä€\u0000\u2028😀");
    told.put("true", true);
    told.put("null", null);
    told.put("empty list", new JsonArray());
    told.put("empty map", map(new JsonObject()));
    JsonArray list = new JsonArray();
    for (int i = 0; i < 20; i++) {
      list.add(new JsonObject().put("$number", String.valueOf(i)));
    }
    told.put("list", list);
    Object nested = new JsonObject().put("$number", "1");
    for (int i = 0; i < 20; i++) {
      nested = map(new JsonObject()
          .put("ünder " + i, nested)
          .put("beside", new JsonArray().add("a").addNull().add(false)));
    }
    told.put("nested", nested);
    return told;
  }

  private static JsonObject map(JsonObject fields) {
    return new JsonObject().put("$map", fields);
  }

  /** What Java makes of it. */
  private static @Nullable Object value(@Nullable Object told) {
    if (told instanceof JsonArray items) {
      JsonArray list = new JsonArray();
      items.forEach(item -> list.add(value(item)));
      return list;
    }
    if (!(told instanceof JsonObject json)) {
      return told;
    }
    if (json.containsKey("$hex")) {
      return Buffer.buffer(HexFormat.of().parseHex(json.getString("$hex")));
    }
    if (json.containsKey("$number")) {
      String text = json.getString("$number");
      double number = Double.parseDouble(text);
      boolean whole = number == Math.rint(number) && Math.abs(number) < 1e16;
      return whole ? (Object) (long) number : (Object) number;
    }
    JsonObject fields = new JsonObject();
    json.getJsonObject("$map")
        .forEach(field -> fields.put(field.getKey(), value(field.getValue())));
    return fields;
  }

  /** Whether Java's value is the one that is told. */
  private static void assertSame(String where, @Nullable Object value, @Nullable Object told) {
    if (told instanceof JsonArray items) {
      assertThat(value).as(where).isInstanceOf(JsonArray.class);
      assertThat(((JsonArray) value).size()).as(where).isEqualTo(items.size());
      for (int i = 0; i < items.size(); i++) {
        assertSame(where + "[" + i + "]", ((JsonArray) value).getList().get(i), items.getValue(i));
      }
    } else if (told instanceof JsonObject json && json.containsKey("$hex")) {
      assertThat(value)
          .as(where)
          .isEqualTo(Buffer.buffer(HexFormat.of().parseHex(json.getString("$hex"))));
    } else if (told instanceof JsonObject json && json.containsKey("$number")) {
      assertThat(value).as(where).isInstanceOf(Number.class);
      assertThat(((Number) value).doubleValue())
          .as(where)
          .isEqualTo(Double.valueOf(json.getString("$number")));
    } else if (told instanceof JsonObject json) {
      JsonObject fields = json.getJsonObject("$map");
      assertThat(value).as(where).isInstanceOf(JsonObject.class);
      assertThat(((JsonObject) value).fieldNames())
          .as(where)
          .containsExactlyInAnyOrderElementsOf(fields.fieldNames());
      fields.forEach(field -> assertSame(
          where + "." + field.getKey(),
          ((JsonObject) value).getMap().get(field.getKey()),
          field.getValue()));
    } else {
      assertThat(value).as(where).isEqualTo(told);
    }
  }

  @Test
  void eitherReadsWhatTheOtherWrites() {
    String url = HubKind.shared(HubKind.FILE).url("payloads");
    String identity = NpmClient.newIdentity();
    Map<String, @Nullable Object> all = told();
    try (JavaReplica java = JavaReplica.open(vertx, "java", directory, identity);
        NpmClient npm = NpmClient.start("npm", Journal.MEMORY, identity)) {
      java.connect(remote(port(url), "payloads"));
      npm.connect(url);
      all.forEach((name, told) -> npm.writeThing("npm " + name, told));
      npm.writeThing("npm undefined", "there", new JsonObject().put("$undefined", true));
      npm.writeThing("npm absent", "there");
      Map<String, JsonObject> seen = java.awaitThings(all.size() + 2);
      all.forEach((name, told) -> {
        JsonObject thing = seen.get("npm " + name);
        assertThat(thing).as(name).isNotNull();
        // As it is: getValue() would make text of bytes.
        assertSame(name, thing.getMap().get("value"), told);
      });
      assertThat(seen.get("npm undefined").fieldNames()).containsOnly("key", "value");
      assertThat(seen.get("npm absent").fieldNames()).containsOnly("key", "value");

      all.forEach((name, told) ->
          java.writeThing(new JsonObject().put("key", "java " + name).put("value", value(told))));
      java.writeThing(new JsonObject().put("key", "java absent").put("value", "there"));
      JsonObject things = npm.awaitThings(2 * all.size() + 3);
      all.forEach((name, told) -> {
        JsonObject thing = things.getJsonObject("java " + name);
        assertThat(thing).as(name).isNotNull();
        assertThat(normal(thing.getJsonObject("$map").getValue("value")))
            .as(name)
            .isEqualTo(normal(told));
      });
      assertThat(things.getJsonObject("java absent").getJsonObject("$map").fieldNames())
          .containsOnly("key", "value");
    }
  }

  /** With numbers as numbers: 1e300 has more than one spelling. */
  private static @Nullable Object normal(@Nullable Object told) {
    if (told instanceof JsonArray items) {
      return items.stream().map(ReplicaIT::normalOrNull).toList();
    }
    if (told instanceof JsonObject json && json.containsKey("$number")) {
      return Double.valueOf(json.getString("$number"));
    }
    if (told instanceof JsonObject json && json.containsKey("$map")) {
      Map<String, Object> fields = new LinkedHashMap<>();
      json.getJsonObject("$map")
          .forEach(field -> fields.put(field.getKey(), normalOrNull(field.getValue())));
      return fields;
    }
    return told;
  }

  private static Object normalOrNull(@Nullable Object told) {
    Object normal = normal(told);
    return normal == null ? "null" : normal;
  }
}
