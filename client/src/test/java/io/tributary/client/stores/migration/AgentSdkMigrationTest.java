package io.tributary.client.stores.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.eventlog.EventLog;
import io.tributary.client.stores.DerivedId;
import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.Artifact;
import io.tributary.client.stores.artifact.ArtifactEvents;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.artifact.ArtifactSummary;
import io.tributary.client.stores.audit.AuditEvents;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.client.stores.chat.ChatEvents;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.client.stores.chat.ChatSource;
import io.tributary.client.stores.view.Journaled;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against directories that the npm package itself has written; see their README. */
class AgentSdkMigrationTest {
  private static final Path FIXTURES = Path.of("src/test/resources/agent-sdk");
  private static final String PREFIX = "claude-agent-sdk/";
  private static final Vertx VERTX = Vertx.vertx();

  @TempDir
  private Path scratch;

  @AfterAll
  static void end() {
    VERTX.close().toCompletionStage().toCompletableFuture().join();
  }

  /** A replica's journaled stores, in files. */
  private final class Target implements AutoCloseable {
    final StoreBench bench;
    final Journaled chatLog;
    final Journaled artifactLog;
    final Journaled auditLog;
    final ChatHistoryStore chat;
    final ArtifactStore artifacts;

    Target(String name) {
      bench = StoreBench.file(scratch.resolve(name));
      chatLog = bench.log("chat", ChatEvents::register);
      artifactLog = bench.log("artifacts", ArtifactEvents::register);
      auditLog = bench.log("audit", AuditEvents::register);
      chat = bench.await(ChatHistoryStore.journaled(
          chatLog, bench.place("chat", chatLog), StoresOptions.DEFAULTS.chat(), Optional.empty()));
      artifacts = bench.await(ArtifactStore.journaled(
          artifactLog,
          bench.place("artifacts", artifactLog),
          StoresOptions.DEFAULTS.artifacts(),
          Optional.empty()));
    }

    List<EventLog> logs() {
      return List.of(chatLog.log(), artifactLog.log(), auditLog.log());
    }

    AgentSdkReport migrate(AgentSdkFiles files, boolean purgedToo, boolean dryRun) {
      return bench.await(AgentSdkMigration.run(VERTX, files, logs(), purgedToo, dryRun));
    }

    /** Also waits until all is shown. */
    List<ChatEvent> messages(String session) {
      List<String> unused = bench.await(chat.sessions(Optional.empty(), 1));
      return bench.await(chat.list(session, ChatQuery.FIRST.limit(1_000)));
    }

    List<Artifact> artifacts(String session) {
      List<String> unused = bench.await(artifacts.sessions(Optional.empty(), 1));
      return bench.await(artifacts.list(session)).items().stream()
          .map(ArtifactSummary::id)
          .map(id -> bench.await(artifacts.get(session, id)).orElseThrow())
          .toList();
    }

    Map<EntryId, String> entries() {
      Map<EntryId, String> all = new TreeMap<>();
      for (EventLog log : logs()) {
        for (Entry entry : bench.entries(log)) {
          all.put(entry.id(), HexFormat.of().formatHex(entry.payload()));
        }
      }
      return all;
    }

    @Override
    public void close() {
      bench.close();
    }
  }

  private static SdkLayout layout(String tenant) {
    return SdkLayout.of(
        tenant.isEmpty() ? Optional.empty() : Optional.of(tenant), Optional.empty());
  }

  private static JsonObject expected(String directory, String tenant) throws IOException {
    return new JsonObject(Buffer.buffer(Files.readAllBytes(FIXTURES.resolve("expected.json"))))
        .getJsonObject(directory)
        .getJsonObject(tenant);
  }

  private static List<JsonObject> objects(JsonArray array) {
    return IntStream.range(0, array.size()).mapToObj(array::getJsonObject).toList();
  }

  private static long millis(JsonObject fields, String field) {
    return (long) Math.floor(fields.getNumber(field).doubleValue());
  }

  /** Entries of all journals, each once. */
  private static Map<EntryId, JsonObject> journaled(JsonObject expected) {
    Map<EntryId, JsonObject> entries = new LinkedHashMap<>();
    JsonObject journals = expected.getJsonObject("journals");
    for (String key : journals.fieldNames()) {
      for (JsonObject entry : objects(journals.getJsonArray(key))) {
        entries.put(EntryId.of(UUID.fromString(entry.getString("id"))), entry);
      }
    }
    return entries;
  }

  /** The bytes of all files. */
  private static Map<String, String> tree(Path directory) throws IOException {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        tree.put(file.toString(), HexFormat.of().formatHex(Files.readAllBytes(file)));
      }
    }
    return tree;
  }

  private static ChatEvent message(String session, JsonObject row) {
    return new ChatEvent(
        session,
        row.getLong("sequence"),
        millis(row, "timestamp"),
        ChatSource.valueOf(row.getString("source").toUpperCase(Locale.ROOT)),
        row.getJsonObject("message"));
  }

  @ParameterizedTest
  @CsvSource({
    "standard, ''",
    "journaled, ''",
    "journaled-v0, ''",
    "journaled-shared, ''",
    "journaled-tenant, ''",
    "journaled-tenant, acme",
    "journaled-base64, ''",
    "upgraded, ''",
    "retained, ''"
  })
  void takesAllThatThePackageLeft(String directory, String tenant) throws IOException {
    // The older envelope reads as the newer one does.
    JsonObject expected =
        expected(directory.equals("journaled-v0") ? "journaled" : directory, tenant);
    Map<EntryId, JsonObject> journaled = journaled(expected);
    Path source = FIXTURES.resolve(directory);
    Map<String, String> before = tree(source);
    AgentSdkFiles files = AgentSdkFiles.open(source, layout(tenant));
    try (Target target = new Target("a")) {
      AgentSdkReport told = target.migrate(files, false, true);
      assertThat(target.entries()).isEmpty();
      AgentSdkReport done = target.migrate(files, false, false);
      assertThat(done).isEqualTo(told);
      assertThat(done.total().known()).isZero();
      assertThat(done.total().unreadable() + done.damaged()).isZero();
      assertThat(done.ignored()).isZero();
      assertThat(done.unreadable()).isEmpty();
      assertThat(done.identities())
          .containsExactlyInAnyOrderElementsOf(
              expected.getJsonObject("identities").fieldNames());

      Map<EntryId, String> entries = target.entries();
      assertThat((long) entries.size()).isEqualTo(done.total().added());
      check(target, expected, journaled, done);

      AgentSdkReport again = target.migrate(files, false, false);
      assertThat(again.total().added()).isZero();
      assertThat(again.total().known()).isEqualTo(done.total().added());
      assertThat(target.migrate(files, false, true)).isEqualTo(again);
      assertThat(target.entries()).isEqualTo(entries);

      // Another replica makes the same entries of it: nothing is there twice when they sync.
      try (Target other = new Target("b")) {
        assertThat(other.migrate(files, false, false)).isEqualTo(done);
        assertThat(other.entries()).isEqualTo(entries);
        other.bench.deliver(other.chatLog.log(), target.bench.entries(target.chatLog.log()));
        assertThat(other.entries()).isEqualTo(entries);
      }
    }
    assertThat(tree(source)).isEqualTo(before);
  }

  private static void check(
      Target target,
      JsonObject expected,
      Map<EntryId, JsonObject> journaled,
      AgentSdkReport report) {
    Map<EntryId, String> entries = target.entries();
    Map<String, Set<ChatEvent>> messages = new TreeMap<>();
    long purged = 0;
    Set<String> deleted = new LinkedHashSet<>();
    Set<String> recorded = new LinkedHashSet<>();
    for (JsonObject session : objects(expected.getJsonArray("sessions"))) {
      String name = session.getString("sessionId");
      objects(session.getJsonArray("messages"))
          .forEach(row ->
              messages.computeIfAbsent(name, key -> new LinkedHashSet<>()).add(message(name, row)));
    }
    for (Map.Entry<EntryId, JsonObject> entry : journaled.entrySet()) {
      JsonObject payload = entry.getValue().getJsonObject("payload");
      switch (entry.getValue().getString("event")) {
        case "chat_event" -> {
          String name = payload.getString("sessionId");
          Set<ChatEvent> its = messages.get(name);
          if (its == null) {
            purged++;
            assertThat(entries).doesNotContainKey(entry.getKey());
            continue;
          }
          its.add(message(name, payload));
        }
        case "artifact_deleted" -> deleted.add(entry.getValue().getString("primaryKey"));
        case "artifact_record" -> recorded.add(entry.getValue().getString("primaryKey"));
        default -> {}
      }
      assertThat(entries).containsKey(entry.getKey());
    }
    assertThat(report.purged()).isEqualTo(purged);
    messages.forEach((session, its) ->
        assertThat(target.messages(session)).containsExactlyInAnyOrderElementsOf(its));
    for (JsonObject session : objects(expected.getJsonArray("sessions"))) {
      String name = session.getString("sessionId");
      List<Artifact> shown = target.artifacts(name);
      List<String> names = new ArrayList<>();
      for (JsonObject row : objects(session.getJsonArray("artifacts"))) {
        names.add(row.getString("id"));
        Artifact artifact = shown.stream()
            .filter(its -> its.id().equals(row.getString("id")))
            .findFirst()
            .orElseThrow();
        assertThat(artifact.content()).isEqualTo(row.getString("content"));
        assertThat(artifact.kind().word()).isEqualTo(row.getString("kind"));
        assertThat(artifact.createdAt()).isEqualTo(millis(row, "createdAt"));
        assertThat(artifact.contentType()).isEqualTo(row.getString("contentType"));
        assertThat(artifact.metadata()).isEqualTo(row.getJsonObject("metadata"));
      }
      for (Artifact artifact : shown) {
        String key = name + ":" + artifact.id();
        assertThat(deleted).doesNotContain(key);
        // Its row was overwritten by another session's.
        assertThat(names.contains(artifact.id()) || recorded.contains(key)).isTrue();
      }
    }
  }

  @Test
  void keepsThePayloadsOfJournals() throws IOException {
    try (Target target = new Target("a")) {
      AgentSdkFiles files = AgentSdkFiles.open(FIXTURES.resolve("journaled"), SdkLayout.DEFAULT);
      AgentSdkReport unused = target.migrate(files, true, false);
      Map<EntryId, String> entries = target.entries();
      for (String key : files.journals()) {
        try (SdkJournal journal = files.journal(key, 1 << 20)) {
          for (var item = journal.next(); item.isPresent(); item = journal.next()) {
            Entry entry = item.get().entry().orElseThrow();
            assertThat(entries)
                .containsEntry(entry.id(), HexFormat.of().formatHex(entry.payload()));
          }
        }
      }
    }
  }

  @Test
  void bringsPurgedSessionsBackIfAsked() throws IOException {
    try (Target target = new Target("a")) {
      AgentSdkFiles files = AgentSdkFiles.open(FIXTURES.resolve("journaled"), SdkLayout.DEFAULT);
      assertThat(target.migrate(files, false, false).purged()).isEqualTo(2);
      assertThat(target.messages("purged-1")).isEmpty();
      AgentSdkReport more = target.migrate(files, true, false);
      assertThat(more.purged()).isEqualTo(2);
      assertThat(more.stores().get("chat").added()).isEqualTo(2);
      assertThat(target.messages("purged-1")).hasSize(2);
    }
  }

  @Test
  void derivesTheIdsOfRows() throws IOException {
    try (Target target = new Target("a")) {
      AgentSdkFiles files = AgentSdkFiles.open(FIXTURES.resolve("standard"), SdkLayout.DEFAULT);
      AgentSdkReport unused = target.migrate(files, false, false);
      assertThat(target.entries())
          .containsKeys(
              DerivedId.of("chat_event", "session-1:1", 1_771_578_000_000L),
              // A fraction of a millisecond is left out.
              DerivedId.of("chat_event", "session-1:4", 1_771_578_002_000L),
              DerivedId.of("artifact_record", "session-1:full", 1_771_578_000_000L));
    }
  }

  @Test
  void goesOnWhereItWasInterrupted() throws IOException {
    AgentSdkFiles files = AgentSdkFiles.open(FIXTURES.resolve("journaled"), SdkLayout.DEFAULT);
    try (Target target = new Target("b")) {
      // One of the event logs is closed: what goes to others may be in.
      target.bench.await(target.artifactLog.log().close());
      Throwable failure =
          target.bench.failure(AgentSdkMigration.run(VERTX, files, target.logs(), false, false));
      assertThat(failure).hasMessageContaining("closed");
      assertThat(target.bench.entries(target.chatLog.log())).isNotEmpty();
    }
    try (Target whole = new Target("a");
        Target again = new Target("b")) {
      AgentSdkReport done = whole.migrate(files, false, false);
      AgentSdkReport rest = again.migrate(files, false, false);
      assertThat(rest.total().known()).isPositive();
      assertThat(rest.total().added() + rest.total().known())
          .isEqualTo(done.total().added());
      assertThat(again.entries()).isEqualTo(whole.entries());
    }
  }

  @Test
  void tellsWhatCannotBeReadAndGoesOn() throws IOException {
    Path source = scratch.resolve("source");
    Files.createDirectories(source);
    copy("journaled", source);
    Path journal = source.resolve(FileNames.of(PREFIX + "chat-event-journal"));
    byte[] bytes = Files.readAllBytes(journal);
    Files.write(journal, Arrays.copyOf(bytes, bytes.length - 20));
    Files.write(source.resolve(FileNames.of(PREFIX + "event-journal")), new byte[0]);
    put(source, PREFIX + "chat-history/empty/event/1", "");
    put(source, PREFIX + "chat-history/list/event/1", "[1]");
    put(source, PREFIX + "chat-history/cut/event/1", "{\"sessionId\":\"cut\",\"secr");
    put(
        source,
        PREFIX + "chat-history/odd/event/1",
        "{\"sessionId\":\"odd\",\"sequence\":1,\"timestamp\":1,\"source\":\"nobody\",\"message\":{}}");
    put(source, PREFIX + "artifacts/by-id/odd", "{\"id\":\"odd\",\"sessionId\":\"s\"}");
    put(source, "something/else", "x");
    Files.writeString(source.resolve(".DS_Store"), "x");
    Files.writeString(source.resolve("100%"), "x");
    try (Target target = new Target("a")) {
      AgentSdkFiles files = AgentSdkFiles.open(source, SdkLayout.DEFAULT);
      AgentSdkReport told = target.migrate(files, false, true);
      AgentSdkReport report = target.migrate(files, false, false);
      assertThat(report.stores()).isEqualTo(told.stores());
      assertThat(report.damaged()).isEqualTo(2);
      assertThat(report.stores().get("chat").unreadable()).isEqualTo(4);
      assertThat(report.stores().get("artifacts").unreadable()).isEqualTo(1);
      assertThat(report.unreadable())
          .containsExactlyInAnyOrder(
              PREFIX + "chat-event-journal",
              PREFIX + "event-journal",
              PREFIX + "chat-history/empty/event/1",
              PREFIX + "chat-history/list/event/1",
              PREFIX + "chat-history/cut/event/1",
              PREFIX + "chat-history/odd/event/1",
              PREFIX + "artifacts/by-id/odd");
      // What the cut journal lacks comes from the rows.
      assertThat(target.messages("session-1")).hasSize(4);
      assertThat(target.messages("clash")).isNotEmpty();
    }
  }

  @Test
  void aStoreThatThereIsNotIsLeftOut() throws IOException {
    try (Target target = new Target("a")) {
      AgentSdkFiles files = AgentSdkFiles.open(FIXTURES.resolve("journaled"), SdkLayout.DEFAULT);
      AgentSdkReport report = target.bench.await(
          AgentSdkMigration.run(VERTX, files, List.of(target.chatLog.log()), false, false));
      assertThat(report.stores()).containsOnlyKeys("chat");
      // 16 entries of artifacts and their 7 rows, of which nobody tells them apart; 12 of audit.
      assertThat(report.ignored()).isGreaterThanOrEqualTo(28);
      assertThat(target.bench.entries(target.artifactLog.log())).isEmpty();
    }
  }

  @Test
  void otherPrefixesHaveTheirOwnKeys() throws IOException {
    Path source = scratch.resolve("source");
    Files.createDirectories(source);
    put(
        source,
        "mine/tenants/t/s/event/7",
        "{\"sessionId\":\"s\",\"sequence\":7,\"timestamp\":5,\"source\":\"sdk\",\"message\":{\"a\":1}}");
    byte[] journal = Files.readAllBytes(
        FIXTURES.resolve("journaled").resolve(FileNames.of(PREFIX + "event-journal")));
    Files.write(source.resolve(FileNames.of("mine/tenants/t/event-journal")), journal);
    try (Target target = new Target("a")) {
      AgentSdkFiles files =
          AgentSdkFiles.open(source, SdkLayout.of(Optional.of("t"), Optional.of("mine")));
      AgentSdkReport report = target.migrate(files, false, false);
      assertThat(report.stores().get("chat").added()).isEqualTo(1);
      assertThat(report.stores().get("audit").added()).isEqualTo(12);
      assertThat(target.messages("s")).extracting(ChatEvent::sequence).containsExactly(7L);
    }
  }

  @Test
  void whatIsNoSuchDirectoryIsRefused() throws IOException {
    Path file = Files.writeString(scratch.resolve("file"), "x");
    Path empty = Files.createDirectories(scratch.resolve("empty"));
    Path big = Files.createDirectories(scratch.resolve("big"));
    try (var channel = Files.newByteChannel(
        big.resolve(FileNames.of(PREFIX + "chat-event-journal")),
        StandardOpenOption.CREATE,
        StandardOpenOption.WRITE,
        StandardOpenOption.SPARSE)) {
      channel.position(AgentSdkFiles.MAX_JOURNAL);
      assertThat(channel.write(ByteBuffer.wrap(new byte[1]))).isEqualTo(1);
    }
    refused(scratch.resolve("nowhere"), SdkLayout.DEFAULT, "there is no directory");
    refused(file, SdkLayout.DEFAULT, "is not a directory");
    refused(empty, SdkLayout.DEFAULT, "has no stores of the npm SDK");
    refused(FIXTURES.resolve("journaled"), layout("nobody"), "tenants/nobody");
    refused(big, SdkLayout.DEFAULT, "allowed are 1073741824");
    assertThatThrownBy(() -> layout("a/b")).hasMessageContaining("tenant: found a/b");
  }

  private static void refused(Path directory, SdkLayout layout, String words) {
    assertThatThrownBy(() -> AgentSdkFiles.open(directory, layout))
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining(words);
  }

  private static void put(Path directory, String key, String value) throws IOException {
    Path unused = Files.writeString(directory.resolve(FileNames.of(key)), value);
  }

  private static void copy(String fixture, Path to) throws IOException {
    try (Stream<Path> files = Files.list(FIXTURES.resolve(fixture))) {
      for (Path file : files.toList()) {
        Path unused = Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void fileNamesAreThoseOfJavaScript() {
    String key = "a/b:c%d e!~*'()_-.é🦊";
    String name = "a%2Fb%3Ac%25d%20e!~*'()_-.%C3%A9%F0%9F%A6%8A";
    assertThat(FileNames.of(key)).isEqualTo(name);
    assertThat(FileNames.key(name)).contains(key);
    for (String other : List.of("a b", "a%2", "a%zz", "%ff", "a+b", "é")) {
      assertThat(FileNames.key(other)).isEmpty();
    }
  }

  @Test
  void journalsThatAreNoneAreTold() throws IOException {
    for (String bytes :
        List.of("", "c0", "80", "81a776657273696f6e02", "de0001", "dd7fffffff", "91c1")) {
      assertThatThrownBy(() -> {
            try (SdkJournal journal = open(HexFormat.of().parseHex(bytes))) {
              while (journal.next().isPresent()) {}
            }
          })
          .as(bytes)
          .isInstanceOf(SdkJournal.BrokenException.class);
    }
    assertThatThrownBy(() -> open("hello".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(SdkJournal.BrokenException.class);
    // What is no entry is passed over, and the rest is read.
    try (SdkJournal journal =
        open(HexFormat.of().parseHex("93c0" + "81a26964c403010203" + "a178"))) {
      for (int i = 0; i < 3; i++) {
        assertThat(journal.next().orElseThrow().entry()).isEmpty();
      }
      assertThat(journal.next()).isEmpty();
    }
  }

  private static SdkJournal open(byte[] bytes) throws IOException {
    InputStream in = new ByteArrayInputStream(bytes);
    return SdkJournal.open(in, 1_000);
  }
}
