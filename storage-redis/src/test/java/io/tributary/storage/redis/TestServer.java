package io.tributary.storage.redis;

import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/** A Redis server of a test's own, in a process and a directory of its own, on loopback. */
public final class TestServer implements AutoCloseable {
  /** Which program. */
  public enum Version {
    /** From the jar of embedded-redis. */
    BUNDLED,
    /** {@code redis-server} on the path, as Debian has it. */
    INSTALLED;

    /** The program; null if there is none. */
    @Nullable
    File program() {
      if (this == BUNDLED) {
        return Bundled.PROGRAM;
      }
      for (String dir : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
        File file = new File(dir, "redis-server");
        if (file.canExecute()) {
          return file;
        }
      }
      return null;
    }
  }

  private static final class Bundled {
    static final File PROGRAM = unpack();

    private static File unpack() {
      try {
        return ExecutableProvider.newJarResourceProvider().get();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final TreeMap<String, String> DURABLE = new TreeMap<>(Map.of(
      "appendonly", "yes",
      "appendfsync", "always",
      "save", "",
      "maxmemory-policy", "noeviction"));

  private final File program;
  private final List<String> wrapper;
  private final Map<String, String> settings = new TreeMap<>(DURABLE);
  final Path dir;
  final int port;
  private @Nullable Process process;

  /** Set for a lossless start; {@code settings} are pairs that differ. */
  public TestServer(Version version, String... settings) {
    this(version, List.of(), settings);
  }

  /** Run by a program of its own, as strace. */
  TestServer(Version version, List<String> wrapper, String... settings) {
    File found = version.program();
    if (found == null) {
      throw new IllegalStateException("no program for " + version);
    }
    this.program = found;
    this.wrapper = wrapper;
    set(settings);
    try {
      dir = Files.createTempDirectory("tributary-redis-");
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start();
  }

  /** Changes settings of the next start. */
  void set(String... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      settings.put(pairs[i], pairs[i + 1]);
    }
  }

  /** Starts it again, on the port and the data it had. */
  public void start() {
    List<String> command = new ArrayList<>(wrapper);
    command.add(program.getPath());
    command.add(dir.resolve("redis.conf").toString());
    StringBuilder config =
        new StringBuilder("bind 127.0.0.1\nport " + port + "\ndir " + dir + "\n");
    settings.forEach((name, value) ->
        config.append(name).append(' ').append(value.isEmpty() ? "\"\"" : value).append('\n'));
    try {
      Files.writeString(dir.resolve("redis.conf"), config);
      process = new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile()))
          .start();
      awaitAnswer(process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Until it has loaded what it has. */
  private void awaitAnswer(Process started) throws IOException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (System.nanoTime() < until) {
      if (!started.isAlive()) {
        break;
      }
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] answer = new byte[7];
        int length = socket.getInputStream().read(answer);
        String text = new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII);
        if (text.startsWith("+PONG") || text.startsWith("-NOAUTH")) {
          return;
        }
      } catch (IOException e) {
        // not yet
      }
      Thread.onSpinWait();
    }
    throw new IOException("redis-server did not start:\n" + Files.readString(dir.resolve("log")));
  }

  /** SIGKILL. */
  public void kill() {
    end(true);
  }

  /** SIGTERM: it goes in peace. */
  public void stop() {
    end(false);
  }

  private void end(boolean forcibly) {
    Process running = process;
    process = null;
    if (running == null) {
      return;
    }
    try {
      Stream.concat(Stream.of(running.toHandle()), running.descendants()).forEach(handle -> {
        boolean ignored = forcibly ? handle.destroyForcibly() : handle.destroy();
      });
      if (!running.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("redis-server does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  long pid() {
    Process running = process;
    if (running == null) {
      throw new IllegalStateException("not running");
    }
    return running.pid();
  }

  /** For {@code storage.redis.uri}. */
  public String uri() {
    return "redis://127.0.0.1:" + port;
  }

  JsonObject section() {
    return new JsonObject().put("uri", uri());
  }

  /** What it keeps its append-only data in: a file or, from 7.0 on, a directory. */
  Path appendOnly() {
    Path directory = dir.resolve("appendonlydir");
    return Files.exists(directory) ? directory : dir.resolve("appendonly.aof");
  }

  void copyAppendOnly(Path to) {
    copy(appendOnly(), to);
  }

  void putBack(Path copy) {
    Path to = appendOnly();
    delete(to);
    copy(copy, to);
  }

  private static void copy(Path from, Path to) {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Files.copy(each, to.resolve(from.relativize(each).toString()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path root) {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    kill();
    if (Files.exists(dir)) {
      delete(dir);
    }
  }
}
