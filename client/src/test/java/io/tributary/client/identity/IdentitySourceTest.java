package io.tributary.client.identity;

import static io.tributary.storage.contract.OpenStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Storages;
import io.tributary.storage.contract.OpenStorage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentitySourceTest {
  private static final int RACERS = 16;

  @TempDir
  Path directory;

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static final class Opened extends OpenStorage {
    Opened(String provider, JsonObject section) {
      super(Storages.find(provider), section);
    }
  }

  private OpenStorage fileStorage() {
    return new Opened(
        "file", new JsonObject().put("dir", directory.resolve("data").toString()));
  }

  /** How many different identities several get that ask at the same time. */
  private static int differ(List<Future<Identity>> loads) {
    Set<String> seen = new HashSet<>();
    for (Future<Identity> load : loads) {
      seen.add(await(load).encodeString());
    }
    return seen.size();
  }

  @Test
  void aJournalMakesOnePerLogAndKeepsIt() {
    String main;
    try (OpenStorage open = fileStorage()) {
      IdentitySource source = IdentitySource.journal(open.storage.journals(), "identity");
      main = await(source.load("main")).encodeString();
      assertThat(await(source.load("main")).encodeString()).isEqualTo(main);
      assertThat(await(source.load("chat")).encodeString()).isNotEqualTo(main);
    }
    try (OpenStorage open = fileStorage()) {
      IdentitySource source = IdentitySource.journal(open.storage.journals(), "identity");
      assertThat(await(source.load("main")).encodeString()).isEqualTo(main);
    }
  }

  @Test
  void ofSeveralThatMakeOneInAJournalOneWins() {
    for (String provider : List.of("memory", "file")) {
      try (OpenStorage open =
          provider.equals("file") ? fileStorage() : new Opened("memory", new JsonObject())) {
        JournalStore journals = open.storage.journals();
        List<Future<Identity>> loads = new ArrayList<>();
        for (int i = 0; i < RACERS; i++) {
          loads.add(open.vertx.executeBlocking(
              () -> await(IdentitySource.journal(journals, "identity").load("main")), false));
          loads.add(IdentitySource.journal(journals, "identity").load("main"));
        }
        assertThat(differ(loads)).as(provider).isEqualTo(1);
      }
    }
  }

  @Test
  void whatWasRemovedFromAJournalIsNotMadeAnew() {
    try (OpenStorage open = new Opened("memory", new JsonObject())) {
      JournalStore journals = open.storage.journals();
      IdentitySource source = IdentitySource.journal(journals, "identity");
      await(source.load("main"));
      PlacedEntry placed = await(journals.entries("identity", 0, 1, 1)).get(0);
      JournalCommit removal = JournalCommit.removed(List.of(placed.entry().id()), List.of());
      await(journals.commit("identity", removal, Optional.empty()));
      assertThatThrownBy(() -> await(source.load("main")))
          .isInstanceOf(IdentityException.class)
          .hasMessageContaining("which was removed");
    }
  }

  @Test
  void aFileIsMadeForItsOwnerOnlyAndKept() throws IOException {
    Path file = directory.resolve("sub/identity");
    IdentitySource source = IdentitySource.file(vertx, file);
    Identity made = await(source.load("main"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).isEqualTo(made.encodeString() + "\n");
    assertThat(await(source.load("main")).encodeString()).isEqualTo(made.encodeString());
    assertThat(files(file.getParent())).as("nothing is left beside it").containsExactly("identity");
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(path -> String.valueOf(path.getFileName())).sorted().toList();
    }
  }

  @Test
  void ofSeveralThatMakeAFileOneWins() throws IOException {
    for (int round = 0; round < 20; round++) {
      Path file = directory.resolve("identity" + round);
      List<Future<Identity>> loads = new ArrayList<>();
      for (int i = 0; i < RACERS; i++) {
        loads.add(IdentitySource.file(vertx, file).load("main"));
      }
      assertThat(differ(loads)).isEqualTo(1);
    }
    assertThat(files(directory)).as("nothing is left beside them").hasSize(20);
  }

  @Test
  void otherLogsHaveFilesBesideIt() throws IOException {
    Path file = directory.resolve("identity");
    IdentitySource source = IdentitySource.file(vertx, file);
    Identity chat = await(source.load("chat"));
    assertThat(await(source.load("chat")).encodeString()).isEqualTo(chat.encodeString());
    assertThat(await(source.load("main")).encodeString()).isNotEqualTo(chat.encodeString());
    assertThat(await(source.load("chat")).encodeString()).isEqualTo(chat.encodeString());
    await(source.load("../a/b"));
    assertThat(files(directory))
        .containsExactly("identity", "identity...%2Fa%2Fb", "identity.chat");
  }

  @Test
  void aBundleInAFileServesItsLogs() throws IOException {
    Identity chat = Identity.random();
    Path file = privateFile(IdentityBundle.of(Map.of("chat", chat)).encode());
    IdentitySource source = IdentitySource.file(vertx, file);
    assertThat(await(source.load("chat")).encodeString()).isEqualTo(chat.encodeString());
    assertThatThrownBy(() -> await(source.load("main")))
        .as("it would have to be made in the bundle's place")
        .isInstanceOf(IdentityException.class)
        .hasMessageContaining("has no identity for the event log main, only for chat");
  }

  private Path privateFile(String text) throws IOException {
    Path file = directory.resolve("identity");
    Files.writeString(file, text);
    mode(file, "rw-------");
    return file;
  }

  private static void mode(Path file, String mode) throws IOException {
    Path changed = Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    assertThat(changed).isEqualTo(file);
  }

  @Test
  void aFileThatOthersMayReadOrReplaceIsRefused() throws IOException {
    Path file = privateFile(Identity.random().encodeString());
    IdentitySource source = IdentitySource.file(vertx, file);
    for (String mode : List.of("rw----r--", "rw-----w-", "rw--w----")) {
      mode(file, mode);
      assertThatThrownBy(() -> await(source.load("main")))
          .isInstanceOf(IdentityException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining(mode)
          .hasMessageContaining("chmod 600");
    }
    mode(file, "r--r-----");
    assertThat(await(source.load("main"))).as("as orchestrators mount secrets").isNotNull();
  }

  @Test
  void aMalformedFileIsRefusedAndLeftAsItIs() throws IOException {
    for (String text : List.of("", "\n", "secret!", "c2VjcmV0")) {
      Path file = privateFile(text);
      assertThatThrownBy(() -> await(IdentitySource.file(vertx, file).load("main")))
          .isInstanceOf(IdentityException.class)
          .hasMessageContaining(file.toString())
          .hasMessageNotContaining("c2VjcmV0")
          .hasMessageNotContaining("secret");
      assertThat(Files.readString(file)).isEqualTo(text);
    }
    assertThatThrownBy(() -> await(IdentitySource.file(vertx, directory).load("main")))
        .isInstanceOf(IdentityException.class)
        .hasMessageContaining("the identity file " + directory);
  }

  @Test
  void anExistingFileIsNotMade() throws IOException {
    IdentitySource source = IdentitySource.existingFile(vertx, directory.resolve("identity"));
    assertThatThrownBy(() -> await(source.load("main")))
        .isInstanceOf(IdentityException.class)
        .hasMessageEndingWith("identity is not there");
    assertThatThrownBy(() -> await(source.load("chat"))).isInstanceOf(IdentityException.class);
    assertThat(files(directory)).isEmpty();
    Identity identity = Identity.random();
    assertThat(privateFile(identity.encodeString() + "\r\n")).isRegularFile();
    assertThat(await(source.load("main")).encodeString()).isEqualTo(identity.encodeString());
  }

  @Test
  void anEnvironmentVariableHoldsAnIdentityOrABundle() {
    Identity one = Identity.random();
    IdentitySource source = IdentitySource.environment(
        "ID", Map.of("ID", one.encodeString(), "BAD", "secret!", "EMPTY", " "));
    assertThat(source.load("main").result().encodeString()).isEqualTo(one.encodeString());
    assertThat(source.load("chat").cause())
        .isInstanceOf(IdentityException.class)
        .hasMessage(
            "the environment variable ID has no identity for the event log chat, only for main");
    assertThat(IdentitySource.environment("NONE", Map.of()).load("main").cause())
        .isInstanceOf(IdentityException.class)
        .hasMessage("the environment variable NONE is not set");
    assertThat(IdentitySource.environment("EMPTY", Map.of("EMPTY", " "))
            .load("main")
            .cause())
        .hasMessage("the environment variable EMPTY is not set");
    assertThat(IdentitySource.environment("BAD", Map.of("BAD", "secret!"))
            .load("main")
            .cause())
        .isInstanceOf(IdentityException.class)
        .hasMessageStartingWith("the environment variable BAD: this is no identity")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aFunctionMayFailInAnyWay() {
    Identity chat = Identity.random();
    String word = IdentityBundle.of(Map.of("chat", chat)).encode();
    assertThat(IdentitySource.text(log -> Future.succeededFuture(word))
            .load("chat")
            .result()
            .encodeString())
        .isEqualTo(chat.encodeString());
    IllegalStateException failure = new IllegalStateException("the service is down");
    assertThat(IdentitySource.text(log -> Future.failedFuture(failure))
            .load("main")
            .cause())
        .isSameAs(failure);
    assertThat(IdentitySource.text(log -> {
              throw failure;
            })
            .load("main")
            .cause())
        .isSameAs(failure);
    assertThat(IdentitySource.text(log -> nothing()).load("main").cause())
        .hasMessage("what the identity function gave is no future");
    assertThat(
            IdentitySource.text(log -> Future.succeededFuture("")).load("main").cause())
        .hasMessage("what the identity function gave is empty");
  }

  /** What code without null checks may give. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }
}
