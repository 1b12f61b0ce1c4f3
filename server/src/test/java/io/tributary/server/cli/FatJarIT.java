package io.tributary.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.server.runtime.PluginJar;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jar as an operator runs it, in a process of its own. */
@Timeout(120)
class FatJarIT {
  private static final Path JAR = Path.of("target", "tributary.jar").toAbsolutePath();
  private static final Pattern READY = Pattern.compile("ready: ws://127\\.0\\.0\\.1:([0-9]+)/");

  @TempDir
  Path directory;

  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  private Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-jar");
    command.add(JAR.toString());
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectError(directory.resolve("stderr").toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.matches("(TRIBUTARY|SYNC|STORAGE|JAVA|JDK)_.*"));
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private String stderr() throws IOException {
    return Files.readString(directory.resolve("stderr"));
  }

  private static int awaitReady(BufferedReader out) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher matcher = READY.matcher(line);
      if (matcher.find()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    throw new AssertionError("ended without being ready");
  }

  private static BufferedReader out(Process process) {
    return process.inputReader(StandardCharsets.UTF_8);
  }

  @Test
  void servesUntilToldToStopAndSaysNothingOnStderr() throws Exception {
    Process hub = start("serve", "--port", "0", "--set", "admin.port=0");
    BufferedReader out = out(hub);
    int port = awaitReady(out);

    HttpResponse<String> response = HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/nowhere"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(404);

    // not by Process.destroy, which closes what is still to be read
    assertThat(hub.toHandle().destroy()).isTrue();
    // a signal that was waited for: 128 + 15
    assertThat(hub.waitFor()).isEqualTo(143);
    assertThat(directory.resolve("tributary-data")).isDirectory();
    assertThat(out.lines().toList()).last().asString().endsWith(" stopped");
    assertThat(stderr()).isEmpty();
  }

  @Test
  void isReadyInJsonWhateverTheLevel() throws Exception {
    Process hub = start(
        "serve",
        "--port=0",
        "--set=admin.port=0",
        "--set=log.format=json",
        "--set=log.level=error");
    JsonObject line = new JsonObject(out(hub).readLine());

    assertThat(line.getString("formattedMessage")).matches("ready: ws://127\\.0\\.0\\.1:[0-9]+/.*");
    assertThat(line.getString("level")).isEqualTo("INFO");
    assertThat(line.getLong("timestamp")).isPositive();
  }

  @Test
  void runsTheModulesOfADirectory() throws Exception {
    Path plugins = Files.createDirectory(directory.resolve("plugins"));
    Path jar = PluginJar.build(
        plugins.resolve("todos.jar"),
        "todos",
        PluginJar.source(
            "todos",
            "TodoAdded",
            "builder.handle(EVENT, (payload, entry, conflicts) -> {"
                + " System.out.println(\"handled \" + payload.getString(\"id\"));"
                + " return Future.succeededFuture(1); });",
            ""),
        true);
    Path unused =
        Files.setPosixFilePermissions(plugins, PosixFilePermissions.fromString("rwxr-xr-x"));
    unused = Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
    Process hub = start("serve", "--port=0", "--set=admin.port=0", "--plugins", "plugins");
    BufferedReader out = out(hub);
    int port = awaitReady(out);
    assertThat(port).isPositive();

    Process append = start(
        "append", "demo/plain:todos", "--event", "TodoAdded", "--json", "{\"id\": \"seven\"}");
    assertThat(append.waitFor()).as(stderr()).isZero();
    String line = out.readLine();
    while (line != null && !line.equals("handled seven")) {
      line = out.readLine();
    }
    assertThat(line).isEqualTo("handled seven");
    assertThat(hub.toHandle().destroy()).isTrue();
    assertThat(hub.waitFor()).isEqualTo(143);

    unused = Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-rw-r--"));
    Process refused = start("serve", "--port=0", "--set=admin.port=0", "--plugins", "plugins");
    assertThat(refused.waitFor()).isEqualTo(1);
    assertThat(stderr()).startsWith("serve: " + jar).contains("chmod go-w").hasLineCount(1);
  }

  @Test
  void aPortInUseIsOneLineAndExit1() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      Process hub = start("serve", "--port", port, "--set", "admin.port=0");

      assertThat(hub.waitFor()).isEqualTo(1);
      assertThat(stderr()).startsWith("serve: ").contains(port).hasLineCount(1);
    }
  }

  @Test
  void aWrongConfigurationIsExit2() throws Exception {
    Process hub = start("serve", "--host", "0.0.0.0", "--port", "x");

    assertThat(hub.waitFor()).isEqualTo(2);
    assertThat(stderr().lines()).hasSize(2).allMatch(line -> line.startsWith("config: "));
  }

  @Test
  void tellsItsVersion() throws Exception {
    Process process = start("--version");

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(out(process).readLine()).matches("tributary [0-9]+\\.[0-9]+.* \\(Java .*\\)");
    assertThat(stderr()).isEmpty();
  }
}
