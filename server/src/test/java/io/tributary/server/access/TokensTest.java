package io.tributary.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.session.Principal;
import io.tributary.server.config.AuthConfig;
import io.tributary.server.config.ConfigException;
import io.tributary.server.config.TokenRule;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class TokensTest {
  @TempDir
  Path dir;

  private Vertx vertx;
  private ListAppender<ILoggingEvent> logged;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    logged = new ListAppender<>();
    logged.start();
    logger().addAppender(logged);
  }

  @AfterEach
  void stop() throws Exception {
    logger().detachAppender(logged);
    done(vertx.close());
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(Tokens.class);
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private AuthConfig withFile(Path file) {
    return new AuthConfig(
        Map.of("configured", TokenRule.of("c-token"), "both", TokenRule.of("b-token")),
        file,
        false);
  }

  private Tokens loaded(Path file) throws Exception {
    Tokens tokens = Tokens.unwatched(vertx, withFile(file));
    done(tokens.load());
    return tokens;
  }

  /** What is there twice in a row counts. */
  private static void settle(Tokens tokens) throws Exception {
    done(tokens.poll());
    done(tokens.poll());
  }

  private static @Nullable Grant grant(Tokens tokens, String tenant, String token) {
    return tokens.check(tenant, new Credentials(token, null, null, false)).grant();
  }

  private static boolean opens(Tokens tokens, String tenant, String token) {
    return grant(tokens, tenant, token) != null;
  }

  @CanIgnoreReturnValue
  private Path write(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  private long errors() {
    return logged.list.stream().filter(e -> e.getLevel() == Level.ERROR).count();
  }

  @Test
  void fileHasRulesOfEveryFormAndGoesBeforeTheConfiguration() throws Exception {
    Tokens tokens = loaded(write(
        "tokens.yaml",
        "acme: a-token\n"
            + "both: {token: file-token, readOnly: true, identities: [key-1]}\n"
            + "hashed: sha256:"
            + Digests.hex("h-token")
            + "\n"));

    assertThat(opens(tokens, "acme", "a-token")).isTrue();
    assertThat(opens(tokens, "configured", "c-token")).isTrue();
    assertThat(opens(tokens, "hashed", "h-token")).isTrue();
    assertThat(opens(tokens, "both", "b-token")).isFalse();
    assertThat(Objects.requireNonNull(grant(tokens, "both", "file-token")).principal())
        .isEqualTo(new Principal("both", Set.of("key-1"), true, "both", null));
  }

  @Test
  void jsonIsReadToo() throws Exception {
    Tokens tokens = loaded(write("tokens.json", "{\"acme\": {\"token\": \"a-token\"}}"));

    assertThat(opens(tokens, "acme", "a-token")).isTrue();
  }

  @Test
  void missingFileFailsTheStart() {
    assertThatThrownBy(() -> done(Tokens.open(vertx, withFile(dir.resolve("absent.yaml")))))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("auth.tokensFile")
        .hasMessageContaining("absent.yaml");
  }

  @Test
  void brokenOrEmptyFileFailsTheStart() throws Exception {
    for (String text :
        List.of("acme: [", "- acme", "acme: {token: x, colour: red}", "", "{}", "acme: ''")) {
      Path file = write("tokens.yaml", text);
      assertThatThrownBy(() -> done(Tokens.open(vertx, withFile(file))))
          .as(text)
          .cause()
          .isInstanceOf(ConfigException.class);
    }
  }

  @Test
  void rewriteInPlaceIsNoticed() throws Exception {
    Path file = write("tokens.yaml", "acme: old-token\n");
    Tokens tokens = loaded(file);

    // same size, and on many file systems the same time
    Files.writeString(file, "acme: new-token\n");
    settle(tokens);

    assertThat(opens(tokens, "acme", "new-token")).isTrue();
    assertThat(opens(tokens, "acme", "old-token")).isFalse();
  }

  @Test
  void renameOverItIsNoticed() throws Exception {
    Path file = write("tokens.yaml", "acme: old-token\n");
    Tokens tokens = loaded(file);

    Files.move(write("fresh", "acme: new-token\n"), file, StandardCopyOption.ATOMIC_MOVE);
    settle(tokens);

    assertThat(opens(tokens, "acme", "new-token")).isTrue();
  }

  @Test
  void swappedSymbolicLinkIsNoticed() throws Exception {
    // as Kubernetes does: file -> ..data/file, ..data -> a directory that is replaced
    Files.createDirectories(dir.resolve("v1"));
    Files.createDirectories(dir.resolve("v2"));
    write("v1/tokens.yaml", "acme: old-token\n");
    write("v2/tokens.yaml", "acme: new-token\n");
    Files.createSymbolicLink(dir.resolve("..data"), Path.of("v1"));
    Path file =
        Files.createSymbolicLink(dir.resolve("tokens.yaml"), Path.of("..data", "tokens.yaml"));
    Tokens tokens = loaded(file);

    Files.createSymbolicLink(dir.resolve("..tmp"), Path.of("v2"));
    Files.move(dir.resolve("..tmp"), dir.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    settle(tokens);

    assertThat(opens(tokens, "acme", "new-token")).isTrue();
    assertThat(opens(tokens, "acme", "old-token")).isFalse();
  }

  @Test
  void halfWrittenFileIsNotUsed() throws Exception {
    Path file = write("tokens.yaml", "acme: a-token\nother: o-token\n");
    Tokens tokens = loaded(file);
    Grant other = Objects.requireNonNull(grant(tokens, "other", "o-token"));

    Files.writeString(file, "acme: a-token\n");
    done(tokens.poll());
    assertThat(tokens.stillValid(other)).isTrue();
    assertThat(opens(tokens, "other", "anything")).isFalse();

    Files.writeString(file, "acme: a-token\nother: o-token\n\n");
    settle(tokens);
    assertThat(tokens.stillValid(other)).isTrue();
    assertThat(opens(tokens, "other", "anything")).isFalse();
  }

  @Test
  void wrongFileKeepsTheRulesAndIsLoggedOncePerChange() throws Exception {
    Path file = write("tokens.yaml", "acme: a-token\n");
    Tokens tokens = loaded(file);
    AtomicInteger changes = new AtomicInteger();
    tokens.onChange(changes::incrementAndGet);
    long expected = 0;

    for (String text : List.of("acme: [secret-1", "", "acme: [5]", "{}")) {
      Files.writeString(file, text);
      settle(tokens);
      settle(tokens);
      assertThat(opens(tokens, "acme", "a-token")).as(text).isTrue();
      assertThat(errors()).as(text).isEqualTo(++expected);
    }
    Files.delete(file);
    settle(tokens);
    settle(tokens);
    assertThat(opens(tokens, "acme", "a-token")).isTrue();
    assertThat(errors()).isEqualTo(++expected);
    assertThat(changes).hasValue(0);
    assertThat(logged.list).noneMatch(e -> e.getFormattedMessage().contains("secret-1"));

    Files.writeString(file, "acme: b-token\n");
    settle(tokens);
    assertThat(opens(tokens, "acme", "b-token")).isTrue();
    assertThat(errors()).isEqualTo(expected);
    await().until(() -> changes.get() == 1);
  }

  @Test
  void grantEndsWithItsTokenOrItsRights() throws Exception {
    Path file = write("tokens.yaml", "gone: g\nreplaced: r\nnarrowed: n\nkept: k\n");
    Tokens tokens = loaded(file);
    Grant gone = Objects.requireNonNull(grant(tokens, "gone", "g"));
    Grant replaced = Objects.requireNonNull(grant(tokens, "replaced", "r"));
    Grant narrowed = Objects.requireNonNull(grant(tokens, "narrowed", "n"));
    Grant kept = Objects.requireNonNull(grant(tokens, "kept", "k"));
    Grant open = Objects.requireNonNull(grant(tokens, "open", "o"));
    assertThat(List.of(gone, replaced, narrowed, kept, open)).allMatch(tokens::stillValid);

    Files.writeString(
        file,
        "'*': fallback\nreplaced: r2\nnarrowed: {token: n, readOnly: true}\nkept: sha256:"
            + Digests.hex("k")
            + "\n");
    settle(tokens);

    assertThat(tokens.stillValid(gone)).isFalse();
    assertThat(tokens.stillValid(replaced)).isFalse();
    assertThat(tokens.stillValid(narrowed)).isFalse();
    assertThat(tokens.stillValid(open)).isFalse();
    assertThat(tokens.stillValid(kept)).isTrue();
  }

  @Test
  void changeIsToldOnTheListenersContextWithoutBeingAsked() throws Exception {
    Path file = write("tokens.yaml", "acme: old-token\n");
    Tokens tokens = done(Tokens.open(vertx, withFile(file)));
    Context context = vertx.getOrCreateContext();
    AtomicReference<@Nullable Context> told = new AtomicReference<>();
    context.runOnContext(v -> tokens.onChange(() -> told.set(Vertx.currentContext())));

    Files.writeString(file, "acme: new-token\n");

    await().atMost(5, TimeUnit.SECONDS).until(() -> told.get() != null);
    assertThat(told.get()).isSameAs(context);
    assertThat(opens(tokens, "acme", "new-token")).isTrue();
    tokens.close();
  }

  @Test
  void nothingShowsATokenByAccident() throws Exception {
    Credentials credentials = new Credentials("secret", "sync-auth.secret", "secret", false);

    assertThat(credentials.toString()).doesNotContain("secret");
    assertThat(Objects.requireNonNull(grant(loaded(write("t", "a: secret")), "a", "secret"))
            .toString())
        .doesNotContain("secret");
  }
}
