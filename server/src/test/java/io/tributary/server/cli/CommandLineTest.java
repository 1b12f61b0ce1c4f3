package io.tributary.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.crypto.Identity;
import io.tributary.core.model.DataSetId;
import io.tributary.server.Main;
import io.tributary.storage.Storage;
import io.tributary.storage.file.FileStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {
  @TempDir
  Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return commandLine.execute(args);
  }

  @Test
  void withoutAVerbItHelps() {
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("serve", "keygen", "--help");
  }

  @Test
  void everyVerbHelpsAndTellsItsVersion() {
    for (String verb : Main.commandLine().getSubcommands().keySet()) {
      assertThat(run(verb, "--help")).as(verb).isZero();
      assertThat(out.toString()).contains("Usage: tributary " + verb);
      assertThat(run(verb, "--version")).as(verb).isZero();
      assertThat(out.toString()).contains("tributary development (Java ");
    }
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sevre",
        "--no-such",
        "serve --no-such",
        "serve --set nothing",
        "serve x",
        "serve --port"
      })
  void exitsWith2OnWrongUsage(String args) {
    assertThat(run(args.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("--help").doesNotContain("Exception");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void exitsWith2AndAllProblemsOnAWrongConfiguration() {
    assertThat(run("serve", "--port", "http", "--set", "limits.frame=1")).isEqualTo(2);
    assertThat(err.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.startsWith("config: "))
        .anyMatch(line -> line.contains("port: found \"http\" (--port)"))
        .anyMatch(line -> line.contains("limits.frame: found \"1\" (--set)"));
  }

  @Test
  void whatAProviderRefusesIsToldByItsWholeKey() {
    assertThat(run("serve", "--storage", "memory", "--set", "storage.memory.size=1"))
        .isEqualTo(2);
    assertThat(err.toString()).hasLineCount(1).startsWith("config: storage.memory.size: ");
  }

  @Test
  void exitsWith1InOneLineOnAConfigFileThatIsNotThere() {
    String file = directory.resolve("none.yaml").toString();
    assertThat(run("serve", "--config", file)).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "serve: cannot read config file " + file + ": there is no such file");
  }

  @Test
  void printsWhereEveryValueCameFrom() throws Exception {
    Path file = Files.writeString(directory.resolve("hub.yaml"), "port: 1\nhost: localhost\n");

    assertThat(run(
            "serve",
            "--config",
            file.toString(),
            "--port",
            "2",
            "--storage",
            "memory",
            "--data-dir",
            "x",
            "--set",
            "admin.token=hunter2=",
            "--print-config"))
        .isZero();

    assertThat(out.toString())
        .containsPattern("(?m)^host: localhost +# hub.yaml line 2$")
        .containsPattern("(?m)^port: 2 +# --port$")
        .containsPattern("(?m)^storage.provider: memory +# --storage$")
        .containsPattern("(?m)^storage.file.dir: x +# --data-dir$")
        .containsPattern("(?m)^admin.tokenFile: x/admin-token +# default$")
        .containsPattern("(?m)^admin.token: \"\\*\\*\\*\\*\" +# --set$")
        .doesNotContain("hunter2");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void reseedGivesADataSetANewIdentity() throws Exception {
    Vertx vertx = Vertx.vertx();
    DataSetId before = dataSetId(vertx);

    assertThat(run("reseed", "--data-dir", directory.toString(), "--json")).isZero();

    JsonObject ids = new JsonObject(out.toString());
    assertThat(ids.getString("old")).isEqualTo(before.toString());
    assertThat(ids.getString("new"))
        .isEqualTo(dataSetId(vertx).toString())
        .isNotEqualTo(before.toString());
    assertThat(run("reseed", "--data-dir", directory.toString())).isZero();
    assertThat(out.toString()).endsWith("new " + dataSetId(vertx) + System.lineSeparator());
    await(vertx.close());
  }

  private DataSetId dataSetId(Vertx vertx) throws Exception {
    Storage storage = await(
        new FileStorageProvider().open(vertx, new JsonObject().put("dir", directory.toString())));
    DataSetId id = storage.dataSetId();
    await(storage.close());
    return id;
  }

  @CanIgnoreReturnValue
  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void reseedFailsInOneLineWhereThereIsNothingToReseed() {
    assertThat(run("reseed", "--data-dir", directory.resolve("none").toString()))
        .isEqualTo(1);
    assertThat(run("reseed", "--storage", "memory")).isEqualTo(1);
    assertThat(err.toString()).hasLineCount(2).doesNotContain("Exception");
    assertThat(directory.resolve("none")).doesNotExist();
  }

  @Test
  void keygenPrintsANewIdentity() throws Exception {
    assertThat(run("keygen")).isZero();
    String first = out.toString().strip();
    assertThat(run("keygen", "--json")).isZero();
    JsonObject second = new JsonObject(out.toString().strip().substring(first.length()));

    Identity one = Identity.decodeString(first);
    Identity other = Identity.decodeString(second.getString("identity"));
    assertThat(other.publicKey()).isEqualTo(second.getString("publicKey"));
    assertThat(one.publicKey()).isNotEqualTo(other.publicKey());
    assertThat(one.privateKey()).isNotEqualTo(other.privateKey());
  }
}
