package io.tributary.server.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code java -jar server/target/tributary.jar serve} in a process of its own, on a free port and with a temporary
 * directory, both of which stay the same over {@link #start} after {@link #kill9} or {@link #terminate}. For one thread.
 */
final class HubProcess implements Hub {
  /**
   * How to start it.
   *
   * @param provider the storage provider's name
   * @param serveArguments further arguments of {@code serve}
   * @param jvmFlags arguments before {@code -jar}
   * @param environment added to this process's environment
   * @param launcher what runs the JVM, as a tracer; empty = nothing does
   * @param javaHome the JDK
   * @param dataDirectory one that its maker removes; null = one of its own
   */
  record Options(
      String provider,
      List<String> serveArguments,
      List<String> jvmFlags,
      Map<String, String> environment,
      List<String> launcher,
      Path javaHome,
      @Nullable Path dataDirectory) {
    static Options of(String provider) {
      Path javaHome = Path.of(System.getProperty("java.home"));
      return new Options(provider, List.of(), List.of(), Map.of(), List.of(), javaHome, null);
    }

    Options withServeArguments(String... more) {
      return new Options(
          provider, List.of(more), jvmFlags, environment, launcher, javaHome, dataDirectory);
    }

    Options withJvmFlags(String... more) {
      return new Options(
          provider, serveArguments, List.of(more), environment, launcher, javaHome, dataDirectory);
    }

    /** A command that becomes the JVM, so that its process id is the hub's. */
    Options withLauncher(List<String> command) {
      return new Options(
          provider, serveArguments, jvmFlags, environment, command, javaHome, dataDirectory);
    }

    Options withJavaHome(Path home) {
      return new Options(
          provider, serveArguments, jvmFlags, environment, launcher, home, dataDirectory);
    }

    Options withDataDirectory(Path directory) {
      return new Options(
          provider, serveArguments, jvmFlags, environment, launcher, javaHome, directory);
    }

    Options withEnvironment(String name, String value) {
      Map<String, String> all = new HashMap<>(environment);
      all.put(name, value);
      return new Options(
          provider, serveArguments, jvmFlags, all, launcher, javaHome, dataDirectory);
    }
  }

  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(40);

  private static final Set<HubProcess> KNOWN = ConcurrentHashMap.newKeySet();

  private Options options;
  private final Path home;
  private final List<String> log = new ArrayList<>();
  private int port;
  private @Nullable ChildProcess process;

  private HubProcess(Options options) {
    this.options = options;
    try {
      this.home = Files.createTempDirectory("tributary-it");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts one on any free port; returns when it accepts clients. */
  static HubProcess start(Options options) {
    HubProcess hub = new HubProcess(options);
    KNOWN.add(hub);
    hub.start();
    return hub;
  }

  /** {@link #start()} in another way. */
  void startAs(Options other) {
    options = other;
    start();
  }

  /** The fat jar. */
  static Path jar() {
    Path jar = NodeEnvironment.moduleDirectory().resolve(Path.of("target", "tributary.jar"));
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is missing: these tests run after the package phase");
    }
    return jar;
  }

  /** Starts it again, on the port and the data it had; returns when it accepts clients. */
  void start() {
    List<String> command = new ArrayList<>(options.launcher());
    command.add(options.javaHome().resolve(Path.of("bin", "java")).toString());
    command.addAll(options.jvmFlags());
    command.addAll(List.of("-jar", jar().toString(), "serve"));
    command.addAll(List.of("--port", Integer.toString(port), "--storage", options.provider()));
    command.addAll(List.of("--data-dir", dataDirectory().toString(), "--set", "admin.port=0"));
    command.addAll(options.serveArguments());
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(home.toFile()).redirectErrorStream(true);
    builder.environment().putAll(options.environment());
    ReadyLine ready = new ReadyLine();
    ChildProcess child = ChildProcess.start(
        "hub (" + options.provider() + ")",
        builder,
        line -> {
          remember(line);
          ready.read(line);
        },
        ready::end);
    process = child;
    try {
      port = ready.awaitPort(child, START);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + String.join("\n", log()), e);
    }
  }

  private void remember(String line) {
    synchronized (log) {
      log.add(line);
    }
  }

  @Override
  public String url(String tenant) {
    return "ws://127.0.0.1:" + port + "/event-log/" + tenant;
  }

  int port() {
    return port;
  }

  long pid() {
    return running().pid();
  }

  /** The data set's directory; empty for a provider without files. */
  Path dataDirectory() {
    Path given = options.dataDirectory();
    return given == null ? home.resolve("data") : given;
  }

  /** Everything it printed so far, over all starts. */
  List<String> log() {
    synchronized (log) {
      return List.copyOf(log);
    }
  }

  /** Closed hubs have no part in {@link #logTails} any more. */
  static void forgetClosed() {
    KNOWN.removeIf(hub -> hub.process == null);
  }

  /** The newest lines of every hub that was running since {@link #forgetClosed}. */
  static String logTails(int lines) {
    return KNOWN.stream()
        .map(hub -> {
          List<String> log = hub.log();
          return hub.options.provider() + ":\n  "
              + String.join("\n  ", log.subList(Math.max(0, log.size() - lines), log.size()));
        })
        .collect(Collectors.joining("\n"));
  }

  /** SIGKILL; returns when it is gone. */
  void kill9() {
    running().kill();
    process = null;
  }

  /** SIGTERM; returns the exit code when it has stopped by itself. */
  int terminate() {
    int exitCode = running().terminate(STOP);
    process = null;
    return exitCode;
  }

  private ChildProcess running() {
    if (process == null) {
      throw new IllegalStateException("the hub isn't running");
    }
    return process;
  }

  @Override
  public void close() {
    if (process != null) {
      kill9();
    }
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
